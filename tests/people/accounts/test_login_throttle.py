"""Waits after wrong passwords: they grow, are kept to, and bound what can be tried in a day."""

from __future__ import annotations

from heapq import heapify, heapreplace
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from people.accounts.login_throttle import FURTHEST_S, LONGEST_S, Turns, WrongTries

HOURS_S = 3 * 3600.0


def strangers() -> Turns:
    """Return turns as at the door: by login and by address."""
    return Turns(WrongTries(5, 3.0), WrongTries(30, 10.0))


Place = tuple[str, str, str]


def tried(turns: Turns, places: list[Place], for_s: float) -> int:
    """Return how many tries come in when all try on and on, each at the moment it is told."""
    queue = [(0.0, place) for place in places]
    heapify(queue)
    count = 0
    while queue[0][0] < for_s:
        at_s, (login, address, who) = queue[0]
        wait_s = turns.take((login, address), at_s, who)
        count += wait_s == 0
        heapreplace(queue, (at_s + wait_s, (login, address, who)))
    return count


def test_waits_grow_and_end() -> None:
    turns, at_s, waits = strangers(), 50.0, []
    for _ in range(5):
        assert turns.take(("li", "here"), at_s) == 0
    for _ in range(7):
        waits.append(turns.take(("li", "here"), at_s))
        at_s += waits[-1]
        assert turns.take(("li", "here"), at_s) == 0
    assert waits == [2, 4, 8, 16, 30, 30, 30]


def test_a_turn_that_was_said_is_kept_however_many_come_between() -> None:
    turns = strangers()
    tried(turns, [("li", f"address {n}", "") for n in range(20)], 600)
    wait_s = turns.take(("li", "home"), 600)
    assert 0 < wait_s <= 20 * 3 + LONGEST_S
    for n in range(300):
        turns.take(("li", f"more {n}"), 600 + wait_s / 2)
    assert turns.take(("li", "home"), 600 + wait_s - 0.01) == pytest.approx(0.01)
    assert turns.take(("li", "home"), 600 + wait_s) == 0


def test_a_turn_is_kept_among_devices_of_one_address() -> None:
    turns = strangers()
    for _ in range(5):
        turns.take(("li", "office"), 0, "a guesser")
    wait_s = turns.take(("li", "office"), 0, "somebody")
    for tenths in range(int(10 * wait_s) + 50):
        turns.take(("li", "office"), tenths / 10, "a guesser")
    assert turns.take(("li", "office"), wait_s + 5, "somebody") == 0


@pytest.mark.parametrize(
    ("logins", "addresses", "devices", "an_hour"),
    [
        (1, 1, 1, 3600 / LONGEST_S),
        (1, 1, 200, 3600 / 10),
        (1, 33, 3, 3600 / 3),
        (1, 100, 1, 3600 / 3),
        (1, 150, 5, 150 * 3 * 3600 / FURTHEST_S),
        (10, 1, 20, 3600 / 10),
        (60, 1, 5, 60 * 3 * 3600 / FURTHEST_S),
    ],
)
def test_so_much_can_be_tried(logins: int, addresses: int, devices: int, an_hour: float) -> None:
    places = [
        (f"login {n}", f"address {m}", f"device {k}")
        for n, m, k in product(range(logins), range(addresses), range(devices))
    ]
    count = tried(strangers(), places, HOURS_S)
    free = 40 + 4 * logins * addresses
    assert count <= an_hour * HOURS_S / 3600 + free


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3), st.floats(0, 400)), max_size=60))
def test_nobody_ever_waits_longer_than_was_said(steps: list[tuple[int, int, float]]) -> None:
    turns, at_s = strangers(), 0.0
    told: dict[tuple[str, str], float] = {}
    for login, address, passed_s in steps:
        at_s += passed_s
        pair = (f"login {login}", f"address {address}")
        wait_s = turns.take(pair, at_s)
        assert wait_s <= FURTHEST_S
        if pair in told and at_s <= told[pair] + 600:
            assert at_s + wait_s <= told[pair] + 1e-6 or wait_s == 0
        if wait_s:
            told[pair] = at_s + wait_s
        else:
            told.pop(pair, None)


def test_an_hour_without_a_wrong_one_is_enough() -> None:
    turns = strangers()
    for _ in range(5):
        turns.take(("li", "here"), 0)
    assert turns.take(("li", "there"), 3599) > 0
    assert turns.take(("li", "elsewhere"), 3600) == 0


def test_who_was_right_is_not_counted_and_need_not_wait() -> None:
    turns = strangers()
    for _ in range(6):
        turns.take(("li", "there"), 0)
    wait_s = turns.take(("li", "here"), 0)
    for _ in range(3):
        assert turns.take(("li", "here"), wait_s) == 0
        turns.take_back(("li", "here"), wait_s)
    turns = strangers()
    for at_s in range(200):
        assert turns.take(("li", "here"), at_s) == 0
        turns.take_back(("li", "here"), at_s)


def test_a_flood_of_keys_costs_no_more_memory() -> None:
    counter = WrongTries(0, most_keys=50)
    turns = Turns(counter, most=50)
    for n in range(500):
        turns.take((str(n),), 0)
    assert len(counter) == 50
    assert len(turns) == 50
