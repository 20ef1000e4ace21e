"""Moving windows, against a list of everything that was ever counted."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import TooOftenError
from core.settings import Settings
from people.access.rate_limit import LimitKind, Limits, MovingWindow, rates_of

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
PLACE = "203.0.113.9"


def limits(filings: int = 3) -> Limits:
    return Limits(Settings(max_filings_per_hour=filings))


def refused(limits: Limits, device: str | None, now: datetime, place: str = PLACE) -> int | None:
    try:
        limits.check(LimitKind.FILE, device, place, now=now)
    except TooOftenError as error:
        return int(error.params["wait_s"])
    return None


@given(
    st.lists(st.tuples(st.sampled_from("ab"), st.integers(0, 40)), max_size=60), st.integers(1, 4)
)
def test_the_window_agrees_with_a_list(steps: list[tuple[str, int]], most: int) -> None:
    window, counted, at = MovingWindow(most, 100.0), list[tuple[str, float]](), 0.0
    for key, pause in steps:
        at += pause
        inside = [t for k, t in counted if k == key and t > at - 100]
        assert window.used(key, at) == len(inside)
        assert window.wait_s(key, at) == (0 if len(inside) < most else inside[-most] + 100 - at)
        if len(inside) < most:
            window.count(key, at)
            counted.append((key, at))
        assert len(window) <= len({k for k, t in counted if t > at - 100}) + 1


def test_a_device_over_its_rate_waits_and_is_not_punished() -> None:
    desk = limits()
    for minute in (0, 10, 20):
        assert refused(desk, "a", NOW + timedelta(minutes=minute)) is None
    for minute in (21, 30, 59):
        wait_s = refused(desk, "a", NOW + timedelta(minutes=minute))
        assert wait_s == (60 - minute) * 60
    assert refused(desk, "b", NOW + timedelta(minutes=59)) is None
    assert refused(desk, "a", NOW + timedelta(minutes=60)) is None
    assert refused(desk, "a", NOW + timedelta(minutes=60, seconds=0.5)) == 600


def test_an_address_has_ten_times_as_much() -> None:
    desk = limits()
    for number in range(30):
        assert not desk.crowded(LimitKind.FILE, PLACE, now=NOW) or number > 15
        assert refused(desk, f"device {number}", NOW) is None
    assert desk.crowded(LimitKind.FILE, PLACE, now=NOW)
    assert not desk.crowded(LimitKind.COMMENT, PLACE, now=NOW)
    assert refused(desk, "another", NOW) == 3600
    assert refused(desk, None, NOW) == 3600
    assert refused(desk, "another", NOW, "203.0.113.10") is None
    desk.check(LimitKind.COMMENT, "device 1", PLACE, now=NOW)


def test_only_what_was_accepted_counts() -> None:
    desk = limits(1)
    for _ in range(5):
        desk.allow(LimitKind.FILE, "a", PLACE, now=NOW)
    with pytest.raises(ZeroDivisionError), desk.attempt(LimitKind.FILE, "a", PLACE, now=NOW):
        _ = 1 / 0
    with desk.attempt(LimitKind.FILE, "a", PLACE, now=NOW):
        assert refused(desk, "a", NOW) == 3600
    with pytest.raises(TooOftenError):
        desk.allow(LimitKind.FILE, "a", PLACE, now=NOW)
    desk = limits(1)
    desk.count(LimitKind.FILE, "a", PLACE, now=NOW)
    assert refused(desk, "a", NOW) == 3600


def test_many_at_once_get_no_more_than_the_rate() -> None:
    desk, accepted, start = limits(5), [], threading.Barrier(8)

    def file() -> None:
        start.wait()
        for number in range(50):
            if refused(desk, "a", NOW + timedelta(milliseconds=number)) is None:
                accepted.append(number)

    threads = [threading.Thread(target=file) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(accepted) == 5


def test_memory_is_bounded() -> None:
    window = MovingWindow(5, 100.0, most_keys=10)
    for number in range(1000):
        window.count(str(number), number / 100)
    assert len(window) == 10
    assert window.used("999", 10.0) == 1
    window.count("late", 200.0)
    assert len(window) == 1
    window.take_back("late")
    window.take_back("late")
    assert len(window) == 0


def test_a_clock_that_steps_back_leaves_the_window_in_order() -> None:
    window = MovingWindow(2, 100.0)
    for at in (50.0, 40.0):
        window.count("a", at)
    assert window.wait_s("a", 45.0) == 105.0
    assert window.used("a", 150.0) == 0


def test_the_rates() -> None:
    rates = rates_of(Settings())
    assert set(rates) == set(LimitKind)
    assert (rates[LimitKind.FILE].per_device, rates[LimitKind.FILE].per_address) == (20, 200)
    assert rates[LimitKind.LOOKUP].window_s == 60
    assert all(rate.per_address == 10 * rate.per_device for rate in rates.values())
    assert rates_of(Settings(max_filings_per_hour=0))[LimitKind.FILE].per_device == 1
