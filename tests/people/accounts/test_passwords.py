"""Passwords: Argon2id as RFC 9106 says, at most two at once, and no rules of composition."""

from __future__ import annotations

import threading
import time
from typing import Any

import pytest
from argon2 import PasswordHasher, extract_parameters
from argon2.profiles import CHEAPEST, RFC_9106_LOW_MEMORY

from core.errors import BadPasswordError
from core.group_writer import BusyError
from people.accounts import passwords

SOUND = "正确的马 battery staple"


def test_a_hash_is_argon2id_with_the_parameters_of_the_rfc() -> None:
    hashed = passwords.hash_password(SOUND)
    assert hashed.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    assert extract_parameters(hashed) == RFC_9106_LOW_MEMORY
    assert PasswordHasher().verify(hashed, SOUND)
    assert len(hashed) <= 100
    assert hashed != passwords.hash_password(SOUND)


def test_what_matches() -> None:
    hashed = passwords.hash_password(SOUND)
    assert passwords.matches(hashed, SOUND)
    # One text in two normal forms, as two keyboards send it: NFKC makes them one.
    assert passwords.matches(passwords.hash_password("Å" * 12), "A\u030a" * 12)
    for other in (SOUND + " ", SOUND.upper(), "", "\udcff", "a" * 201):
        assert not passwords.matches(hashed, other)
    for nothing in (None, "", "$argon2id$nonsense", "plain"):
        assert not passwords.matches(nothing, SOUND)


def test_an_older_hash_still_opens_and_is_known_to_be_old() -> None:
    old = PasswordHasher.from_parameters(CHEAPEST).hash(SOUND)
    assert passwords.matches(old, SOUND)
    assert passwords.is_outdated(old)
    assert not passwords.is_outdated(passwords.hash_password(SOUND))


def test_a_one_time_password_is_random_and_may_be_one() -> None:
    one, other = passwords.one_time(), passwords.one_time()
    assert one.password != other.password
    assert passwords.matches(one.hashed, one.password)
    passwords.check_password(one.password, "li", "李华")


@pytest.mark.parametrize(
    ("password", "problem"),
    [
        ("", "short"),
        ("九个字九个字九个字", "short"),
        ("a1B!c2D?e", "short"),
        ("ab" * 101, "long"),
        ("password123", "common"),
        ("PassWord123", "common"),
        ("1234567890", "common"),
        ("98765432109876", "common"),
        ("qwertyuiop", "common"),
        ("lkjhgfdsalkjhgfdsa"[:10], "common"),
        ("aaaaaaaaaaaa", "common"),
        ("abcabcabcabc", "common"),
        ("１２３４５６７８９０", "common"),
        ("woaini1314520", "common"),
        ("lihua@2026!!", "name"),
        ("LiHua-12345678", "name"),
        ("李华李华2026666", "name"),
        ("lujian202612", "name"),
        ("路见路见路见2026", "name"),
    ],
)
def test_what_may_not_be_a_password(password: str, problem: str) -> None:
    with pytest.raises(BadPasswordError) as caught:
        passwords.check_password(password, "lihua", "李华")
    assert caught.value.params["problem"] == problem


@pytest.mark.parametrize(
    "password",
    [
        "在清河边上散步十分钟",
        "all small letters",
        "7392048151",
        "lihua walks to the river",
        " " * 3 + "spaces are kept",
    ],
)
def test_no_digits_or_signs_are_asked_for(password: str) -> None:
    passwords.check_password(password, "lihua", "李华", "x")


def test_at_most_two_are_computed_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    running, most, lock = 0, 0, threading.Lock()

    class Slow:
        def hash(self, _password: str) -> str:
            nonlocal running, most
            with lock:
                running += 1
                most = max(most, running)
            time.sleep(0.02)
            with lock:
                running -= 1
            return "hash"

    monkeypatch.setattr(passwords, "_HASHER", Slow())
    threads = [threading.Thread(target=passwords.hash_password, args=("x",)) for _ in range(9)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == passwords.AT_ONCE


def test_nobody_waits_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    taken: Any = threading.BoundedSemaphore(1)
    taken.acquire()
    monkeypatch.setattr(passwords, "_TURNS", taken)
    monkeypatch.setattr(passwords, "WAIT_S", 0.01)
    with pytest.raises(BusyError):
        passwords.matches(None, "anything at all")
