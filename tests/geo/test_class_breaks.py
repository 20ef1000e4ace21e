from __future__ import annotations

from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.class_breaks import class_bounds, class_breaks, class_of
from tests.examples import examples


def spread(values: np.ndarray, breaks: list[float]) -> float:
    """Return the squared deviations from the means of the classes, added up."""
    at = np.array([class_of(value, breaks) for value in values])
    return sum(
        float(((part - part.mean()) ** 2).sum()) for n in set(at) for part in [values[at == n]]
    )


@settings(max_examples=examples(60), deadline=None)
@given(st.lists(st.integers(0, 30), min_size=1, max_size=10), st.integers(1, 5))
def test_no_other_classes_are_more_alike_within(values: list[int], classes: int) -> None:
    numbers = np.array(values, float)
    breaks = class_breaks(pd.Series(values), classes=classes)
    assert len(breaks) <= classes
    assert breaks == sorted(set(breaks))
    assert breaks[-1] == numbers.max()
    different = sorted(set(numbers))
    best = min(
        spread(numbers, [*cut, different[-1]])
        for size in range(min(classes, len(different)))
        for cut in combinations(different[:-1], size)
    )
    assert spread(numbers, breaks) == pytest.approx(best)


def test_classes_by_hand() -> None:
    few_and_many = pd.Series([0, 1, 2, 20, 22, 90, None], dtype="Float64")
    assert class_breaks(few_and_many, classes=3) == [2.0, 22.0, 90.0]
    assert class_bounds([2.0, 22.0, 90.0]) == [(0.0, 2.0), (2.0, 22.0), (22.0, 90.0)]
    assert [class_of(value, [2.0, 22.0, 90.0]) for value in (0, 2, 3, 90, 99)] == [0, 0, 1, 2, 2]


COUNTS = [0, 0, 0, 1, 1, 2, 2, 3, 3, 3, 4, 5, 7, 8, 8, 12, 13, 21, 34, 35, 55]
SHARES = [0.02, 0.031, 0.05, 0.051, 0.12, 0.125, 0.13, 0.3, 0.31, 0.33, 0.5, 0.71, 0.72, 0.9]


@pytest.mark.parametrize(
    ("values", "breaks"),
    [
        (COUNTS, [5, 13, 21, 35, 55]),
        (SHARES, [0.13, 0.33, 0.5, 0.72, 0.9]),
        # Several cuts are equally good.
        (range(1, 8), [1, 2, 3, 5, 7]),
        (range(1, 13), [2, 4, 6, 9, 12]),
    ],
)
def test_classes_are_those_of_jenkspy(values: list[float], breaks: list[float]) -> None:
    """Of its version 0.4.1; without its loss of digits in large values."""
    assert class_breaks(pd.Series(values)) == breaks
    far = class_breaks(pd.Series(values) + 1e9)
    assert far == pytest.approx([1e9 + value for value in breaks], rel=0, abs=1e-6)


def test_two_maps_share_their_classes() -> None:
    one, other = pd.Series([1, 2, 3]), pd.Series([40, 41, 80])
    assert class_breaks(one, other, classes=3) == [3.0, 41.0, 80.0]


def test_the_bounds_of_a_legend_leave_no_gap_and_name_no_value_twice() -> None:
    assert class_bounds([0.0, 3.0, 56.0], whole=True) == [(0, 0), (1, 3), (4, 56)]
    assert class_bounds([3.0, 56.0]) == [(0, 3), (3, 56)]


def test_few_values_are_a_class_each_and_nulls_are_left_out() -> None:
    assert class_breaks(pd.Series([0, 0, 0, 0, 0, 0, 0, 0, 0, 9, None])) == [0.0, 9.0]
    assert class_breaks(pd.Series([None, None], dtype="Float64")) == [0.0]
    assert class_breaks() == [0.0]
