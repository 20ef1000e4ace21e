"""Drawn lines and areas: reading them, checking them, measuring them, and where their pin stands.

Geometry is WGS 84 (EPSG:4326) going in and out; it is measured in metres in the projected system
of its place (``geo.crs.metric_crs_at``, EPSG:4548 for Beijing).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import LineString, Polygon

from core.errors import BadShapeError, ShapeProblem
from geo.crs import WGS84, metric_crs_at, transformer

Shape: TypeAlias = LineString | Polygon
LINE, AREA = "line", "area"
#: About 1 cm; what is checked, stored and handed out is then the same.
DECIMALS = 7
FEWEST_CORNERS = {LINE: 2, AREA: 3}
MOST_CORNERS = 200
LENGTH_M = (5, 5_000)
AREA_M2 = (4, 50_000)
_MOST_CHARACTERS = 64_000
_KINDS = {"LineString": LINE, "Polygon": AREA}
_Places = list[tuple[float, float]]


@dataclass(frozen=True)
class Measures:
    """How large a shape is: a line has a length in metres, an area its square metres."""

    length_m: float | None
    area_m2: float | None


def read_shape(geojson: Any) -> Shape:
    """Read a GeoJSON LineString, or a Polygon without holes, given as a dict or as JSON text.

    An open ring is closed, a corner repeated at once is dropped, a height is dropped; coordinates
    are rounded to 7 decimals and rings run counterclockwise (RFC 7946). Whether the shape makes
    sense is :func:`check_shape`'s to say.

    Raises ``BadShapeError``: ``unreadable``, ``many_points`` (more than 200 corners),
    ``few_points`` (a line has 2, an area 3).
    """
    kind, corners = _corners(_parsed(geojson))
    least = FEWEST_CORNERS[kind]
    if len(corners) > MOST_CORNERS:
        raise _refused("many_points", kind, least, MOST_CORNERS)
    if len(corners) < least:
        raise _refused("few_points", kind, least, MOST_CORNERS)
    if kind == LINE:
        return LineString(corners)
    return shapely.orient_polygons(Polygon(corners))


def check_shape(geometry: Shape) -> Shape:
    """Return a shape that can be a route or a plot.

    A border that crosses or touches itself encloses no plain plot. A line that does is refused,
    too: nearly always a finger slipped, and the length of what was meant is then unknown. Only its
    two ends may meet, so a round walk is a line.

    Raises ``BadShapeError``: ``too_small``, ``too_large``, ``crosses_itself``.
    """
    kind = kind_of(geometry)
    flat = _in_metres(geometry)
    least, most = LENGTH_M if kind == LINE else AREA_M2
    # The hull: corners in one row enclose nothing, and what twists hides its size.
    if (flat.length if kind == LINE else flat.convex_hull.area) < least:
        raise _refused("too_small", kind, least, most)
    if not (geometry.is_simple if kind == LINE else geometry.is_valid):
        raise _refused("crosses_itself", kind, least, most)
    size = flat.length if kind == LINE else flat.area
    if size < least:
        raise _refused("too_small", kind, least, most)
    if size > most:
        raise _refused("too_large", kind, least, most)
    return geometry


def kind_of(geometry: Shape) -> str:
    """Return ``line`` or ``area``."""
    return _KINDS[geometry.geom_type]


def measure(geometry: Shape) -> Measures:
    """Measure a shape: a line's length, an area's content."""
    flat = _in_metres(geometry)
    if kind_of(geometry) == LINE:
        return Measures(length_m=float(flat.length), area_m2=None)
    return Measures(length_m=None, area_m2=float(flat.area))


def anchor(geometry: Shape) -> tuple[float, float]:
    """Return longitude and latitude of the pin that stands for a shape.

    On a line half-way along it, in metres; in an area its centroid, or where that lies outside, a
    point on its surface.
    """
    if kind_of(geometry) == LINE:
        return _halfway(geometry)
    middle = geometry.centroid
    if not geometry.contains(middle):
        middle = geometry.point_on_surface()
    return float(middle.x), float(middle.y)


def _refused(problem: str, kind: str | None = None, least: int = 0, most: int = 0) -> BadShapeError:
    return BadShapeError(problem=ShapeProblem(problem), kind=kind, least=least, most=most)


def _parsed(geojson: Any) -> dict[str, Any]:
    if isinstance(geojson, str):
        if len(geojson) > _MOST_CHARACTERS:
            raise _refused("unreadable")
        try:
            geojson = json.loads(geojson)
        except (ValueError, RecursionError):
            raise _refused("unreadable") from None
    if not isinstance(geojson, dict):
        raise _refused("unreadable")
    return geojson


def _corners(geojson: dict[str, Any]) -> tuple[str, _Places]:
    """Return the kind and the corners; those of an area without the one that closes the ring."""
    name, places = geojson.get("type"), geojson.get("coordinates")
    kind = _KINDS.get(name) if isinstance(name, str) else None
    if kind is None or not isinstance(places, list | tuple):
        raise _refused("unreadable")
    if kind == AREA:
        if len(places) != 1 or not isinstance(places[0], list | tuple):
            raise _refused("unreadable", kind)
        places = places[0]
    corners: _Places = []
    for place in map(_place, places):
        if not corners or place != corners[-1]:
            corners.append(place)
    while kind == AREA and len(corners) > 1 and corners[0] == corners[-1]:
        corners.pop()
    return kind, corners


def _place(position: Any) -> tuple[float, float]:
    if not isinstance(position, list | tuple) or not 2 <= len(position) <= 4:
        raise _refused("unreadable")
    return _degrees(position[0], 180), _degrees(position[1], 90)


def _degrees(value: Any, most: int) -> float:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if not number or not -most <= value <= most:  # false for NaN, too
        raise _refused("unreadable")
    return round(float(value), DECIMALS) + 0.0


def _in_metres(geometry: Shape) -> Any:
    west, south, east, north = geometry.bounds
    to_metres = transformer(WGS84, metric_crs_at((west + east) / 2, (south + north) / 2))

    def project(places: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.column_stack(to_metres.transform(places[:, 0], places[:, 1]))

    return shapely.transform(geometry, project)


def _halfway(line: LineString) -> tuple[float, float]:
    """Go along the line; between two corners in degrees, so that a straight border is kept to."""
    steps = np.hypot(*np.diff(shapely.get_coordinates(_in_metres(line)), axis=0).T)
    gone = np.concatenate([[0.0], np.cumsum(steps)])
    half = gone[-1] / 2
    at = int(np.clip(np.searchsorted(gone, half, side="right") - 1, 0, len(steps) - 1))
    share = (half - gone[at]) / steps[at] if steps[at] > 0 else 0.0
    (x0, y0), (x1, y1) = shapely.get_coordinates(line)[at : at + 2]
    return float(x0 + share * (x1 - x0)), float(y0 + share * (y1 - y0))
