"""A proof of work passes once, in time, and only for a challenge of ours."""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from people.access import proof_of_work
from people.access.proof_of_work import ProofDesk, proof_key
from people.access.rate_limit import LimitKind

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
KEY = proof_key("k" * 32)


def solved(challenge: dict[str, Any], changes: dict[str, Any] | None = None) -> str:
    """Solve as the protocol says, not as the library does."""
    number = 0
    while sha256(f"{challenge['salt']}{number}".encode()).hexdigest() != challenge["challenge"]:
        number += 1
    fields = {k: v for k, v in challenge.items() if k != "maxnumber"} | {"number": number}
    return b64encode(json.dumps(fields | (changes or {})).encode()).decode()


@pytest.fixture
def desk() -> ProofDesk:
    return ProofDesk(KEY, max_number=50)


def test_a_solution_passes_once(desk: ProofDesk) -> None:
    payload = solved(desk.challenge(now=NOW))
    assert desk.check(payload, now=NOW)
    assert not desk.check(payload, now=NOW)
    # The same solution, said otherwise.
    fields = json.loads(b64decode(payload))
    for changes in ({"salt": fields["salt"].removesuffix("&")}, {"extra": 1}):
        again = b64encode(json.dumps(fields | changes, indent=1).encode()).decode()
        assert not desk.check(again, now=NOW)


def test_a_solution_passes_in_time(desk: ProofDesk) -> None:
    payload = solved(desk.challenge(now=NOW))
    assert not desk.check(payload, now=NOW + proof_of_work.VALID_FOR + timedelta(seconds=1))
    assert desk.check(payload, now=NOW + proof_of_work.VALID_FOR)
    assert not desk.check(payload, now=NOW)


def test_nothing_of_a_solution_can_be_changed(desk: ProofDesk) -> None:
    challenge = desk.challenge(now=NOW)
    number = json.loads(b64decode(solved(challenge)))["number"]
    later = challenge["salt"].replace("expires=1", "expires=2")
    changed: list[dict[str, Any]] = [
        {"number": number + 1},
        {"number": str(number)},
        {"number": float(number)},
        {"number": True},
        {"number": -1},
        {"number": 10**300},
        {"algorithm": "SHA-1"},
        {"algorithm": None},
        {"salt": later},
        {"salt": challenge["salt"] + "&expires=9999999999"},
        {"salt": None},
        {"salt": "盐"},
        {"salt": "a?expires=nan&"},
        {"signature": "0" * 64},
        {"challenge": sha256(b"").hexdigest()},
    ]
    for changes in changed:
        assert not desk.check(solved(challenge, changes), now=NOW), changes
    # What is moved from the number into the salt, or back, was not signed.
    for digits in range(1, 4):
        spliced = {"salt": challenge["salt"] + str(number)[:digits], "number": 5}
        assert not desk.check(solved(challenge, spliced), now=NOW)
    assert not ProofDesk(proof_key("x" * 32)).check(solved(challenge), now=NOW)
    assert desk.check(solved(challenge), now=NOW)


@given(
    st.text(max_size=80)
    | st.binary(max_size=80).map(lambda b: b64encode(b).decode())
    | st.recursive(
        st.none() | st.integers() | st.text(max_size=8) | st.booleans() | st.floats(),
        lambda inner: (
            st.lists(inner)
            | st.dictionaries(
                st.sampled_from(["algorithm", "challenge", "number", "salt", "signature"]), inner
            )
        ),
        max_leaves=8,
    ).map(lambda value: b64encode(json.dumps(value).encode()).decode())
)
def test_no_payload_makes_it_fail(payload: str) -> None:
    assert ProofDesk(KEY).check(payload, now=NOW) is False


def test_no_long_or_deep_payload_makes_it_fail(desk: ProofDesk) -> None:
    for payload in ("A" * 10**6, b64encode(b"[" * 1400).decode(), b64encode(b"9" * 1400).decode()):
        assert not desk.check(payload, now=NOW)


def test_what_is_spent_is_remembered_no_longer_than_it_lives(
    desk: ProofDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(proof_of_work, "MOST_SPENT", 3)
    first = [solved(desk.challenge(now=NOW)) for _ in range(4)]
    assert [desk.check(payload, now=NOW) for payload in first] == [True, True, True, False]
    later = NOW + proof_of_work.VALID_FOR + timedelta(seconds=1)
    assert desk.check(solved(desk.challenge(now=later)), now=later)
    assert not any(desk.check(payload, now=later) for payload in first)


def test_it_switches_on_under_load_and_off_again() -> None:
    desk = ProofDesk(KEY, per_minute=60)
    for second in range(200):  # one a second is no flood
        at = NOW + timedelta(seconds=second)
        desk.accepted(LimitKind.FILE, now=at)
        assert not desk.needed(LimitKind.FILE, now=at)
    assert desk.needed(LimitKind.FILE, now=at, crowded=True)
    burst = at + timedelta(seconds=0.5)
    desk.accepted(LimitKind.FILE, now=burst)
    assert desk.needed(LimitKind.FILE, now=burst)
    assert not desk.needed(LimitKind.COMMENT, now=burst)
    assert desk.needed(LimitKind.FILE, now=burst + timedelta(seconds=599))
    assert not desk.needed(LimitKind.FILE, now=burst + timedelta(seconds=600))


def test_the_key_comes_from_the_secret_or_from_chance() -> None:
    assert proof_key("k" * 32) == proof_key(f"{'k' * 32},{'old' * 11}") != proof_key("j" * 32)
    assert proof_key("") != proof_key("")
    assert proof_key("short") != proof_key("short")
    assert len(proof_key("")) == len(KEY) == 32
