"""The temporal functions of CQL2 (OGC 21-065r2, 8.6) on instants and intervals, as terms.

Both stand for a beginning and an end, each a property, a day or moment that is told, or open. A
day, and a moment told to the second, are as long as that: ``created`` ends an interval to
``DATE('2026-05-02')`` all day long. The relations are those of OWL-Time (after Allen, 1983).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from analysis.cql.terms import Always, And, Before, Compare, Not, Or, Property, Span, Term

#: A property, the span of a day or moment, or None where an interval is open.
End = Property | Span | None
#: What is known without a look at features is a truth.
Told = Term | bool


@dataclass(frozen=True)
class Period:
    """From the beginning of ``start`` to the end of ``end``; of an instant both are the same."""

    start: End
    end: End
    is_instant: bool = False


def relation_of(op: str, one: Period, other: Period) -> Term:
    """Return that a function ``op`` of ``FUNCTIONS`` is true of two periods.

    Where a property has no value, it is neither true nor false.
    """
    told = FUNCTIONS[op](one, other)
    ends = (one.start, one.end, other.start, other.end)
    properties = list(dict.fromkeys(end for end in ends if isinstance(end, Property)))
    known = _all(*(Compare("=", each, each) for each in properties))
    if isinstance(told, bool):
        if isinstance(known, bool):
            return Always(told)
        return known if told else Not(known)
    if len(properties) < 2 or isinstance(known, bool):
        return told  # all that is asked of one property is unknown together
    return Or((And((told, known)), Not(known)))


def _before(one: End, other: End, *, at_end: bool) -> Told:
    """Return that one end lies before another; ``at_end``: what is open there never ends."""
    if one is None or other is None:
        if one is None and other is None:
            return False
        return (other is None) if at_end else (one is None)
    if isinstance(one, Property) and isinstance(other, Property):
        return Compare("<", one, other)
    if isinstance(one, Property):
        assert isinstance(other, Span)
        assert other.start is not None
        return Before(one, other.start)
    assert one.end is not None
    if isinstance(other, Property):
        return Not(Before(other, one.end))
    assert other.start is not None
    return one.end <= other.start


def _ends_before_begins(one: Period, other: Period) -> Told:
    """Return that one period has ended when another begins."""
    if one.end is None or other.start is None:
        return False
    return _before(one.end, other.start, at_end=True)


def _same(one: End, other: End) -> Told:
    if one is None or other is None:
        return one is other
    if isinstance(one, Property) and isinstance(other, Property):
        return Compare("=", one, other)
    if isinstance(other, Property):
        one, other = other, one
    if isinstance(one, Property):
        assert isinstance(other, Span)
        assert other.start is not None
        assert other.end is not None
        return And((Not(Before(one, other.start)), Before(one, other.end)))
    return one == other


def _begins_before(one: Period, other: Period) -> Told:
    return _before(one.start, other.start, at_end=False)


def _ends_before(one: Period, other: Period) -> Told:
    return _before(one.end, other.end, at_end=True)


def _begins_within(one: Period, other: Period) -> Told:
    """Return that one period begins before another ends."""
    if one.start is None or other.end is None:
        return True
    return _before(one.start, other.end, at_end=True)


def _meets(one: Period, other: Period) -> Told:
    if one.end is None or other.start is None:
        return False
    return _same(one.end, other.start)


def _starts_with(one: Period, other: Period) -> Told:
    return _same(one.start, other.start)


def _finishes_with(one: Period, other: Period) -> Told:
    return _same(one.end, other.end)


def _all(*parts: Told) -> Told:
    terms = tuple(one for one in parts if not isinstance(one, bool))
    if False in parts:
        return False
    return And(terms) if len(terms) > 1 else terms[0] if terms else True


def _any(*parts: Told) -> Told:
    return _not(_all(*map(_not, parts)))


def _not(told: Told) -> Told:
    return not told if isinstance(told, bool) else Not(told)


def _disjoint(one: Period, other: Period) -> Told:
    return _any(_ends_before_begins(one, other), _ends_before_begins(other, one))


def _contains(one: Period, other: Period) -> Told:
    return _all(_begins_before(one, other), _ends_before(other, one))


def _finishes(one: Period, other: Period) -> Told:
    return _all(_begins_before(other, one), _finishes_with(one, other))


def _overlaps(one: Period, other: Period) -> Told:
    begins, ends = _begins_before(one, other), _ends_before(one, other)
    return _all(begins, _begins_within(other, one), ends)


def _starts(one: Period, other: Period) -> Told:
    return _all(_starts_with(one, other), _ends_before(one, other))


def _turned(function: Callable[[Period, Period], Told]) -> Callable[[Period, Period], Told]:
    return lambda one, other: function(other, one)


#: Of instants and intervals alike.
OF_ALL: dict[str, Callable[[Period, Period], Told]] = {
    "t_after": _turned(_ends_before_begins),
    "t_before": _ends_before_begins,
    "t_disjoint": _disjoint,
    "t_equals": lambda one, other: _all(_starts_with(one, other), _finishes_with(one, other)),
    "t_intersects": lambda one, other: _not(_disjoint(one, other)),
}
#: Of intervals alone.
OF_INTERVALS: dict[str, Callable[[Period, Period], Told]] = {
    "t_contains": _contains,
    "t_during": _turned(_contains),
    "t_finishedby": _turned(_finishes),
    "t_finishes": _finishes,
    "t_meets": _meets,
    "t_metby": _turned(_meets),
    "t_overlappedby": _turned(_overlaps),
    "t_overlaps": _overlaps,
    "t_startedby": _turned(_starts),
    "t_starts": _starts,
}
FUNCTIONS = OF_ALL | OF_INTERVALS
