"""Links by which a named firm gets a pack: given, accepted, followed, ended, taken back.

Nobody signs in to follow one: who holds the link is the firm. It opens one pack alone, until it
ends or is taken back, and nothing before its terms were accepted. A firm with an account sees the
same after signing in.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.errors import InvalidError, NotFoundError, WrongStateError
from core.keys import hash_of
from core.language import DEFAULT, LANGUAGES
from core.text import clean_text
from notifications import contacts, outbox
from notifications.contacts import Sealer
from packs.letters import PackTemplate, link_params
from packs.models import Pack, PackDownload, PackLink, PackVersion
from packs.states import LinkState, link_state
from people.access.actor import Actor, Role
from people.accounts.models import Account, Appointment
from people.accounts.sessions import in_force
from people.audit.record import record

MOST_NAME, MOST_LINKS, MOST_DAYS = 80, 200, 366


@dataclass(frozen=True)
class LinkView:
    """A link; see ``packs.models.PackLink``. ``written``: whether letters go to an address."""

    id: int
    pack_id: int
    firm: str
    language: str
    expires: datetime
    revoked: datetime | None
    accepted: datetime | None
    accepted_by: str
    terms: str
    by: str
    created: datetime
    state: LinkState
    written: bool
    account: bool


@dataclass(frozen=True)
class DownloadView:
    """A download: of which version, and when."""

    link_id: int
    number: int
    at: datetime


@dataclass(frozen=True)
class NewLink:
    """To whom a pack is given, and for how long.

    ``contact``: an address for letters, empty for none. ``account_id``: that of the firm, if any.
    """

    firm: str
    days: int
    language: str
    contact: str = ""
    account_id: int | None = None


def give_link(
    session: Session,
    actor: Actor,
    sealer: Sealer | None,
    pack: Pack,
    new: NewLink,
    *,
    base: str,
    now: datetime,
) -> tuple[int, str]:
    """Give a pack that this person may give; return the link's id and its token, told once.

    ``base``: the address of this server, for letters. Raises ``InvalidError`` (``days``,
    ``account``, ``firm`` for too many), ``EmptyTextError``, ``LongTextError``; of the address
    ``NoKeyError`` and ``BadContactError``.
    """
    if not 1 <= new.days <= MOST_DAYS:
        raise InvalidError(field="days", least=1, most=MOST_DAYS)
    there = select(func.count()).where(PackLink.pack_id == pack.id)
    if (session.scalar(there) or 0) >= MOST_LINKS:
        raise InvalidError(field="firm", reason="too many")
    if new.account_id is not None and new.account_id not in dict(firm_accounts(session, now=now)):
        raise InvalidError(field="account")
    contact_id, sealed, token = None, None, secrets.token_urlsafe(32)
    if new.contact.strip():
        contact_id = contacts.keep(session, sealer, new.contact, consent=True, now=now)
        sealed = sealer.seal(token) if sealer is not None else None
    row = PackLink(
        pack_id=pack.id,
        firm=clean_text(new.firm, most=MOST_NAME),
        token_hash=hash_of(token),
        sealed=sealed,
        contact_id=contact_id,
        firm_account_id=new.account_id,
        language=new.language if new.language in LANGUAGES else DEFAULT,
        base=base,
        expires=now + timedelta(days=new.days),
        accepted_by="",
        terms="",
        account_id=actor.account_id,
        by=actor.name,
        created=now,
    )
    session.add(row)
    session.flush()
    _record(session, actor, "pack_given", pack, row, now)
    write_to(session, row, PackTemplate.LINK, link_params(pack, row), key=f"{row.id}", now=now)
    return row.id, token


def write_to(
    session: Session,
    link: PackLink,
    template: PackTemplate,
    params: dict[str, Any],
    *,
    key: str,
    now: datetime,
) -> None:
    """Put a letter to a firm into the outbox, where it left an address; once for each ``key``."""
    if link.contact_id is not None:
        outbox.enqueue(
            session,
            key=f"{template}:{key}",
            contact_id=link.contact_id,
            template=str(template),
            params=params,
            language=link.language,
            now=now,
        )


def revoke_link(session: Session, actor: Actor, pack: Pack, link_id: int, *, now: datetime) -> None:
    """Take a link of a pack back. Raises ``NotFoundError``."""
    row = session.get(PackLink, link_id, populate_existing=True)
    if row is None or row.pack_id != pack.id:
        raise NotFoundError(kind="link", id=link_id)
    if row.revoked is None:
        row.revoked = now
        session.flush()
        _record(session, actor, "pack_taken_back", pack, row, now)


def link_row(session: Session, actor: Actor, key: str) -> PackLink:
    """Return a link by its token, or by its number for the account that it was given to.

    Raises ``NotFoundError``.
    """
    if key.isascii() and key.isdecimal() and len(key) <= 17:
        row = session.get(PackLink, int(key), populate_existing=True)
        mine = row is not None and actor.account_id is not None
        if row is None or not mine or row.firm_account_id != actor.account_id:
            raise NotFoundError(kind="link")
        return row
    found = select(PackLink).where(PackLink.token_hash == hash_of(key))
    row = session.scalar(found.execution_options(populate_existing=True))
    if row is None:
        raise NotFoundError(kind="link")
    return row


def open_row(session: Session, actor: Actor, key: str, *, now: datetime) -> PackLink:
    """Return a link that is open and whose terms were accepted.

    Raises ``NotFoundError``; ``WrongStateError`` for one that has ended or whose terms were not.
    """
    row = link_row(session, actor, key)
    state = link_state(row, now)
    if state != LinkState.OPEN or row.accepted is None:
        raise WrongStateError(status=str(state), wanted="accepted")
    return row


def accept_terms(
    session: Session, actor: Actor, key: str, *, name: str, terms: str, now: datetime
) -> None:
    """Accept the terms of a link by name; ``terms`` is their digest. A second time changes nothing.

    Raises ``NotFoundError``, ``EmptyTextError``, ``LongTextError``; ``WrongStateError`` for one
    that has ended.
    """
    row = link_row(session, actor, key)
    if (state := link_state(row, now)) != LinkState.OPEN:
        raise WrongStateError(status=str(state), wanted=str(LinkState.OPEN))
    if row.accepted is not None:
        return
    row.accepted_by = clean_text(name, most=MOST_NAME)
    row.accepted, row.terms = now, terms
    session.flush()
    pack = session.get_one(Pack, row.pack_id)
    _record(session, actor, "pack_terms_accepted", pack, row, now)


def log_download(
    session: Session, actor: Actor, link: PackLink, version_id: int, *, now: datetime
) -> None:
    """Write down that a firm takes a version."""
    session.add(PackDownload(link_id=link.id, version_id=version_id, at=now))
    session.flush()
    pack = session.get_one(Pack, link.pack_id)
    number = session.get_one(PackVersion, version_id).number
    _record(session, actor, "pack_taken", pack, link, now, version=number)


def links(session: Session, pack_id: int, *, now: datetime) -> list[LinkView]:
    """Return the links of a pack, the latest first; whoever calls has checked who asks."""
    found = select(PackLink).where(PackLink.pack_id == pack_id).order_by(PackLink.id.desc())
    return [link_view(row, now) for row in session.scalars(found)]


def links_of_account(session: Session, actor: Actor, *, now: datetime) -> list[LinkView]:
    """Return the links given to this account, the latest first."""
    if actor.account_id is None:
        return []
    mine = PackLink.firm_account_id == actor.account_id
    rows = session.scalars(select(PackLink).where(mine).order_by(PackLink.id.desc()))
    return [link_view(row, now) for row in rows]


def downloads(session: Session, pack_id: int) -> list[DownloadView]:
    """Return who took which version of a pack, the latest first; the caller has checked."""
    rows = session.execute(
        select(PackDownload.link_id, PackVersion.number, PackDownload.at)
        .join(PackVersion, PackVersion.id == PackDownload.version_id)
        .where(PackVersion.pack_id == pack_id)
        .order_by(PackDownload.id.desc())
    )
    return [DownloadView(*row) for row in rows]


def tell_of_version(session: Session, pack: Pack, number: int, *, now: datetime) -> int:
    """Write to the firms that took an earlier version that a new one is there; return how many."""
    took = select(PackDownload.link_id).distinct()
    rows = session.scalars(
        select(PackLink).where(PackLink.pack_id == pack.id, PackLink.id.in_(took))
    ).all()
    told = [row for row in rows if link_state(row, now) == LinkState.OPEN and row.contact_id]
    for row in told:
        params = {**link_params(pack, row), "version": number}
        key = f"{row.id}:{number}"
        write_to(session, row, PackTemplate.VERSION, params, key=key, now=now)
    return len(told)


def firm_accounts(session: Session, *, now: datetime) -> list[tuple[int, str]]:
    """Return the accounts of design firms in force, id and name, by name."""
    rows = session.execute(
        select(Account.id, Account.name)
        .join(Appointment, Appointment.account_id == Account.id)
        .where(Appointment.role == str(Role.DESIGN_FIRM), Account.closed.is_(None), in_force(now))
        .distinct()
        .order_by(Account.name, Account.id)
    )
    return [(row.id, row.name) for row in rows]


def link_view(row: PackLink, now: datetime) -> LinkView:
    """Return what is told of a link at a moment."""
    known = {"state", "written", "account"}
    plain = [name for name in LinkView.__dataclass_fields__ if name not in known]
    return LinkView(
        **{name: getattr(row, name) for name in plain},
        state=link_state(row, now),
        written=row.contact_id is not None,
        account=row.firm_account_id is not None,
    )


def _record(
    session: Session,
    actor: Actor,
    action: str,
    pack: Pack,
    link: PackLink,
    now: datetime,
    **more: Any,
) -> None:
    told = {"pack": pack.id, "title": pack.title, "firm": link.firm, **more}
    record(session, actor, action, now=now, campaign_id=pack.campaign_id, details=told)
