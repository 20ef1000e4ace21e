"""Columns get a type only where nothing of their text is lost by it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.reading.columns import typed

EIGHT_EAST = timezone(timedelta(hours=8))


@pytest.mark.parametrize(
    ("texts", "values"),
    [
        (["110108017001034567", "110108017001034568"], [110108017001034567, 110108017001034568]),
        (["0", "-12", "9" * 40], [0, -12, int("9" * 40)]),
        (["116.31", "-0.5", "0.0001", "3"], [116.31, -0.5, 0.0001, 3.0]),
        (["0.00001", "0.9479032273776355"], [0.00001, 0.9479032273776355]),
        (["true", "false"], [True, False]),
        (["0001-01-01", "9999-12-31"], [date.min, date.max]),
        (
            ["2024-05-01 00:30:00", "2024-05-01T07:30"],
            [datetime(2024, 5, 1, 0, 30), datetime(2024, 5, 1, 7, 30)],
        ),
        (
            ["2024-05-01T00:30:00Z", "2024-05-01T08:30:00.5+08:00"],
            [
                datetime(2024, 5, 1, 0, 30, tzinfo=UTC),
                datetime(2024, 5, 1, 8, 30, 0, 500_000, tzinfo=EIGHT_EAST),
            ],
        ),
    ],
)
def test_columns_of_one_type(texts: list[str | None], values: list[Any]) -> None:
    found = typed([None, *texts, None])
    assert found == [None, *values, None]
    assert [type(value) for value in found[1:-1]] == [type(value) for value in values]


@pytest.mark.parametrize(
    "texts",
    [
        ["0012", "0013"],
        ["1", "01"],
        ["1e5", "2e5"],
        ["+86", "1"],
        ["-0", "1"],
        ["1.10", "1.1"],
        ["01.5", "2.5"],
        [".5", "1.5"],
        ["1,000", "2"],
        [" 1", "2"],
        ["１２", "３"],
        ["1_000", "2"],
        ["9007199254740993", "1.5"],
        ["0.12345678901234567890", "1.5"],
        ["nan", "inf"],
        ["NA", "1"],
        ["9" * 5000, "1"],
        ["TRUE", "FALSE"],
        ["true", "1"],
        ["2024-02-30", "2024-02-01"],
        ["2024-5-1", "2024-05-02"],
        ["2024-05-01", "2024-05-01 07:30"],
        ["2024-05-01T07:30:00", "2024-05-01T07:30:00Z"],
        ["2024-05-01T25:00", "2024-05-01T07:30"],
        ["2024-W18-3", "20240501T073000"],
    ],
)
def test_anything_else_stays_text(texts: list[str]) -> None:
    assert typed([*texts, None]) == [*texts, None]
    assert typed([*texts[::-1]]) == texts[::-1]


def test_a_column_without_a_value_is_left_alone() -> None:
    assert typed([]) == []
    assert typed([None, None]) == [None, None]


_NUMBERS = st.integers().map(str) | st.floats().map(repr) | st.text("0123456789.-", max_size=9)
_OTHERS = st.sampled_from(["true", "false", "2024-05-01", "1e5", "x"]) | st.text(max_size=3)


@settings(deadline=None)
@given(st.lists(st.none() | _NUMBERS | _OTHERS, max_size=5) | st.lists(_NUMBERS, max_size=3))
def test_a_typed_value_is_the_text_it_was(texts: list[str | None]) -> None:
    for text, value in zip(texts, typed(texts), strict=True):
        if isinstance(value, bool):
            assert text == str(value).lower()
        elif isinstance(value, int):
            assert text == str(value)
        elif isinstance(value, float):
            assert text is not None
            assert Decimal(text) == Decimal(repr(value))
        elif isinstance(value, date):
            assert text == value.isoformat()
        else:
            assert value == text
