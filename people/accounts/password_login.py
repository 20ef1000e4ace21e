"""Signing in with login and password: how often, and what an answer tells (nothing)."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, or_, select, update
from sqlalchemy.orm import Session

from core.database import Database
from core.errors import BadPasswordError, LuJianError, SlowedError, WrongSignInError
from core.keys import hash_of
from people.access.client_address import AddressKeys
from people.accounts import passwords
from people.accounts.accounts import folded, is_login
from people.accounts.known_devices import remember
from people.accounts.login_throttle import Turns, WrongTries
from people.accounts.models import Account, KnownDevice
from people.accounts.sessions import start_session

#: So many wrong tries cost no wait: for a login, from an address, from a known device.
FREE, FREE_OF_ADDRESS = 5, 30
_APART_S, _ADDRESS_APART_S = 3.0, 10.0


class Door:
    """Lets tries in, and lets them wait the longer, the more were wrong. Thread-safe.

    How long, and what that bounds: ``people.accounts.login_throttle``. Only keyed hashes are kept,
    in memory. An unknown login is counted like a known one. As each process counts what it serves,
    behind several of them up to that many times the rate passes. ``clock`` gives seconds and never
    steps back.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._strangers = Turns(
            WrongTries(FREE, _APART_S), WrongTries(FREE_OF_ADDRESS, _ADDRESS_APART_S)
        )
        self._known = Turns(WrongTries(FREE))
        self._secrets = Turns(WrongTries(FREE))
        self._keys = AddressKeys()
        self._lock = threading.Lock()

    @contextmanager
    def trying(
        self,
        login: str,
        address: str,
        *,
        device_key: str = "",
        state: str = "",
        known: str = "",
        now: datetime,
    ) -> Iterator[None]:
        """Count one try at a login; what is inside raises ``WrongSignInError`` for a wrong one.

        ``device_key`` tells devices at one address apart. ``state`` is what the account's present
        password is known by: with another one, all wrong tries before it are forgotten. ``known``:
        the device that is known to this account, which no other makes wait. Raises ``SlowedError``
        (``wait_s``), and counts nothing.
        """
        turns = self._known if known else self._strangers
        named = f"{folded(login)[:200]} {state}"
        said = (f"{known} {named}",) if known else (named, address)
        with self._turn(turns, said, WrongSignInError, now, who=device_key):
            yield

    @contextmanager
    def guarding(self, what: str, *, now: datetime) -> Iterator[None]:
        """Count one try at the secret of somebody who is signed in, unless it proves right inside.

        What is typed as a login never counts for it, whatever it is. Raises ``SlowedError``.
        """
        with self._turn(self._secrets, (what,), BadPasswordError, now):
            yield

    @contextmanager
    def _turn(
        self,
        turns: Turns,
        said: tuple[str, ...],
        wrong: type[LuJianError],
        now: datetime,
        *,
        who: str = "",
    ) -> Iterator[None]:
        keys = tuple(self._keys.key_of(text, now=now) for text in said)
        with self._lock:
            wait_s = turns.take(keys, self._clock(), who)
        if wait_s > 0:
            raise SlowedError(wait_s=max(2, math.ceil(wait_s)))
        failed = False
        try:
            yield
        except wrong as error:
            failed = error.params.get("problem", "wrong") == "wrong"
            raise
        finally:
            if not failed:
                with self._lock:
                    turns.take_back(keys, self._clock(), who)


@dataclass(frozen=True)
class _Found:
    """What is known of the account that a login may name; ``known``: this device."""

    account_id: int
    hashed: str
    known: str


def sign_in(
    database: Database,
    door: Door,
    *,
    login: str,
    password: str,
    address: str,
    device: str,
    device_keys: Sequence[str] = (),
    now: datetime,
) -> str:
    """Check login and password, begin a session, know the device, and return the session's token.

    ``device_keys`` are those of ``people.accounts.known_devices``; none knows none. Raises
    ``SlowedError``; ``WrongSignInError``, the same after the same work whether the login is
    unknown, closed, without a password or its password another, or one for the first sign-in that
    has run out; ``BusyError``.
    """
    found = _find(database, login, device_keys, now)
    state, known = (hash_of(found.hashed), found.known) if found else ("", "")
    key = device_keys[0] if device_keys else ""
    with door.trying(login, address, device_key=key, state=state, known=known, now=now):
        matched = passwords.matches(found.hashed if found else None, password)
        if not matched or found is None:
            raise WrongSignInError()
    outdated = passwords.is_outdated(found.hashed)
    renewed = passwords.hash_password(password) if outdated else found.hashed

    def begin(session: Session) -> str:
        """Begin the session unless the password was changed this very moment."""
        same = update(Account).where(
            Account.id == found.account_id,
            Account.password_hash == found.hashed,
            Account.closed.is_(None),
        )
        if not session.execute(same.values(password_hash=renewed).returning(Account.id)).first():
            raise WrongSignInError()
        if key:
            remember(session, found.account_id, key, now=now)
        return start_session(
            session,
            found.account_id,
            device=device,
            device_key=key or None,
            how="password",
            now=now,
        )

    return database.write(begin)


def _find(
    database: Database, login: str, device_keys: Sequence[str], now: datetime
) -> _Found | None:
    """Return the account that a password opens; one query, whatever the login."""
    wanted = folded(login) if is_login(folded(login)) else ""
    here = and_(KnownDevice.account_id == Account.id, KnownDevice.key.in_(device_keys))
    with database.reading() as session:
        row = session.execute(
            select(Account.id, Account.password_hash, KnownDevice.key)
            .outerjoin(KnownDevice, here)
            .where(
                Account.login == wanted,
                Account.closed.is_(None),
                Account.password_hash.is_not(None),
                or_(Account.password_until.is_(None), Account.password_until > now),
            )
        ).first()
    return None if row is None else _Found(row.id, row.password_hash, row.key or "")
