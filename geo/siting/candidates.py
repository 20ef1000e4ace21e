"""Places where something could stand: from points, plots, road sides, or a grid."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from geo.crs import reproject
from geo.siting.problem import Floats, Ints


def candidate_points(
    frame: gpd.GeoDataFrame, *, crs: str, spacing_m: float = 100.0, kerb_m: float = 6.0
) -> gpd.GeoDataFrame:
    """Return places on or along features: their columns, ``source`` and a point in ``crs``.

    A point is taken as it is, of a plot a point inside it, of a line a place every ``spacing_m`` on
    both sides, ``kerb_m`` from it. ``source``: position of the feature; features without a shape
    give none. ``crs``: a projected system in metres. Rows come in the order of the features.
    """
    shapes = np.asarray(reproject(frame.geometry, crs).array)
    rows, places = [], []
    for number, shape in enumerate(shapes):
        found = _places(shape, spacing_m, kerb_m)
        rows.append(np.full(len(found), number, dtype=np.int64))
        places.append(found)
    at = np.concatenate([*rows, np.zeros(0, dtype=np.int64)])
    return _frame(frame, at, np.concatenate([*places, np.zeros((0, 2))]), crs)


def grid_points(areas: gpd.GeoDataFrame, *, crs: str, spacing_m: float = 200.0) -> gpd.GeoDataFrame:
    """Return places in a square grid over areas; ``source``: position of the area it lies in.

    The grid's lines lie on multiples of the spacing, so that it is the same for any part of the
    areas. A place on a border belongs to the first of its areas.
    """
    shapes = np.asarray(reproject(areas.geometry, crs).array)
    if not len(shapes) or shapely.is_missing(shapes).all():
        return _frame(areas, np.zeros(0, dtype=np.int64), np.zeros((0, 2)), crs)
    west, south, east, north = shapely.total_bounds(shapes)
    x = np.arange(np.ceil(west / spacing_m), east / spacing_m + 1e-9) * spacing_m
    y = np.arange(np.ceil(south / spacing_m), north / spacing_m + 1e-9) * spacing_m
    xy = np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)
    point, area = shapely.STRtree(shapes).query(shapely.points(xy), predicate="intersects")
    order = np.lexsort((area, point))
    point, area = point[order], area[order]
    first = np.ones(len(point), dtype=bool)
    first[1:] = point[1:] != point[:-1]
    return _frame(areas, area[first].astype(np.int64), xy[point[first]], crs)


def _places(shape: shapely.Geometry | None, spacing_m: float, kerb_m: float) -> Floats:
    if shape is None or shape.is_empty:
        return np.zeros((0, 2))
    parts = shapely.get_parts(shape)
    kind = shapely.get_dimensions(shape)
    if kind == 0:
        return np.asarray(shapely.get_coordinates(shape))
    if kind == 2:
        return np.asarray(shapely.get_coordinates(shapely.point_on_surface(shape)))
    lines = [one for one in parts if shapely.get_dimensions(one) == 1 and one.length > 0]
    return np.concatenate([np.zeros((0, 2)), *(_sides(one, spacing_m, kerb_m) for one in lines)])


def _sides(line: shapely.LineString, spacing_m: float, kerb_m: float) -> Floats:
    """Return places on both sides, the first half a spacing from the start; one at least."""
    number = max(int(line.length // spacing_m), 1)
    along = (np.arange(number) + 0.5) * (line.length / number)
    step = min(0.5, line.length / 4)
    before = shapely.get_coordinates(shapely.line_interpolate_point(line, along - step))
    after = shapely.get_coordinates(shapely.line_interpolate_point(line, along + step))
    middle = shapely.get_coordinates(shapely.line_interpolate_point(line, along))
    ahead = after - before
    ahead /= np.maximum(np.hypot(*ahead.T), 1e-9)[:, None]
    beside = np.column_stack([-ahead[:, 1], ahead[:, 0]]) * kerb_m
    return np.stack([middle + beside, middle - beside], axis=1).reshape(-1, 2)


def _frame(
    frame: gpd.GeoDataFrame, at: Ints, xy: NDArray[np.float64], crs: str
) -> gpd.GeoDataFrame:
    kept = pd.DataFrame(frame.drop(columns=frame.geometry.name)).iloc[at].reset_index(drop=True)
    kept["source"] = at
    return gpd.GeoDataFrame(kept, geometry=gpd.points_from_xy(*xy.T), crs=crs)
