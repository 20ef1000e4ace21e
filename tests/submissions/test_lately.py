"""What takes long is given at once, and made anew beside it once it is old."""

from __future__ import annotations

import threading

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from submissions.lately import Lately, Latest, bytes_of


class Clock:
    def __init__(self) -> None:
        self.s = 0.0

    def __call__(self) -> float:
        return self.s


def test_the_last_result_is_given_and_made_anew_beside() -> None:
    clock, made, go = Clock(), [], threading.Event()
    lately: Lately[int] = Lately(60, clock)

    def make(value: int, wait: bool = False) -> int:
        if wait:
            go.wait(5)
        made.append(value)
        return value

    assert lately.get("a", 1, lambda: make(10)) == 10
    assert lately.get("a", 2, lambda: make(20)) == 10, "not old yet"
    clock.s = 61
    assert lately.get("a", 1, lambda: make(11)) == 10, "old, but nothing changed"
    assert lately.get("a", 3, lambda: make(30, wait=True)) == 10, "given while it is made anew"
    assert lately.get("a", 3, lambda: make(31)) == 10, "made anew once, not by each who asks"
    go.set()
    for thread in threading.enumerate():
        if thread.name == "lately":
            thread.join(5)
    assert lately.get("a", 3, lambda: make(32)) == 30
    assert made == [10, 30]
    assert lately.get("b", 3, lambda: make(40)) == 40


def test_a_failure_leaves_the_last_result(caplog: object) -> None:
    clock = Clock()
    lately: Lately[int] = Lately(1, clock)
    assert lately.get("a", 1, lambda: 1) == 1
    clock.s = 2

    def fail() -> int:
        raise RuntimeError("no")

    assert lately.get("a", 2, fail) == 1
    for thread in threading.enumerate():
        if thread.name == "lately":
            thread.join(5)
    assert lately.get("a", 2, lambda: 2) == 1
    for thread in threading.enumerate():
        if thread.name == "lately":
            thread.join(5)
    assert lately.get("a", 2, lambda: 3) == 2


def test_it_is_known_whether_the_latest_is_kept() -> None:
    latest: Latest[int] = Latest()
    assert not latest.has("a", 1)
    assert latest.get("a", 1, lambda: 10) == 10
    assert latest.has("a", 1)
    assert not latest.has("a", 2)
    assert not latest.has("b", 1)


def test_the_latest_results_weigh_no_more_than_they_may() -> None:
    made: list[int] = []
    latest: Latest[NDArray[np.float64]] = Latest(64, most_bytes=10_000)

    def asked(key: int) -> None:
        def make() -> NDArray[np.float64]:
            made.append(key)
            return np.zeros(500)

        latest.get(key, 1, make)

    for key in (0, 1, 2, 3, 3, 2):
        asked(key)
    assert made == [0, 1, 2, 3]
    asked(0)
    assert made == [0, 1, 2, 3, 0]
    latest.get(4, 1, lambda: np.zeros(5_000))
    assert latest.has(4, 1)
    assert not latest.has(0, 1)
    frame = pd.DataFrame({"a": np.zeros(100)}, index=range(100))
    assert bytes_of(frame) >= 800
