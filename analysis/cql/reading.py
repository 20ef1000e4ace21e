"""Reads a filter in CQL2 text (OGC 21-065r2) into terms, and checks all that it names.

The grammar is that of the ``cql2`` parser; what is not listed here (arithmetic, arrays, functions
of other servers) is refused, and so is whatever is longer or deeper than people write.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any, NoReturn

import cql2
import shapely

from analysis.cql.temporal import FUNCTIONS, OF_INTERVALS, End, Period, relation_of
from analysis.cql.terms import (
    SPATIAL,
    Always,
    And,
    BadQueryError,
    Before,
    Compare,
    IsNull,
    Kind,
    Like,
    Literal,
    Not,
    Or,
    Property,
    Side,
    Span,
    Spatial,
    Term,
)
from analysis.cql.times import OPEN, span_of

MOST_CHARACTERS, MOST_DEPTH, MOST_TERMS, MOST_PLACES = 4_000, 20, 200, 2_000
FILTER = "filter"
#: Turns a geometry of the filter, in the order of axes of its own system, into WGS 84.
ToWgs84 = Callable[[Any], Any]


def read_cql2(text: str, known: Mapping[str, Kind], *, to_wgs84: ToWgs84 | None = None) -> Term:
    """Return what a filter says of features with these properties and a ``geometry``.

    Without ``to_wgs84`` its places are longitude and latitude. Raises ``BadQueryError``.
    """
    _check_size(text)
    try:
        told = cql2.parse_text(text).to_json()
    except Exception:  # the parser raises nothing narrower for geometries without places
        refuse("this is no CQL2 text")
    return _Reader(known, to_wgs84 or (lambda shape: shape)).term(told, 0)


def refuse(reason: str) -> NoReturn:
    """Raise ``BadQueryError`` about the filter."""
    raise BadQueryError(parameter=FILTER, reason=reason)


def _check_size(text: str) -> None:
    depth = deepest = 0
    for sign in text:
        depth += (sign == "(") - (sign == ")")
        deepest = max(deepest, depth)
    chained = sum(text.upper().count(word) for word in ("NOT", "--", "^"))
    if len(text) > MOST_CHARACTERS or deepest > 2 * MOST_DEPTH or chained > MOST_TERMS:
        refuse("too long or too deep")


class _Reader:
    """Reads the parser's JSON; counts what it has read."""

    def __init__(self, known: Mapping[str, Kind], to_wgs84: ToWgs84) -> None:
        self._known, self._to_wgs84, self._read = known, to_wgs84, 0

    def term(self, told: Any, depth: int) -> Term:
        """Return a condition."""
        self._count(depth)
        if isinstance(told, bool) or told is None:
            return Always(told)
        if "property" in told:
            return Compare("=", self._property(told, Kind.BOOLEAN), Literal(True, Kind.BOOLEAN))
        op, args = str(told.get("op", "")).lower(), told.get("args", [])
        if op in ("and", "or"):
            parts = tuple(self.term(one, depth + 1) for one in args)
            return And(parts) if op == "and" else Or(parts)
        if op == "not":
            return Not(self.term(args[0], depth + 1))
        return self._condition(op, args)

    def _count(self, depth: int) -> None:
        self._read += 1
        if depth > MOST_DEPTH or self._read > MOST_TERMS:
            refuse("too long or too deep")

    def _condition(self, op: str, args: list[Any]) -> Term:
        if op == "isnull":
            return IsNull(self._property(args[0]))
        if op == "like":
            return self._like(*args)
        if op == "between":
            return And((self._compare(">=", args[0], args[1]), self._compare("<=", *args[::2])))
        if op == "in":
            for _ in args[1]:
                self._count(0)
            return Or(tuple(self._compare("=", args[0], one) for one in args[1]))
        if op in _FLIPPED:
            return self._compare(op, *args)
        if op in SPATIAL:
            return self._spatial(op, *args)
        if op in FUNCTIONS:
            return self._temporal(op, *args)
        refuse(f"{op[:40]} is not known here")

    def _compare(self, op: str, left: Any, right: Any) -> Term:
        for one, other, way in ((left, right, op), (right, left, _FLIPPED[op])):
            if (span := _span(other)) is not None:
                return _in_time(way, self._property(one, Kind.INSTANT), span)
        first, folded = self._side(left)
        second, also = self._side(right)
        if first.kind != second.kind:
            refuse(f"{_named(first)} and {_named(second)} are not of one kind")
        if folded != also:
            refuse("CASEI stands on one side alone")
        return _compared(op, first, second, folded)

    def _side(self, told: Any) -> tuple[Side, bool]:
        """Return what is compared, and whether its case counts for nothing."""
        if isinstance(told, dict) and str(told.get("op", "")).lower() == "casei":
            side, _folded = self._side(told["args"][0])
            if side.kind != Kind.TEXT:
                refuse("CASEI is for texts")
            return side, True
        if isinstance(told, dict):
            return self._property(told), False
        if isinstance(told, bool):
            return Literal(told, Kind.BOOLEAN), False
        if isinstance(told, int | float) and math.isfinite(told):
            return Literal(float(told), Kind.NUMBER), False
        if isinstance(told, str) and "\0" not in told:
            return Literal(told, Kind.TEXT), False
        refuse("a value that cannot be compared")

    def _property(self, told: Any, kind: Kind | None = None) -> Property:
        name = told.get("property") if isinstance(told, dict) else None
        if name is None:
            refuse("a property is missing")
        if name not in self._known:
            refuse(f"no property {str(name)[:40]}")
        if kind is not None and self._known[name] != kind:
            refuse(f"{name} is no {kind}")
        return Property(name, self._known[name])

    def _like(self, left: Any, pattern: Any) -> Term:
        side, folded = self._side(left)
        form, also = self._side(pattern)
        if side.kind != Kind.TEXT or not isinstance(form, Literal) or form.kind != side.kind:
            refuse("LIKE compares a text with a pattern")
        if folded != also:
            refuse("CASEI stands on one side alone")
        return Like(side, pattern_of(str(form.value), FILTER), folded)

    def _spatial(self, op: str, left: Any, right: Any) -> Term:
        turned = not _is_geometry_property(left)
        if _is_geometry_property(right) != turned:
            refuse("a spatial function takes geometry and one shape")
        return Spatial(op, self._to_wgs84(_shape(left if turned else right)), turned)

    def _temporal(self, op: str, left: Any, right: Any) -> Term:
        one, other = self._period(left), self._period(right)
        if op in OF_INTERVALS and (one.is_instant or other.is_instant):
            refuse(f"{op.upper()} is for intervals; T_INTERSECTS takes a moment, too")
        return relation_of(op, one, other)

    def _period(self, told: Any) -> Period:
        """Return an instant or an interval, of properties or as it is told."""
        if isinstance(told, dict) and "interval" in told:
            first, last = (self._end(one) for one in told["interval"])
            if isinstance(first, Span) and isinstance(last, Span):
                _check_order(first, last)
            return Period(first, last)
        end = self._end(told)
        if end is None:
            refuse("a temporal function takes properties and times")
        return Period(end, end, is_instant=True)

    def _end(self, told: Any) -> End:
        """Return an end of an interval, or an instant; None for an open one."""
        if isinstance(told, str):
            return None if told in OPEN else span_of(told, FILTER)
        if isinstance(told, dict) and "property" in told:
            return self._property(told, Kind.INSTANT)
        return _span(told)


_FLIPPED = {"=": "=", "<>": "<>", "<": ">", ">": "<", "<=": ">=", ">=": "<="}


def _compared(op: str, left: Side, right: Side, folded: bool) -> Term:
    if op in ("<>", "<=", ">="):
        return Not(Compare({"<>": "=", "<=": ">", ">=": "<"}[op], left, right, folded))
    return Compare(op, left, right, folded)


def _named(side: Side) -> str:
    return side.name if isinstance(side, Property) else f"a {side.kind}"


def in_span(name: Property, span: Span) -> Term:
    """Return that a moment lies in a span; unknown where there is no moment."""
    assert span.start is not None
    assert span.end is not None
    return And((Not(Before(name, span.start)), Before(name, span.end)))


def _in_time(op: str, name: Property, span: Span) -> Term:
    assert span.start is not None
    assert span.end is not None
    if op in ("<", ">="):
        earlier = Before(name, span.start)
        return earlier if op == "<" else Not(earlier)
    if op in ("<=", ">"):
        not_later = Before(name, span.end)
        return not_later if op == "<=" else Not(not_later)
    return in_span(name, span) if op == "=" else Not(in_span(name, span))


def _span(told: Any) -> Span | None:
    """Return a time that stands in a filter; None for what is none."""
    if not isinstance(told, dict):
        return None
    for key in ("date", "timestamp"):
        if key in told:
            return span_of(str(told[key]), FILTER)
    return None


def _check_order(first: Span, last: Span) -> None:
    assert first.start is not None
    assert last.end is not None
    if first.start >= last.end:
        refuse("it ends before it begins")


def _is_geometry_property(told: Any) -> bool:
    return isinstance(told, dict) and told.get("property") in ("geometry", "geom")


def _shape(told: Any) -> Any:
    """Return a shape that stands in a filter, valid and flat."""
    try:
        if isinstance(told, dict) and "bbox" in told:
            box = [float(one) for one in told["bbox"]]
            west, south, east, north = box if len(box) == 4 else (*box[:2], *box[3:5])
            return shapely.box(west, south, east, north)
        shape = shapely.force_2d(shapely.geometry.shape(told))
    except Exception:  # whatever shapely finds wrong with it
        refuse("a shape that is none")
    places = shapely.get_coordinates(shape)
    if not 0 < len(places) <= MOST_PLACES or not all(map(math.isfinite, places.ravel())):
        refuse("a shape without places, or with too many")
    return shape if shapely.is_valid(shape) else shapely.make_valid(shape)


def pattern_of(text: str, parameter: str) -> tuple[Any, ...]:
    r"""Return the parts of a LIKE pattern: % any letters, _ any one, \ before either as such.

    Raises ``BadQueryError`` for one that ends within an escape.
    """
    parts: list[Any] = []
    signs = iter(text)
    for sign in signs:
        if sign == "\\":
            after = next(signs, None)
            if after is None:
                raise BadQueryError(parameter=parameter, reason="a pattern that ends with \\")
            parts.append(after)
        else:
            parts.append({"%": ..., "_": None}.get(sign, sign))
    return tuple(parts)
