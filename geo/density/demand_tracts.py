"""Tracts of demand: ground on which proposals of one kind lie close together, as areas."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import shapely

from geo.crs import metric_crs_for, reproject, require_crs


def demand_tracts(
    points: gpd.GeoDataFrame, *, within_m: float, min_proposals: int, edge_m: float
) -> gpd.GeoDataFrame:
    """Return areas over points that lie close together, in the system of ``points``.

    Points of which each lies within ``within_m`` metres of another of them belong together (single
    linkage); of those with ``min_proposals`` points or more the area is their concave hull (Park
    and Oh 2012, ratio 0.4), ``edge_m`` metres wider. Columns proposals, geometry; the largest
    first. Measured in the system of ``geo.crs.metric_crs_for``. Raises ``MissingCrsError``.
    """
    require_crs(points, what="points")
    crs = metric_crs_for(points)
    places = reproject(points.geometry, crs).to_numpy()
    ground = shapely.union_all(shapely.buffer(places, within_m / 2, quad_segs=8))
    parts = shapely.get_parts(ground)
    _point, part = shapely.STRtree(parts).query(places, predicate="intersects")
    order = np.argsort(part, kind="stable")
    groups = np.split(_point[order], np.flatnonzero(np.diff(part[order])) + 1) if len(part) else []
    kept = [places[group] for group in groups if len(group) >= min_proposals]
    kept.sort(key=lambda group: -len(group))
    shapes = [_area(group, edge_m) for group in kept]
    found = {"proposals": np.array([len(group) for group in kept], dtype=np.int64)}
    frame = gpd.GeoDataFrame(found, geometry=gpd.GeoSeries(shapes, crs=crs), crs=crs)
    return reproject(frame, points.crs)


def _area(places: np.ndarray, edge_m: float) -> shapely.Geometry:
    hull = shapely.concave_hull(shapely.multipoints(places), ratio=0.4)
    return shapely.simplify(shapely.buffer(hull, edge_m), 0.5)
