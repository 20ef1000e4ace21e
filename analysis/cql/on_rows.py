"""Asks a filter of rows that are in memory already: null is neither true nor false, as in SQL."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.cql.terms import (
    Always,
    And,
    Before,
    Compare,
    IsNull,
    Kind,
    Like,
    Literal,
    Not,
    Or,
    Side,
    Spatial,
    Term,
    relation,
)

Row = Mapping[str, Any]
_COMPARE = {"=": lambda a, b: a == b, "<": lambda a, b: a < b, ">": lambda a, b: a > b}


def rows_that_meet(
    term: Term, rows: Sequence[Row], shapes: NDArray[np.object_]
) -> NDArray[np.bool_]:
    """Return which rows meet a filter. ``shapes``: their geometries (WGS 84), in the same order.

    A property is what the row has under its name: text, number, truth, moment or ISO text; None
    for none.
    """
    asked = {id(one): relation(one, shapes) for one in _spatial_terms(term)}
    met = (_is_met(term, row, place, asked) for place, row in enumerate(rows))
    return np.fromiter((one is True for one in met), np.bool_, len(rows))


def _spatial_terms(term: Term) -> list[Spatial]:
    if isinstance(term, Spatial):
        return [term]
    if isinstance(term, Not):
        return _spatial_terms(term.term)
    if isinstance(term, And | Or):
        return [found for one in term.terms for found in _spatial_terms(one)]
    return []


def _is_met(term: Term, row: Row, place: int, asked: Mapping[int, Any]) -> bool | None:
    if isinstance(term, And | Or):
        found = [_is_met(one, row, place, asked) for one in term.terms]
        decides = isinstance(term, Or)
        if decides in found:
            return decides
        return None if None in found else not decides
    if isinstance(term, Not):
        inner = _is_met(term.term, row, place, asked)
        return None if inner is None else not inner
    if isinstance(term, Spatial):
        return bool(asked[id(term)][place])
    return _is_told(term, row)


def _is_told(term: Compare | Before | Like | IsNull | Always, row: Row) -> bool | None:
    """Tell whether a condition on properties alone is met."""
    if isinstance(term, Always):
        return term.value
    if isinstance(term, IsNull):
        return row.get(term.property.name) is None
    if isinstance(term, Before):
        moment = _moment(row.get(term.property.name))
        return None if moment is None else moment < term.moment
    if isinstance(term, Like):
        text = _value(term.side, row, term.folded)
        return None if text is None else _form(term).fullmatch(text) is not None
    left, right = (_value(side, row, term.folded) for side in (term.left, term.right))
    return None if left is None or right is None else bool(_COMPARE[term.op](left, right))


def _value(side: Side, row: Row, folded: bool) -> Any:
    value = side.value if isinstance(side, Literal) else row.get(side.name)
    if side.kind == Kind.INSTANT:
        return _moment(value)
    return value.lower() if folded and isinstance(value, str) else value


def _moment(value: Any) -> datetime | None:
    if value is None or isinstance(value, datetime):
        return value
    return datetime.fromisoformat(str(value).replace("Z", "+00:00")).astimezone(UTC)


def _form(term: Like) -> re.Pattern[str]:
    parts = (
        ".*" if one is ... else "." if one is None else re.escape(_folded(one, term.folded))
        for one in term.pattern
    )
    return re.compile("".join(parts), re.DOTALL)


def _folded(sign: str, folded: bool) -> str:
    return sign.lower() if folded else sign
