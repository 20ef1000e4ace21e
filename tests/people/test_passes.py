"""Staff passes: what is signed cannot be changed, and a pass gives its one role until it ends."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from itsdangerous import URLSafeSerializer

from errors import InvalidError, NoKeyError
from people.actors import Actor, Role, everywhere
from people.keys import derived_keys
from people.passes import STAFF_COOKIE, actor_from, issue_pass, read_pass
from people.visitors import COOKIE

ROOT = Path(__file__).resolve().parents[2]
NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
KEY, OTHER = "a" * 32, "b" * 40
DEVICE = "d" * 32


def token(role: str = Role.SOCIAL_WORKER, days: int = 30, key: str = KEY) -> str:
    return issue_pass(key, role, "张社工", days, NOW)


def signed(said: object) -> str:
    part = derived_keys(KEY, "staff pass")[0]
    how = {"digest_method": sha256, "key_derivation": "hmac"}
    return str(URLSafeSerializer(part, salt="staff pass", signer_kwargs=how).dumps(said))


def test_a_pass_says_who_and_until_when() -> None:
    found = read_pass(KEY, token(), NOW)
    assert found is not None
    assert (found.name, found.roles) == ("张社工", frozenset({Role.SOCIAL_WORKER}))
    assert found.until == NOW + timedelta(days=30)
    other = read_pass(KEY, token(), NOW)
    assert other is not None
    assert other.number != found.number


def test_a_pass_ends() -> None:
    made = token(days=1)
    assert read_pass(KEY, made, NOW + timedelta(hours=24) - timedelta(seconds=1)) is not None
    assert read_pass(KEY, made, NOW + timedelta(hours=24)) is None


def test_another_secret_ends_every_pass_unless_the_old_one_stays_behind_it() -> None:
    made = token()
    assert read_pass(OTHER, made, NOW) is None
    assert read_pass("", made, NOW) is None
    assert read_pass(f"{OTHER}, {KEY}", made, NOW) is not None
    assert read_pass(KEY, token(key=f"{OTHER},{KEY}"), NOW) is None
    assert read_pass(f"{KEY},{OTHER}", token(key=OTHER), NOW) is not None


@given(st.data())
def test_no_character_of_a_pass_can_be_changed(data: st.DataObject) -> None:
    made = token()
    place = data.draw(st.integers(0, len(made) - 2))  # base64's last carries spare bits
    letter = data.draw(st.characters(codec="utf-8"))
    changed = made[:place] + letter + made[place + 1 :]
    assert (read_pass(KEY, changed, NOW) is None) == (changed != made)


@given(st.text(st.characters(exclude_categories=())))
def test_no_text_is_a_pass(text: str) -> None:
    assert read_pass(KEY, text, NOW) is None


def test_a_role_cannot_be_raised() -> None:
    worker, admin = token(), token(Role.ADMINISTRATOR)
    payload, signature = admin.rsplit(".", 1)[0], worker.rsplit(".", 1)[1]
    assert read_pass(KEY, f"{payload}.{signature}", NOW) is None
    part = derived_keys(KEY, "proof of work")[0]  # a key of another purpose
    forged = URLSafeSerializer(part, salt="staff pass").dumps(
        {"n": "x", "r": "administrator", "u": 2_000_000_000, "i": "0"}
    )
    assert read_pass(KEY, str(forged), NOW) is None
    abolished = {"n": "x", "r": "mayor", "u": 2_000_000_000, "i": "0"}
    assert read_pass(KEY, signed(abolished), NOW) is None
    assert read_pass(KEY, signed(abolished | {"r": "department"}), NOW) is not None


@pytest.mark.parametrize(
    ("field", "role", "name", "days"),
    [
        ("role", "mayor", "张", 1),
        ("role", "", "张", 1),
        ("name", Role.DEPARTMENT, "  ", 1),
        ("name", Role.DEPARTMENT, "张" * 81, 1),
        ("name", Role.DEPARTMENT, "张\n李", 1),
        ("days", Role.DEPARTMENT, "张", 0),
        ("days", Role.DEPARTMENT, "张", 367),
    ],
)
def test_what_no_pass_is_made_for(field: str, role: str, name: str, days: int) -> None:
    with pytest.raises(InvalidError) as caught:
        issue_pass(KEY, role, name, days, NOW)
    assert caught.value.params["field"] == field


@pytest.mark.parametrize("key", ["", " , ", "a" * 31])
def test_no_pass_without_a_key(key: str) -> None:
    with pytest.raises(NoKeyError):
        token(key=key)


def test_the_actor_has_device_and_roles() -> None:
    cookies = {COOKIE: DEVICE, STAFF_COOKIE: token()}
    assert actor_from(cookies, KEY, NOW) == Actor(DEVICE, everywhere(Role.SOCIAL_WORKER))
    assert actor_from({STAFF_COOKIE: token()}, KEY, NOW).key is None
    assert actor_from({COOKIE: DEVICE}, KEY, NOW) == Actor(DEVICE)
    assert actor_from(cookies, OTHER, NOW) == Actor(DEVICE)
    assert actor_from(cookies, KEY, NOW + timedelta(days=31)) == Actor(DEVICE)


def command(*arguments: str, key: str = KEY) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "people", "pass", *arguments],
        cwd=ROOT,
        env={**os.environ, "LUJIAN_SECRET_KEY": key, "LUJIAN_PUBLIC_URL": ""},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_command_prints_an_address() -> None:
    done = command("--role", "social_worker", "--name", "张社工", "--days", "30")
    assert (done.returncode, done.stderr) == (0, "")
    parts = urlsplit(done.stdout.strip())
    assert parts.path == "/w/staff"
    found = read_pass(KEY, parse_qs(parts.query)["pass"][0], datetime.now(UTC))
    assert found is not None
    assert found.name == "张社工"


def test_the_command_refuses_in_one_line() -> None:
    for arguments, key, said in (
        (("--role", "social_worker", "--name", "张"), "", "LUJIAN_SECRET_KEY"),
        (("--role", "mayor", "--name", "张"), KEY, "community_planner"),
        (("--role", "department", "--name", "张", "--days", "9999"), KEY, "366"),
    ):
        done = command(*arguments, key=key)
        assert done.returncode == 2
        assert done.stdout == ""
        assert said in done.stderr
        assert len(done.stderr.splitlines()) == 1
