"""The temporal functions of CQL2, after the abstract test suite of OGC 21-065r2."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import pytest
import shapely

from analysis.cql.on_rows import rows_that_meet
from analysis.cql.reading import read_cql2
from analysis.cql.temporal import FUNCTIONS, OF_INTERVALS
from analysis.cql.terms import BadQueryError, Kind

KINDS = dict.fromkeys(("date", "start", "end"), Kind.INSTANT)
#: What the standard's test data has in these columns for three places; its other 240 have nothing.
PLACES: list[dict[str, Any]] = [
    dict(zip(KINDS, moments, strict=True))
    for moments in (
        ("2021-04-16T00:00:00Z", "2021-04-16T10:15:59Z", "2022-04-16T10:16:06Z"),  # Copenhagen
        ("2023-04-16T00:00:00Z", "2022-04-16T10:13:19Z", "2024-02-22T09:37:52Z"),  # Berlin
        ("2022-04-16T00:00:00Z", "2022-04-16T10:15:10Z", "2022-12-16T10:14:53Z"),  # Athens
        (None, None, None),
    )
]


def met(text: str, rows: list[dict[str, Any]]) -> list[int]:
    shapes = np.array([shapely.Point(0, 0)] * len(rows), dtype=object)
    return np.flatnonzero(rows_that_meet(read_cql2(text, KINDS), rows, shapes)).tolist()


#: The tables of the classes "Temporal Functions" and "Property-Property Comparisons".
EXPECTED = [
    ("t_after(\"date\",date('2022-04-16'))", 1),
    ("t_before(\"date\",date('2022-04-16'))", 1),
    ("t_disjoint(\"date\",date('2022-04-16'))", 2),
    ("t_equals(\"date\",date('2022-04-16'))", 1),
    ("t_intersects(\"date\",date('2022-04-16'))", 1),
    ("t_after(\"date\",interval('2022-01-01','2022-12-31'))", 1),
    ("t_before(\"date\",interval('2022-01-01','2022-12-31'))", 1),
    ("t_disjoint(\"date\",interval('2022-01-01','2022-12-31'))", 2),
    ("t_equals(\"date\",interval('2022-01-01','2022-12-31'))", 0),
    ("t_equals(\"date\",interval('2022-04-16','2022-04-16'))", 1),
    ("t_intersects(\"date\",interval('2022-01-01','2022-12-31'))", 1),
    ("t_after(start,timestamp('2022-04-16T10:13:19Z'))", 1),
    ("t_before(start,timestamp('2022-04-16T10:13:19Z'))", 1),
    ("t_disjoint(start,timestamp('2022-04-16T10:13:19Z'))", 2),
    ("t_equals(start,timestamp('2022-04-16T10:13:19Z'))", 1),
    ("t_intersects(start,timestamp('2022-04-16T10:13:19Z'))", 1),
    ("t_after(start,interval('2022-01-01T00:00:00Z','2022-12-31T23:59:59Z'))", 0),
    ("t_before(start,interval('2022-01-01T00:00:00Z','2022-12-31T23:59:59Z'))", 1),
    ("t_disjoint(start,interval('2022-01-01T00:00:00Z','2022-12-31T23:59:59Z'))", 1),
    ("t_equals(start,interval('2022-01-01T00:00:00Z','2022-12-31T23:59:59Z'))", 0),
    ("t_intersects(start,interval('2022-01-01T00:00:00Z','2022-12-31T23:59:59Z'))", 2),
    ("t_after(interval(start,end),interval('..','2022-04-16T10:13:19Z'))", 1),
    ("t_before(interval(start,end),interval('2023-01-01T00:00:00Z','..'))", 2),
    ("t_disjoint(interval(start,end),interval('2022-04-16T10:13:19Z','2022-04-16T10:15:09Z'))", 1),
    ("t_equals(interval(start,end),interval('2021-04-16T10:15:59Z','2022-04-16T10:16:06Z'))", 1),
    (
        "t_intersects(interval(start,end),interval('2022-04-16T10:13:19Z','2022-04-16T10:15:09Z'))",
        2,
    ),
    ("T_CONTAINS(interval(start,end),interval('2022-04-16T10:13:19Z','2022-04-16T10:15:10Z'))", 1),
    ("T_DURING(interval(start,end),interval('2022-01-01T00:00:00Z','2022-12-31T23:59:59Z'))", 1),
    ("T_FINISHES(interval(start,end),interval('2020-04-16T10:13:19Z','2022-04-16T10:16:06Z'))", 1),
    (
        "T_FINISHEDBY(interval(start,end),interval('2022-04-16T10:13:19Z','2022-04-16T10:16:06Z'))",
        1,
    ),
    ("T_MEETS(interval(start,end),interval('2022-04-16T10:13:19Z','2022-04-16T10:15:10Z'))", 0),
    ("T_METBY(interval(start,end),interval('2022-04-16T10:13:19Z','2022-04-16T10:15:10Z'))", 1),
    (
        "T_OVERLAPPEDBY(interval(start,end),interval('2020-04-16T10:13:19Z','2022-04-16T10:15:10Z'))",
        2,
    ),
    ("T_OVERLAPS(interval(start,end),interval('2022-04-16T10:13:19Z','2023-04-16T10:15:10Z'))", 1),
    ("T_STARTEDBY(interval(start,end),interval('2022-04-16T10:13:19Z','2022-04-16T10:15:10Z'))", 1),
    ("T_STARTS(interval(start,end),interval('2022-04-16T10:13:19Z','2022-04-16T10:15:10Z'))", 0),
    ("t_after(date('2022-04-16'),\"date\")", 1),
    ("t_before(date('2022-04-16'),\"date\")", 1),
    ("t_disjoint(date('2022-04-16'),\"date\")", 2),
    ("t_equals(date('2022-04-16'),\"date\")", 1),
    ("t_intersects(date('2022-04-16'),\"date\")", 1),
    ("t_after(interval('2022-01-01','2022-12-31'),\"date\")", 1),
    ("t_before(interval('2022-01-01','2022-12-31'),\"date\")", 1),
    ("t_disjoint(interval('2022-01-01','2022-12-31'),\"date\")", 2),
    ("t_equals(interval('2022-01-01','2022-12-31'),\"date\")", 0),
    ("t_equals(interval('2022-04-16','2022-04-16'),\"date\")", 1),
    ("t_intersects(interval('2022-01-01','2022-12-31'),\"date\")", 1),
    ("t_after(timestamp('2022-04-16T10:13:19Z'),start)", 1),
    ("t_before(timestamp('2022-04-16T10:13:19Z'),start)", 1),
    ("t_disjoint(timestamp('2022-04-16T10:13:19Z'),start)", 2),
    ("t_equals(timestamp('2022-04-16T10:13:19Z'),start)", 1),
    ("t_intersects(timestamp('2022-04-16T10:13:19Z'),start)", 1),
    ("t_after(interval('2022-01-01T00:00:00Z','2022-12-31T23:59:59Z'),start)", 1),
    ("t_before(interval('2022-01-01T00:00:00Z','2022-12-31T23:59:59Z'),start)", 0),
    ("t_disjoint(interval('2022-01-01T00:00:00Z','2022-12-31T23:59:59Z'),start)", 1),
    ("t_equals(interval('2022-01-01T00:00:00Z','2022-12-31T23:59:59Z'),start)", 0),
    ("t_intersects(interval('2022-01-01T00:00:00Z','2022-12-31T23:59:59Z'),start)", 2),
    ("t_after(interval('2023-01-01T00:00:00Z','..'),interval(start,end))", 2),
    ("t_before(interval('..','2022-04-16T10:13:19Z'),interval(start,end))", 1),
    ("t_disjoint(interval('2022-04-16T10:13:19Z','2022-04-16T10:15:09Z'),interval(start,end))", 1),
    ("t_equals(interval('2021-04-16T10:15:59Z','2022-04-16T10:16:06Z'),interval(start,end))", 1),
    (
        "t_intersects(interval('2022-04-16T10:13:19Z','2022-04-16T10:15:09Z'),interval(start,end))",
        2,
    ),
    ("T_CONTAINS(interval('2021-04-16T10:13:19Z','2023-04-16T10:15:10Z'),interval(start,end))", 2),
    ("T_DURING(interval('2022-07-01T00:00:00Z','2022-12-31T23:59:59Z'),interval(start,end))", 1),
    ("T_FINISHES(interval('2022-04-16T10:13:19Z','2022-04-16T10:16:06Z'),interval(start,end))", 1),
    (
        "T_FINISHEDBY(interval('2022-04-16T10:13:19Z','2022-04-16T10:16:06Z'),interval(start,end))",
        0,
    ),
    ("T_MEETS(interval('2022-04-16T10:13:19Z','2022-04-16T10:15:10Z'),interval(start,end))", 1),
    ("T_METBY(interval('2022-04-16T10:13:19Z','2022-04-16T10:15:10Z'),interval(start,end))", 0),
    (
        "T_OVERLAPPEDBY(interval('2020-04-16T10:13:19Z','2022-04-16T10:15:10Z'),interval(start,end))",
        0,
    ),
    ("T_OVERLAPS(interval('2022-04-16T10:13:19Z','2023-04-16T10:15:10Z'),interval(start,end))", 0),
    ("T_STARTEDBY(interval('2022-04-16T10:13:19Z','2022-04-16T10:15:10Z'),interval(start,end))", 0),
    ("T_STARTS(interval('2022-04-16T10:13:19Z','2022-04-16T10:15:10Z'),interval(start,end))", 1),
]


@pytest.mark.parametrize(("text", "count"), EXPECTED)
def test_data(text: str, count: int) -> None:
    """A.x: /conf/temporal-functions/test-data."""
    assert len(met(text, PLACES)) == count


def test_a_moment_is_no_interval() -> None:
    """A client error by 8.6.2; what takes both is named instead."""
    for op in OF_INTERVALS:
        for told in ("start, INTERVAL('2021-01-01', '..')", "INTERVAL(start, end), date"):
            with pytest.raises(BadQueryError, match="T_INTERSECTS"):
                met(f"{op}({told})", PLACES)


#: Allen's relations of pairs of numbers, as OWL-Time defines them.
ORACLE = {
    "t_after": lambda a, b: a[0] > b[1],
    "t_before": lambda a, b: a[1] < b[0],
    "t_disjoint": lambda a, b: a[1] < b[0] or a[0] > b[1],
    "t_equals": lambda a, b: a == b,
    "t_intersects": lambda a, b: a[0] <= b[1] and b[0] <= a[1],
    "t_contains": lambda a, b: a[0] < b[0] and a[1] > b[1],
    "t_during": lambda a, b: a[0] > b[0] and a[1] < b[1],
    "t_finishedby": lambda a, b: a[0] < b[0] and a[1] == b[1],
    "t_finishes": lambda a, b: a[0] > b[0] and a[1] == b[1],
    "t_meets": lambda a, b: a[1] == b[0],
    "t_metby": lambda a, b: a[0] == b[1],
    "t_overlappedby": lambda a, b: b[0] < a[0] < b[1] < a[1],
    "t_overlaps": lambda a, b: a[0] < b[0] < a[1] < b[1],
    "t_startedby": lambda a, b: a[0] == b[0] and a[1] > b[1],
    "t_starts": lambda a, b: a[0] == b[0] and a[1] < b[1],
}
DAYS = [None, 1, 2, 3, 4]
ROWS = [
    {name: None if day is None else f"2026-05-0{day}T12:00:00Z" for name, day in pair.items()}
    for pair in (
        {"start": a, "end": b}
        for a, b in product(DAYS, DAYS)
        if None in (a, b) or a <= b  # type: ignore[operator]
    )
]


def _pair(row: dict[str, Any]) -> tuple[int, int] | None:
    ends = [row["start"], row["end"]]
    return None if None in ends else (int(ends[0][9]), int(ends[1][9]))


@pytest.mark.parametrize("op", FUNCTIONS)
def test_every_relation_of_short_intervals(op: str) -> None:
    """Also turned round, of properties alone, open, and negated: null is neither true nor false."""
    tell = ORACLE[op]
    for first, last in [(1, 1), (1, 3), (2, 2), (2, 3), (2, 4), (0, 3), (2, 9), (0, 9)]:
        ends = ["'..'" if day in (0, 9) else f"'2026-05-0{day}'" for day in (first, last)]
        literal, other = f"INTERVAL({', '.join(ends)})", (first, last)
        cases = {
            f"{op}(INTERVAL(start, end), {literal})": lambda mine, other=other: tell(mine, other),
            f"{op}({literal}, INTERVAL(start, end))": lambda mine, other=other: tell(other, mine),
            f"{op}(INTERVAL(start, end), INTERVAL(start, end))": lambda mine: tell(mine, mine),
        }
        for text, truth in cases.items():
            known = {n: pair for n, row in enumerate(ROWS) if (pair := _pair(row))}
            wanted = [n for n, pair in known.items() if truth(pair)]
            assert met(text, ROWS) == wanted, text
            assert met(f"NOT {text}", ROWS) == [n for n in known if n not in wanted], text

    later = "T_BEFORE(DATE('2026-05-01'), TIMESTAMP('2026-05-02T00:00:00Z'))"
    assert met(later, PLACES) == [0, 1, 2, 3]


def test_times_alone_are_true_or_false() -> None:
    assert met("T_BEFORE(DATE('2026-05-01'), TIMESTAMP('2026-05-02T00:00:00Z'))", PLACES) == [
        0,
        1,
        2,
        3,
    ]
    assert met("T_AFTER(DATE('2026-05-01'), INTERVAL('..', '..'))", PLACES) == []
