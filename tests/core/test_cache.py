"""The store of results: computed once, never of a wrong revision, and never larger than it may."""

from __future__ import annotations

import ast
import threading
import tracemalloc
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from core.cache import Cache, size_of
from tests.examples import examples
from tests.sources import saying


class Clock:
    def __init__(self) -> None:
        self.s = 0.0

    def __call__(self) -> float:
        return self.s


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def cache(clock: Clock) -> Iterator[Cache]:
    cache = Cache(100_000, clock)
    yield cache
    cache._beside.stop()


def settle(cache: Cache) -> None:
    """Wait for what is computed beside."""
    cache._beside.submit(lambda: None).result(5)


def never() -> Any:
    raise AssertionError("computed again")


def test_a_result_is_of_the_revision_that_was_asked_for(cache: Cache) -> None:
    assert cache.get("a", 1, lambda: 10) == 10
    assert cache.get("a", 1, never) == 10
    assert (cache.has("a", 1), cache.has("a", 2), cache.has("b", 1)) == (True, False, False)
    assert cache.get("a", 2, lambda: 20) == 20
    assert cache.get("a", 1, lambda: 11) == 11, "of one revision alone"
    assert cache.get("b", 2, lambda: 30) == 30
    assert (cache.last("a"), cache.last("c")) == (11, None)
    assert cache.keep("c", lambda: 1) == cache.keep("c", never) == 1


def test_many_who_ask_at_once_let_it_be_computed_once(cache: Cache) -> None:
    made: list[int] = []
    together, go = threading.Barrier(8), threading.Event()

    def make() -> int:
        made.append(1)
        go.wait(5)
        return 7

    def ask(_n: int) -> int:
        together.wait(5)
        return cache.get("a", 1, make)

    with ThreadPoolExecutor(8) as pool:
        answers = pool.map(ask, range(8))
        while not made:
            pass
        assert cache.get("b", 1, lambda: 8) == 8, "others need not wait for it"
        go.set()
        assert list(answers) == [7] * 8
    assert made == [1]


def test_who_waits_for_what_fails_tries_again(cache: Cache) -> None:
    begun, go = threading.Event(), threading.Event()

    def fail() -> int:
        begun.set()
        go.wait(5)
        raise RuntimeError("no")

    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(cache.get, "a", 1, fail)
        begun.wait(5)
        second = pool.submit(cache.get, "a", 1, lambda: 5)
        go.set()
        with pytest.raises(RuntimeError):
            first.result()
        assert second.result() == 5


def test_an_old_result_is_given_and_computed_anew_beside(cache: Cache, clock: Clock) -> None:
    made, go = [], threading.Event()

    def ask(revision: int, wait: bool = False) -> int:
        def make() -> int:
            if wait:
                go.wait(5)
            made.append(revision)
            return revision

        return cache.get("a", revision, make, at_most_s=60)

    assert ask(1) == 1
    assert ask(2) == 1, "not old yet"
    clock.s = 61
    assert ask(1) == 1, "old, but nothing changed"
    assert ask(3, wait=True) == 1, "given while it is computed anew"
    assert ask(3) == 1, "computed once, not by each who asks"
    go.set()
    settle(cache)
    assert ask(3) == 3
    assert made == [1, 3]
    assert cache.get("a", 4, lambda: 4) == 4, "who wants the newest gets it"
    assert ask(5) == 4, "and all others get that, too"


def test_a_failure_beside_leaves_the_last_result(cache: Cache, clock: Clock) -> None:
    assert cache.get("a", 1, lambda: 1, at_most_s=1) == 1
    clock.s = 2
    assert cache.get("a", 2, never, at_most_s=1) == 1
    settle(cache)
    assert cache.get("a", 2, lambda: 2, at_most_s=1) == 1
    settle(cache)
    assert cache.get("a", 2, never, at_most_s=1) == 2


def test_who_will_wait_gets_nothing_older_than_that(cache: Cache, clock: Clock) -> None:
    asked: Callable[[int], int] = lambda revision: cache.get(  # noqa: E731
        "a", revision, lambda: revision, at_most_s=300, wait=True
    )
    assert asked(1) == 1
    clock.s = 299
    assert asked(2) == 1
    clock.s = 300
    assert asked(3) == 3


def test_nobody_waits_for_the_first_who_does_not_want_to(cache: Cache) -> None:
    go = threading.Event()
    slow: Callable[[], int] = lambda: (go.wait(5), 1)[1]  # noqa: E731
    assert cache.begun("a", 1, slow, at_most_s=9) is None
    assert cache.begun("a", 1, never, at_most_s=9) is None
    go.set()
    settle(cache)
    assert cache.begun("a", 2, never, at_most_s=9) == 1


def test_all_results_together_take_no_more_than_they_may(cache: Cache) -> None:
    kinds: list[Callable[[], Any]] = [
        lambda: np.zeros(3_000),
        lambda: pd.DataFrame({"a": np.zeros(3_000)}),
        lambda: b"x" * 24_000,
    ]
    for key, make in enumerate(kinds):
        cache.get(key, 1, make)
    assert 72_000 < cache.bytes < 100_000
    cache.get(0, 1, never)
    cache.get(3, 1, lambda: np.zeros(6_000))
    assert [cache.has(key, 1) for key in range(4)] == [True, False, True, True], "the oldest went"
    cache.get(4, 1, lambda: np.zeros(50_000))
    assert [cache.has(key, 1) for key in range(5)] == [False] * 4 + [True], "the newest stays"
    cache.get(4, 2, lambda: np.zeros(100))
    assert cache.bytes < 3_000, "what is replaced counts no longer"
    cache.get(5, 1, lambda: np.zeros(3_000))
    cache.limit(10_000)
    assert not cache.has(4, 2)
    cache.clear()
    assert cache.bytes == 0


@settings(max_examples=examples(50), deadline=None)
@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 2), st.integers(0, 60_000))))
def test_whatever_is_asked_for_is_right_and_the_sum_is_true(
    asked: list[tuple[int, int, int]],
) -> None:
    cache = Cache(100_000)
    for key, revision, size in asked:
        found = cache.get(key, revision, lambda: (key, revision, b"x" * size))  # noqa: B023
        assert found[:2] == (key, revision)
    held = [cache.last(key) for key in range(10)]
    kept = [one for one in held if one is not None]
    assert cache.bytes <= 100_000
    assert cache.bytes == sum(size_of((one[0], one)) + 600 for one in kept)


def test_what_computes_a_result_may_ask_for_others(cache: Cache) -> None:
    def outer() -> int:
        return cache.get("inner", 1, lambda: 1) + 1

    assert cache.get("outer", 1, outer) == 2
    assert cache.has("inner", 1)


@dataclass(frozen=True)
class Pair:
    array: Any
    words: tuple[str, ...]


def _measured(make: Callable[[], Any]) -> tuple[Any, int]:
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        value = make()
        return value, tracemalloc.get_traced_memory()[0] - before
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    "make",
    [
        lambda: np.zeros((500, 100)),
        lambda: [f"句子 {n}" for n in range(20_000)],
        lambda: {f"key {n}": (n * 1.5, [n] * 10) for n in range(5_000)},
        lambda: Pair(np.zeros(10_000), tuple(f"word {n}" for n in range(5_000))),
        lambda: pd.DataFrame({"a": np.zeros(50_000), "b": [{"x": n * 0.1} for n in range(50_000)]}),
    ],
    ids=["array", "texts", "nested", "dataclass", "table"],
)
def test_sizes_are_about_what_the_memory_says(make: Callable[[], Any]) -> None:
    value, taken = _measured(make)
    assert 0.7 * taken < size_of(value) < 1.4 * taken


def test_texts_and_shapes_in_tables_count() -> None:
    names = pd.Series([f"名字 {n}" for n in range(1_000)], dtype="str")
    assert size_of(names) > 1_000 * 9
    circles = shapely.buffer(shapely.points(np.arange(50.0), np.arange(50.0)), 1, quad_segs=64)
    corners = int(shapely.get_num_coordinates(circles).sum())
    frame = gpd.GeoDataFrame({"n": range(50)}, geometry=circles, crs="EPSG:4326")
    for value in (circles, frame, circles[0], shapely.STRtree(circles)):
        share = 1 if isinstance(value, shapely.Geometry) else 50
        assert size_of(value) > 16 * corners // 50 * share
    around: list[Any] = []
    around.append(around)
    assert size_of(around) < 1_000, "what holds itself comes to an end"


def test_nothing_else_keeps_what_was_read_from_a_database() -> None:
    found = []
    for _path, text in saying("cache"):
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef):
                kept = any("cache" in ast.unparse(each) for each in node.decorator_list)
                given = ast.unparse(node.args)
                if kept and any(kind in given for kind in ("Database", "Session", "View")):
                    found.append(node.name)
    assert found == ["watch_of"]  # a thread, no result


def test_what_nobody_asks_for_goes_sooner_the_less_it_cost(cache: Cache, clock: Clock) -> None:
    def costing(seconds: float) -> Callable[[], bytes]:
        def make() -> bytes:
            clock.s += seconds
            return b"x" * 15_000

        return make

    for key, seconds in (("cheap", 0.0), ("usual", 0.5), ("dear", 6.0)):
        cache.get(key, 1, costing(seconds))
    for later, left in (
        (50, "cheap usual dear"),
        (20, "usual dear"),
        (270, "dear"),
        (10**6, "dear"),
    ):
        clock.s += later
        cache.get("other", later, lambda: 0)
        assert " ".join(k for k in ("cheap", "usual", "dear") if cache.has(k, 1)) == left


def test_little_stays_though_nobody_asks(cache: Cache, clock: Clock) -> None:
    for key in range(4):
        cache.get(key, 1, lambda: b"x" * 1_000)
    clock.s += 10**6
    cache.get("other", 1, lambda: 0)
    assert [cache.has(key, 1) for key in range(4)] == [False, False, False, True]


def test_what_is_asked_for_stays(cache: Cache, clock: Clock) -> None:
    cache.get("a", 1, lambda: 1)
    for _ in range(10):
        clock.s += 40
        assert cache.get("a", 1, never) == 1
