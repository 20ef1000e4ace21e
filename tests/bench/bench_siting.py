"""Siting measured: maximal coverage against the integer program without collapse, as demand grows.

    python -m tests.bench.bench_siting --sizes 1650,20000,100000

Ours collapses demand that the same candidates reach; the peer hands HiGHS one row a demand point.
Seconds are of the processor. ``gap`` is proven, ``over_greedy`` how much more is served than by
sites taken one after the other.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import scipy.sparse as sp

from geo.siting.cover_sets import CoverSets, cover_sets
from geo.siting.coverage import best_coverage, weight_served
from geo.siting.greedy import greedy_coverage
from geo.siting.problem import Choice, Model, Problem
from geo.siting.solve import solve
from tests.bench.tables import print_columns
from tests.geo.siting.test_solve import town


def coverage_row(points: int) -> dict[str, Any]:
    """Measure maximal coverage and set cover of so many demand points."""
    candidates = 200 if points < 10_000 else 2_000
    problem = town(points, candidates, within_m=200.0 if points < 10_000 else 300.0)
    ours_s, ours = _timed(lambda: solve(problem))
    peer_s, peer = _timed(lambda: _uncollapsed(problem))
    assert abs(ours.objective - peer.objective) < 1e-6
    sets = cover_sets(problem.reach, problem.weights)
    greedy = weight_served(problem, sets, greedy_coverage(problem, sets))
    cover = replace(problem, model=Model.COVER, number=None)
    cover_s, covered = _timed(lambda: solve(cover))
    return {
        "demand": points,
        "candidates": candidates,
        "different sets": len(sets),
        "coverage_s": ours_s,
        "uncollapsed_s": peer_s,
        "times_uncollapsed": peer_s / ours_s,
        "gap": ours.gap,
        "over_greedy": ours.objective / greedy - 1,
        "cover_s": cover_s,
        "cover_gap": covered.gap,
    }


def median_row(number: int) -> dict[str, Any]:
    """Measure the p-median of 1,650 demand points and 200 candidates for so many sites."""
    problem = town(1_650, 200, within_m=10_000.0)
    seconds, found = _timed(lambda: solve(replace(problem, model=Model.MEDIAN, number=number)))
    return {"sites": number, "median_s": seconds, "gap": found.gap}


def _uncollapsed(problem: Problem) -> Choice:
    reach = problem.reach
    ones = np.ones(len(reach.demand))
    matrix = sp.csr_matrix((ones, (reach.demand, reach.site)), shape=(reach.points, reach.sites))
    kept = np.flatnonzero(reach.reachable())
    group = np.arange(len(kept))
    return best_coverage(problem, CoverSets(matrix[kept], problem.weights[kept], group))


def _timed(work: Callable[[], Any]) -> tuple[float, Any]:
    begun = time.process_time()
    found = work()
    return time.process_time() - begun, found


def main() -> None:
    """Print the measurements."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", default="1650,20000,100000", help="numbers of demand points")
    options = parser.parse_args()
    print_columns([coverage_row(int(one)) for one in options.sizes.split(",")])
    print_columns([median_row(number) for number in (3, 5, 10, 20, 40)])


if __name__ == "__main__":
    main()
