"""What an address under /api/ogc asks for, read and checked; anything unknown in it is refused."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from fastapi import Request

from analysis.cql.reading import in_span, read_cql2
from analysis.cql.terms import (
    And,
    BadQueryError,
    Before,
    Compare,
    IsNull,
    Kind,
    Literal,
    Not,
    Or,
    Property,
    Span,
    Spatial,
    Term,
)
from analysis.cql.times import datetime_of, span_of
from analysis.filter import check_names
from api.collections.model import Asked, Box, Collection
from api.ogc.links import lang_of
from geo.axes.axis_order import CRS84, AxisSystem, axis_system, box_from, from_system
from geo.crs import UnknownCrsError

LIMIT, MOST = 1_000, 10_000
#: As many features a page for people shows, unless they ask for more.
ON_A_PAGE = 50
FORMS = ("json", "html")
CQL2_TEXT = "cql2-text"
#: The parameters of features that are no properties.
OWN = (
    *("f", "limit", "bbox", "bbox-crs", "datetime", "crs"),
    *("filter", "filter-lang", "filter-crs", "after"),
)


@dataclass(frozen=True)
class AskedPage:
    """A page of features: which, in which system, in which form.

    ``kept``: the parameters that further pages keep, ``further`` those that they change.
    """

    asked: Asked
    system: AxisSystem
    form: str
    lang: str
    kept: Mapping[str, str] = field(default_factory=dict)
    further: Mapping[str, str] = field(default_factory=dict)


def form_of(request: Request) -> str:
    """Return the form of an answer: ``f``, else what the sender prefers. Raises ``BadQueryError``.

    Browsers ask for HTML first; whoever names neither gets JSON.
    """
    form = request.query_params.get("f", "")
    if form:
        if form not in FORMS:
            raise BadQueryError(parameter="f", reason=f"known are {', '.join(FORMS)}")
        return form
    weights = {kind: _weight(request, kind) for kind in ("json", "html")}
    return "html" if weights["html"] > weights["json"] else "json"


def _weight(request: Request, kind: str) -> float:
    """Return how much a form is wanted, by the Accept header."""
    best = 0.0
    for part in request.headers.get("accept", "").lower().split(","):
        name, *more = (one.strip() for one in part.split(";"))
        if kind in name:
            told = next((one[2:] for one in more if one.startswith("q=")), "1")
            best = max(best, float(told) if told.replace(".", "", 1).isdecimal() else 0.0)
    return best


def system_asked(request: Request) -> AxisSystem:
    """Return the system that ``crs`` asks for. Raises ``BadQueryError``."""
    return _system(request, "crs")


def _system(request: Request, name: str) -> AxisSystem:
    said = request.query_params.get(name, CRS84)
    try:
        return axis_system(said)
    except UnknownCrsError:
        raise BadQueryError(parameter=name, reason="no system that is offered") from None


def read_page(request: Request, collection: Collection) -> AskedPage:
    """Return what is asked of a collection. Raises ``BadQueryError``, ``UnknownParameterError``."""
    given = request.query_params
    kinds = {name: kind for name, kind in collection.kinds.items() if name not in OWN}
    check_names(given, [*OWN, *kinds])
    terms = [*_box(request), *_moments(request, collection), *_filter(request, collection)]
    terms += [
        _equal(name, kinds[name], value) for name, value in given.multi_items() if name in kinds
    ]
    term = And(tuple(terms)) if terms else None
    form, lang = form_of(request), lang_of(request)
    limit = _limit(given.get("limit", ""), ON_A_PAGE if form == "html" else LIMIT)
    asked = Asked(limit, given.get("after", ""), term)
    kept = {name: value for name, value in given.items() if name != "after"}
    return AskedPage(asked, system_asked(request), form, lang, kept, _further(request))


def is_gdal(request: Request) -> bool:
    """Tell whether GDAL asks, which follows ``next`` to the end and shows no page to anybody.

    It names itself, or (up to 3.6) has no name at all, which no browser does.
    """
    agent = request.headers.get("user-agent", "")
    return not agent or agent.startswith("GDAL")


def _further(request: Request) -> dict[str, str]:
    """Return what further pages change: GDAL's are larger.

    GDAL up to 3.6 asks for 10 features at a time, whatever the description of the service says of
    ``limit``, unless its user opens with PAGE_SIZE; a million of them would be 100,000 requests.
    """
    is_default = request.query_params.get("limit") == "10"
    return {"limit": str(LIMIT)} if is_gdal(request) and is_default else {}


def _limit(text: str, usual: int) -> int:
    """Return how many features at most: ``usual``, or as asked; more than ``MOST`` is ``MOST``."""
    if not text:
        return usual
    if not (text.isascii() and text.isdecimal()) or int(text[:12]) < 1:
        raise BadQueryError(parameter="limit", reason="no whole number from 1 on")
    return min(int(text[:12]), MOST)


def _box(request: Request) -> list[Term]:
    given = request.query_params
    if "bbox" not in given:
        if "bbox-crs" in given:
            _system(request, "bbox-crs")
        return []
    box = read_box(given["bbox"])
    system = _system(request, "bbox-crs")
    if box[1] > box[3] or (box[0] > box[2] and (not system.degrees or system.turned)):
        raise BadQueryError(parameter="bbox", reason="its least is greater than its most")
    return [Spatial("s_intersects", box_from(system, box))]


def read_box(text: str) -> Box:
    """Return four numbers; of six, the heights are left out. Raises ``BadQueryError``."""
    try:
        numbers = [float(part) for part in text.split(",")]
    except ValueError:
        numbers = []
    if len(numbers) not in (4, 6) or not all(map(math.isfinite, numbers)):
        raise BadQueryError(parameter="bbox", reason="no four or six numbers")
    least, most = numbers[: len(numbers) // 2], numbers[len(numbers) // 2 :]
    return least[0], least[1], most[0], most[1]


def _moments(request: Request, collection: Collection) -> list[Term]:
    """Return what ``datetime`` asks of the features; all without a moment are of any time."""
    if "datetime" not in request.query_params:
        return []
    span = datetime_of(request.query_params["datetime"])
    if collection.moment_fields is None:
        return []
    first, last = (Property(name, Kind.INSTANT) for name in collection.moment_fields)
    timeless = And((IsNull(first), IsNull(last)))
    return [Or((timeless, And(tuple(_touches(first, last, span)))))]


def _touches(first: Property, last: Property, span: Span) -> list[Term]:
    found: list[Term] = []
    if span.end is not None:
        found.append(Before(first, span.end))
    if span.start is not None:
        found.append(Not(Before(last, span.start)))
    return found


def _filter(request: Request, collection: Collection) -> list[Term]:
    given = request.query_params
    if given.get("filter-lang", CQL2_TEXT) != CQL2_TEXT:
        raise BadQueryError(parameter="filter-lang", reason=f"known is {CQL2_TEXT}")
    system = _system(request, "filter-crs")
    if "filter" not in given:
        return []
    to_wgs84 = None if system.address == CRS84 else lambda shape: from_system(shape, system)
    return [read_cql2(given["filter"], collection.kinds, to_wgs84=to_wgs84)]


def _equal(name: str, kind: Kind, value: str) -> Term:
    """Return that a property is what a parameter of its name says."""
    if kind == Kind.INSTANT:
        return in_span(Property(name, kind), span_of(value, name))
    return Compare("=", Property(name, kind), Literal(_read(name, kind, value), kind))


def _read(name: str, kind: Kind, value: str) -> Any:
    if kind == Kind.BOOLEAN and value in ("true", "false"):
        return value == "true"
    if kind == Kind.TEXT and "\0" not in value:
        return value
    try:
        number = float(value) if kind == Kind.NUMBER else math.nan
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise BadQueryError(parameter=name, reason=f"no {kind}")
    return number
