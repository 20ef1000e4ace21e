"""Signing in with login and password: how often, and what an answer tells (nothing)."""

from __future__ import annotations

import math
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from database import Database
from errors import BadPasswordError, TooOftenError, WrongSignInError
from people import passwords
from people.accounts import folded, is_login
from people.addresses import AddressKeys
from people.limits import MovingWindow
from people.models import Account
from people.sessions import start_session

WINDOW_S = 900.0
PER_LOGIN, PER_ADDRESS = 10, 60


class Door:
    """Counts what was tried in vain, by login and by address, in moving windows. Thread-safe.

    Only keyed hashes are kept, in memory, for a quarter of an hour. An unknown login is counted
    like a known one. As each process counts what it serves, behind several of them up to that many
    times the rate passes.
    """

    def __init__(self) -> None:
        self._logins = MovingWindow(PER_LOGIN, WINDOW_S)
        self._addresses = MovingWindow(PER_ADDRESS, WINDOW_S)
        self._keys = AddressKeys()
        self._lock = threading.Lock()

    def knock(self, login: str, address: str, *, now: datetime) -> None:
        """Count one try, or raise ``TooOftenError`` (``wait_s``) and count nothing."""
        self._knock(_login(login), address, now)

    def _knock(self, what: str, address: str, now: datetime) -> None:
        at_s = now.timestamp()
        with self._lock:
            counters = self._counters(what, address, now)
            wait_s = max(window.wait_s(key, at_s) for window, key in counters)
            if wait_s > 0:
                raise TooOftenError(wait_s=math.ceil(wait_s))
            for window, key in counters:
                window.count(key, at_s)

    @contextmanager
    def guarding(self, what: str, address: str, *, now: datetime) -> Iterator[None]:
        """Count one try at a secret, and take it back unless it proves wrong inside.

        What is typed as a login never counts for it, whatever it is.
        """
        secret = f"secret {what}"
        self._knock(secret, address, now)
        try:
            yield
        except BadPasswordError as error:
            if error.params["problem"] != "wrong":
                self._take_back(secret, address, now)
            raise
        self._take_back(secret, address, now)

    def opened(self, login: str, address: str, *, now: datetime) -> None:
        """Take the count of a try back: it was right."""
        self._take_back(_login(login), address, now)

    def _take_back(self, what: str, address: str, now: datetime) -> None:
        with self._lock:
            for window, key in self._counters(what, address, now):
                window.take_back(key)

    def _counters(self, what: str, address: str, now: datetime) -> list[tuple[MovingWindow, str]]:
        """Return the windows and the keys under which a try is counted."""
        return [
            (self._logins, self._keys.key_of(what, now=now)),
            (self._addresses, self._keys.key_of(address, now=now)),
        ]


def _login(login: str) -> str:
    return f"login {folded(login)[:200]}"


def sign_in(
    database: Database,
    door: Door,
    *,
    login: str,
    password: str,
    address: str,
    device: str,
    now: datetime,
) -> str:
    """Check login and password, begin a session and return its token.

    Raises ``TooOftenError``; ``WrongSignInError``, the same after the same work whether the login
    is unknown, closed, without a password or its password another, or one for the first sign-in
    that has run out; ``BusyError``.
    """
    door.knock(login, address, now=now)
    known = folded(login) if is_login(folded(login)) else ""
    with database.reading() as session:
        found = session.execute(
            select(Account.id, Account.password_hash).where(
                Account.login == known,
                Account.closed.is_(None),
                or_(Account.password_until.is_(None), Account.password_until > now),
            )
        ).first()
    hashed = found.password_hash if found else None
    if not passwords.matches(hashed, password) or found is None or hashed is None:
        raise WrongSignInError()
    door.opened(login, address, now=now)
    renewed = passwords.hash_password(password) if passwords.is_outdated(hashed) else hashed

    def begin(session: Session) -> str:
        """Begin the session unless the password was changed this very moment."""
        same = update(Account).where(
            Account.id == found.id, Account.password_hash == hashed, Account.closed.is_(None)
        )
        if not session.execute(same.values(password_hash=renewed).returning(Account.id)).first():
            raise WrongSignInError()
        return start_session(session, found.id, device=device, how="password", now=now)

    return database.write(begin)
