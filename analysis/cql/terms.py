"""What a filter in CQL2 says, once it is read and checked. Pure: no database.

Times are half-open spans in UTC: a day, a second, or an interval between two of them; so
``created = DATE('2026-05-02')`` is true all day long.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from core.errors import LuJianError


class BadQueryError(LuJianError):
    """A program asks in a way that cannot be read. Parameters: ``parameter``, ``reason``."""

    code = "bad_query"


class Kind(StrEnum):
    """What a property holds."""

    TEXT = "text"
    NUMBER = "number"
    BOOLEAN = "boolean"
    INSTANT = "instant"


@dataclass(frozen=True)
class Property:
    """A property of the features, by name."""

    name: str
    kind: Kind


@dataclass(frozen=True)
class Literal:
    """A text, a number, or true or false."""

    value: str | float | bool
    kind: Kind


@dataclass(frozen=True)
class Span:
    """From ``start`` to before ``end``, in UTC; None: without an end there."""

    start: datetime | None
    end: datetime | None


Side = Property | Literal


@dataclass(frozen=True)
class Compare:
    """``left`` ``op`` ``right``, with ``op`` one of = < >; ``folded``: whatever the case."""

    op: str
    left: Side
    right: Side
    folded: bool = False


@dataclass(frozen=True)
class Before:
    """A moment lies before another."""

    property: Property
    moment: datetime


@dataclass(frozen=True)
class Like:
    """A text has a form. ``pattern``: letters, None for any one, ``...`` for any number of them."""

    side: Side
    pattern: tuple[Any, ...]
    folded: bool = False


@dataclass(frozen=True)
class IsNull:
    """A property has no value."""

    property: Property


@dataclass(frozen=True)
class Spatial:
    """The geometry of a feature and another, in WGS 84 (longitude, latitude), have a relation.

    ``op``: one of ``SPATIAL``; ``turned``: the other geometry stands first.
    """

    op: str
    shape: Any
    turned: bool = False


@dataclass(frozen=True)
class Always:
    """True, false, or (None) unknown of every feature."""

    value: bool | None


@dataclass(frozen=True)
class Not:
    """The opposite."""

    term: Term


@dataclass(frozen=True)
class And:
    """All of these."""

    terms: tuple[Term, ...]


@dataclass(frozen=True)
class Or:
    """Any of these."""

    terms: tuple[Term, ...]


Term = Compare | Before | Like | IsNull | Spatial | Always | Not | And | Or

#: Functions of CQL2 on geometries, and those of shapely that tell the same.
SPATIAL = {
    "s_intersects": "intersects",
    "s_equals": "equals",
    "s_disjoint": "disjoint",
    "s_touches": "touches",
    "s_within": "within",
    "s_overlaps": "overlaps",
    "s_crosses": "crosses",
    "s_contains": "contains",
}


def relation(term: Spatial, shapes: Any) -> Any:
    """Return of which shapes (an array, WGS 84) a spatial term is true; false of none."""
    import shapely

    tell = getattr(shapely, SPATIAL[term.op])
    shapely.prepare(term.shape)
    return tell(term.shape, shapes) if term.turned else tell(shapes, term.shape)
