"""Invented maps of Qinghe whose truth is known: without any hotspot, or with planted ones."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray
from scipy import ndimage

QINGHE = Path(__file__).resolve().parents[3] / "data" / "qinghe"
METRIC = 4548
PEOPLE = 1_650
Floats = NDArray[np.float64]
Generator = np.random.Generator


@cache
def communities() -> gpd.GeoDataFrame:
    """Return the 29 communities in EPSG:4548."""
    return gpd.read_file(QINGHE / "communities.geojson").to_crs(METRIC)


@cache
def roads() -> gpd.GeoDataFrame:
    """Return the roads, as lines in EPSG:4548."""
    return gpd.read_file(QINGHE / "roads.geojson").to_crs(METRIC)


@cache
def outline() -> shapely.Polygon:
    """Return the whole area in EPSG:4548, prepared."""
    shape = gpd.read_file(QINGHE / "outline.geojson").to_crs(METRIC).geometry.iloc[0]
    shapely.prepare(shape)
    return shape


@cache
def corridors() -> shapely.Geometry:
    """Return what lies within 15 m of a road, prepared."""
    shape = shapely.union_all(roads().geometry.buffer(15).to_numpy())
    shapely.prepare(shape)
    return shape


def scattered(rng: Generator, count: int) -> Floats:
    """Return places anywhere in the area."""
    west, south, east, north = outline().bounds
    found: list[Floats] = []
    while sum(map(len, found)) < count:
        xy = rng.random((2 * count + 50, 2)) * [east - west, north - south] + [west, south]
        found.append(xy[shapely.contains_xy(outline(), xy)])
    return np.concatenate(found)[:count]


def spread(rng: Generator, count: int, density: Callable[[Floats], Floats]) -> Floats:
    """Return places in proportion to a density."""
    found: list[Floats] = []
    while sum(map(len, found)) < count:
        xy = scattered(rng, 6 * count)
        weight = density(xy)
        found.append(xy[rng.random(len(xy)) < weight / np.quantile(weight, 0.999)])
    return np.concatenate(found)[:count]


def residents(rng: Generator | None = None) -> Callable[[Floats], Floats]:
    """Return the density of residents, with ``rng`` times Gamma(2) for each community."""
    shapes = communities().geometry.to_numpy()
    density = communities()["population"].to_numpy(np.float64) / shapely.area(shapes)
    if rng is not None:
        density = density * rng.gamma(2.0, 0.5, len(density))
    tree = shapely.STRtree(shapes)

    def at(xy: Floats) -> Floats:
        point, shape = tree.query(shapely.points(xy), predicate="intersects")
        found = np.zeros(len(xy), dtype=np.int64)
        found[point] = shape
        return density[found]

    return at


def landscape(rng: Generator, *, spread_of: float, reach_m: float) -> Callable[[Floats], Floats]:
    """Return a log-Gaussian density, smooth over ``reach_m``."""
    west, south, east, north = outline().bounds
    shape = int((north - south) / 50) + 2, int((east - west) / 50) + 2
    noise = rng.standard_normal((shape[0] + 60, shape[1] + 60))
    field = ndimage.gaussian_filter(noise, reach_m / 100)[30:-30, 30:-30]
    field = field / field.std() * spread_of

    def at(xy: Floats) -> Floats:
        row = ((xy[:, 1] - south) / 50).astype(int).clip(0, shape[0] - 1)
        column = ((xy[:, 0] - west) / 50).astype(int).clip(0, shape[1] - 1)
        return np.exp(field[row, column])

    return at


def uniform(rng: Generator, count: int) -> Floats:
    return scattered(rng, count)


def hard_edges(rng: Generator, count: int) -> Floats:
    return spread(rng, count, residents(rng))


def log_gaussian(rng: Generator, count: int) -> Floats:
    return spread(rng, count, landscape(rng, spread_of=0.7, reach_m=600))


def road_corridors(rng: Generator, count: int) -> Floats:
    """Return residents who stand three times as densely within 15 m of a road."""
    density = residents()

    def at(xy: Floats) -> Floats:
        return density(xy) * np.where(shapely.contains_xy(corridors(), xy), 3.0, 1.0)

    return spread(rng, count, at)


def small_groups(rng: Generator, count: int) -> Floats:
    """Return groups of 1 + Poisson(0.5) people within some 15 m of each other."""
    first = rng.permutation(spread(rng, count, residents()))
    places = np.repeat(first, 1 + rng.poisson(0.5, count), axis=0)[:count]
    return places + rng.normal(0, 15, places.shape)


#: Maps without a hotspot, by name.
NULLS: dict[str, Callable[[Generator, int], Floats]] = {
    "uniform": uniform,
    "hard_edges": hard_edges,
    "log_gaussian": log_gaussian,
    "road_corridors": road_corridors,
    "small_groups": small_groups,
}


def planted(
    rng: Generator, background: str, *, strength: int, hotspots: int = 8, count: int = PEOPLE
) -> tuple[Floats, Floats]:
    """Return places and the middles of ``hotspots`` discs of 40 m with ``strength`` people each.

    The discs lie 350 m or more apart and 120 m or more from the edge.
    """
    xy = NULLS[background](rng, count - hotspots * strength)
    inner = outline().buffer(-120)
    middles: list[Floats] = []
    while len(middles) < hotspots:
        place = scattered(rng, 1)[0]
        apart = all(np.hypot(*(place - other)) > 350 for other in middles)
        if apart and inner.contains(shapely.Point(place)):
            middles.append(place)
    centres = np.array(middles)
    radius = 40 * np.sqrt(rng.random((hotspots, strength)))
    angle = 2 * np.pi * rng.random((hotspots, strength))
    members = centres[:, np.newaxis] + np.stack(
        [radius * np.cos(angle), radius * np.sin(angle)], axis=-1
    )
    return np.concatenate([xy, members.reshape(-1, 2)]), centres


def as_proposals(xy: Floats) -> gpd.GeoDataFrame:
    """Return places in metres as proposals of one person each."""
    return gpd.GeoDataFrame(
        {"person": np.arange(len(xy))},
        geometry=gpd.points_from_xy(xy[:, 0], xy[:, 1]),
        crs=METRIC,
    )
