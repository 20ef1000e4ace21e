"""Filters in CQL2 text: what is read, what is refused, and what rows meet it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import shapely

from analysis.cql.on_rows import rows_that_meet
from analysis.cql.reading import read_cql2
from analysis.cql.terms import BadQueryError, Kind

KINDS = {
    "name": Kind.TEXT,
    "n": Kind.NUMBER,
    "ok": Kind.BOOLEAN,
    "at": Kind.INSTANT,
}
ROWS: list[dict[str, Any]] = [
    {"name": "共享单车 100%", "n": 1, "ok": True, "at": "2026-05-01T23:59:59Z"},
    {"name": "it's É_x", "n": 2.5, "ok": False, "at": "2026-05-02T00:00:00Z"},
    {"name": None, "n": None, "ok": None, "at": None},
]
SHAPES = np.array(
    [shapely.Point(1, 1), shapely.box(2, 2, 4, 4), shapely.LineString([(0, 3), (3, 3)])],
    dtype=object,
)


def met(text: str) -> list[int]:
    return np.flatnonzero(rows_that_meet(read_cql2(text, KINDS), ROWS, SHAPES)).tolist()


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("name = '共享单车 100%'", [0]),
        ("name LIKE '%单车%'", [0]),
        (r"name LIKE '%100\%'", [0]),
        (r"name LIKE '%\_x'", [1]),
        ("name LIKE '__享单车%'", []),
        ("name LIKE 'IT%'", []),
        ("CASEI(name) LIKE CASEI('IT%é%')", [1]),
        ("CASEI(name) = CASEI('IT''S é_X')", [1]),
        ("name = 'it''s É_x'", [1]),
        ("name NOT LIKE '%单车%'", [1]),
        ("name IS NULL", [2]),
        ("NOT name IS NULL", [0, 1]),
        ("n BETWEEN 1 AND 2", [0]),
        ("n NOT BETWEEN 1 AND 2", [1]),
        ("n IN (2.5, 7)", [1]),
        ("n NOT IN (2.5)", [0]),
        ("2 < n", [1]),
        ("n <> 1", [1]),
        ("n >= 1 AND NOT (ok = TRUE OR n > 9)", [1]),
        ("ok", [0]),
        ("NOT ok", [1]),
        ("n = 1 OR n IS NULL", [0, 2]),
        ("at = DATE('2026-05-01')", [0]),
        ("at > DATE('2026-05-01')", [1]),
        ("at <= DATE('2026-05-01')", [0]),
        ("at = TIMESTAMP('2026-05-02T08:00:00+08:00')", [1]),
        ("at BETWEEN DATE('2026-05-01') AND DATE('2026-05-02')", [0, 1]),
        ("T_INTERSECTS(at, INTERVAL('..', '2026-05-01'))", [0]),
        ("NOT at = DATE('2026-05-01')", [1]),
        ("at <> DATE('2026-05-01')", [1]),
        ("NOT T_INTERSECTS(at, DATE('2026-05-01'))", [1]),
        ("T_AFTER(at, DATE('2026-05-01'))", [1]),
        ("S_INTERSECTS(geometry, BBOX(0, 0, 1, 1))", [0]),
        ("S_INTERSECTS(geometry, POINT(2.5 3))", [1, 2]),
        ("S_DISJOINT(geometry, POINT(2.5 3))", [0]),
        ("S_WITHIN(geometry, POLYGON((0 0, 5 0, 5 5, 0 5, 0 0)))", [0, 1, 2]),
        ("S_CONTAINS(geometry, POINT(3 3.5))", [1]),
        ("S_WITHIN(POINT(3 3.5), geometry)", [1]),
        ("S_EQUALS(geometry, POINT(1 1))", [0]),
        ("S_CROSSES(geometry, LINESTRING(1 2, 1 5))", [2]),
        ("S_TOUCHES(geometry, BBOX(4, 2, 5, 4))", [1]),
        ("S_OVERLAPS(geometry, BBOX(3, 3, 5, 5))", [1]),
        ("1 = 1", [0, 1, 2]),
        ("TRUE", [0, 1, 2]),
        ("FALSE", []),
    ],
)
def test_a_filter_finds_its_rows(text: str, rows: list[int]) -> None:
    assert met(text) == rows


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "no CQL2"),
        ("n =", "no CQL2"),
        ("n = 1; DROP TABLE proposal", "no CQL2"),
        ("secret = 1", "no property secret"),
        ("author_key IS NULL", "no property author_key"),
        ("n = 'x'", "one kind"),
        ("n LIKE '1'", "LIKE"),
        ("name = 1", "one kind"),
        ("n + 1 = 2", "missing"),
        ("load_file(name) = 'x'", "missing"),
        ("at = DATE('2026-13-01')", "RFC 3339"),
        ("at > 'x'", "one kind"),
        ("n = DATE('2026-01-01')", "no instant"),
        ("T_INTERSECTS(at, INTERVAL('2026-02-01', '2026-01-01'))", "before it begins"),
        ("T_DURING(at, INTERVAL('2026-01-01', '2026-02-01'))", "T_INTERSECTS"),
        ("T_AFTER(n, DATE('2026-01-01'))", "no instant"),
        ("S_INTERSECTS(name, POINT(1 1))", "geometry"),
        ("S_INTERSECTS(geometry, geometry)", "geometry"),
        ("S_INTERSECTS(geometry, POLYGON((0 0, 1 1)))", "shape"),
        ("name LIKE 'x\\'", "ends with"),
        ("CASEI(name) = 'x'", "one side"),
        ("A_CONTAINS(name, ('a'))", "not known"),
        ("(" * 60 + "n = 1" + ")" * 60, "too"),
        ("NOT " * 300 + "ok", "too"),
        (" AND ".join(["n = 1"] * 300), "too"),
        ("n IN (" + ",".join(map(str, range(900))) + ")", "too"),
        (f"name = '{'长' * 5000}'", "too"),
    ],
)
def test_what_is_no_filter_is_refused_with_the_reason(text: str, why: str) -> None:
    with pytest.raises(BadQueryError) as caught:
        met(text)
    assert why in caught.value.params["reason"]
