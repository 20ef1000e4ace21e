"""The list of accounts for those who manage them, and what one account holds, held and will hold.

Somebody who manages a subdistrict sees those who hold or held something there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, false, func, or_, select, true
from sqlalchemy.orm import Session

from core.page import Page, page_of_rows
from core.text import as_address, visible
from people.access.actor import Actor, Grant, Reach, Role
from people.access.permissions import Act, check_may_somewhere, grants_for
from people.accounts.models import Account, Appointment, SignIn
from people.accounts.role_grants import grant_of, known_account, may_give
from people.accounts.sessions import grants_of, in_force

PAGE = 30


@dataclass(frozen=True)
class TermView:
    """An appointment. ``state``: ``now``, ``to_come``, ``past``; ``mine`` to end or not."""

    id: int
    grant: Grant
    starts_at: datetime
    ends_at: datetime | None
    ended: datetime | None
    by_claim: bool
    state: str
    mine: bool


@dataclass(frozen=True)
class AccountView:
    """An account as those who manage it see it. ``held``: what is in force now.

    ``signs_in``: by ``password`` or ``provider``; ``seen``: its latest session's last request.
    ``password_until``: when a password that was given runs out, or has run out (``ran_out``).
    """

    id: int
    login: str
    name: str
    created: datetime
    closed: datetime | None
    must_change: bool
    password_until: datetime | None
    ran_out: bool
    signs_in: str
    held: tuple[Grant, ...]
    seen: datetime | None


def list_accounts(
    session: Session,
    actor: Actor,
    *,
    text: str = "",
    role: Role | None = None,
    closed: bool = False,
    page: int = 1,
    now: datetime,
) -> Page[AccountView]:
    """Return those whose login or name has ``text`` in it, and who hold ``role`` now, by name.

    Raises ``NotAllowedError`` for whoever manages no accounts.
    """
    check_may_somewhere(actor, Act.MANAGE_ACCOUNTS, action="manage_accounts")
    condition = and_(
        _near(actor),
        Account.closed.is_not(None) if closed else Account.closed.is_(None),
        _has_text(text),
        _holds(role, now),
    )
    total = session.scalar(select(func.count()).select_from(Account).where(condition)) or 0
    by_name = select(Account).where(condition).order_by(Account.name, Account.id)
    found = page_of_rows(session, by_name, total, page, PAGE)
    return found.showing(_views(session, [row.Account for row in found.items], now))


def account_of(session: Session, actor: Actor, account_id: int, *, now: datetime) -> AccountView:
    """Return one account that this person may know of. Raises ``NotFoundError``."""
    return _views(session, [known_account(session, actor, account_id)], now)[0]


@dataclass(frozen=True)
class OwnAccount:
    """What somebody sees of the own account, beside roles, sessions and tokens."""

    login: str
    name: str
    has_password: bool


def own_account(session: Session, account_id: int) -> OwnAccount:
    """Return the own account of whoever is signed in."""
    row = session.get_one(Account, account_id)
    return OwnAccount(row.login, row.name, row.password_hash is not None)


def terms_of(session: Session, actor: Actor, account_id: int, *, now: datetime) -> list[TermView]:
    """Return all appointments of an account, those in force first, then to come, then past."""
    rows = session.scalars(
        select(Appointment)
        .where(Appointment.account_id == account_id)
        .order_by(Appointment.starts_at.desc(), Appointment.id.desc())
    )
    own = actor.account_id == account_id
    views = [
        TermView(
            row.id,
            grant_of(row),
            row.starts_at,
            row.ends_at,
            row.ended,
            row.origin == "claim",
            _state(row, now),
            not own and may_give(actor, grant_of(row)),
        )
        for row in rows
    ]
    return sorted(views, key=lambda view: ("now", "to_come", "past").index(view.state))


@dataclass(frozen=True)
class Holder:
    """Somebody who holds roles now: for asking what this person may do."""

    id: int
    login: str
    name: str
    grants: frozenset[Grant]


def holders(
    session: Session, *, logins: Sequence[str] | None = None, now: datetime
) -> list[Holder]:
    """Return everybody who holds a role now, by name; ``logins``: among these, in any case."""
    wanted = [Account.closed.is_(None), in_force(now)]
    if logins is not None:
        wanted.append(func.lower(Account.login).in_([login.lower() for login in logins]))
    rows = session.execute(
        select(
            Account.id,
            Account.login,
            Account.name,
            Appointment.role,
            Appointment.reach,
            Appointment.code,
            Appointment.edition,
        )
        .join(Appointment, Appointment.account_id == Account.id)
        .where(*wanted)
        .order_by(Account.name, Account.id)
    ).all()
    found: dict[int, list[Any]] = {}
    for row in rows:
        found.setdefault(row.id, []).append(row)
    return [
        Holder(number, held[0].login, held[0].name, grants_of(held))
        for number, held in found.items()
    ]


def _near(actor: Actor) -> ColumnElement[bool]:
    """Return the condition on ``Account`` that it is of this person's place."""
    own = grants_for(actor, Act.MANAGE_ACCOUNTS)
    if any(grant.reach is Reach.PLATFORM for grant in own):
        return true()
    places = [_held_within(grant) for grant in own if grant.code]
    return Account.id.in_(select(Appointment.account_id).where(or_(false(), *places)))


def _held_within(own: Grant) -> ColumnElement[bool]:
    community = Appointment.reach == Reach.COMMUNITY
    if own.reach is Reach.COMMUNITY:
        return and_(community, Appointment.code == own.code, Appointment.edition == own.edition)
    return or_(
        and_(Appointment.reach == Reach.SUBDISTRICT, Appointment.code == own.code),
        and_(community, Appointment.code.startswith(own.code, autoescape=True)),
    )


def _has_text(text: str) -> ColumnElement[bool]:
    text = "".join(filter(str.isprintable, visible(text))).strip()[:80]
    if not text:
        return true()
    return or_(
        Account.login.contains(as_address(text).casefold(), autoescape=True),
        Account.name.icontains(text, autoescape=True),
    )


def _holds(role: Role | None, now: datetime) -> ColumnElement[bool]:
    if role is None:
        return true()
    held = select(Appointment.account_id).where(Appointment.role == role, in_force(now))
    return Account.id.in_(held)


def _views(session: Session, rows: Sequence[Account], now: datetime) -> list[AccountView]:
    ids = [row.id for row in rows]
    held: dict[int, list[Grant]] = {}
    for term in session.scalars(
        select(Appointment)
        .where(Appointment.account_id.in_(ids), in_force(now))
        .order_by(Appointment.id)
    ):
        held.setdefault(term.account_id, []).append(grant_of(term))
    seen: dict[int, Any] = dict(
        session.execute(
            select(SignIn.account_id, func.max(SignIn.seen))
            .where(SignIn.account_id.in_(ids))
            .group_by(SignIn.account_id)
        ).all()
    )
    return [
        AccountView(
            row.id,
            row.login,
            row.name,
            row.created,
            row.closed,
            row.must_change,
            row.password_until,
            row.password_until is not None and row.password_until <= now,
            "provider" if row.subject else "password",
            tuple(held.get(row.id, ())),
            seen.get(row.id),
        )
        for row in rows
    ]


def _state(row: Appointment, now: datetime) -> str:
    if row.ended is not None or (row.ends_at is not None and row.ends_at <= now):
        return "past"
    return "now" if row.starts_at <= now else "to_come"
