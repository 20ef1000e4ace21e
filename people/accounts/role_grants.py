"""Appointments: who holds which role, where, for which term. Nobody gives more than they hold."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session

from core.errors import AccountProblem, BadAccountError, NotAllowedError, NotFoundError
from people.access.actor import Actor, Grant, Reach, Role, Where
from people.access.permissions import ROLES, Act, grants_for, may
from people.accounts.models import Account, Appointment
from people.accounts.sessions import end_sessions
from people.audit.record import record

DESK, CLAIM = "desk", "claim"
#: These are elected or sent for a fixed period.
FOR_A_TERM = frozenset({Role.COUNCIL_MEMBER})
_CODE = re.compile(r"[0-9A-Za-z]{1,40}")


@dataclass(frozen=True)
class Term:
    """A role to be given: which, where, from when until when (None: until it is ended)."""

    grant: Grant
    starts_at: datetime
    ends_at: datetime | None = None


def may_give(actor: Actor, grant: Grant) -> bool:
    """Tell whether this person may give a role there: it reaches no further than theirs.

    All that the role allows must be allowed to the giver, there.
    """
    if not _within_any(grant, grants_for(actor, Act.MANAGE_ACCOUNTS)):
        return False
    where = where_of_grant(grant)
    return all(may(actor, act, where) for act, roles in ROLES.items() if grant.role in roles)


def where_of_grant(grant: Grant) -> Where:
    """Return the place that a role is held for."""
    if grant.reach is Reach.COMMUNITY:
        return Where("", grant.code, grant.edition)
    return Where(grant.code if grant.reach is Reach.SUBDISTRICT else "")


def appoint(session: Session, actor: Actor, account_id: int, term: Term, *, now: datetime) -> int:
    """Give somebody a role for a term, and return the appointment's id.

    Raises ``NotFoundError`` for an account that this person must not know of; ``NotAllowedError``
    for a role that is not theirs to give; ``BadAccountError`` (role, place, term, term_needed,
    held).
    """
    account = known_account(session, actor, account_id)
    check_term(actor, term)
    if account.closed is not None:
        raise NotFoundError(kind="account")
    open_ones = session.scalars(_open(account_id, now)).all()
    if any(_overlaps(one, term) for one in open_ones if grant_of(one) == term.grant):
        raise BadAccountError(problem=AccountProblem.HELD)
    return store_term(session, actor, account_id, term, origin=DESK, now=now)


def end_appointment(session: Session, actor: Actor, appointment_id: int, *, now: datetime) -> int:
    """End a term before its time, or one that has not begun; return whose it was.

    Nobody ends an own one: an office must not lose its last administrator by a slip. Raises
    ``NotFoundError``, ``NotAllowedError``.
    """
    row = session.get(Appointment, appointment_id, populate_existing=True)
    if row is None or not may_give(actor, grant_of(row)):
        raise NotFoundError(kind="appointment")
    if row.account_id == actor.account_id:
        raise NotAllowedError(action="end_own_appointment")
    if row.ended is None and (row.ends_at is None or row.ends_at > now):
        end_term(session, actor, row, now=now)
    return row.account_id


def known_account(session: Session, actor: Actor, account_id: int) -> Account:
    """Return an account that this person may know of: of somebody with a role in the own place.

    Past roles and those to come count. Raises ``NotFoundError``.
    """
    account = session.get(Account, account_id, populate_existing=True)
    own = grants_for(actor, Act.MANAGE_ACCOUNTS)
    near = Reach.PLATFORM in {grant.reach for grant in own} or any(
        _within_any(grant, own) for grant in _held(session, account_id)
    )
    if account is None or not own or not near:
        raise NotFoundError(kind="account")
    return account


def managed_account(session: Session, actor: Actor, account_id: int, *, now: datetime) -> Account:
    """Return an account that this person may close, rename or give a password.

    These are known accounts that hold nothing beyond the own place: a new password is a way into
    all that an account may do. Raises ``NotFoundError``, ``NotAllowedError``.
    """
    account = known_account(session, actor, account_id)
    if not manages(session, actor, account_id, now=now):
        raise NotAllowedError(action="manage_account")
    return account


def manages(session: Session, actor: Actor, account_id: int, *, now: datetime) -> bool:
    """Tell whether all that an account holds or is to hold lies within the own place."""
    own = grants_for(actor, Act.MANAGE_ACCOUNTS)
    rows = session.scalars(_open(account_id, now))
    return all(_within_any(grant_of(row), own) for row in rows)


def gives_all_of(session: Session, actor: Actor, account_id: int, *, now: datetime) -> bool:
    """Tell whether all that an account holds or is to hold is this person's to give."""
    return all(may_give(actor, grant_of(row)) for row in session.scalars(_open(account_id, now)))


def check_term(actor: Actor, term: Term) -> None:
    """Raise ``BadAccountError`` or ``NotAllowedError`` unless this person may give this term."""
    grant = term.grant
    if not _is_place(grant):
        raise BadAccountError(problem=AccountProblem.PLACE)
    if grant.role is Role.RESIDENT:
        raise BadAccountError(problem=AccountProblem.ROLE)
    if term.ends_at is not None and term.ends_at <= term.starts_at:
        raise BadAccountError(problem=AccountProblem.TERM)
    if term.ends_at is None and grant.role in FOR_A_TERM:
        raise BadAccountError(problem=AccountProblem.TERM_NEEDED)
    if not may_give(actor, grant):
        raise NotAllowedError(action="appoint")


def store_term(
    session: Session, actor: Actor, account_id: int, term: Term, *, origin: str, now: datetime
) -> int:
    """Add an appointment and its audit entry; whoever calls has checked it."""
    row = Appointment(
        account_id=account_id,
        role=term.grant.role,
        reach=term.grant.reach,
        code=term.grant.code,
        edition=term.grant.edition,
        starts_at=term.starts_at,
        ends_at=term.ends_at,
        origin=origin,
        given_by=actor.account_id,
    )
    session.add(row)
    session.flush()
    _record(session, actor, "appointed", row, now)
    return row.id


def end_term(session: Session, actor: Actor, row: Appointment, *, now: datetime) -> None:
    """End an appointment, with its audit entry; whoever calls has checked it.

    One that was in force takes the account's sessions along, so that all begin anew without it.
    """
    row.ended = now
    session.flush()
    _record(session, actor, "appointment_ended", row, now)
    if row.starts_at <= now:
        end_sessions(session, actor, row.account_id, devices=False, now=now)


def holds(session: Session, account_id: int, grant: Grant, *, now: datetime) -> bool:
    """Tell whether an account holds this now, with no end in sight."""
    rows = session.scalars(_open(account_id, now))
    return any(
        grant_of(row) == grant and row.starts_at <= now and row.ends_at is None for row in rows
    )


def grant_of(row: Appointment) -> Grant:
    """Return what an appointment gives while it is in force."""
    return Grant(Role(row.role), Reach(row.reach), row.code, row.edition)


def _record(session: Session, actor: Actor, action: str, row: Appointment, now: datetime) -> None:
    details: dict[str, Any] = {
        "account": row.account_id,
        "role": row.role,
        "reach": row.reach,
        "code": row.code,
        "edition": row.edition,
        "starts_at": row.starts_at.isoformat(),
        "ends_at": row.ends_at.isoformat() if row.ends_at else None,
        "origin": row.origin,
    }
    record(session, actor, action, now=now, details=details)


def _open(account_id: int, now: datetime) -> Select[Appointment]:
    """Return the query for appointments in force or to come."""
    return select(Appointment).where(
        Appointment.account_id == account_id,
        Appointment.ended.is_(None),
        or_(Appointment.ends_at.is_(None), Appointment.ends_at > now),
    )


def _held(session: Session, account_id: int) -> list[Grant]:
    """Return all that an account holds, held or is to hold."""
    rows = session.scalars(select(Appointment).where(Appointment.account_id == account_id))
    return [grant_of(row) for row in rows]


def _overlaps(row: Appointment, term: Term) -> bool:
    """Tell whether two terms share a moment."""
    before = term.ends_at is not None and term.ends_at <= row.starts_at
    after = row.ends_at is not None and row.ends_at <= term.starts_at
    return not before and not after


def _within_any(grant: Grant, own: Iterable[Grant]) -> bool:
    return any(_within(grant, mine) for mine in own)


def _within(grant: Grant, own: Grant) -> bool:
    """Tell whether a grant reaches no further than another."""
    if own.reach is Reach.PLATFORM:
        return True
    if not own.code or grant.reach is Reach.PLATFORM:
        return False
    if grant.reach is Reach.SUBDISTRICT:
        return own.reach is Reach.SUBDISTRICT and grant.code == own.code
    return own.covers(where_of_grant(grant))


def _is_place(grant: Grant) -> bool:
    if grant.reach is Reach.PLATFORM:
        return not grant.code and not grant.edition
    coded = _CODE.fullmatch(grant.code) is not None
    community = grant.reach is Reach.COMMUNITY
    named = len(grant.edition) <= 40 and grant.edition.isprintable()
    return coded and named and bool(grant.edition) == community
