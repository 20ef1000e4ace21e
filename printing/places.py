"""Which places get cards: a layer of the map, or a file of the office's own."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from shapely import MultiPolygon, Point, Polygon
from shapely.errors import ShapelyError
from shapely.geometry import shape

from errors import BadFileError, NotFoundError
from printing.links import CardPlace
from printing.mapping import name_of, read_ground

#: Layers whose features are places where a card can hang.
CARD_LAYERS = ("stations", "parks", "idle_plots", "bike_parking", "communities")
_COLUMNS = {
    "name": ("name", "name_zh", "名称", "地点"),
    "longitude": ("longitude", "lon", "lng", "x", "经度"),
    "latitude": ("latitude", "lat", "y", "纬度"),
}
_WGS84_NAMES = {"urn:ogc:def:crs:OGC:1.3:CRS84", "urn:ogc:def:crs:OGC::CRS84", "EPSG:4326"}


def places_of_layer(
    name: str, ground_body: bytes, area: Polygon | MultiPolygon, language: str
) -> list[CardPlace]:
    """Return the places of a layer of the ground that lie in the area (WGS 84).

    ``ground_body`` is the body of ``layers.ground.ground``, so communities are those of the
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
    """Read places from CSV (name, longitude, latitude) or GeoJSON (name); WGS 84.

    CSV may be UTF-8 or, as Excel writes it in China, GBK. Raises ``BadFileError``, naming the row.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise BadFileError(reason=f"{path}: {error.strerror}") from error
    is_json = path.suffix.lower() in {".geojson", ".json"}
    places = _from_geojson(content) if is_json else _from_csv(content)
    if not places:
        raise BadFileError(reason=f"{path} holds no places")
    return places


def _from_csv(content: bytes) -> list[CardPlace]:
    table = csv.DictReader(io.StringIO(_decoded(content), newline=""))
    titles = {title.strip().lower(): title for title in table.fieldnames or ()}
    columns = {}
    for wanted, known in _COLUMNS.items():
        found = [titles[title] for title in known if title in titles]
        if not found:
            raise BadFileError(reason=f"the file has no column {wanted!r}")
        columns[wanted] = found[0]
    return [
        _checked(row[columns["name"]], row[columns["longitude"]], row[columns["latitude"]], number)
        for number, row in enumerate(table, 2)
    ]


def _decoded(content: bytes) -> str:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise BadFileError(reason="the file is neither UTF-8 nor GBK text")


def _from_geojson(content: bytes) -> list[CardPlace]:
    try:
        collection = json.loads(content)
        stated = collection.get("crs", {}).get("properties", {}).get("name", "EPSG:4326")
        features = list(enumerate(collection["features"], 1))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise BadFileError(reason="the file is no GeoJSON feature collection") from error
    if stated not in _WGS84_NAMES:
        raise BadFileError(reason=f"the coordinates are in {stated}, not in WGS 84")
    return [_from_feature(feature, number) for number, feature in features]


def _from_feature(feature: Any, number: int) -> CardPlace:
    try:
        properties = feature["properties"] or {}
        name = next((properties[key] for key in _COLUMNS["name"] if properties.get(key)), "")
        place = _place(str(name), feature["geometry"])
    except (KeyError, TypeError, ValueError, AttributeError, ShapelyError) as error:
        raise BadFileError(reason=f"row {number} has no geometry that can be read") from error
    return _checked(place.name, place.longitude, place.latitude, number)


def _checked(name: str | None, longitude: Any, latitude: Any, number: int) -> CardPlace:
    try:
        east, north = float(longitude), float(latitude)
    except (TypeError, ValueError) as error:
        raise BadFileError(reason=f"row {number} has no longitude and latitude") from error
    if not (math.isfinite(east) and abs(east) <= 180 and math.isfinite(north) and abs(north) <= 90):
        raise BadFileError(reason=f"row {number} lies at {east:g}, {north:g}: no place in degrees")
    if not name or not name.strip():
        raise BadFileError(reason=f"row {number} has no name")
    return CardPlace(" ".join(name.split()), round(east, 6), round(north, 6))


def _place(name: str, geometry: dict[str, Any]) -> CardPlace:
    point = shape(geometry).representative_point()
    return CardPlace(name, round(point.x, 6), round(point.y, 6))
