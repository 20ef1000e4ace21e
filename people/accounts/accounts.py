"""Accounts of those who have a desk or a room: made, renamed, closed, given a password.

Hashing takes its time, so it is done before the writer is asked: actions take hashes
(``people.accounts.passwords``), and ``change_password`` says that it does all of it.

A password that somebody else knows is for one sign-in, soon: it runs out ``valid_for`` after it
was given, and is then as wrong as any other.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from core.database import Database
from core.errors import (
    AccountProblem,
    BadAccountError,
    BadPasswordError,
    EmptyTextError,
    LongTextError,
    NotAllowedError,
    NotFoundError,
    PasswordProblem,
)
from core.settings import Settings
from core.text import as_address, clean_text
from people.access.actor import OPERATOR, Actor, Grant, Role
from people.accounts import passwords
from people.accounts.models import Account, ApiToken
from people.accounts.role_grants import (
    DESK,
    Term,
    check_term,
    gives_all_of,
    holds,
    managed_account,
    store_term,
)
from people.accounts.sessions import SignedIn, end_sessions
from people.audit.record import record

MOST_NAME = 80
#: How long a password holds that was given by somebody else.
ONE_TIME_FOR = timedelta(hours=72)
_LOGIN = re.compile(r"[a-z0-9][a-z0-9._@+-]{1,79}")


def folded(login: str) -> str:
    """Return a login as it is stored and compared: narrow, without case and blanks around it."""
    return as_address(login).casefold()


def is_login(login: str) -> bool:
    """Tell whether a folded text can be a login at all."""
    return _LOGIN.fullmatch(login) is not None


def cut_ahead(session: Session, *, valid_for: timedelta, now: datetime) -> None:
    """Let no password given for the first sign-in hold longer than from now on."""
    until = now + valid_for
    later = update(Account).where(Account.password_until > until)
    session.execute(later.values(password_until=until))


def one_time_for(settings: Settings) -> timedelta:
    """Return how long a password that was given by somebody else holds here: an hour at least."""
    return timedelta(hours=max(1, settings.one_time_password_hours))


def create_account(
    session: Session,
    actor: Actor,
    *,
    login: str,
    name: str,
    password_hash: str,
    term: Term,
    valid_for: timedelta = ONE_TIME_FOR,
    now: datetime,
) -> int:
    """Make an account with its first role and a password to be changed; return its id.

    Raises ``NotAllowedError`` for a role that is not this person's to give; ``BadAccountError``
    (login, login_taken, name, and those of a term).
    """
    check_term(actor, term)
    login, name = check_login(login), check_name(name)
    if session.scalar(select(Account.id).where(Account.login == login)) is not None:
        raise BadAccountError(problem=AccountProblem.LOGIN_TAKEN)
    account_id = store_account(
        session,
        actor,
        login=login,
        name=name,
        password_hash=password_hash,
        valid_for=valid_for,
        now=now,
    )
    store_term(session, actor, account_id, term, origin=DESK, now=now)
    return account_id


def store_account(
    session: Session,
    actor: Actor,
    *,
    login: str,
    name: str,
    now: datetime,
    password_hash: str | None = None,
    valid_for: timedelta = ONE_TIME_FOR,
    subject: str | None = None,
) -> int:
    """Add an account and its audit entry; whoever calls has checked it. Return its id."""
    account = Account(
        login=login,
        name=name,
        password_hash=password_hash,
        must_change=password_hash is not None,
        password_until=now + valid_for if password_hash is not None else None,
        subject=subject,
        created=now,
    )
    session.add(account)
    session.flush()
    details = {"account": account.id, "by": "provider" if subject else "desk"}
    record(session, actor, "account_created", now=now, details=details)
    return account.id


@dataclass(frozen=True)
class Founded:
    """What it took to make somebody an administrator."""

    account_id: int
    created: bool
    reopened: bool
    appointed: bool


def found_administrator(
    session: Session,
    *,
    login: str,
    name: str,
    password_hash: str,
    must_change: bool,
    valid_for: timedelta = ONE_TIME_FOR,
    now: datetime,
) -> Founded:
    """Make the account with this login, new or not, an administrator with this password.

    For whoever runs a command on the server: nothing is asked. Its sessions end. One that need not
    be changed has no end.
    """
    account = session.scalar(select(Account).where(Account.login == login))
    created = account is None
    if account is None:
        account = session.get_one(
            Account, store_account(session, OPERATOR, login=login, name=name, now=now)
        )
    reopened = account.closed is not None
    if reopened:
        account.closed = None
        record(session, OPERATOR, "account_reopened", now=now, details={"account": account.id})
    give_password(session, OPERATOR, account, password_hash, valid_for=valid_for, now=now)
    if not must_change:
        account.must_change, account.password_until = False, None
    term = Term(Grant(Role.ADMINISTRATOR), now)
    appointed = not holds(session, account.id, term.grant, now=now)
    if appointed:
        store_term(session, OPERATOR, account.id, term, origin=DESK, now=now)
    session.flush()
    return Founded(account.id, created, reopened, appointed)


def rename(session: Session, actor: Actor, account_id: int, name: str, *, now: datetime) -> None:
    """Give an account another name; everybody may name themselves.

    Raises ``NotFoundError``, ``NotAllowedError``, ``BadAccountError``.
    """
    account = _own_or_managed(session, actor, account_id, now)
    name = check_name(name)
    if name == account.name:
        return
    details = {"account": account_id, "from": account.name, "to": name}
    account.name = name
    session.flush()
    record(session, actor, "account_renamed", now=now, details=details)


def close_account(
    session: Session, actor: Actor, account_id: int, *, reason: str, now: datetime
) -> None:
    """Close an account: its sessions and tokens end, its roles give nothing.

    Nobody closes the own one. Raises ``NotFoundError``, ``NotAllowedError``.
    """
    account = managed_account(session, actor, account_id, now=now)
    if account_id == actor.account_id:
        raise NotAllowedError(action="close_own_account")
    if account.closed is not None:
        return
    account.closed = now
    session.flush()
    end_sessions(session, actor, account_id, now=now)
    tokens = update(ApiToken).where(ApiToken.account_id == account_id, ApiToken.ended.is_(None))
    session.execute(tokens.values(ended=now))
    said = "".join(filter(str.isprintable, reason)).strip()[:500]
    details = {"account": account_id, "reason": said}
    record(session, actor, "account_closed", now=now, details=details)


def reopen_account(session: Session, actor: Actor, account_id: int, *, now: datetime) -> None:
    """Open a closed account again, with the roles whose terms still run; its tokens stay ended.

    Raises ``NotFoundError``, ``NotAllowedError``.
    """
    account = managed_account(session, actor, account_id, now=now)
    if account.closed is None:
        return
    account.closed = None
    session.flush()
    record(session, actor, "account_reopened", now=now, details={"account": account_id})


def reset_password(
    session: Session,
    actor: Actor,
    account_id: int,
    password_hash: str,
    *,
    valid_for: timedelta = ONE_TIME_FOR,
    now: datetime,
) -> None:
    """Give an account a password to be changed at once; its sessions end.

    Whoever has the password acts as the account does: a program gives none to an account that may
    more than its token. Raises ``NotFoundError``; ``NotAllowedError``, also for the own account,
    whose password one changes.
    """
    account = managed_account(session, actor, account_id, now=now)
    if account_id == actor.account_id:
        raise NotAllowedError(action="reset_own_password")
    if not gives_all_of(session, actor, account_id, now=now):
        raise NotAllowedError(action="reset_password")
    give_password(session, actor, account, password_hash, valid_for=valid_for, now=now)


def give_password(
    session: Session,
    actor: Actor,
    account: Account,
    password_hash: str,
    *,
    valid_for: timedelta,
    now: datetime,
) -> None:
    """Set a password that somebody else knows; whoever calls has checked that they may."""
    account.password_hash, account.must_change = password_hash, True
    account.password_until = now + valid_for
    session.flush()
    end_sessions(session, actor, account.id, now=now)
    details = {"account": account.id, "until": account.password_until.isoformat()}
    record(session, actor, "password_reset", now=now, details=details)


def change_password(
    database: Database, who: SignedIn, old: str | None, new: str, *, now: datetime
) -> None:
    """Change the own password; all sessions but this one end.

    ``old`` is the present one; None only while it must be changed, as it was typed just now.
    Raises ``BadPasswordError`` (wrong, same, and what ``check_password`` says).
    """
    with database.reading() as session:
        account = session.get_one(Account, who.account_id)
    hashed = account.password_hash
    if not who.must_change and (old is None or not passwords.matches(hashed, old)):
        raise BadPasswordError(problem=PasswordProblem.WRONG)
    passwords.check_password(new, account.login, account.name)
    if passwords.matches(hashed, new):
        raise BadPasswordError(problem=PasswordProblem.SAME)
    changed = passwords.hash_password(new)
    database.write(lambda session: _replace(session, who, hashed, changed, now))


def _replace(session: Session, who: SignedIn, was: str | None, to: str, now: datetime) -> None:
    """Put a new hash in the place of the one that was checked."""
    done = session.execute(
        update(Account)
        .where(Account.id == who.account_id, Account.password_hash == was)
        .values(password_hash=to, must_change=False, password_until=None)
        .returning(Account.id)
    ).first()
    if done is None:  # an administrator gave another meanwhile
        raise BadPasswordError(problem=PasswordProblem.WRONG)
    actor = Actor(account_id=who.account_id)
    end_sessions(session, actor, who.account_id, but=who.session_id, now=now)
    record(session, actor, "password_changed", now=now, details={"account": who.account_id})


def check_login(login: str) -> str:
    """Return a login as it is stored. Raises ``BadAccountError``."""
    login = folded(login)
    if not is_login(login):
        raise BadAccountError(problem=AccountProblem.LOGIN)
    return login


def check_name(name: str) -> str:
    """Return a name without blanks around it. Raises ``BadAccountError``."""
    try:
        kept = clean_text(name, most=MOST_NAME)
    except (EmptyTextError, LongTextError):
        raise BadAccountError(problem=AccountProblem.NAME) from None
    if not kept.isprintable():
        raise BadAccountError(problem=AccountProblem.NAME)
    return kept


def _own_or_managed(session: Session, actor: Actor, account_id: int, now: datetime) -> Account:
    if actor.account_id != account_id or actor.limited_to is not None:
        return managed_account(session, actor, account_id, now=now)
    account = session.get(Account, account_id, populate_existing=True)
    if account is None:
        raise NotFoundError(kind="account")
    return account
