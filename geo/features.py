"""Making features of any kind fit to be drawn and measured, and saying what was left out.

Areas follow the rule of ``geo.repair``. Of a collection the parts of its highest dimension are kept
(areas before lines before points). A line without a length and a shape without a place are nothing
that a map can show: they are left out and counted by their reason.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from geo.repair import repaired_polygons

_COLLECTION, _RING, _LINES_TOGETHER = 7, 2, 5
_LINES, _AREAS = frozenset({1, 2, 5}), frozenset({3, 6})


class Gap(StrEnum):
    """Why a feature is left out."""

    NO_GEOMETRY = "no_geometry"
    NOT_FINITE = "not_finite"
    NO_EXTENT = "no_extent"
    OFF_EARTH = "off_earth"
    UNREADABLE = "unreadable"
    ENTITY = "entity"


@dataclass(frozen=True)
class Soundness:
    """How many shapes were repaired, and how many features left out, by reason."""

    repaired: int
    left_out: dict[Gap, int]


def sound_features(frame: gpd.GeoDataFrame) -> tuple[gpd.GeoDataFrame, Soundness]:
    """Return the features that can be shown, in their order, with valid shapes in two dimensions.

    Works in the frame's own CRS and keeps its columns and index labels; ``frame`` stays as it is.
    The kinds that come out: (multi)point, (multi)line, (multi)polygon.
    """
    shapes = shapely.force_2d(np.array(frame.geometry.array, dtype=object))
    shapes = np.array([_plain(shape) for shape in shapes], dtype=object)
    gaps = np.array([_gap(shape) for shape in shapes], dtype=object)
    for row in (row for row, gap in enumerate(gaps) if gap is None):
        shapes[row] = _with_extent(shapes[row])
    repaired = _repair_areas(shapes, gaps)
    kept = np.array([gap is None for gap in gaps], dtype=bool)
    sound = frame[kept].copy()
    sound = sound.set_geometry(gpd.GeoSeries(shapes[kept], index=sound.index, crs=frame.crs))
    left_out = Counter(gap for gap in gaps if gap is not None)
    return sound, Soundness(repaired, dict(sorted(left_out.items())))


def on_earth(frame: gpd.GeoDataFrame) -> tuple[gpd.GeoDataFrame, int]:
    """Return the features of a WGS 84 frame that lie on the globe, and how many do not."""
    bounds = shapely.bounds(frame.geometry.array)
    west, south, east, north = bounds.T if len(bounds) else np.zeros((4, 0))
    inside = (west >= -180) & (east <= 180) & (south >= -90) & (north <= 90)
    return frame[inside], int((~inside).sum())


def _plain(shape: Any) -> Any:
    """Return a collection's parts of the highest dimension, and a ring as a line."""
    if shape is None:
        return None
    kind = shapely.get_type_id(shape)
    if kind == _RING:
        return shapely.LineString(shape.coords)
    if kind != _COLLECTION:
        return shape
    parts = [_plain(part) for part in shapely.get_parts(shape)]
    parts = [part for part in parts if not shapely.is_empty(part)]
    if not parts:
        return None
    highest = max(shapely.get_dimensions(part) for part in parts)
    simple = [
        each
        for part in parts
        if shapely.get_dimensions(part) == highest
        for each in shapely.get_parts(part)
    ]
    many = (shapely.multipoints, shapely.multilinestrings, shapely.multipolygons)[highest]
    return simple[0] if len(simple) == 1 else many(simple)


def _gap(shape: Any) -> Gap | None:
    if shape is None or shapely.is_empty(shape):
        return Gap.NO_GEOMETRY
    if not np.isfinite(shapely.get_coordinates(shape)).all():
        return Gap.NOT_FINITE
    if shapely.get_type_id(shape) in _LINES and shapely.length(shape) == 0:
        return Gap.NO_EXTENT
    return None


def _with_extent(shape: Any) -> Any:
    """Return a shape of several lines without those that have no length."""
    if shapely.get_type_id(shape) != _LINES_TOGETHER:
        return shape
    parts = shapely.get_parts(shape)
    long = parts[shapely.length(parts) > 0]
    return shape if len(long) == len(parts) else shapely.multilinestrings(long)


def _repair_areas(shapes: NDArray[np.object_], gaps: NDArray[np.object_]) -> int:
    """Put valid areas in the place of those that are not; return how many there were."""
    rows = [
        row
        for row, shape in enumerate(shapes)
        if gaps[row] is None and shapely.get_type_id(shape) in _AREAS
    ]
    fixed, repairs = repaired_polygons(gpd.GeoDataFrame(geometry=shapes[rows]))
    shapes[rows] = fixed
    for row, shape in zip(rows, fixed, strict=True):
        if shapely.is_empty(shape):
            gaps[row] = Gap.NO_EXTENT
    return sum(1 for repair in repairs if gaps[rows[repair.position]] is None)
