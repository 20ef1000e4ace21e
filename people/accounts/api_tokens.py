"""API tokens: by one a program acts for its owner, within a few acts and never beyond the owner.

A token is shown once, when it is made; the table keeps its hash and how it begins. It carries no
device, so that nothing which residents do from a device (filing, supporting) is done by it.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, or_, select, update
from sqlalchemy.orm import Session

from core.database import Database
from core.errors import AccountProblem, BadAccountError, NotAllowedError, NotFoundError
from core.keys import hash_of
from people.access.actor import Actor
from people.access.permissions import ROLES, Act, may_somewhere
from people.accounts.accounts import check_name
from people.accounts.models import Account, ApiToken, Appointment
from people.accounts.sessions import grants_of, in_force
from people.audit.record import record

PREFIX = "lj_"
MOST_TOKENS = 20
SEEN_EVERY = timedelta(minutes=1)
HINT = len(PREFIX) + 6
_TOKEN = re.compile(r"lj_[A-Za-z0-9_-]{43}")


@dataclass(frozen=True)
class TokenView:
    """One token as its owner sees it; never the token itself."""

    id: int
    hint: str
    name: str
    acts: tuple[str, ...]
    created: datetime
    ends_at: datetime | None
    seen: datetime | None


def offered_acts(actor: Actor) -> list[Act]:
    """Return the acts that this person can put into a token: what they may do somewhere."""
    return [act for act in Act if act in ROLES and may_somewhere(actor, act)]


def make_token(
    session: Session,
    actor: Actor,
    *,
    name: str,
    acts: Sequence[str],
    ends_at: datetime | None,
    now: datetime,
) -> str:
    """Make a token for the one who acts and return it, for once.

    Raises ``NotAllowedError`` for nobody in particular and for a program with a token;
    ``BadAccountError`` (name, acts, term, many).
    """
    account_id = _owner(actor)
    name, wanted = check_name(name), sorted(set(acts))
    if not wanted or not set(wanted) <= {str(act) for act in offered_acts(actor)}:
        raise BadAccountError(problem=AccountProblem.ACTS)
    if ends_at is not None and ends_at <= now:
        raise BadAccountError(problem=AccountProblem.TERM)
    mine = select(func.count()).where(ApiToken.account_id == account_id, *_alive(now))
    if (session.scalar(mine) or 0) >= MOST_TOKENS:
        raise BadAccountError(problem=AccountProblem.MANY)
    token = PREFIX + secrets.token_urlsafe(32)
    row = ApiToken(
        key=hash_of(token),
        hint=token[:HINT],
        account_id=account_id,
        name=name,
        acts=wanted,
        created=now,
        ends_at=ends_at,
    )
    session.add(row)
    session.flush()
    details = {"token_id": row.id, "acts": wanted}
    record(session, actor, "token_made", now=now, details=details)
    return token


def revoke_token(session: Session, actor: Actor, token_id: int, *, now: datetime) -> None:
    """End one of the own tokens. Raises ``NotAllowedError``, ``NotFoundError``."""
    ended = session.execute(
        update(ApiToken)
        .where(ApiToken.id == token_id, ApiToken.account_id == _owner(actor), *_alive(now))
        .values(ended=now)
        .returning(ApiToken.id)
    ).first()
    if ended is None:
        raise NotFoundError(kind="token")
    record(session, actor, "token_revoked", now=now, details={"token_id": token_id})


def tokens_of(session: Session, account_id: int, *, now: datetime) -> list[TokenView]:
    """Return an account's tokens that still hold, the newest first."""
    rows = session.scalars(
        select(ApiToken)
        .where(ApiToken.account_id == account_id, *_alive(now))
        .order_by(ApiToken.id.desc())
    )
    return [
        TokenView(row.id, row.hint, row.name, tuple(row.acts), row.created, row.ends_at, row.seen)
        for row in rows
    ]


def find_token(database: Database, token: str, *, now: datetime) -> Actor | None:
    """Return who acts by a token, with the roles in force now, or None for one that holds not.

    While its owner must change the password, it holds not. One query; notes when it was used, at
    most once a minute.
    """
    if not _TOKEN.fullmatch(token):
        return None
    with database.reading() as session:
        rows = session.execute(_looked_up(hash_of(token), now)).all()
    if not rows:
        return None
    one = rows[0]
    if one.seen is None or now - one.seen >= SEEN_EVERY:
        _note_seen(database, one.id, now)
    return Actor(None, grants_of(rows), one.account_id, one.owner, frozenset(one.acts), one.id)


def cut_ahead(session: Session, *, now: datetime) -> None:
    """Let the last use of a token be no later than now; when it ends is a day that was named."""
    session.execute(update(ApiToken).where(ApiToken.seen > now).values(seen=now))


def acts_of(session: Session, token_id: int, *, now: datetime) -> frozenset[str]:
    """Return what a token was made for; nothing once it has ended or was revoked."""
    acts = session.scalar(select(ApiToken.acts).where(ApiToken.id == token_id, *_alive(now)))
    return frozenset(acts or ())


def _looked_up(key: str, now: datetime) -> Select[*tuple[Any, ...]]:
    """Return the query for a token, its owner and the roles in force: one row for each role."""
    held = and_(Appointment.account_id == ApiToken.account_id, in_force(now))
    return (
        select(
            ApiToken.id,
            ApiToken.account_id,
            ApiToken.acts,
            ApiToken.seen,
            Account.name.label("owner"),
            Appointment.role,
            Appointment.reach,
            Appointment.code,
            Appointment.edition,
        )
        .join(Account, Account.id == ApiToken.account_id)
        .outerjoin(Appointment, held)
        .where(
            ApiToken.key == key,
            Account.closed.is_(None),
            Account.must_change.is_(False),
            *_alive(now),
        )
    )


def _alive(now: datetime) -> tuple[ColumnElement[bool], ...]:
    """Return the conditions on ``ApiToken`` that it has neither been revoked nor ended."""
    return (
        ApiToken.ended.is_(None),
        or_(ApiToken.ends_at.is_(None), ApiToken.ends_at > now),
    )


def _note_seen(database: Database, token_id: int, now: datetime) -> None:
    unseen = or_(ApiToken.seen.is_(None), ApiToken.seen <= now - SEEN_EVERY)
    seen = update(ApiToken).where(ApiToken.id == token_id, unseen).values(seen=now)
    database.note(("token", token_id), lambda session: session.execute(seen))


def _owner(actor: Actor) -> int:
    if actor.account_id is None or actor.limited_to is not None:
        raise NotAllowedError(action="manage_tokens")
    return actor.account_id
