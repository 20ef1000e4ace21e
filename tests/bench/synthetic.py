"""A seeded stand-in for Haidian: 662 polygons with shared, winding borders, and hotline points.

The polygons are Voronoi cells whose edges are cut into short pieces; every vertex is then moved by
one smooth field, gentle enough (its slope stays under one) to keep borders shared and apart. The
points gather as a hotline's do: most at addresses that come up again and again, some by GPS around
the places where people live, a few on the geocoder's one fallback point, some outside.
"""

from __future__ import annotations

from itertools import pairwise

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

COMMUNITIES = 662
VERTICES = 190
POINTS_LARGE = 5_970_000
_WEST_M, _SOUTH_M, _EAST_M, _NORTH_M = 425_000.0, 4_416_000.0, 450_000.0, 4_446_000.0
_METRIC, _WGS84 = "EPSG:4548", "EPSG:4326"
_CATEGORIES = ["停车", "噪音", "环境卫生", "物业管理", "道路", "绿化"]


def haidian(*, communities: int = COMMUNITIES, seed: int = 110108) -> gpd.GeoDataFrame:
    """Return about 430 km2 of polygons in EPSG:4326 with ``code``, ``name_zh``, ``population``."""
    rng = np.random.default_rng(seed)
    outline = _outline()
    seeds = _points_in(outline, communities, rng)
    cells = shapely.get_parts(
        shapely.voronoi_polygons(shapely.multipoints(seeds), extend_to=outline)
    )
    cells = shapely.set_precision(shapely.intersection(cells, outline), 0.01)
    step = float(shapely.length(cells).sum()) / (len(cells) * VERTICES)
    shapes = [_wind(cell, step) for cell in cells]
    frame = gpd.GeoDataFrame(
        {
            "code": [f"110108{number:06d}" for number in range(len(shapes))],
            "name_zh": [f"示例社区{number}" for number in range(len(shapes))],
            "population": rng.integers(1_000, 12_000, len(shapes)),
        },
        geometry=shapes,
        crs=_METRIC,
    ).to_crs(_WGS84)
    rounded = shapely.transform(frame.geometry.array, lambda xy: np.round(xy, 7))
    return frame.set_geometry(gpd.GeoSeries(rounded, crs=_WGS84))


def hotline(count: int, *, seed: int = 12345) -> pd.DataFrame:
    """Return ``count`` rows: longitude, latitude (WGS 84), person, category, created."""
    rng = np.random.default_rng(seed)
    homes = _points_in(_outline(), 1_500, rng)
    houses = 60_000
    addresses = homes[rng.integers(0, len(homes), houses)] + rng.normal(0, 180, (houses, 2))
    weights = rng.pareto(1.3, houses) + 0.3
    weights = np.minimum(weights, 400 * np.median(weights))
    xy = addresses[rng.choice(houses, count, p=weights / weights.sum())]
    kind = rng.random(count)
    by_gps = kind < 0.25
    xy[by_gps] += rng.normal(0, 25, (int(by_gps.sum()), 2))
    astray = kind > 0.995
    corner, size = np.array([_WEST_M, _SOUTH_M]), np.array([_EAST_M - _WEST_M, _NORTH_M - _SOUTH_M])
    xy[astray] = corner + rng.random((int(astray.sum()), 2)) * size
    xy[(kind > 0.975) & ~astray] = (437_777.0, 4_424_444.0)
    places = gpd.GeoSeries(gpd.points_from_xy(xy[:, 0], xy[:, 1]), crs=_METRIC).to_crs(_WGS84)
    days = rng.integers(0, 2_500, count)
    return pd.DataFrame(
        {
            "longitude": np.round(places.x.to_numpy(), 6),
            "latitude": np.round(places.y.to_numpy(), 6),
            "person": rng.integers(0, max(count * 2 // 3, 1), count),
            "category": pd.Categorical.from_codes(
                rng.choice(len(_CATEGORIES), count), categories=_CATEGORIES
            ),
            "created": pd.Timestamp("2018-01-01", tz="UTC") + pd.to_timedelta(days, unit="D"),
        }
    )


def as_points(frame: pd.DataFrame) -> gpd.GeoDataFrame:
    """Return the rows as points in EPSG:4326."""
    points = gpd.points_from_xy(frame["longitude"], frame["latitude"], crs=_WGS84)
    return gpd.GeoDataFrame(frame, geometry=points)


def _outline() -> shapely.Polygon:
    angle = np.linspace(0, 2 * np.pi, 240, endpoint=False)
    reach = 1 + 0.12 * np.sin(3 * angle + 0.4) + 0.07 * np.sin(7 * angle)
    x = (_WEST_M + _EAST_M) / 2 + 10_400 * reach * np.cos(angle)
    y = (_SOUTH_M + _NORTH_M) / 2 + 13_000 * reach * np.sin(angle)
    return shapely.Polygon(np.column_stack([x, y]))


def _points_in(
    outline: shapely.Polygon, count: int, rng: np.random.Generator
) -> NDArray[np.float64]:
    """Draw places denser towards the south-east, where the city is."""
    west, south, east, north = outline.bounds
    share = rng.beta([1.6, 1.3], [1.3, 2.0], (count * 6, 2))
    xy = np.array([west, south]) + share * np.array([east - west, north - south])
    shapely.prepare(outline)
    return xy[shapely.contains_xy(outline, xy)][:count]


def _wind(cell: shapely.Polygon, step: float) -> shapely.Polygon:
    ring = shapely.get_coordinates(cell.exterior)
    pieces = [_cut(a, b, step) for a, b in pairwise(ring)]
    return shapely.Polygon(_moved(np.concatenate(pieces)))


def _cut(a: NDArray[np.float64], b: NDArray[np.float64], step: float) -> NDArray[np.float64]:
    """Cut an edge the same way from either side, leaving out its end."""
    turned = tuple(a) > tuple(b)
    low, high = (b, a) if turned else (a, b)
    count = max(1, round(float(np.hypot(*(high - low))) / step))
    share = np.arange(count + 1)[:, np.newaxis] / count
    points = np.round(low + (high - low) * share, 3)
    return (points[::-1] if turned else points)[:-1]


def _moved(xy: NDArray[np.float64]) -> NDArray[np.float64]:
    x, y = xy[:, 0], xy[:, 1]
    dx = 14 * np.sin(y / 61 + 0.7) + 6 * np.sin((x + 2 * y) / 97) + 60 * np.sin(y / 700)
    dy = 14 * np.sin(x / 67 + 0.3) + 6 * np.sin((2 * x - y) / 89) + 60 * np.sin(x / 800)
    return np.round(xy + np.column_stack([dx, dy]), 3)
