"""The door: strangers wait after wrong passwords, known devices do not, and nobody is told more."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select

from core.database import Database
from core.errors import BadPasswordError, SlowedError, WrongSignInError
from core.settings import Settings
from people import __main__ as commands
from people.access.actor import Actor, Grant, Role
from people.accounts import accounts, password_login, passwords, sessions
from people.accounts.accounts import change_password
from people.accounts.known_devices import KEPT_FOR, MOST_DEVICES, device_keys
from people.accounts.models import Account, KnownDevice, SignIn
from people.accounts.password_login import FREE, FREE_OF_ADDRESS, Door, sign_in
from people.accounts.sessions import SESSION_COOKIE, cookie_of, find_session
from tests.conftest import NOW
from tests.people.acting import new_account
from tests.submissions.acting import act

KEY = "a" * 32
SETTINGS = Settings(secret_key=KEY)
CHIEF = Actor("d", frozenset({Grant(Role.ADMINISTRATOR)}))
RIGHT, WRONG, NEW = "right", "wrong", "正确的马 battery staple"
DESK, PHONE = device_keys(KEY, "d" * 32), device_keys(KEY, "p" * 32)


class Clock:
    """A clock that stands until it is told otherwise."""

    at_s = 1000.0

    def __call__(self) -> float:
        return self.at_s


class Office:
    """A database with one account, and a door before it."""

    def __init__(self, database: Database) -> None:
        self.database, self.clock = database, Clock()
        self.door = Door(self.clock)
        self.account = new_account(database, Role.ADMINISTRATOR, login="li")
        self.give(f"hash of {RIGHT}")

    def give(self, hashed: str) -> None:
        self.database.write(
            lambda s: setattr(s.get_one(Account, self.account), "password_hash", hashed)
        )

    def come(
        self,
        password: str,
        login: str = "li",
        address: str = "192.0.2.1",
        keys: tuple[str, ...] = (),
        after: timedelta = timedelta(0),
    ) -> str:
        return sign_in(
            self.database,
            self.door,
            login=login,
            password=password,
            address=address,
            device="test",
            device_keys=keys,
            now=NOW + after,
        )

    def outcome(self, password: str, **named: str | tuple[str, ...]) -> str | int:
        """Return in, wrong, or the seconds to wait."""
        try:
            self.come(password, **named)  # type: ignore[arg-type]
        except WrongSignInError:
            return "wrong"
        except SlowedError as error:
            return int(error.params["wait_s"])
        return "in"

    def attack(self, login: str = "li", addresses: int = 4) -> None:
        """Try wrong passwords from many addresses, far beyond what is free."""
        for n in range(addresses):
            for _ in range(3):
                self.outcome(WRONG, login=login, address=f"198.51.100.{n}")


@pytest.fixture
def office(database: Database, monkeypatch: pytest.MonkeyPatch) -> Office:
    """Give an office in which hashing costs nothing."""
    monkeypatch.setattr(passwords, "matches", lambda kept, typed: kept == f"hash of {typed}")
    monkeypatch.setattr(passwords, "hash_password", lambda typed: f"hash of {typed}")
    monkeypatch.setattr(passwords, "is_outdated", lambda _kept: False)
    return Office(database)


def test_a_known_device_comes_in_at_once_whatever_others_try(office: Office) -> None:
    office.come(RIGHT, keys=DESK)
    office.attack()
    assert office.outcome(RIGHT, keys=DESK) == "in"
    assert office.outcome(RIGHT, keys=DESK, address="198.51.100.1") == "in"
    assert isinstance(office.outcome(RIGHT, keys=PHONE), int)


def test_a_stranger_comes_in_after_the_wait_that_was_said(office: Office) -> None:
    office.attack(addresses=5)
    wait_s = office.outcome(RIGHT, keys=PHONE)
    assert isinstance(wait_s, int)
    assert wait_s <= 60
    office.clock.at_s += wait_s / 2
    office.attack(addresses=20)
    assert office.outcome(RIGHT, keys=PHONE) == -(-wait_s // 2)
    office.clock.at_s += wait_s / 2
    assert office.outcome(RIGHT, keys=PHONE) == "in"
    assert office.outcome(RIGHT, keys=PHONE) == "in"  # known from now on


def test_logins_and_addresses_are_slowed_alike_whether_they_are_known(office: Office) -> None:
    seen = {}
    for login in ("li", "nobody", "%00", ""):
        seen[login] = []
        for n in range(FREE + 3):
            spelled = login.upper() if n % 2 else f" {login} "
            seen[login].append(office.outcome(WRONG, login=spelled, address=f"{login} {n}"))
    assert seen["li"] == ["wrong"] * FREE + [5, 8, 11]
    assert len({tuple(outcomes) for outcomes in seen.values()}) == 1
    for n in range(FREE_OF_ADDRESS):
        assert office.outcome(WRONG, login=f"login{n}") == "wrong"
    assert isinstance(office.outcome(WRONG, login="one more"), int)
    assert office.outcome(WRONG, login="one more", address="203.0.113.9") == "wrong"


def test_a_known_device_that_guesses_is_slowed_alone(office: Office) -> None:
    office.come(RIGHT, keys=DESK)
    outcomes = [office.outcome(WRONG, keys=DESK) for _ in range(FREE + 1)]
    assert outcomes == ["wrong"] * FREE + [2]
    assert office.outcome(RIGHT, keys=DESK) == 2
    assert office.outcome(RIGHT) == "in"
    office.clock.at_s += 2
    assert office.outcome(RIGHT, keys=DESK) == "in"


def test_a_new_password_of_the_operator_ends_the_wait(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """``make admin`` is another process: the server finds another password, and counts anew."""
    office.attack()
    assert isinstance(office.outcome(RIGHT), int)
    address = office.database.url.render_as_string(hide_password=False)
    monkeypatch.setattr(
        commands, "get_settings", lambda: Settings(secret_key=KEY, database_url=address)
    )
    monkeypatch.setattr(commands.getpass, "getpass", lambda _said: NEW)
    assert commands.main(["admin", "--login", "li", "--ask"]) == 0
    assert office.outcome(NEW) == "in"
    office.attack("new")
    assert isinstance(office.outcome(NEW, login="new"), int)
    assert commands.main(["admin", "--login", "new", "--ask"]) == 0
    assert office.outcome(NEW, login="new") == "in"


def test_what_fails_for_another_reason_is_not_counted(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(_kept: str | None, _typed: str) -> bool:
        raise KeyError

    with monkeypatch.context() as patched:
        patched.setattr(passwords, "matches", fails)
        for _ in range(FREE + 1):
            with pytest.raises(KeyError):
                office.come(RIGHT)
    assert office.outcome(RIGHT) == "in"


def test_a_clock_that_steps_back_lengthens_no_wait(office: Office) -> None:
    office.attack(addresses=5)
    assert isinstance(office.outcome(RIGHT), int)
    office.clock.at_s += 60
    office.come(RIGHT, after=-timedelta(days=2))


def test_what_is_typed_as_a_login_keeps_nobody_from_changing_a_password(office: Office) -> None:
    secret = "password of 5"
    for typed in (secret, f"secret {secret}"):
        office.attack(typed)
    for n in range(FREE + 1):
        with (
            pytest.raises(BadPasswordError if n < FREE else SlowedError),
            office.door.guarding(secret, now=NOW),
        ):
            raise BadPasswordError(problem="wrong")
    office.clock.at_s += 2
    for _ in range(FREE + 1):
        with pytest.raises(BadPasswordError), office.door.guarding(secret, now=NOW):
            raise BadPasswordError(problem="short")


def known(office: Office, login: str = "li") -> list[str]:
    """Return by what devices are known to an account."""
    wanted = select(KnownDevice.key).join(Account).where(Account.login == login)
    with office.database.reading() as session:
        return list(session.scalars(wanted.order_by(KnownDevice.id)))


def end(office: Office, **which: int) -> None:
    me = Actor(account_id=office.account)
    act(office.database, sessions.end_sessions, me, office.account, **which)


def first_session(office: Office) -> int:
    with office.database.reading() as session:
        return session.scalars(select(SignIn.id).order_by(SignIn.id)).all()[0]


def sign_out(office: Office) -> None:
    me = Actor(account_id=office.account)
    act(office.database, sessions.end_session, me, first_session(office))


def change(office: Office) -> None:
    """Change the password at the phone."""
    cookies = {SESSION_COOKIE: cookie_of(KEY, office.come(RIGHT, keys=PHONE))}
    who = find_session(office.database, SETTINGS, cookies, now=NOW)
    assert who is not None
    change_password(office.database, who, RIGHT, NEW, now=NOW)


WAYS: dict[str, tuple[Callable[[Office], object], set[str]]] = {
    "signed out here": (sign_out, {DESK[0], PHONE[0]}),
    "signed out there": (lambda o: end(o, only=first_session(o)), {PHONE[0]}),
    "signed out elsewhere": (lambda o: end(o, but=first_session(o)), {DESK[0]}),
    "signed out everywhere": (end, set()),
    "password changed": (change, {PHONE[0]}),
    "password given": (
        lambda o: act(o.database, accounts.reset_password, CHIEF, o.account, "hash of x"),
        set(),
    ),
    "closed": (
        lambda o: act(o.database, accounts.close_account, CHIEF, o.account, reason=""),
        set(),
    ),
    "not seen for long": (
        lambda o: act(o.database, sessions.forget_old, now=NOW + KEPT_FOR + timedelta(days=1)),
        set(),
    ),
}


@pytest.mark.parametrize("way", WAYS)
def test_how_long_a_device_is_known(office: Office, way: str) -> None:
    office.come(RIGHT, keys=DESK)
    office.come(RIGHT, keys=PHONE)
    assert len(known(office)) == 2
    happens, left = WAYS[way]
    happens(office)
    assert set(known(office)) == left


def test_a_device_is_known_to_whom_it_signed_in_and_by_any_secret(office: Office) -> None:
    other = new_account(office.database, Role.ADMINISTRATOR, login="wang")
    office.come(RIGHT, keys=DESK)
    assert known(office, "wang") == []
    office.database.write(
        lambda s: setattr(s.get_one(Account, other), "password_hash", f"hash of {RIGHT}")
    )
    office.attack("wang")
    assert isinstance(office.outcome(RIGHT, login="wang", keys=DESK), int)
    office.attack("li")
    renewed = device_keys("b" * 40 + "," + KEY, "d" * 32)
    assert office.outcome(RIGHT, keys=renewed) == "in"
    assert known(office) == [DESK[0], renewed[0]]
    assert (device_keys(KEY, None), device_keys("short", "d" * 32)) == ((), ())
    assert "d" * 32 not in DESK


def test_only_so_many_devices_are_known(office: Office) -> None:
    for n in range(MOST_DEVICES + 3):
        office.come(RIGHT, keys=device_keys(KEY, f"{n:032}"), after=timedelta(minutes=n))
    kept = known(office)
    assert len(kept) == MOST_DEVICES
    assert device_keys(KEY, f"{2:032}")[0] not in kept


@pytest.mark.on_both
def test_many_at_once_are_let_in_no_more_than_one_by_one(office: Office) -> None:
    """A try counts before its password is looked at, so that none slips in meanwhile."""
    inside: list[object] = []

    def look(deep: int) -> None:
        with office.door.trying("li", "192.0.2.7", device_key="x", now=NOW):
            inside.append(deep)
            look(deep + 1)

    with pytest.raises(SlowedError):
        look(0)
    assert len(inside) == password_login.FREE
