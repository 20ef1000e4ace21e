"""One view of a campaign, as it stands in an address. Pure: no database.

The desk and the Streamlit pages show it and pass it on by its address; saved views are addresses.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date
from urllib.parse import urlencode

from analysis.filter import MIN_PROPOSALS, RADIUS_M, Filter, Pairs, read_filter
from analysis.hotspots.hotspot_list import MOST_PRINTED, ORDERS, PRINTED, HotspotList
from core.errors import InvalidError

#: What communities can be coloured by, and how the list is sorted: the first unless said otherwise.
MEASURES = ("proposals", "per_1000", "per_km2", "answered_share")
SORTS = ("new", "supported")
#: Radius (metres) and least number of proposals by which hotspots are found unless said otherwise.
HOTSPOTS = (50.0, 5)
MOST_PAGES = 1_000_000
#: The names of all parameters of a view besides those of its filter and of answers.
NAMES = (
    *("campaign", "measure", "radius_m", "min_proposals", "layers", "at", "sort", "page"),
    *(
        "with",
        "with_from",
        "with_to",
        "with_radius_m",
        "with_min_proposals",
        "spots_by",
        "spots_in",
        "spots_of",
        "spots_sure",
    ),
    "spots_printed",
)
MOST_LAYERS, MOST_LAYERS_TEXT = 60, 2_000
OPACITY = (5, 100)
_NUMBER = re.compile(r"[0-9]{1,9}(?:\.[0-9]{1,9})?", re.ASCII)
_LAYER = re.compile(r"([a-z_]{1,20}|u[0-9]{1,18})(?::([0-9]{1,3}))?", re.ASCII)
_NO_LAYER = "none"
_CODE = re.compile(r"[A-Za-z0-9_-]{1,64}", re.ASCII)

#: Layers that are shown, from the bottom up, each with its opacity in percent.
Layers = tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class Comparison:
    """What a view is compared with: a campaign by its slug (empty: the same), and a period.

    Its hotspots may be found by a radius (metres) and a least number of their own; 0 is the view's.
    """

    campaign: str = ""
    since: date | None = None
    until: date | None = None
    radius_m: float = 0.0
    min_proposals: int = 0


@dataclass(frozen=True)
class View:
    """One view of a campaign; without parameters, all of the newest campaign.

    ``campaign`` is its slug, empty for the newest; ``layers`` None as the map begins; ``at`` where
    the map looks (longitude and latitude in WGS 84 degrees, zoom), empty for the campaign's area;
    ``page`` of the list, from 1. The radius, in metres, and the least number of proposals are those
    of the filter's hotspot where it has one. ``spots``: what of its hotspots is
    listed. ``problems``: what could not be read and is left out.
    """

    campaign: str = ""
    narrow: Filter = field(default_factory=Filter)
    measure: str = MEASURES[0]
    radius_m: float = HOTSPOTS[0]
    min_proposals: int = HOTSPOTS[1]
    layers: Layers | None = None
    at: str = ""
    sort: str = SORTS[0]
    page: int = 1
    beside: Comparison | None = None
    spots: HotspotList = field(default_factory=HotspotList)
    problems: tuple[InvalidError, ...] = field(default=(), compare=False)

    def __post_init__(self) -> None:
        if self.narrow.spot is not None:
            object.__setattr__(self, "radius_m", self.narrow.spot.radius_m)
            object.__setattr__(self, "min_proposals", self.narrow.spot.min_proposals)
        if self.beside == Comparison():
            object.__setattr__(self, "beside", None)

    @classmethod
    def read(cls, given: Iterable[tuple[str, str]]) -> View:
        """Return the view that the parameters of an address ask for; others are left alone.

        A filter or a period that makes no sense is among the ``problems``; any other part is as if
        it had not been given.
        """
        pairs = [(name, value.replace("\0", "")) for name, value in given]
        one = dict(pairs)
        narrow, problems = _filter(pairs)
        period, more = _filter([("from", one.get("with_from", "")), ("to", one.get("with_to", ""))])
        return cls(
            campaign=one.get("campaign", ""),
            narrow=narrow,
            measure=_one_of(MEASURES, one.get("measure", "")),
            radius_m=_number(one.get("radius_m", ""), RADIUS_M, HOTSPOTS[0]),
            min_proposals=int(_number(one.get("min_proposals", ""), MIN_PROPOSALS, HOTSPOTS[1])),
            layers=_layers(one.get("layers", "")[:MOST_LAYERS_TEXT]),
            at=_place(one.get("at", "")),
            sort=_one_of(SORTS, one.get("sort", "")),
            page=int(_number(one.get("page", ""), (1, MOST_PAGES), 1)),
            beside=Comparison(
                one.get("with", ""),
                period.since,
                period.until,
                _number(one.get("with_radius_m", ""), RADIUS_M, 0.0),
                int(_number(one.get("with_min_proposals", ""), MIN_PROPOSALS, 0)),
            ),
            spots=_spots(one),
            problems=problems + more,
        )

    def pairs(self) -> Pairs:
        """Return it as the parameters of an address, in a fixed order; ``read`` undoes it."""
        found = [("campaign", self.campaign)] if self.campaign else []
        found += self.narrow.pairs()
        found += [("measure", self.measure)] if self.measure != MEASURES[0] else []
        if self.narrow.spot is None and (self.radius_m, self.min_proposals) != HOTSPOTS:
            found += _made(self)
        if self.layers is not None:
            found.append(("layers", ",".join(f"{k}:{n}" for k, n in self.layers) or _NO_LAYER))
        found += [("at", self.at)] if self.at else []
        found += [("sort", self.sort)] if self.sort != SORTS[0] else []
        found += [("page", str(self.page))] if self.page != 1 else []
        return found + _spots_pairs(self.spots) + _beside_pairs(self.beside)

    def query(self, **changes: str) -> str:
        """Return the query of an address: this view, with parameters set, or (empty) left out."""
        kept = [(name, value) for name, value in self.pairs() if name not in changes]
        return urlencode([*kept, *((k, v) for k, v in changes.items() if v)])

    def address(self, path: str = "", **changes: str) -> str:
        """Return the address of a page in this view."""
        return f"{path}?{self.query(**changes)}"

    def workbench(self, **changes: str) -> str:
        """Return the address of the workbench in this view, where it compares of "Change"."""
        return self.address("/planner" if self.beside is None else "/change", **changes)

    def file(self, kind: str) -> str:
        """Return where the API gives this view's proposals, communities, hotspots, clusters …"""
        hotspots = kind.startswith("hotspots")
        narrow = replace(self.narrow, spot=None) if hotspots else self.narrow
        query = narrow.query(**dict(_made(self) if hotspots else []))
        return f"/api/campaigns/{self.campaign}/{kind}" + (f"?{query}" if query else "")

    def file_pairs(self) -> Pairs:
        """Return all that addresses of this view's files may say; hotspots say how they are made.

        Addresses of other files know that only beside a hotspot.
        """
        return [*self.narrow.pairs(), *(_made(self) if self.narrow.spot is None else [])]


def _made(view: View) -> Pairs:
    """Return how its hotspots are found."""
    return [("radius_m", f"{view.radius_m:.12g}"), ("min_proposals", str(view.min_proposals))]


def _beside_pairs(beside: Comparison | None) -> Pairs:
    if beside is None:
        return []
    found = [("with", beside.campaign)] if beside.campaign else []
    found += [("with_from", beside.since.isoformat())] if beside.since else []
    found += [("with_to", beside.until.isoformat())] if beside.until else []
    found += [("with_radius_m", f"{beside.radius_m:.12g}")] if beside.radius_m else []
    least = beside.min_proposals
    return found + ([("with_min_proposals", str(least))] if least else [])


def _spots(one: dict[str, str]) -> HotspotList:
    """Return what of the hotspots is listed; what makes no sense is as if it were not given."""
    community, category = (one.get(name, "") for name in ("spots_in", "spots_of"))
    return HotspotList(
        by=_one_of(ORDERS, one.get("spots_by", "")),
        community=community if _CODE.fullmatch(community) else "",
        category=category if _CODE.fullmatch(category) else "",
        sure=one.get("spots_sure", "") == "1",
        printed=int(_number(one.get("spots_printed", ""), (1, MOST_PRINTED), PRINTED)),
    )


def _spots_pairs(spots: HotspotList) -> Pairs:
    found = [("spots_by", spots.by)] if spots.by != ORDERS[0] else []
    found += [("spots_in", spots.community)] if spots.community else []
    found += [("spots_of", spots.category)] if spots.category else []
    found += [("spots_sure", "1")] if spots.sure else []
    return found + ([("spots_printed", str(spots.printed))] if spots.printed != PRINTED else [])


def _filter(pairs: Pairs) -> tuple[Filter, tuple[InvalidError, ...]]:
    try:
        return read_filter(pairs), ()
    except InvalidError as problem:
        return Filter(), (problem,)


def _one_of(known: tuple[str, ...], text: str) -> str:
    return text if text in known else known[0]


def _number(text: str, bounds: tuple[float, float], otherwise: float) -> float:
    if not _NUMBER.fullmatch(text):
        return otherwise
    return min(max(float(text), bounds[0]), bounds[1])


def _layers(text: str) -> Layers | None:
    """Return ``communities:75,pins`` as layers, the second in full; None for no text."""
    if not text:
        return None
    named: dict[str, int] = {}
    for part in text.split(",")[:MOST_LAYERS]:
        hit = _LAYER.fullmatch(part)
        if hit and hit[1] != _NO_LAYER:
            named.pop(hit[1], None)
            named[hit[1]] = min(max(int(hit[2] or OPACITY[1]), OPACITY[0]), OPACITY[1])
    return tuple(named.items())


def _place(text: str) -> str:
    """Return where the map looks, or nothing for no such place."""
    try:
        longitude, latitude, zoom = (float(part) for part in text[:60].split(","))
    except ValueError:
        return ""
    if not (-180 <= longitude <= 180 and -85 <= latitude <= 85 and 3 <= zoom <= 20):
        return ""
    return f"{longitude:.5f},{latitude:.5f},{zoom:g}"
