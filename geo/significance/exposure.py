"""How much of what people can be expected in proportion to lies in each cell: roads, residents."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from geo.aggregate import require_columns
from geo.crs import reproject, require_crs
from geo.point_in_polygon import PolygonIndex
from geo.significance.hex_grid import HexGrid, hex_grid

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_PIECE_M = 5.0
_POINTS, _LINES, _POLYGONS = 0, 1, 2
_KIND = {0: _POINTS, 4: _POINTS, 1: _LINES, 2: _LINES, 5: _LINES, 3: _POLYGONS, 6: _POLYGONS}


@dataclass(frozen=True)
class CellExposure:
    """The amount per cell, and how many features had no usable shape or number."""

    amount: Floats
    unusable: int


def exposure_per_cell(
    grid: HexGrid, exposure: gpd.GeoDataFrame, *, column: str | None, metric_crs: str
) -> CellExposure:
    """Spread an exposure over the cells of a grid that is laid in ``metric_crs``.

    A point gives its ``column`` (without one: 1) to its cell. A line gives ``column`` (1) per
    metre. A polygon spreads ``column`` over its area, without one its square metres; what of it
    lies off the grid is lost. Missing, negative and infinite numbers count as nothing. Raises
    ``MissingCrsError`` and ``MissingColumnError``.
    """
    require_crs(exposure, what="exposure")
    require_columns(exposure, [column], what="exposure")
    shapes = np.asarray(reproject(exposure.geometry, metric_crs).array)
    value = _values(exposure, column)
    kind = np.array([_KIND.get(one, -1) for one in shapely.get_type_id(shapes).tolist()])
    usable = (kind >= 0) & ~shapely.is_empty(shapes) & np.isfinite(shapely.bounds(shapes)).all(1)
    usable &= value > 0
    amount = np.zeros(len(grid))
    for name, spread in ((_POINTS, _of_points), (_LINES, _of_lines), (_POLYGONS, _of_polygons)):
        these = usable & (kind == name)
        if these.any():
            amount += spread(grid, shapes[these], value[these], column is not None)
    return CellExposure(amount, int(np.count_nonzero(~usable)))


def _values(exposure: gpd.GeoDataFrame, column: str | None) -> Floats:
    if column is None:
        return np.ones(len(exposure))
    numbers = pd.to_numeric(exposure[column], errors="coerce").to_numpy(np.float64, na_value=np.nan)
    return np.where(np.isfinite(numbers), numbers, 0.0)


def _summed(grid: HexGrid, x: Floats, y: Floats, amount: Floats) -> Floats:
    cell = grid.cell_of(x, y)
    known = cell >= 0
    return np.bincount(cell[known], amount[known], len(grid)).astype(np.float64)


def _of_points(grid: HexGrid, shapes: NDArray[np.object_], value: Floats, named: bool) -> Floats:
    parts, of = shapely.get_parts(shapes, return_index=True)
    xy = shapely.get_coordinates(parts)
    return _summed(grid, xy[:, 0], xy[:, 1], value[of] / np.bincount(of)[of])


def _of_lines(grid: HexGrid, shapes: NDArray[np.object_], value: Floats, named: bool) -> Floats:
    lines, of = shapely.get_parts(shapes, return_index=True)
    xy, line = shapely.get_coordinates(shapely.segmentize(lines, _PIECE_M), return_index=True)
    begin = np.flatnonzero(line[:-1] == line[1:])
    middle = (xy[begin] + xy[begin + 1]) / 2
    length = np.hypot(*(xy[begin + 1] - xy[begin]).T)
    return _summed(grid, middle[:, 0], middle[:, 1], length * value[of[line[begin]]])


def _of_polygons(grid: HexGrid, shapes: NDArray[np.object_], value: Floats, named: bool) -> Floats:
    area = shapely.area(shapes)
    total = np.where(named, value, area)
    small = area < 4 * grid.width_m**2
    middle = shapely.get_coordinates(shapely.point_on_surface(shapes[small]))
    amount = _summed(grid, middle[:, 0], middle[:, 1], total[small])
    if not small.all():
        amount += _of_large_polygons(grid, shapes[~small], total[~small])
    return amount


def _of_large_polygons(grid: HexGrid, shapes: NDArray[np.object_], total: Floats) -> Floats:
    """Share out by sample points; where polygons overlap, the first has it."""
    index = PolygonIndex(gpd.GeoDataFrame(geometry=list(shapes)))
    theirs = hex_grid(index, width_m=grid.width_m / 2)
    whole = np.maximum(np.bincount(theirs.polygon, theirs.area_m2, len(shapes)), 1e-9)
    amount = theirs.area_m2 * (total / whole)[theirs.polygon]
    return _summed(grid, theirs.x, theirs.y, amount)
