"""Layers of lines and polygons as Mapbox Vector Tiles: clipped, made plainer, valid on the grid."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import mapbox_vector_tile
import numpy as np
import shapely
from numpy.typing import NDArray

from geo.cluster_index import mercator_unit
from geo.vector_tiles.point_layer import EXTENT

#: So many units beyond its side a tile shows, so that borders meet.
BUFFER = 64
#: Lines and borders are made plainer by so many units: half a pixel on a screen of 512.
TOLERANCE = 4.0


def shape_layer(
    name: str,
    shapes: NDArray[np.object_],
    properties: Sequence[Mapping[str, Any]],
    zoom: int,
    column: int,
    row: int,
) -> bytes:
    """Return a tile's bytes with one layer of those of these shapes (WGS 84) that lie in it.

    ``properties``: in the same order; what is None or no plain value is left out. A point on the
    border of two tiles is in one of them alone. Returns b"" without any.
    """
    placed = in_tile(shapes, zoom, column, row)
    features = [
        {"geometry": shape, "properties": _plain(told)}
        for shape, told in zip(placed, properties, strict=True)
        if shape is not None
    ]
    if not features:
        return b""
    layer = {"name": name, "features": features}
    told: bytes = mapbox_vector_tile.encode(
        [layer], default_options={"y_coord_down": True, "extents": EXTENT}
    )
    return told


def in_tile(shapes: NDArray[np.object_], zoom: int, column: int, row: int) -> NDArray[np.object_]:
    """Return shapes in whole units of a tile, clipped, plainer and valid; None outside of it."""
    side = 1 << zoom

    def placed(places: NDArray[np.float64]) -> NDArray[np.float64]:
        x, y = mercator_unit(places[:, 0], places[:, 1])
        return np.column_stack([(x * side - column) * EXTENT, (y * side - row) * EXTENT])

    found = np.empty(len(shapes), dtype=object)
    near = _near(shapes, zoom, column, row)
    moved = shapely.transform(shapely.force_2d(shapes[near]), placed)
    for at, shape in zip(np.flatnonzero(near), moved, strict=True):
        found[at] = _cut(shape)
    return found


def _near(shapes: NDArray[np.object_], zoom: int, column: int, row: int) -> NDArray[np.bool_]:
    """Return which shapes may touch a tile and what it shows beyond its sides."""
    west, south, east, north = tile_bounds(zoom, column, row)
    wide, high = (east - west) * BUFFER / EXTENT, (north - south) * 2 * BUFFER / EXTENT
    boxes = shapely.bounds(shapes).reshape(-1, 4)
    return np.asarray(
        (boxes[:, 0] <= east + wide)
        & (boxes[:, 2] >= west - wide)
        & (boxes[:, 1] <= north + high)
        & (boxes[:, 3] >= south - high)
    )


def tile_bounds(zoom: int, column: int, row: int) -> tuple[float, float, float, float]:
    """Return west, south, east, north of a tile in degrees."""
    side = 1 << zoom
    west, east = (360.0 * at / side - 180.0 for at in (column, column + 1))
    south, north = (
        float(np.degrees(np.arctan(np.sinh(np.pi * (1 - 2 * at / side))))) for at in (row + 1, row)
    )
    return west, south, east, north


def _cut(shape: Any) -> Any:
    if shape.geom_type == "Point":
        x, y = np.floor(shapely.get_coordinates(shape)[0])
        return shapely.Point(x, y) if 0 <= x < EXTENT and 0 <= y < EXTENT else None
    if not shape.is_valid:
        shape = shapely.make_valid(shape)
    low, high = -BUFFER, EXTENT + BUFFER
    shape = shapely.intersection(shape, shapely.box(low, low, high, high))
    shape = shapely.simplify(shape, TOLERANCE)
    shape = shapely.set_precision(shape, 1.0)
    return None if shape.is_empty else shape


def _plain(told: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: value for name, value in told.items() if isinstance(value, str | bool | int | float)
    }
