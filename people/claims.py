"""Signing in by OpenID Connect: what an identity provider says becomes an account and its roles.

Streamlit's own ``st.login`` asks the provider and checks its answer. Its page then hands the person
over to the desk with a ticket, where it becomes a session like any other. The provider's word is
taken anew at every entry. No signature opens anything alone; on the way there are

1. a cookie of the browser in which somebody starts (``ENTRY_COOKIE``, random);
2. a row, written when the provider's answer has been checked (``people.returning``), which holds
   the hashes of that cookie and of the identity that Streamlit signed then;
3. the ticket: random and signed, its hash in that row, with the account, provider, issuer and
   subject that it is for. It is good for a minute, in that browser, once: the row goes with the
   first use, and with all that ends the account's sessions.

Which providers there are and what their words mean: ``people.providers``. An account is known by
issuer and subject, whichever provider it is that speaks for this issuer.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from database import Database
from errors import SignInProblem, WrongSignInError
from people.accounts import MOST_NAME, folded, store_account
from people.actors import Actor, Grant
from people.appointments import CLAIM, Term, end_term, grant_of, store_term
from people.keys import Purpose, hash_of, sign, signed_token
from people.models import Account, Appointment, ProviderSignIn
from people.providers import Provider
from people.sessions import start_session
from texts import shows_nothing, visible

#: An identity older than this was not given just now.
FRESH_FOR = timedelta(minutes=5)
TICKET_FOR = timedelta(seconds=60)
#: Roles by claim hold from entry to entry; without one, they end after this, and tokens with them.
HOLDS_FOR = timedelta(days=30)
#: The browser that starts is known by this cookie, for as long as signing in may take.
ENTRY_COOKIE = "lujian_entry"
ENTRY_S = 600
#: Streamlit signs what the provider said into these cookies, and the tokens into others.
IDENTITY_COOKIE, _TOKENS_COOKIE = "_streamlit_user", "_streamlit_user_tokens"
#: Clocks of two processes differ by no more.
_SLACK = timedelta(seconds=5)
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
        raise WrongSignInError(problem=SignInProblem.CLOSED)
    if account is None:
        if not given:
            raise WrongSignInError(problem=SignInProblem.NO_ROLE)
        account_id = _new_account(session, identity, subject, now)
    else:
        account_id = account.id
    _renew(session, account_id, given, now)
    return account_id


def identity_mark(cookies: Mapping[str, str]) -> str | None:
    """Return the hash of what Streamlit signed for the provider; None where there is nothing."""
    signed = {
        name: value
        for name, value in cookies.items()
        if name.startswith(IDENTITY_COOKIE) and not name.startswith(_TOKENS_COOKIE) and value
    }
    return hash_of(repr(sorted(signed.items()))) if signed else None


def note_return(session: Session, entry: str, mark: str, *, now: datetime) -> None:
    """Write down that a provider's answer has come to this browser and was found right."""
    browser = hash_of(entry)
    session.execute(delete(ProviderSignIn).where(ProviderSignIn.browser == browser))
    session.add(ProviderSignIn(browser=browser, identity=mark, created=now))


def hand_out(
    session: Session,
    secret_key: str,
    provider: Provider,
    identity: Identity,
    cookies: Mapping[str, str],
    *,
    now: datetime,
) -> str:
    """Enter by a provider's word and return the ticket with which this browser goes on.

    A ticket that it had before is void. Raises ``NoKeyError``; ``WrongSignInError`` as ``enter``
    does, and (``ticket``) unless this identity came to this browser from the provider just now.
    """
    token = secrets.token_hex(32)
    ticket = sign(secret_key, Purpose.TICKET, token)
    account_id = enter(session, provider.roles, identity, now=now)
    returned = session.execute(
        update(ProviderSignIn)
        .where(
            ProviderSignIn.browser == hash_of(cookies.get(ENTRY_COOKIE, "")),
            ProviderSignIn.identity == identity_mark(cookies),
            ProviderSignIn.created.between(now - FRESH_FOR, now + _SLACK),
        )
        .values(
            ticket=hash_of(token),
            issued=now,
            account_id=account_id,
            provider=provider.key,
            subject=_subject(identity),
        )
        .returning(ProviderSignIn.id)
    ).first()
    if returned is None:
        raise WrongSignInError(problem=SignInProblem.EXPIRED)
    return ticket


def take_ticket(
    database: Database,
    secret_key: str,
    ticket: str,
    entry: str,
    *,
    providers: Collection[str],
    device: str,
    now: datetime,
) -> str:
    """Begin the session that a ticket is for and return its token.

    ``entry`` is what the browser's ``ENTRY_COOKIE`` holds, ``providers`` are the keys of those set
    up now. Raises ``WrongSignInError`` for a ticket that is none of ours, of another browser, late,
    used, or of an account or provider that is no longer what it was. Whoever fails uses it up.
    """
    token = signed_token(secret_key, Purpose.TICKET, ticket)
    if token is None or not providers:
        raise WrongSignInError(problem=SignInProblem.EXPIRED)

    def begin(session: Session) -> str | None:
        """Use the ticket up, and begin its session if all is as it was."""
        used = delete(ProviderSignIn).where(ProviderSignIn.ticket == hash_of(token))
        row = session.scalar(used.returning(ProviderSignIn))
        if row is None or not _is_good(session, row, entry, providers, now):
            return None
        return start_session(session, row.account_id or 0, device=device, how="provider", now=now)

    begun = database.write(begin)
    if begun is None:
        raise WrongSignInError(problem=SignInProblem.EXPIRED)
    return begun


def _is_good(
    session: Session, row: ProviderSignIn, entry: str, providers: Collection[str], now: datetime
) -> bool:
    """Tell whether a ticket is in its time and browser, and its account and provider are there."""
    account = session.get(Account, row.account_id, populate_existing=True)
    return (
        row.issued is not None
        and -_SLACK <= now - row.issued <= TICKET_FOR
        and row.browser == hash_of(entry)
        and row.provider in providers
        and account is not None
        and account.closed is None
        and account.subject == row.subject
    )


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
