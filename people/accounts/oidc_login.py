"""Signing in by OpenID Connect: what an identity provider says becomes an account and its roles.

``people.accounts.oidc_client`` asks the provider and checks its answer; ``enter_once`` makes a
session of it, like any other. The provider's word is taken anew at every entry, and each answer
once: the hash of its state is kept in a row as long as its browser could send it again.

Which providers there are and what their words mean: ``people.accounts.oidc_providers``. An account
is known by issuer and subject, whichever provider it is that speaks for this issuer.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.database import Database
from core.errors import SignInProblem, WrongSignInError
from core.keys import hash_of
from core.text import shows_nothing, visible
from people.access.actor import Actor, Grant
from people.accounts.accounts import MOST_NAME, folded, store_account
from people.accounts.models import Account, Appointment, ProviderSignIn
from people.accounts.oidc_providers import Provider
from people.accounts.role_grants import CLAIM, Term, end_term, grant_of, store_term
from people.accounts.sessions import start_session

#: An identity older than this was not given just now.
FRESH_FOR = timedelta(minutes=5)
#: Roles by claim hold from entry to entry; without one, they end after this, and tokens with them.
HOLDS_FOR = timedelta(days=30)
_MOST_SUBJECT = 300
_UNSUITED = re.compile(r"[^a-z0-9._@+-]+")


@dataclass(frozen=True)
class Identity:
    """Whom a provider says somebody is; ``said`` are the values of the claim."""

    issuer: str
    subject: str
    name: str
    login: str
    said: frozenset[str]


def identity_of(said: Mapping[str, Any], claim: str, *, now: datetime) -> Identity | None:
    """Return whom verified claims name, or None where they were not made out just now."""
    try:
        given = datetime.fromtimestamp(float(said.get("iat") or 0), UTC)
    except (TypeError, ValueError, OverflowError, OSError):
        return None
    issuer, subject = said.get("iss"), said.get("sub")
    if not issuer or not subject or not -FRESH_FOR <= now - given <= FRESH_FOR:
        return None
    name = str(said.get("name") or said.get("preferred_username") or said.get("email") or "")
    login = str(said.get("preferred_username") or said.get("email") or "")
    return Identity(str(issuer), str(subject), name, login, _values(said.get(claim)))


def enter(
    session: Session, roles: Mapping[str, frozenset[Grant]], identity: Identity, *, now: datetime
) -> int:
    """Find or make the identity's account, renew its roles, and return its id.

    Somebody new comes in only with a role: else whoever has an account at the provider would get
    one here. Raises ``WrongSignInError`` for these, and for an account that was closed.
    """
    given = frozenset().union(*(roles.get(value, frozenset()) for value in identity.said))
    subject = _subject(identity)
    account = session.scalar(select(Account).where(Account.subject == subject))
    if account is not None and account.closed is not None:
        raise WrongSignInError(problem=SignInProblem.CLOSED)
    if account is None:
        if not given:
            raise WrongSignInError(problem=SignInProblem.NO_ROLE)
        account_id = _new_account(session, identity, subject, now)
    else:
        account_id = account.id
    _renew(session, account_id, given, now)
    return account_id


def enter_once(
    database: Database,
    provider: Provider,
    identity: Identity,
    *,
    state: str,
    device: str,
    now: datetime,
) -> str:
    """Enter by a provider's word, begin a session, and return its token.

    A ``state`` is used up by it. Raises ``WrongSignInError`` as ``enter`` does, and (``EXPIRED``)
    for one that was used before.
    """

    def begin(session: Session) -> str:
        used = hash_of(state)
        if session.scalar(select(ProviderSignIn.id).where(ProviderSignIn.browser == used)):
            raise WrongSignInError(problem=SignInProblem.EXPIRED)
        subject = _subject(identity)
        account_id = enter(session, provider.roles, identity, now=now)
        session.add(
            ProviderSignIn(
                browser=used,
                identity=hash_of(subject),
                created=now,
                provider=provider.key,
                subject=subject,
            )
        )
        return start_session(session, account_id, device=device, how="provider", now=now)

    return database.write(begin)


def _new_account(session: Session, identity: Identity, subject: str, now: datetime) -> int:
    """Add an account whose login, only a name here, is free."""
    wanted = _UNSUITED.sub("-", folded(identity.login)).strip("-.")[:60] or "account"
    login, n = wanted, 1
    while session.scalar(select(Account.id).where(Account.login == login)) is not None:
        n += 1
        login = f"{wanted}-{n}"
    name = "".join(filter(str.isprintable, visible(identity.name))).strip()[:MOST_NAME]
    name = login if shows_nothing(name) else name
    return store_account(session, Actor(), login=login, name=name, subject=subject, now=now)


def _renew(session: Session, account_id: int, given: frozenset[Grant], now: datetime) -> None:
    """Make the roles by claim what the provider says now; those given at the desk stay."""
    actor = Actor(account_id=account_id)
    rows = session.scalars(
        select(Appointment).where(
            Appointment.account_id == account_id,
            Appointment.origin == CLAIM,
            Appointment.ended.is_(None),
            Appointment.ends_at > now,
        )
    ).all()
    until = now + HOLDS_FOR
    for row in rows:
        if grant_of(row) in given:
            row.ends_at = until
        else:
            end_term(session, actor, row, now=now)
    for grant in sorted(given - {grant_of(row) for row in rows}, key=str):
        store_term(session, actor, account_id, Term(grant, now, until), origin=CLAIM, now=now)
    session.flush()


def _values(claimed: Any) -> frozenset[str]:
    """Return a claim's values: one text, or several in a list."""
    if isinstance(claimed, str):
        return frozenset({claimed})
    if isinstance(claimed, Iterable):
        return frozenset(value for value in claimed if isinstance(value, str))
    return frozenset()


def _subject(identity: Identity) -> str:
    """Return what an account is found by: a subject is its issuer's own."""
    whole = f"{identity.issuer} {identity.subject}"
    if len(whole) <= _MOST_SUBJECT:
        return whole
    return sha256(whole.encode("utf-8", "replace")).hexdigest()
