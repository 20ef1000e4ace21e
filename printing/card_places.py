"""Which places get cards: a layer of the map, or a file of the office's own."""

from __future__ import annotations

import math
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pandas as pd
from shapely import MultiPolygon, Point, Polygon
from shapely.geometry import shape

from core.errors import BadFileError, NotFoundError
from core.settings import get_settings
from geo.crs import WGS84
from geo.reading.file_kinds import FileKind
from geo.reading.limits import command_limits
from geo.reading.reader import read_path
from printing.links import CardPlace
from printing.svg_map import name_of, read_ground

#: Layers whose features are places where a card can hang.
CARD_LAYERS = ("stations", "parks", "idle_plots", "bike_parking", "communities")
_NAMES = ("name", "name_zh", "名称", "地点")
_HEADED = frozenset({FileKind.TEXT_TABLE, FileKind.WORKBOOK})


def places_of_layer(
    name: str, ground_body: bytes, area: Polygon | MultiPolygon, language: str
) -> list[CardPlace]:
    """Return the places of a layer of the ground that lie in the area (WGS 84).

    ``ground_body`` is the body of ``layers.basemap.ground``, so communities are those of the
    campaign's edition. A polygon gives a point inside it. Raises ``NotFoundError`` for any other
    layer than those in ``CARD_LAYERS``.
    """
    if name not in CARD_LAYERS:
        raise NotFoundError(layer=name)
    places = (
        _place(name_of(feature["properties"], language), feature["geometry"])
        for feature in read_ground(ground_body)[name]["features"]
    )
    return [place for place in places if area.covers(Point(place.longitude, place.latitude))]


def places_outside(places: Iterable[CardPlace], area: Polygon | MultiPolygon) -> list[CardPlace]:
    """Return the places on which no proposal of a campaign with this area can be put."""
    return [p for p in places if not area.covers(Point(p.longitude, p.latitude))]


def read_places(path: Path) -> list[CardPlace]:
    """Read places from a table (name, longitude, latitude) or a file of shapes (name); WGS 84.

    Of a shape, a point inside it. Raises ``BadFileError``, naming the row.
    """
    read = read_path(path, crs=WGS84, overrule=False, limits=command_limits(get_settings()))
    if read.crs != WGS84:
        raise BadFileError(reason=f"the coordinates are in {read.crs}, not in WGS 84")
    frame = read.wgs84()
    columns = {str(name).strip().lower(): name for name in frame.columns}
    named = [columns[name] for name in _NAMES if name in columns]
    if not named:
        raise BadFileError(reason="the file has no column 'name'")
    if frame.empty:
        raise BadFileError(reason=f"{path} holds no places")
    names = frame[named].astype(object).bfill(axis="columns").iloc[:, 0]
    first = 2 if read.kind in _HEADED else 1  # the row of a table that a spreadsheet shows
    return [
        _checked(None if pd.isna(name) else str(name), place, number)
        for number, (name, place) in enumerate(zip(names, frame.geometry, strict=True), first)
    ]


def _checked(name: str | None, place: Any, number: int) -> CardPlace:
    if place is None or place.is_empty:
        raise BadFileError(reason=f"row {number} has no place that can be read")
    point = place.representative_point()
    east, north = point.x, point.y
    if not (math.isfinite(east) and abs(east) <= 180 and math.isfinite(north) and abs(north) <= 90):
        raise BadFileError(reason=f"row {number} lies at {east:g}, {north:g}: no place in degrees")
    if name is None or not name.strip():
        raise BadFileError(reason=f"row {number} has no name")
    return CardPlace(" ".join(name.split()), round(east, 6), round(north, 6))


def _place(name: str, geometry: dict[str, Any]) -> CardPlace:
    point = shape(geometry).representative_point()
    return CardPlace(name, round(point.x, 6), round(point.y, 6))
