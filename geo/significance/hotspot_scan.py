"""Which hotspots are more than chance: a scan of discs against a clustered background.

Five steps. (1) The background is smoothed inside each community (:mod:`.background`). (2) Nested
discs of 20 to 140 m around each cell of a 40 m grid are compared with it (:mod:`.disc_scan`).
(3) Random maps are clustered as the real one is, in small groups (:mod:`.clustered_null`). (4) What
the best disc of a whole random map reaches by chance is what a hotspot must exceed: the answer
holds for all hotspots of the map together (family-wise). (5) An effect below ``LEAST_EFFECT`` times
the background, or of fewer than ``LEAST_PEOPLE`` people, is never called significant.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import scipy.sparse as sp  # type: ignore[import-untyped]
import shapely
from numpy.typing import NDArray

from geo.aggregate import point_coordinates, require_columns
from geo.crs import WGS84, metric_crs_at, require_crs
from geo.hotspots import Hotspots
from geo.point_in_polygon import PolygonIndex
from geo.projection_zones import measurable_groups
from geo.significance.background import SMOOTHED_M, Background, blended_exposure
from geo.significance.clustered_null import ClusteredNull, fitted_mu
from geo.significance.counted_people import Voices, once_each, voices
from geo.significance.disc_scan import LEAST_EFFECT, STEPS, DiscScan
from geo.significance.exposure import exposure_per_cell
from geo.significance.hex_grid import HexGrid, hex_grid, hexagon_area_m2
from geo.significance.verdicts import LEAST_PEOPLE, MethodCard, Verdict

Floats = NDArray[np.float64]
Floats32 = NDArray[np.float32]
Ints = NDArray[np.int64]

METHOD = "clustered_scan"
SIMULATIONS, SEED, LEVEL = 199, 20_261_130, 0.025
CELL_M = 40.0
_MOST_CELLS = 400_000
_VALUES_AT_ONCE = 4_000_000
_SHARED_SHARE = 0.5


@dataclass(frozen=True)
class JudgedHotspots:
    """A verdict on each hotspot.

    ``frame`` has the index ``hotspot_id`` in the order of ``Hotspots.frame`` and the columns

    - ``people``: distinct people in it who are not on a shared point (proposals, where no person
      column was named);
    - ``on_shared_point``: distinct people in it who are;
    - ``expected``: how many the background has in its outline, and ``effect``, ``people`` by
      ``expected``; missing where nothing can be said;
    - ``p_value``: the share of random maps on which some place stands out as much, family-wise;
    - ``verdict``: a :class:`geo.significance.verdicts.Verdict`.
    """

    frame: pd.DataFrame
    card: MethodCard


@dataclass(frozen=True)
class _Request:
    """What of the arguments all parts share."""

    person_column: str | None
    further_people: pd.Series | None
    exposure: gpd.GeoDataFrame | None
    exposure_column: str | None
    simulations: int
    seed: int


@dataclass(frozen=True)
class _Part:
    """What one group of proposals within a zone gives; arrays by hotspot, but for ``maxima``."""

    people: Ints
    shared: Ints
    expected: Floats
    score: Floats
    maxima: Floats
    parameters: dict[str, float | int | str]
    counted: dict[str, int]
    left_out: dict[str, int]


def judge_hotspots(
    proposals: gpd.GeoDataFrame,
    hotspots: Hotspots,
    communities: gpd.GeoDataFrame,
    *,
    person_column: str | None = None,
    further_people: pd.Series | None = None,
    exposure: gpd.GeoDataFrame | None = None,
    exposure_column: str | None = None,
    simulations: int = SIMULATIONS,
    seed: int = SEED,
    progress: Callable[[float], None] | None = None,
) -> JudgedHotspots:
    """Say of each hotspot whether it is more than chance.

    ``proposals`` are points in any CRS and those of which ``hotspots`` were found; a person counts
    once within 140 m, and people on shared points are left out. ``communities`` are polygons in any
    CRS, the area that is judged: proposals outside them are left out. ``exposure`` are points,
    lines or polygons with a number in ``exposure_column``, to which people can be expected in
    proportion; see :func:`geo.significance.exposure.exposure_per_cell`. The order of rows changes
    nothing. ``progress`` is told the share that is done, from 0 to 1.

    Raises ``MissingCrsError``, ``MissingColumnError``, ``NotPointsError``,
    ``geo.projection_zones.TooWideError``.
    """
    require_crs(proposals, what="proposals")
    require_crs(communities, what="communities")
    require_columns(proposals, [person_column], what="proposals")
    request = _Request(person_column, further_people, exposure, exposure_column, simulations, seed)
    names = pd.Index(hotspots.frame["hotspot_id"])
    member = names.get_indexer(hotspots.membership.to_numpy())
    groups = measurable_groups(proposals, apart_m=2 * SMOOTHED_M)
    parts = []
    for number, rows in enumerate(groups):
        tell = _within(progress, number / len(groups), 1 / len(groups))
        part = _part(
            proposals.iloc[rows], member[rows], hotspots.frame.geometry, communities, request, tell
        )
        parts.append(part)
    return _judged(names, parts, request)


def _within(
    progress: Callable[[float], None] | None, start: float, share: float
) -> Callable[[float], None]:
    def tell(done: float) -> None:
        if progress is not None:
            progress(start + share * done)

    return tell


def _part(
    proposals: gpd.GeoDataFrame,
    member: Ints,
    outlines: gpd.GeoSeries,
    communities: gpd.GeoDataFrame,
    request: _Request,
    tell: Callable[[float], None],
) -> _Part:
    lon, lat = point_coordinates(proposals, crs=WGS84)
    known = np.isfinite(lon) & np.isfinite(lat)
    middle = (np.median(lon[known]), np.median(lat[known])) if known.any() else (np.nan, np.nan)
    metric = metric_crs_at(float(middle[0]), float(middle[1]))
    everybody = voices(
        proposals,
        metric_crs=metric,
        person_column=request.person_column,
        further_people=request.further_people,
    )
    clear = everybody.kept(~everybody.shared)
    once = once_each(clear, apart_m=_largest_m(CELL_M))
    near = _near(communities, lon[known], lat[known])
    place = PolygonIndex(near.to_crs(metric)).locate(once.x, once.y)
    inside = once.kept(place >= 0)
    hotspots = len(outlines)
    lived_in = near.iloc[np.unique(place[place >= 0])]
    result = _scanned(inside, member, outlines, lived_in.to_crs(metric), metric, request, tell)
    score, expected, maxima, parameters, counted = result
    return _Part(
        people=_people(clear, member, hotspots),
        shared=_people(everybody.kept(everybody.shared), member, hotspots),
        expected=expected,
        score=score,
        maxima=maxima,
        parameters=parameters,
        counted=counted | {"proposals": len(proposals), "people": len(inside.row)},
        left_out={
            "unplaced": everybody.unplaced,
            "without_person": everybody.nameless,
            "shared_point": int(np.count_nonzero(everybody.shared)),
            "repeated": len(clear.row) - len(once.row),
            "outside": int(np.count_nonzero(place < 0)),
        },
    )


def _near(communities: gpd.GeoDataFrame, lon: Floats, lat: Floats) -> gpd.GeoDataFrame:
    """Return the communities whose bounds meet those of the points."""
    here = communities.to_crs(WGS84)
    if not len(lon):
        return here.iloc[:0]
    bounds = here.bounds.to_numpy()
    west, south, east, north = lon.min(), lat.min(), lon.max(), lat.max()
    return here[
        (bounds[:, 0] <= east)
        & (bounds[:, 2] >= west)
        & (bounds[:, 1] <= north)
        & (bounds[:, 3] >= south)
    ]


def _people(found: Voices, member: Ints, hotspots: int) -> Ints:
    """Count the distinct people of each hotspot."""
    of = member[found.row]
    person = found.person[of >= 0]
    size = int(person.max(initial=0)) + 1
    pairs = np.unique(of[of >= 0] * size + person)
    return np.bincount(pairs // size, minlength=hotspots)


_Scan = tuple[Floats, Floats, Floats, dict[str, float | int | str], dict[str, int]]


def _scanned(
    found: Voices,
    member: Ints,
    outlines: gpd.GeoSeries,
    communities: gpd.GeoDataFrame,
    metric: str,
    request: _Request,
    tell: Callable[[float], None],
) -> _Scan:
    hotspots = len(outlines)
    nothing = np.zeros(hotspots), np.full(hotspots, np.nan), np.zeros(request.simulations)
    if not len(found.row):
        return (*nothing, {}, {"communities": 0, "cells": 0})
    width = _cell_width(communities)
    grid = hex_grid(PolygonIndex(communities), width_m=width, also=(found.x, found.y))
    cell = grid.cell_of(found.x, found.y)
    counts = np.bincount(cell, minlength=len(grid)).astype(np.float64)
    amount, unusable = None, 0
    if request.exposure is not None:
        given = exposure_per_cell(
            grid, request.exposure, column=request.exposure_column, metric_crs=metric
        )
        amount, unusable = given.amount, given.unusable
    exposure, share = blended_exposure(counts, grid, amount)
    scan = DiscScan(grid, Background(grid, exposure))
    observed = scan.scan(counts.astype(np.float32)[:, np.newaxis])
    background = observed.expected[:, 0].astype(np.float64)
    rng = np.random.default_rng(request.seed)
    null = ClusteredNull(grid, background)
    mu = fitted_mu(null, scan.dispersion, float(observed.dispersion[0]), rng)
    maxima = _maxima(scan, null, rng, mu, request.simulations, tell)
    members = sp.csr_matrix(
        (np.ones(len(cell), dtype=np.float32), (cell, member[found.row] + 1)),
        shape=(len(grid), hotspots + 1),
    )
    score = _scores(scan, [ratio[:, 0] for ratio in observed.ratios], members)
    parameters: dict[str, float | int | str] = {
        "cell_m": round(width, 1),
        "largest_disc_m": round(_largest_m(width), 1),
        "mu": round(mu, 3),
    }
    if request.exposure is not None:
        parameters["exposure_share"] = round(share, 3)
    sizes = {"communities": len(communities), "cells": len(grid), "unusable_exposure": unusable}
    expected = _expected(grid, background, np.asarray(outlines.to_crs(metric).array))
    return score, expected, maxima, parameters, sizes


def _cell_width(communities: gpd.GeoDataFrame) -> float:
    """Return the width of cells: ``CELL_M``, or more where there would be too many."""
    area = float(shapely.area(np.asarray(communities.geometry.array)).sum())
    return max(CELL_M, float(np.sqrt(area / hexagon_area_m2(1.0) / _MOST_CELLS)))


def _largest_m(width_m: float) -> float:
    return (STEPS[-1] + 0.5) * width_m


def _maxima(
    scan: DiscScan,
    null: ClusteredNull,
    rng: np.random.Generator,
    mu: float,
    simulations: int,
    tell: Callable[[float], None],
) -> Floats:
    """Return the largest ratio of each of ``simulations`` random maps."""
    at_once = max(1, _VALUES_AT_ONCE // null.cells)
    found: list[Floats] = []
    while len(found) * at_once < simulations:
        maps = min(at_once, simulations - len(found) * at_once)
        ratios = scan.scan(null.draw(rng, maps, mu=mu)).ratios
        found.append(np.max([ratio.max(axis=0) for ratio in ratios], axis=0))
        tell(min(1.0, len(found) * at_once / simulations))
    return np.concatenate(found) if found else np.zeros(0)


def _scores(scan: DiscScan, ratios: list[Floats32], members: sp.csr_matrix) -> Floats:
    """Return the best ratio of each hotspot.

    A disc speaks for a hotspot where half or more of the people in it are of the hotspot.
    """
    best = np.zeros(members.shape[1])
    inside = sp.csr_matrix(members.shape, dtype=np.float32)
    for ring, ratio in zip(scan.rings, ratios, strict=True):
        inside = inside + ring @ members
        at = np.flatnonzero(ratio > 0)
        theirs = inside[at].tocoo()
        whole = np.asarray(inside[at].sum(axis=1)).ravel()
        most = 2 * theirs.data >= whole[theirs.row]
        np.maximum.at(best, theirs.col[most], ratio[at][theirs.row[most]])
    return best[1:]


def _expected(grid: HexGrid, background: Floats, outlines: NDArray[np.object_]) -> Floats:
    """Return how many people the background has in each outline; NaN where it covers no cell."""
    cells = grid.shapes()
    outline, cell = shapely.STRtree(cells).query(outlines, predicate="intersects")
    common = shapely.area(shapely.intersection(outlines[outline], cells[cell]))
    share = np.minimum(common, grid.area_m2[cell]) / grid.area_m2[cell]
    sums = np.bincount(outline, background[cell] * share, len(outlines))
    covered = np.bincount(outline, common, len(outlines)) > 0
    return np.where(covered, sums, np.nan)


def _judged(names: pd.Index, parts: list[_Part], request: _Request) -> JudgedHotspots:
    people, shared = (sum(getattr(part, name) for part in parts) for name in ("people", "shared"))
    expected = _first_known([part.expected for part in parts])
    score = np.max([part.score for part in parts], axis=0)
    maxima = np.max([part.maxima for part in parts], axis=0)
    reached = np.sum(maxima[np.newaxis, :] >= score[:, np.newaxis], axis=1)
    p_value = (1 + reached) / (1 + request.simulations)
    with np.errstate(divide="ignore", invalid="ignore"):
        effect = np.where(expected > 0, people / expected, np.nan)
    verdict = np.where(p_value <= LEVEL, Verdict.SIGNIFICANT, Verdict.NOT_SIGNIFICANT)
    verdict = np.where(people < LEAST_PEOPLE, Verdict.TOO_FEW, verdict)
    mostly_shared = (shared >= LEAST_PEOPLE) & (shared >= _SHARED_SHARE * (people + shared))
    verdict = np.where(mostly_shared, Verdict.SHARED_POINT, verdict).astype(object)
    frame = pd.DataFrame(
        {
            "people": people,
            "on_shared_point": shared,
            "expected": expected,
            "effect": effect,
            "p_value": np.where(people < LEAST_PEOPLE, np.nan, p_value),
            "verdict": verdict.astype(str),
        },
        index=names,
    )
    return JudgedHotspots(frame, _card(parts, request, len(names)))


def _first_known(columns: list[Floats]) -> Floats:
    found = columns[0]
    for column in columns[1:]:
        found = np.where(np.isnan(found), column, found)
    return found


def _card(parts: list[_Part], request: _Request, hotspots: int) -> MethodCard:
    parameters: dict[str, float | int | str] = {
        "simulations": request.simulations,
        "seed": request.seed,
        "level": LEVEL,
        "least_effect": LEAST_EFFECT,
        "least_people": LEAST_PEOPLE,
        "smoothed_m": SMOOTHED_M,
    }
    for part in parts:
        parameters |= part.parameters
    counted = {"hotspots": hotspots} | _summed([part.counted for part in parts])
    return MethodCard(METHOD, parameters, counted, _summed([part.left_out for part in parts]))


def _summed(tables: list[dict[str, int]]) -> dict[str, int]:
    names = dict.fromkeys(name for table in tables for name in table)
    return {name: sum(table.get(name, 0) for table in tables) for name in names}
