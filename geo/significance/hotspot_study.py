"""One group of proposals that one zone can measure: how far each hotspot in it stands out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import scipy.sparse as sp  # type: ignore[import-untyped]
import shapely
from numpy.typing import NDArray

from geo.aggregate import point_coordinates
from geo.crs import WGS84, metric_crs_at, reproject
from geo.partitions.strips import DoAll
from geo.point_in_polygon import PolygonIndex
from geo.significance.background import Background, blended_exposure
from geo.significance.clustered_null import ClusteredNull, fitted_mu
from geo.significance.counted_people import Voices, distinct_people, once_each, voices
from geo.significance.disc_scan import STEPS, DiscScan, Scanned
from geo.significance.exposure import CellExposure, exposure_per_cell
from geo.significance.hex_grid import HexGrid, hex_grid, hexagon_area_m2

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Tell = Callable[[float], None]

CELL_M = 40.0
_MOST_CELLS = 400_000
_VALUES_AT_ONCE = 4_000_000


@dataclass(frozen=True)
class StudyRequest:
    """What is asked of every group; see :func:`geo.significance.hotspot_scan.judge_hotspots`."""

    communities: gpd.GeoDataFrame
    person_column: str | None
    further_people: pd.Series | None
    exposure: gpd.GeoDataFrame | None
    exposure_column: str | None
    simulations: int
    seed: int
    do_all: DoAll = map


class Cores(NamedTuple):
    """The best disc of each hotspot: its ratio (0 for none), radius in metres, and people."""

    score: Floats
    radius_m: Floats
    people: Floats
    expected: Floats


@dataclass(frozen=True)
class HotspotStudy:
    """What was found, by hotspot; nothing (0, NaN) of hotspots of other groups.

    ``people`` and ``shared`` count distinct people off and on shared points, ``expected`` those of
    the background in the outline, ``core`` is the disc that speaks for the hotspot with the
    largest likelihood ratio; ``maxima`` are the largest ratios of the random maps.
    """

    people: Ints
    shared: Ints
    expected: Floats
    core: Cores
    maxima: Floats
    parameters: dict[str, float | int | str]
    counted: dict[str, int]
    left_out: dict[str, int]


class _Crowd(NamedTuple):
    """Everybody; those off shared points; those of them in a community, each counted once."""

    everybody: Voices
    clear: Voices
    inside: Voices
    left_out: dict[str, int]


class _Scan(NamedTuple):
    expected: Floats
    core: Cores
    maxima: Floats
    parameters: dict[str, float | int | str]
    counted: dict[str, int]


def study_hotspots(
    proposals: gpd.GeoDataFrame,
    member: Ints,
    outlines: gpd.GeoSeries,
    request: StudyRequest,
    tell: Tell,
) -> HotspotStudy:
    """Study a group of proposals (points, any CRS) that one zone can measure.

    ``member`` is the row of each proposal's hotspot in ``outlines``, -1 for none.
    """
    metric, near = _surroundings(proposals, request.communities)
    crowd, lived_in = _crowd(proposals, near, metric, request)
    at = member[crowd.inside.row]
    shapes = np.asarray(reproject(outlines, metric).array)
    scan = _scanned(crowd.inside, at, shapes, lived_in, metric, request, tell)
    return HotspotStudy(
        people=_people(crowd.clear, member, len(shapes)),
        shared=_people(crowd.everybody.kept(crowd.everybody.shared), member, len(shapes)),
        expected=scan.expected,
        core=scan.core,
        maxima=scan.maxima,
        parameters=scan.parameters,
        counted={
            "proposals": len(proposals),
            "people": len(np.unique(crowd.inside.person)),
        }
        | scan.counted,
        left_out=crowd.left_out,
    )


def largest_disc_m(width_m: float) -> float:
    """Return the radius of the largest disc of cells of a width."""
    return (STEPS[-1] + 0.5) * width_m


def _surroundings(
    proposals: gpd.GeoDataFrame, communities: gpd.GeoDataFrame
) -> tuple[str, gpd.GeoDataFrame]:
    """Return the system to measure in, and the communities around, in that system."""
    lon, lat = point_coordinates(proposals, crs=WGS84)
    usable = np.isfinite(lon) & np.isfinite(lat) & (np.abs(lon) <= 180) & (np.abs(lat) <= 90)
    if not usable.any():
        metric = metric_crs_at(np.nan, np.nan)
        return metric, reproject(communities.iloc[:0], metric)
    lon, lat = lon[usable], lat[usable]
    metric = metric_crs_at(float(np.median(lon)), float(np.median(lat)))
    bounds = reproject(communities.geometry, WGS84).bounds.to_numpy()
    near = (bounds[:, 0] <= lon.max()) & (bounds[:, 2] >= lon.min())
    near &= (bounds[:, 1] <= lat.max()) & (bounds[:, 3] >= lat.min())
    return metric, reproject(communities[near], metric)


def _crowd(
    proposals: gpd.GeoDataFrame, near: gpd.GeoDataFrame, metric: str, request: StudyRequest
) -> tuple[_Crowd, gpd.GeoDataFrame]:
    """Return who counts, and the communities in which they are.

    A community without anybody has no background, and raises nobody else's.
    """
    everybody = voices(
        proposals,
        metric_crs=metric,
        person_column=request.person_column,
        further_people=request.further_people,
    )
    clear = everybody.kept(~everybody.shared)
    once = once_each(clear, apart_m=largest_disc_m(CELL_M))
    place = PolygonIndex(near).locate(once.x, once.y)
    left_out = {
        "unplaced": everybody.unplaced,
        "without_person": everybody.nameless,
        "shared_point": int(np.count_nonzero(everybody.shared)),
        "repeated": len(clear.row) - len(once.row),
        "outside": int(np.count_nonzero(place < 0)),
    }
    crowd = _Crowd(everybody, clear, once.kept(place >= 0), left_out)
    return crowd, near.iloc[np.unique(place[place >= 0])]


def _people(found: Voices, member: Ints, hotspots: int) -> Ints:
    return distinct_people(member[found.row], found.person, hotspots)


def _scanned(
    crowd: Voices,
    member: Ints,
    outlines: NDArray[np.object_],
    communities: gpd.GeoDataFrame,
    metric: str,
    request: StudyRequest,
    tell: Tell,
) -> _Scan:
    if not len(crowd.row):
        nowhere = np.full(len(outlines), np.nan)
        maxima = np.zeros(request.simulations)
        sizes = {"communities": 0, "cells": 0}
        return _Scan(nowhere, no_cores(len(outlines)), maxima, {}, sizes)
    index = PolygonIndex(communities)
    grid = hex_grid(index, width_m=_cell_width(index), also=(crowd.x, crowd.y))
    cell = grid.cell_of(crowd.x, crowd.y)
    counts = np.bincount(cell, minlength=len(grid)).astype(np.float64)
    given = _given_exposure(grid, metric, request)
    blend, share = blended_exposure(counts, grid, None if given is None else given.amount)
    scan = DiscScan(grid, Background(grid, blend))
    observed = scan.scan(counts.astype(np.float32)[:, np.newaxis])
    background = observed.expected[:, 0].astype(np.float64)
    maxima, mu = _random_maxima(scan, grid, background, observed.dispersion, request, tell)
    parameters: dict[str, float | int | str] = {
        "cell_m": round(grid.width_m, 1),
        "largest_disc_m": round(largest_disc_m(grid.width_m), 1),
        "mu": round(mu, 3),
    }
    counted = {"communities": len(communities), "cells": len(grid)}
    if given is not None:
        parameters["exposure_share"] = round(share, 3)
        counted["exposure_unusable"] = given.unusable
    core = _cores(scan, observed, grid, _members(cell, member, len(grid), len(outlines)))
    return _Scan(_expected(grid, background, outlines), core, maxima, parameters, counted)


def _cell_width(index: PolygonIndex) -> float:
    """Return the width of cells: ``CELL_M``, or more where there would be too many."""
    area = float(shapely.area(index.polygons).sum())
    return max(CELL_M, float(np.sqrt(area / hexagon_area_m2(1.0) / _MOST_CELLS)))


def _given_exposure(grid: HexGrid, metric: str, request: StudyRequest) -> CellExposure | None:
    if request.exposure is None:
        return None
    return exposure_per_cell(
        grid, request.exposure, column=request.exposure_column, metric_crs=metric
    )


def _random_maxima(
    scan: DiscScan,
    grid: HexGrid,
    background: Floats,
    dispersion: Floats,
    request: StudyRequest,
    tell: Tell,
) -> tuple[Floats, float]:
    """Return the largest ratio of each random map, and the fitted size of groups."""
    rng = np.random.default_rng(request.seed)
    null = ClusteredNull(grid, background)
    mu = fitted_mu(null, scan.dispersion, float(dispersion[0]), rng)
    at_once = max(1, _VALUES_AT_ONCE // len(grid))
    starts = range(0, request.simulations, at_once)
    sizes = [min(at_once, request.simulations - start) for start in starts]
    drawn = (null.draw(rng, maps, mu=mu) for maps in sizes)
    found, done = [np.zeros(0)], 0
    for maps, most in zip(sizes, request.do_all(partial(largest_ratios, scan), drawn), strict=True):
        found.append(most)
        done += maps
        tell(done / request.simulations)
    return np.concatenate(found), mu


def largest_ratios(scan: DiscScan, counts: NDArray[np.float32]) -> Floats:
    """Return the largest ratio of each map; ``counts``: people by cell and map."""
    ratios = scan.scan(counts).ratios
    return np.asarray(np.max([ratio.max(axis=0) for ratio in ratios], axis=0), dtype=np.float64)


def _members(cell: Ints, member: Ints, cells: int, hotspots: int) -> sp.csr_matrix:
    """Return how many people of each hotspot are in each cell; column 0 is those of none."""
    ones = np.ones(len(cell), dtype=np.float32)
    return sp.csr_matrix((ones, (cell, member + 1)), shape=(cells, hotspots + 1))


def _cores(scan: DiscScan, observed: Scanned, grid: HexGrid, members: sp.csr_matrix) -> Cores:
    """Return the best disc of each hotspot; of equally good ones the smaller, then the first.

    A disc speaks for a hotspot where half or more of the people in it are of the hotspot.
    """
    found = []
    for step, ratio in enumerate(observed.ratios):
        at = np.flatnonzero(ratio[:, 0] > 0)
        disc = sum(ring[at] for ring in scan.rings[: step + 1])
        inside = (disc @ members).tocoo()
        whole = np.asarray(inside.sum(axis=1)).ravel()
        would_be = (disc @ observed.expected[:, 0])[inside.row]
        score, people = ratio[at, 0][inside.row], whole[inside.row]
        radius = np.full(len(score), (step + 0.5) * grid.width_m)
        rows = np.column_stack([inside.col - 1, score, radius, people, would_be])
        found.append(rows[(2 * inside.data >= people) & (inside.col > 0)])
    return _best_of(np.concatenate(found), members.shape[1] - 1)


def _best_of(discs: Floats, hotspots: int) -> Cores:
    """Return the best of discs with the columns hotspot, score, radius, people, expected."""
    order = np.lexsort((discs[:, 2], -discs[:, 1], discs[:, 0]))
    known, first = np.unique(discs[order, 0].astype(np.int64), return_index=True)
    cores = no_cores(hotspots)
    for column, values in zip(cores, discs[order][first, 1:].T, strict=True):
        column[known] = values
    return cores


def no_cores(hotspots: int) -> Cores:
    """Return that no hotspot has a disc that stands out."""
    return Cores(np.zeros(hotspots), *(np.full(hotspots, np.nan) for _ in range(3)))


def _expected(grid: HexGrid, background: Floats, outlines: NDArray[np.object_]) -> Floats:
    """Return how many people the background has in each outline; NaN where it covers no cell."""
    cells = grid.shapes()
    outline, cell = shapely.STRtree(cells).query(outlines, predicate="intersects")
    common = shapely.area(shapely.intersection(outlines[outline], cells[cell]))
    share = np.minimum(common, grid.area_m2[cell]) / grid.area_m2[cell]
    sums = np.bincount(outline, background[cell] * share, len(outlines))
    covered = np.bincount(outline, common, len(outlines)) > 0
    return np.where(covered, sums, np.nan)
