"""Significance measured: Gi* against esda's in the same run, and the hotspot scan as points grow.

    python -m tests.bench.bench_significance --sizes 1650,100000 --cells 662,30000

``gi_star`` and esda's ``G_Local`` get the same values and the same neighbours, as each wants them;
both give z for every cell, esda without permutations, too. The scan gets proposals, their hotspots
and communities (at 1,650 those of Qinghe, above the 662 of a stand-in for Haidian), and simulates
99 maps. Memory is the peak above what the data take.
"""

from __future__ import annotations

import argparse
import importlib.util
import time
from typing import Any

import geopandas as gpd
import numpy as np
import scipy.sparse as sp
import shapely
from numpy.typing import NDArray

from geo.hotspots import Hotspots, find_hotspots
from geo.point_in_polygon import PolygonIndex
from geo.significance.hex_grid import hex_grid
from geo.significance.hotspot_scan import judge_hotspots
from geo.significance.local_gi import gi_star, judge_communities, judge_hexes, touching
from tests.bench.measure import measured, print_growth
from tests.bench.synthetic import as_points, haidian, hotline
from tests.bench.tables import print_columns
from tests.geo.significance import worlds

_COMMUNITIES = 662
_ENOUGH_S = 0.5
SIMULATIONS = 99


def gi_rows(cells: list[int]) -> list[dict[str, Any]]:
    """Compare Gi* with esda's at each number of cells."""
    return [_against_esda(count) for count in cells]


def _against_esda(count: int) -> dict[str, Any]:
    import esda
    from libpysal.weights import WSP, fill_diagonal

    window = _window(count)
    values = np.random.default_rng(count).negative_binomial(1, 0.1, window.shape[0]).astype(float)
    theirs = fill_diagonal(WSP(window).to_W(silence_warnings=True), 1.0)
    ours = _seconds(lambda: gi_star(values, window))
    peer = _seconds(lambda: esda.G_Local(values, theirs, transform="B", star=True, permutations=0))
    oracle = esda.G_Local(values, theirs, transform="B", star=True, permutations=0).Zs
    return {
        "cells": window.shape[0],
        "gi_star_ms": 1000 * ours,
        "esda_ms": 1000 * peer,
        "times_esda": peer / ours,
        "largest_difference": float(np.abs(gi_star(values, window) - oracle).max()),
    }


def _window(count: int) -> sp.csr_matrix:
    """Return the neighbours of the 662 communities, or of about so many hexagons."""
    if count == _COMMUNITIES:
        return touching(haidian().to_crs(4548).geometry.to_numpy(), gap_m=10.0)
    side = float(np.sqrt(count * np.sqrt(3) / 2)) * 100
    square = gpd.GeoDataFrame(geometry=[shapely.box(0, 0, side, side)], crs=4548)
    return hex_grid(PolygonIndex(square), width_m=100.0).disc(0, 1).astype(np.float64)


def _seconds(work: Any) -> float:
    """Return the best time of as many runs as fit into half a second, three at least."""
    best, runs, started = np.inf, 0, time.perf_counter()
    while runs < 3 or time.perf_counter() - started < _ENOUGH_S:
        begun = time.perf_counter()
        work()
        best, runs = min(best, time.perf_counter() - begun), runs + 1
    return float(best)


def scan_rows(sizes: list[int]) -> list[dict[str, Any]]:
    """Measure the scan, and verdicts on cells, at each number of points."""
    return [_scan(count) for count in sizes]


def _scan(count: int) -> dict[str, Any]:
    proposals, communities = _world(count)
    found = find_hotspots(proposals, radius_m=30, min_proposals=max(5, count // 5_000))
    whole = measured(_judge, (proposals, found, communities))
    verdicts, cells = whole["result"]
    return {
        "points": count,
        "hotspots": len(found.frame),
        "significant": verdicts,
        "cells": cells,
        "scan_s": whole["seconds"],
        "scan_mb": whole["extra_mb"],
    } | _cells(proposals, communities)


def _world(count: int) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    if count <= worlds.PEOPLE:
        xy: NDArray[np.float64] = worlds.planted(
            np.random.default_rng(1), "hard_edges", strength=25, count=count
        )[0]
        return worlds.as_proposals(xy), worlds.communities()
    return as_points(hotline(count))[["person", "geometry"]], haidian()


def _judge(given: tuple[gpd.GeoDataFrame, Hotspots, gpd.GeoDataFrame]) -> tuple[int, int]:
    proposals, found, communities = given
    result = judge_hotspots(
        proposals, found, communities, person_column="person", simulations=SIMULATIONS
    )
    return int((result.frame["verdict"] == "significant").sum()), result.card.counted["cells"]


def _cells(proposals: gpd.GeoDataFrame, communities: gpd.GeoDataFrame) -> dict[str, Any]:
    people = np.random.default_rng(1).poisson(40, len(communities))
    counts = communities.assign(people=people)["people"]
    of_communities = measured(lambda _: len(judge_communities(counts, communities).frame), None)
    hexes = measured(
        lambda _: len(judge_hexes(proposals, communities, person_column="person").frame), None
    )
    return {
        "communities_s": of_communities["seconds"],
        "hexes": hexes["result"],
        "hexes_s": hexes["seconds"],
        "hexes_mb": hexes["extra_mb"],
    }


def main() -> None:
    """Print the measurements."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", default="1650,100000", help="numbers of proposals")
    parser.add_argument("--cells", default="662,30000", help="numbers of cells for Gi*")
    options = parser.parse_args()
    if importlib.util.find_spec("esda") is None:
        print("  esda is not installed: Gi* is not compared", flush=True)
    else:
        rows = gi_rows([int(count) for count in options.cells.split(",")])
        print("Gi*, z of every cell", flush=True)
        print_columns(rows)
        print_growth(rows, size="cells", cost="gi_star_ms")
    print(f"hotspot scan, {SIMULATIONS} random maps", flush=True)
    rows = scan_rows([int(size) for size in options.sizes.split(",")])
    print_columns(rows)
    print_growth(rows, size="points", cost="scan_s")


if __name__ == "__main__":
    main()
