"""Making polygons fit to hold points, and saying what was changed.

The rule: a polygon that is not valid is rebuilt by GEOS ``make_valid`` with ``method="structure"``
(every shell is made valid, holes are cut out of it, collapsed parts go), and only its areas are
kept. Where rounding leaves that invalid too, ``method="linework"`` and then a buffer of 0 take its
place. A shape without any area, without finite coordinates or of another kind holds nothing; it
stays in its row as an empty polygon.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

_POLYGON, _MULTIPOLYGON = 3, 6
_EMPTY = shapely.Polygon()


@dataclass(frozen=True)
class Repair:
    """What was done to one polygon: its row (from 0), its index label, why, and the outcome."""

    position: int
    label: Any
    reason: str
    outcome: str

    def __str__(self) -> str:
        """Say it in one line."""
        return f"polygon {self.position + 1} ({self.label}): {self.reason}; {self.outcome}"


def repaired_polygons(frame: gpd.GeoDataFrame) -> tuple[NDArray[np.object_], list[Repair]]:
    """Return valid, possibly empty, (multi)polygons in row order, and what was repaired.

    Works in the frame's own CRS. ``frame`` itself is left as it is.
    """
    shapes = np.array(frame.geometry.array, dtype=object)
    sound = shapely.is_valid(shapes) & np.isin(
        shapely.get_type_id(shapes), (_POLYGON, _MULTIPOLYGON)
    )
    sound &= ~shapely.is_empty(shapes)
    repairs = []
    for position in np.flatnonzero(~sound):
        shape, reason, outcome = _repair(shapes[position])
        shapes[position] = shape
        repairs.append(Repair(int(position), frame.index[position], reason, outcome))
    return shapes, repairs


def _repair(shape: Any) -> tuple[Any, str, str]:
    nothing = "holds nothing"
    if shape is None or shapely.is_empty(shape):
        return _EMPTY, "no geometry", nothing
    if not np.isfinite(shapely.get_coordinates(shape)).all():
        return _EMPTY, "coordinates that are no numbers", nothing
    reason = "" if shapely.is_valid(shape) else str(shapely.is_valid_reason(shape))
    areas = next(filter(shapely.is_valid, _attempts(shape)), _EMPTY)
    if shapely.is_empty(areas):
        return _EMPTY, reason or f"a {shape.geom_type} has no area", nothing
    if not reason:
        return areas, f"a {shape.geom_type}", "only its areas are kept"
    return areas, reason, "rebuilt as " + areas.geom_type


def _attempts(shape: Any) -> Iterator[Any]:
    """Rebuild one way after the other; rounding can leave a result invalid or GEOS stuck."""
    ways: list[Callable[[Any], Any]] = [
        lambda broken: shapely.make_valid(broken, method="structure", keep_collapsed=False),
        lambda broken: shapely.make_valid(broken, method="linework"),
        lambda broken: shapely.buffer(broken, 0),
    ]
    for way in ways:
        with contextlib.suppress(shapely.errors.GEOSException):
            yield _areas(way(shape))


def _areas(shape: Any) -> Any:
    parts = shapely.get_parts(shapely.get_parts(shape))
    polygons = parts[shapely.get_type_id(parts) == _POLYGON]
    return polygons[0] if len(polygons) == 1 else shapely.union_all(polygons)
