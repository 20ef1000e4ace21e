"""The brief of a view for a meeting: map picture, figures, tables, quotes, sources, date (A4)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import geopandas as gpd

from layers.classes import FEW, PALETTE, class_of
from layers.pins import PinIndex
from printing import typesetting
from printing.dots import dots_svg
from printing.mapping import (
    Label,
    MapFrame,
    areas_svg,
    ground_svg,
    labels,
    picture_svg,
    read_ground,
    rings_svg,
    stations_svg,
)
from printing.poster import BRAND
from submissions.queries import CampaignView

_MAP_PT = (500.0, 330.0)
_LABEL, _RANK = 7.0, 9.0


@dataclass(frozen=True)
class Table:
    """A table in words: its title, the heads of its columns, its rows."""

    title: str
    head: list[str]
    rows: list[list[str]]


@dataclass(frozen=True)
class Brief:
    """What a brief says, in words; ``narrowed``: what the view is narrowed to, line by line."""

    title: str
    subtitle: str
    dated: str
    narrowed: list[str]
    figures: list[dict[str, str]]
    legend: dict[str, Any]
    tables: list[Table]
    quotes_title: str
    quotes: list[dict[str, str]]
    sources_title: str
    sources: list[str]
    map_alt: str


def brief_pdf(brief: Brief, picture: dict[str, Any], language: str) -> bytes:
    """Return a brief as PDF (A4); ``picture`` comes from ``brief_map``. Raises ``NoFontError``."""
    data = {**asdict(brief), "brand": BRAND, "map": picture}
    return typesetting.pdf("brief", data, language)


def brief_map(
    campaign: CampaignView,
    ground_body: bytes,
    *,
    pins: PinIndex | None,
    heat: bytes | None,
    communities: gpd.GeoDataFrame | None,
    measure: str,
    breaks: Sequence[float],
    hotspots: gpd.GeoDataFrame | None,
    language: str,
) -> dict[str, Any]:
    """Return the map of a view: communities by a measure, hotspots with ranks, pins as dots.

    ``heat`` is a PNG of ``layers.heat_picture`` over the campaign's box.
    ``ground_body`` is the body of ``layers.ground.ground``; frames are WGS 84, ``communities``
    those of ``submissions.queries.community_counts``. What is None is not drawn.
    """
    ground = read_ground(ground_body)
    frame = MapFrame.around(campaign.area.bounds, *_MAP_PT)
    over = ""
    if communities is not None:
        over += areas_svg(_classes(communities, measure, breaks), frame)
    if heat is not None:
        over += picture_svg(heat, campaign.area.bounds, frame)
    if pins is not None and len(pins):
        colours = {str(c["key"]): str(c.get("color", "")) for c in campaign.categories}
        categories = pins.labels["category"]
        over += dots_svg(pins.longitude, pins.latitude, categories, colours, frame, radius=2.2)
    ranks: list[Label] = []
    if hotspots is not None:
        over += rings_svg(hotspots.geometry, frame)
        ranks = [_rank(row, frame) for row in hotspots.itertuples(index=False)]
    over += stations_svg(ground, frame, 6)
    named = labels(ground, frame, language, size=_LABEL)
    drawn = ground_svg(ground, campaign.area, frame, line=0.7, over=over)
    return {
        "svg": typesetting.Drawing(drawn),
        "width": frame.width,
        "height": frame.height,
        "labels": [vars(label) for label in (*named, *ranks)],
    }


def _classes(
    communities: gpd.GeoDataFrame, measure: str, breaks: Sequence[float]
) -> list[tuple[Any, str, bool]]:
    found = []
    values = zip(communities.geometry, communities[measure], communities["proposals"], strict=True)
    for shape, value, proposals in values:
        known = value is not None and value == value and str(value) != "<NA>"
        colour = PALETTE[class_of(float(value), breaks)] if known else "#bbbbbb"
        found.append((shape, colour, known and int(proposals) < FEW))
    return found


def _rank(row: Any, frame: MapFrame) -> Label:
    x, y = frame.one(row.centre_longitude, row.centre_latitude)
    return Label(str(row.rank), "hotspot", x, y, _RANK)
