"""Signing in by OpenID Connect: what an identity provider says becomes an account and its roles.

Streamlit's own ``st.login`` asks the provider and checks its answer. Its page then hands the person
over to the desk with a ticket: signed, for one device, good once and for a minute. There it
becomes a session like any other. The provider's word is taken anew at every entry.

Which providers there are and what their words mean: ``people.providers``. An account is known by
issuer and subject, whichever provider it is that speaks for this issuer.
"""

from __future__ import annotations

import hmac
import re
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from database import Database
from errors import NoKeyError, WrongSignInError
from people.accounts import MOST_NAME, folded, store_account
from people.actors import Actor, Grant
from people.appointments import CLAIM, Term, end_term, grant_of, store_term
from people.keys import derived_keys
from people.models import Account, Appointment
from people.sessions import start_session
from texts import shows_nothing, visible

#: An identity older than this was not given just now.
FRESH_FOR = timedelta(minutes=5)
TICKET_FOR = timedelta(seconds=60)
#: Roles by claim hold from entry to entry; without one, they end after this, and tokens with them.
HOLDS_FOR = timedelta(days=30)
_PURPOSE = "ticket"
_TICKET = re.compile(r"([1-9][0-9]{0,15})\.([1-9][0-9]{0,12})\.([0-9a-f]{32})\.([0-9a-f]{64})")
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


def identity_of(user: Mapping[str, Any], claim: str, *, now: datetime) -> Identity | None:
    """Return whom ``st.user`` names, or None for nobody, or for one who did not sign in just now.

    Streamlit keeps what the provider said for 30 days; roles need a fresher word.
    """
    issuer, subject = user.get("iss"), user.get("sub")
    if user.get("is_logged_in") is not True or not issuer or not subject:
        return None
    try:
        given = datetime.fromtimestamp(float(user.get("iat") or 0), UTC)
    except (TypeError, ValueError, OverflowError, OSError):
        return None
    if not -FRESH_FOR <= now - given <= FRESH_FOR:
        return None
    name = str(user.get("name") or user.get("preferred_username") or user.get("email") or "")
    login = str(user.get("preferred_username") or user.get("email") or "")
    return Identity(str(issuer), str(subject), name, login, _values(user.get(claim)))


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
        raise WrongSignInError(problem="closed")
    if account is None:
        if not given:
            raise WrongSignInError(problem="no_role")
        account_id = _new_account(session, identity, subject, now)
    else:
        account_id = account.id
    _renew(session, account_id, given, now)
    return account_id


def ticket_for(secret_key: str, account_id: int, device_key: str, *, now: datetime) -> str:
    """Return the ticket with which this device enters. Raises ``NoKeyError``."""
    keys = derived_keys(secret_key, _PURPOSE)
    if not keys:
        raise NoKeyError()
    until = int((now + TICKET_FOR).timestamp())
    said = f"{account_id}.{until}.{secrets.token_hex(16)}"
    return f"{said}.{_signature(keys[0], said, device_key)}"


def take_ticket(
    database: Database,
    secret_key: str,
    ticket: str,
    device_key: str | None,
    *,
    device: str,
    now: datetime,
) -> str:
    """Begin the session that a ticket is for and return its token.

    Raises ``WrongSignInError`` for a ticket that is none of ours, another device's, late or used.
    """
    found = _TICKET.fullmatch(ticket)
    if found is None or device_key is None:
        raise WrongSignInError(problem="ticket")
    said, signature = ticket.rpartition(".")[0], found[4]
    key = next(
        (
            key
            for key in derived_keys(secret_key, _PURPOSE)
            if hmac.compare_digest(_signature(key, said, device_key), signature)
        ),
        None,
    )
    if key is None or now.timestamp() > int(found[2]):
        raise WrongSignInError(problem="ticket")
    # The session's key is unique in its table, so a ticket that always gives one token gives it
    # once, whichever process is asked.
    token = hmac.digest(key, f"session {said}".encode(), sha256).hex()
    account_id = int(found[1])

    def begin(session: Session) -> str:
        """Begin it, unless the account was closed in this minute."""
        account = session.get(Account, account_id)
        if account is None or account.closed is not None:
            raise WrongSignInError(problem="closed")
        return start_session(
            session, account_id, device=device, how="provider", now=now, token=token
        )

    try:
        return database.write(begin)
    except IntegrityError:
        raise WrongSignInError(problem="ticket") from None


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


def _signature(key: bytes, said: str, device_key: str) -> str:
    return hmac.digest(key, f"{said} {device_key}".encode(), sha256).hex()
