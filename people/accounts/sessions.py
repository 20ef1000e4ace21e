"""Sessions: who has signed in on which device, until when; looked up with every request.

The cookie holds a random token and its signature, both as lower-case hex, so that one token has
exactly one way to be written. A wrong signature is refused without asking the database, whose
table keeps only the token's hash. Appointments are read at every look-up: a role whose term has
ended gives nothing from that moment on, and a closed account is nobody.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, delete, or_, select, update
from sqlalchemy.orm import Session

from core.database import Database
from core.errors import NoKeyError
from core.keys import Purpose, derived_keys, hash_of, sign, signed_token
from core.settings import Settings
from people.access.actor import Actor, Grant, Reach, Role
from people.accounts.known_devices import forget_devices, forget_unseen
from people.accounts.models import Account, Appointment, ProviderSignIn, SignIn
from people.audit.record import record

SESSION_COOKIE = "lujian_session"
SEEN_EVERY = timedelta(minutes=1)
#: For so long a session that has ended still tells when somebody was last seen.
KEPT_FOR = timedelta(days=90)
MOST_DEVICE = 200
#: A way in by a provider takes a minute; what is left of one goes after this.
ENTRY_KEPT_FOR = timedelta(hours=1)


@dataclass(frozen=True)
class SignedIn:
    """Somebody with a session. ``grants`` are those in force; none while ``must_change``."""

    session_id: int
    account_id: int
    name: str
    grants: frozenset[Grant]
    must_change: bool = False


@dataclass(frozen=True)
class SessionView:
    """One session as its owner sees it: on which device, since when, last seen when."""

    id: int
    device: str
    created: datetime
    seen: datetime


def check_key(secret_key: str) -> None:
    """Raise ``NoKeyError`` where the operator has set no key to sign with."""
    if not derived_keys(secret_key, Purpose.SESSION):
        raise NoKeyError()


def cookie_of(secret_key: str, token: str) -> str:
    """Return what the cookie holds for a token. Raises ``NoKeyError``."""
    return sign(secret_key, Purpose.SESSION, token)


def token_of(secret_key: str, cookie: str) -> str | None:
    """Return the token in a cookie, or None for one that we did not sign."""
    return signed_token(secret_key, Purpose.SESSION, cookie)


def start_session(
    session: Session,
    account_id: int,
    *,
    device: str,
    how: str,
    now: datetime,
    device_key: str | None = None,
) -> str:
    """Begin a session and return its token, which is stored nowhere.

    ``device`` is how its owner will know it again; ``device_key`` by which it is remembered (see
    ``people.accounts.known_devices``); ``how`` it began goes into the audit trail: ``password`` or
    ``provider``.
    """
    token = secrets.token_hex(32)
    session.add(
        SignIn(
            key=hash_of(token),
            account_id=account_id,
            created=now,
            seen=now,
            device=device[:MOST_DEVICE],
            device_key=device_key,
        )
    )
    session.flush()
    actor = Actor(account_id=account_id)
    record(session, actor, "signed_in", now=now, details={"how": how})
    return token


def end_session(session: Session, actor: Actor, session_id: int, *, now: datetime) -> bool:
    """Sign this person out of one session; tell whether there was such a one.

    The device stays known.
    """
    ended = end_sessions(session, actor, actor.account_id, only=session_id, devices=False, now=now)
    return ended == 1


def end_sessions(
    session: Session,
    actor: Actor,
    account_id: int | None,
    *,
    now: datetime,
    only: int | None = None,
    but: int | None = None,
    devices: bool = True,
) -> int:
    """End an account's sessions, or ``only`` one of them, or all ``but`` one; return how many.

    The devices of what has ended are known no longer, unless ``devices`` is False. Whoever calls
    has made sure that this person may.
    """
    conditions = [SignIn.account_id == account_id, SignIn.ended.is_(None)]
    if only is not None:
        conditions.append(SignIn.id == only)
    if but is not None:
        conditions.append(SignIn.id != but)
    ended = session.execute(
        update(SignIn).where(*conditions).values(ended=now).returning(SignIn.id, SignIn.device_key)
    ).all()
    if devices and account_id is not None:
        keys = [row.device_key for row in ended] if only is not None else None
        forget_devices(session, account_id, keys, but=_device_key(session, but))
    if ended:
        details = {"account": account_id, "sessions": len(ended)}
        record(session, actor, "signed_out", now=now, details=details)
    return len(ended)


def sessions_of(
    session: Session, account_id: int, settings: Settings, *, now: datetime
) -> list[SessionView]:
    """Return an account's sessions that still hold, the one seen last first."""
    rows = session.execute(
        select(SignIn.id, SignIn.device, SignIn.created, SignIn.seen)
        .where(SignIn.account_id == account_id, *_alive(settings, now))
        .order_by(SignIn.seen.desc(), SignIn.id.desc())
    )
    return [SessionView(*row) for row in rows]


def find_session(
    database: Database, settings: Settings, cookies: Mapping[str, str], *, now: datetime
) -> SignedIn | None:
    """Return whose session the cookie names, or None; one query, and none without a cookie.

    Notes that it was seen, at most once a minute.
    """
    token = token_of(settings.secret_key, cookies.get(SESSION_COOKIE, ""))
    if token is None:
        return None
    with database.reading() as session:
        rows = session.execute(_looked_up(hash_of(token), settings, now)).all()
    if not rows:
        return None
    # An idle time of a minute must not end a session that is in use.
    every = min(SEEN_EVERY, timedelta(minutes=settings.session_idle_minutes) / 2)
    if now - rows[0].seen >= every:
        _note_seen(database, rows[0].id, now, every)
    return _signed_in(rows)


def forget_old(session: Session, *, now: datetime) -> int:
    """Remove sessions that began long ago, and return how many; the audit trail remembers.

    With them go devices that were not seen for long, and states of sign-ins by a provider.
    """
    forget_unseen(session, now=now)
    left = ProviderSignIn.created < now - ENTRY_KEPT_FOR
    session.execute(delete(ProviderSignIn).where(left))
    old = delete(SignIn).where(SignIn.created < now - KEPT_FOR).returning(SignIn.id)
    return len(session.scalars(old).all())


def cut_ahead(session: Session, *, now: datetime) -> None:
    """Let no session last longer because it began, or was seen, before the clock was set back."""
    for moment in (SignIn.created, SignIn.seen):
        ahead = update(SignIn).where(SignIn.ended.is_(None), moment > now)
        session.execute(ahead.values({moment: now}))


def actor_from(found: SignedIn | None, device: str | None) -> Actor:
    """Return who acts on this device: nobody in particular, or whoever has signed in there."""
    if found is None:
        return Actor(device=device)
    return Actor(device, found.grants, found.account_id, found.name)


def in_force(now: datetime) -> ColumnElement[bool]:
    """Return the condition on ``Appointment`` that its term has begun and has not ended."""
    return and_(
        Appointment.starts_at <= now,
        or_(Appointment.ends_at.is_(None), Appointment.ends_at > now),
        Appointment.ended.is_(None),
    )


def grants_of(rows: Iterable[Row[Any]]) -> frozenset[Grant]:
    """Return the grants in rows of role, reach, code, edition; a role may have been abolished."""
    return frozenset(
        Grant(Role(row.role), Reach(row.reach), row.code, row.edition)
        for row in rows
        if row.role in set(Role)
    )


def _looked_up(key: str, settings: Settings, now: datetime) -> Select[*tuple[Any, ...]]:
    """Return the query for a session and the roles in force: one row for each role, or one."""
    held = and_(Appointment.account_id == SignIn.account_id, in_force(now))
    return (
        select(
            SignIn.id,
            SignIn.account_id,
            SignIn.seen,
            Account.name,
            Account.must_change,
            Appointment.role,
            Appointment.reach,
            Appointment.code,
            Appointment.edition,
        )
        .join(Account, Account.id == SignIn.account_id)
        .outerjoin(Appointment, held)
        .where(SignIn.key == key, Account.closed.is_(None), *_alive(settings, now))
    )


def _alive(settings: Settings, now: datetime) -> tuple[ColumnElement[bool], ...]:
    """Return the conditions on ``SignIn`` that it has neither ended nor expired."""
    return (
        SignIn.ended.is_(None),
        SignIn.created > now - timedelta(hours=settings.session_hours),
        SignIn.seen > now - timedelta(minutes=settings.session_idle_minutes),
    )


def _signed_in(rows: Sequence[Row[Any]]) -> SignedIn:
    one = rows[0]
    grants = frozenset() if one.must_change else grants_of(rows)
    return SignedIn(one.id, one.account_id, one.name, grants, one.must_change)


def _note_seen(database: Database, session_id: int, now: datetime, every: timedelta) -> None:
    """Have it written when a session was seen; whoever reads a page does not wait for it."""
    seen = (
        update(SignIn).where(SignIn.id == session_id, SignIn.seen <= now - every).values(seen=now)
    )
    database.note(("session", session_id), lambda session: session.execute(seen))


def _device_key(session: Session, session_id: int | None) -> str | None:
    if session_id is None:
        return None
    return session.scalar(select(SignIn.device_key).where(SignIn.id == session_id))
