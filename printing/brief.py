"""The brief of a view for a meeting: map picture, figures, tables, quotes, sources, date (A4)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import geopandas as gpd

from geo.class_breaks import FEW, PALETTE, class_of
from geo.significance.verdicts import Verdict
from printing import typesetting
from printing.dot_map import dots_svg
from printing.poster import BRAND
from printing.svg_map import (
    Label,
    MapFrame,
    areas_svg,
    drawn_part_svg,
    ground_svg,
    labels,
    picture_svg,
    read_ground,
    rings_svg,
    stations_svg,
    things_svg,
)
from submissions.proposals.queries import CampaignView

_MAP_PT, _HALF_PT = (500.0, 330.0), (245.0, 300.0)
_LABEL, _RANK = 7.0, 9.0
#: Of communities outside the part that is looked at, as on the screen.
OUTSIDE_COLOUR = "#9aa3a8"


@dataclass(frozen=True)
class Table:
    """A table in words: its title, the heads of its columns, its rows.

    ``texts``: which columns hold texts, which share the width; the others hold numbers.
    """

    title: str
    head: list[str]
    rows: list[list[str]]
    texts: tuple[int, ...] = (0,)


@dataclass(frozen=True)
class Brief:
    """What a brief says, in words; ``narrowed``: what the view is narrowed to, line by line.

    ``office``: who made it.

    ``further``: which charts are not among the ``tables``, line by line.

    ``maps``: one, or two side by side, each of ``brief_map`` with its ``caption``, and ``told``, a
    line of its figures. ``legend`` has the classes of the communities and, as ``layers``, what else
    has a colour.
    """

    title: str
    subtitle: str
    dated: str
    narrowed: list[str]
    figures: list[dict[str, str]]
    legend: dict[str, Any]
    tables: list[Table]
    further: list[str]
    quotes_title: str
    quotes: list[dict[str, str]]
    sources_title: str
    sources: list[str]
    map_alt: str
    maps: list[dict[str, Any]]
    office: str = ""


@dataclass(frozen=True)
class Things:
    """GeoJSON features (WGS 84) that are drawn in one colour, #rrggbb."""

    colour: str
    features: Sequence[dict[str, Any]]


@dataclass(frozen=True)
class BriefLayer:
    """One layer of a map; ``opacity`` from 0 to 1.

    ``shown`` by ``kind``: ``communities`` and ``hotspots`` are frames of WGS 84, as
    ``analysis.frames.community_counts`` and ``analysis.hotspots.hotspot_list.judged`` give them,
    ``pins`` a ``PinIndex``, ``heat`` a PNG of ``layers.map.heat_image`` over the campaign's box,
    ``things`` are ``Things``.
    """

    kind: str
    shown: Any
    opacity: float = 1.0


def brief_pdf(brief: Brief, language: str) -> bytes:
    """Return a brief as PDF (A4). Raises ``NoFontError``."""
    data = {**asdict(replace(brief, maps=[])), "maps": brief.maps, "brand": BRAND}
    return typesetting.pdf("brief", data, language)


def brief_map(
    campaign: CampaignView,
    ground_body: bytes,
    layers: Sequence[BriefLayer],
    *,
    measure: str,
    breaks: Sequence[float],
    language: str,
    beside: bool = False,
    area: Sequence[tuple[float, float]] = (),
    outside: Sequence[str] = (),
) -> dict[str, Any]:
    """Return the map of a view: its layers from the bottom up, over the campaign's ground.

    ``ground_body`` is the body of ``layers.basemap.ground``. ``measure`` and ``breaks`` colour the
    communities. ``beside``: half as wide, for two maps side by side. ``area``: the corners of a
    drawn part, longitude and latitude in WGS 84. ``outside``: codes of communities outside the
    part that is looked at, which are grey.
    """
    ground = read_ground(ground_body)
    frame = MapFrame.around(campaign.area.bounds, *(_HALF_PT if beside else _MAP_PT))
    over = "".join(
        f'<g opacity="{layer.opacity:g}">{drawn}</g>'
        for layer in layers
        for drawn in [_drawn(layer, campaign, frame, measure, breaks, outside)]
    )
    over += stations_svg(ground, frame, 6) + (drawn_part_svg(area, frame) if area else "")
    named = labels(ground, frame, language, size=_LABEL)
    ranks = [
        _rank(row, frame)
        for layer in layers
        if layer.kind == "hotspots"
        for row in layer.shown.itertuples(index=False)
    ]
    drawn = ground_svg(ground, campaign.area, frame, line=0.7, over=over)
    return {
        "svg": typesetting.Drawing(drawn),
        "width": frame.width,
        "height": frame.height,
        "labels": [vars(label) for label in (*named, *ranks)],
    }


def _drawn(
    layer: BriefLayer,
    campaign: CampaignView,
    frame: MapFrame,
    measure: str,
    breaks: Sequence[float],
    outside: Sequence[str],
) -> str:
    """Draw one layer as SVG."""
    shown = layer.shown
    if layer.kind == "communities":
        return areas_svg(_classes(shown, measure, breaks, frozenset(outside)), frame)
    if layer.kind == "heat":
        return picture_svg(shown, campaign.area.bounds, frame)
    if layer.kind == "hotspots":
        doubtful = [verdict not in ("", Verdict.SIGNIFICANT) for verdict in shown["verdict"]]
        return rings_svg(shown.geometry, frame, doubtful=doubtful)
    if layer.kind == "things":
        return things_svg(shown.features, shown.colour, frame)
    colours = {str(c["key"]): str(c.get("color", "")) for c in campaign.categories}
    categories = shown.labels["category"]
    return dots_svg(shown.longitude, shown.latitude, categories, colours, frame, radius=2.2)


def _classes(
    communities: gpd.GeoDataFrame, measure: str, breaks: Sequence[float], outside: frozenset[str]
) -> list[tuple[Any, str, bool]]:
    found = []
    columns = (communities[name] for name in ("code", measure, "proposals"))
    for shape, code, value, proposals in zip(communities.geometry, *columns, strict=True):
        if code in outside:
            found.append((shape, OUTSIDE_COLOUR, False))
            continue
        known = value is not None and value == value and str(value) != "<NA>"
        colour = PALETTE[class_of(float(value), breaks)] if known else "#bbbbbb"
        found.append((shape, colour, known and int(proposals) < FEW))
    return found


def _rank(row: Any, frame: MapFrame) -> Label:
    x, y = frame.one(row.centre_longitude, row.centre_latitude)
    return Label(str(row.rank), "hotspot", x, y, _RANK)
