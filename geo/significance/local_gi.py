"""Hot and cold communities and cells: Gi* of Getis and Ord, with p-values by permutation.

Gi* compares the sum of a cell and its neighbours with what all cells lead to expect (Getis and Ord
1992, Ord and Getis 1995). Its normal p-value finds hot cells on most random maps where counts are
skewed, as counts of people are; so the p-value is that of :mod:`.conditional_permutation`, on
rates, and a cell is hot or cold by Benjamini and Hochberg's procedure over all cells.
"""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import scipy.sparse as sp  # type: ignore[import-untyped]
import shapely
from numpy.typing import NDArray

from geo.aggregate import require_columns
from geo.crs import WGS84, areas_m2, metric_crs_for, reproject, require_crs
from geo.partitions.strips import DoAll
from geo.point_in_polygon import PolygonIndex
from geo.repair import repaired_polygons
from geo.significance.conditional_permutation import conditional_p
from geo.significance.counted_people import once_each, voices
from geo.significance.exposure import exposure_per_cell
from geo.significance.hex_grid import HexGrid, hex_grid, hexagon_area_m2
from geo.significance.multiple_testing import benjamini_hochberg
from geo.significance.verdicts import LEAST_PEOPLE, CellVerdict, MethodCard

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

COMMUNITIES, HEXES = "gi_communities", "gi_hexes"
SEED, LEVEL, DRAWS = 20_261_130, 0.05, 9_999
NEIGHBOUR_GAP_M = 10.0
_MOST_DRAWS = 99_999


@dataclass(frozen=True)
class JudgedCells:
    """A verdict on each community or cell.

    ``frame`` (EPSG:4326) has the columns ``cell`` (code or place in the grid), ``people``, ``rate``
    (people per unit of exposure), ``effect`` (the rate of the cell and its neighbours by that of
    all), ``z`` (Gi*), ``p_value`` (two-sided, of the cell alone), ``verdict`` (a
    :class:`geo.significance.verdicts.CellVerdict`) and ``geometry``.
    """

    frame: gpd.GeoDataFrame
    card: MethodCard


def gi_star(values: Floats, window: sp.csr_matrix) -> Floats:
    """Return Gi* of each cell; ``window`` has a row of weights per cell, itself included.

    Missing where all values are equal. As esda's ``G_Local`` with ``star=True``.
    """
    count = len(values)
    weight = np.asarray(window.sum(axis=1)).ravel()
    squares = np.asarray(window.multiply(window).sum(axis=1)).ravel()
    mean, spread = values.mean(), values.std()
    with np.errstate(divide="ignore", invalid="ignore"):
        error = spread * np.sqrt(np.maximum(count * squares - weight**2, 0) / (count - 1))
        return np.where(error > 0, (window @ values - weight * mean) / error, np.nan)


def judge_communities(
    people_per_community: pd.Series,
    communities: gpd.GeoDataFrame,
    *,
    exposure_column: str | None = "population",
    seed: int = SEED,
    do_all: DoAll = map,
) -> JudgedCells:
    """Say of each community whether it and its neighbours are hot or cold.

    ``people_per_community`` has the index of ``communities`` (any CRS); missing ones are 0. The
    rate is per unit of ``exposure_column``, or per square metre where that is None. Neighbours are
    those closer than ``NEIGHBOUR_GAP_M``. Communities without an exposure are ``too_few``; so is
    one that has, with its neighbours, fewer than ``LEAST_PEOPLE`` people and would have fewer at
    the rate of all. ``do_all`` may count permutations elsewhere, with the same result.

    Raises ``MissingCrsError``, ``MissingColumnError``.
    """
    require_crs(communities, what="communities")
    require_columns(communities, [exposure_column], what="communities")
    people = people_per_community.reindex(communities.index).fillna(0).to_numpy(np.float64)
    if exposure_column is None:
        exposure = areas_m2(communities)
    else:
        exposure = pd.to_numeric(communities[exposure_column], errors="coerce").to_numpy(
            np.float64, na_value=np.nan
        )
    metric = metric_crs_for(communities)
    shapes = repaired_polygons(reproject(communities, metric))[0]
    label = communities["code"] if "code" in communities.columns else communities.index
    cells = gpd.GeoDataFrame(
        {"cell": np.asarray(label).astype(str)},
        geometry=gpd.GeoSeries(shapes, crs=metric),
    )
    near = touching(shapes, gap_m=NEIGHBOUR_GAP_M)
    frame, draws = _judged(cells, people, exposure, near, seed, do_all)
    card = MethodCard(
        COMMUNITIES,
        _parameters(seed, draws)
        | {"exposure": exposure_column or "area", "neighbour_gap_m": NEIGHBOUR_GAP_M},
        {"people": int(people.sum()), "cells": len(cells)},
        {"without_exposure": int(np.count_nonzero(~(exposure > 0)))},
    )
    return JudgedCells(reproject(frame, WGS84), card)


def judge_hexes(
    proposals: gpd.GeoDataFrame,
    communities: gpd.GeoDataFrame,
    *,
    hexes_m: float = 200.0,
    person_column: str | None = None,
    further_people: pd.Series | None = None,
    exposure: gpd.GeoDataFrame | None = None,
    exposure_column: str | None = None,
    seed: int = SEED,
    do_all: DoAll = map,
) -> JudgedCells:
    """Say of each hexagon over the communities whether it and its neighbours are hot or cold.

    A person counts once within twice ``hexes_m``; people on shared points are left out. A hexagon
    less than half of which lies in the communities is joined to the neighbour that has most, or
    dropped where there is none. The rate is per unit of ``exposure`` (see
    :func:`geo.significance.exposure.exposure_per_cell`), per square metre without one.
    ``do_all`` may count permutations elsewhere, with the same result.

    Raises ``MissingCrsError``, ``MissingColumnError``, ``NotPointsError``.
    """
    require_crs(proposals, what="proposals")
    require_crs(communities, what="communities")
    require_columns(proposals, [person_column], what="proposals")
    metric = metric_crs_for(communities)
    polygons = PolygonIndex(reproject(communities, metric))
    everybody = voices(
        proposals,
        metric_crs=metric,
        person_column=person_column,
        further_people=further_people,
    )
    clear = everybody.kept(~everybody.shared)
    once = once_each(clear, apart_m=2 * hexes_m)
    grid = hex_grid(polygons, width_m=hexes_m, samples=8, also=(once.x, once.y))
    joined = joined_slivers(grid)
    cell = np.append(joined, -1)[grid.cell_of(once.x, once.y)]
    cell[polygons.locate(once.x, once.y) < 0] = -1
    whole = np.unique(joined[joined >= 0])
    people = np.bincount(cell[cell >= 0], minlength=len(grid))[whole].astype(np.float64)
    per_cell = grid.area_m2
    if exposure is not None:
        per_cell = exposure_per_cell(
            grid, exposure, column=exposure_column, metric_crs=metric
        ).amount
    amount = np.bincount(joined[joined >= 0], per_cell[joined >= 0], len(grid))[whole]
    cells = gpd.GeoDataFrame(
        {"cell": np.array(grid.names, dtype=object)[whole]},
        geometry=gpd.GeoSeries(_clipped(grid, joined, whole, polygons), crs=metric),
    )
    window = grid.disc(0, 1)[whole][:, whole]
    frame, draws = _judged(cells, people, amount.astype(np.float64), window, seed, do_all)
    by = "area" if exposure is None else exposure_column or "exposure"
    card = MethodCard(
        HEXES,
        _parameters(seed, draws) | {"exposure": by, "hexes_m": hexes_m},
        {"people": int(people.sum()), "proposals": len(proposals), "cells": len(cells)},
        {
            "unplaced": everybody.unplaced,
            "without_person": everybody.nameless,
            "shared_point": int(np.count_nonzero(everybody.shared)),
            "repeated": len(clear.row) - len(once.row),
            "outside": int(np.count_nonzero(cell < 0)),
        },
    )
    return JudgedCells(reproject(frame, WGS84), card)


def touching(shapes: NDArray[np.object_], *, gap_m: float) -> sp.csr_matrix:
    """Return the 0/1 matrix of shapes at most ``gap_m`` metres apart; each is near itself."""
    one, other = shapely.STRtree(shapes).query(shapes, predicate="dwithin", distance=gap_m)
    own = np.arange(len(shapes))
    row, column = (
        np.concatenate([one[one != other], own]),
        np.concatenate([other[one != other], own]),
    )
    return sp.csr_matrix((np.ones(len(row)), (row, column)), shape=(len(shapes), len(shapes)))


def joined_slivers(grid: HexGrid) -> Ints:
    """Return for each cell the cell that it is counted with, itself as a rule, -1 for none."""
    large = grid.area_m2 >= hexagon_area_m2(grid.width_m) / 2
    joined = np.where(large, np.arange(len(grid)), -1)
    ring = grid.disc(1, 1)
    for cell in np.flatnonzero(~large).tolist():
        near = np.sort(ring.indices[ring.indptr[cell] : ring.indptr[cell + 1]])
        near = near[large[near]]
        if len(near):
            joined[cell] = near[np.argmax(grid.area_m2[near])]
    return joined


def _clipped(
    grid: HexGrid, joined: Ints, whole: Ints, polygons: PolygonIndex
) -> NDArray[np.object_]:
    hexagons = grid.shapes()
    shapes = hexagons[whole]
    position = np.full(len(grid), -1)
    position[whole] = np.arange(len(whole))
    for sliver in np.flatnonzero((joined >= 0) & (joined != np.arange(len(grid)))).tolist():
        at = position[joined[sliver]]
        shapes[at] = shapely.union(shapes[at], hexagons[sliver])
    area = shapely.union_all(polygons.polygons)
    shapely.prepare(area)
    edge = ~shapely.contains_properly(area, shapes)
    shapes[edge] = shapely.intersection(shapes[edge], area)
    return shapes


def _judged(
    cells: gpd.GeoDataFrame,
    people: Floats,
    exposure: Floats,
    window: sp.csr_matrix,
    seed: int,
    do_all: DoAll,
) -> tuple[gpd.GeoDataFrame, int]:
    """Add what is said of each cell; cells without an exposure are no one's neighbours."""
    usable = np.flatnonzero(np.isfinite(exposure) & (exposure > 0))
    usable = usable[_canonical(cells.geometry.iloc[usable])]
    near = window[usable][:, usable].tocsr()
    n, e = people[usable], exposure[usable]
    rate = n / e
    neighbours = np.asarray(near.sum(axis=1)).ravel().astype(np.int64) - 1
    draws = int(np.clip(20 * len(usable), DRAWS, _MOST_DRAWS))
    tails = conditional_p(
        rate, near @ rate, neighbours, level=LEVEL / 2, draws=draws, seed=seed, do_all=do_all
    )
    around, whole = near @ n, max(float(e.sum()), 1e-300)
    would_be = (near @ e) * (n.sum() / whole)
    few = np.maximum(around, would_be) < LEAST_PEOPLE
    z = gi_star(rate, near) if len(usable) > 1 else np.full(len(usable), np.nan)
    high, low = np.where(few, np.nan, tails.high), np.where(few, np.nan, tails.low)
    verdict = np.full(len(usable), str(CellVerdict.NOT_SIGNIFICANT), dtype=object)
    verdict[benjamini_hochberg(high, level=LEVEL / 2)] = str(CellVerdict.HOT)
    verdict[benjamini_hochberg(low, level=LEVEL / 2)] = str(CellVerdict.COLD)
    verdict[few] = str(CellVerdict.TOO_FEW)
    with np.errstate(divide="ignore", invalid="ignore"):
        effect = around / would_be
    frame = cells.copy()
    frame["people"] = people.astype(np.int64)
    columns = {
        "rate": rate,
        "effect": effect,
        "z": z,
        "p_value": np.fmin(1.0, 2 * np.fmin(high, low)),
    }
    for name, values in columns.items():
        frame[name] = _spread(values, usable, len(cells))
    frame["verdict"] = str(CellVerdict.TOO_FEW)
    frame.iloc[usable, frame.columns.get_loc("verdict")] = verdict
    names = ["cell", "people", "rate", "effect", "z", "p_value", "verdict", "geometry"]
    return frame[names], draws


def _canonical(shapes: gpd.GeoSeries) -> Ints:
    """Return an order of shapes that does not hang on that in which they come."""
    bounds = np.asarray(shapely.bounds(np.asarray(shapes.array))).reshape(-1, 4)
    area = shapely.area(np.asarray(shapes.array))
    return np.lexsort((area, *bounds.T))


def _spread(values: Floats, rows: Ints, count: int) -> Floats:
    column = np.full(count, np.nan)
    column[rows] = values
    return column


def _parameters(seed: int, draws: int) -> dict[str, float | int | str]:
    return {"permutations": draws, "seed": seed, "level": LEVEL, "least_people": LEAST_PEOPLE}
