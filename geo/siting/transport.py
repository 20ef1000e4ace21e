"""Who is served by which of the open sites, the nearest first, within what each can hold."""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp  # type: ignore[import-untyped]
from scipy.optimize import linprog  # type: ignore[import-untyped]

from geo.siting.problem import Flags, Floats, Ints, Problem, Reach


def most_served(matrix: sp.csr_matrix, weights: Floats, capacity: Floats) -> float:
    """Return how much of groups with weights sites can serve; ``matrix``: groups x sites."""
    pairs = matrix.tocoo()
    if not pairs.nnz:
        return 0.0
    flow = _flow(pairs.row, pairs.col, weights, capacity, -np.ones(pairs.nnz))
    return float(flow.sum())


def served_by(problem: Problem, opened: Flags) -> tuple[Ints, Floats, Floats, Floats]:
    """Return which open site serves each point, how much of it, how far away; and each site's load.

    As much as possible is served, and then over the least distance. Points in reach of equally near
    sites go to the first of them.
    """
    reach = problem.reach.among(opened)
    if np.isfinite(problem.sites.capacity[opened]).any():
        amount = amounts_among(problem, reach)
    else:
        amount = _nearest(problem, reach)
    by = np.full(reach.points, -1, dtype=np.int64)
    metres = np.full(reach.points, np.nan)
    got = np.flatnonzero(amount > 1e-9)
    got = got[np.lexsort((-reach.site[got], -reach.metres[got], amount[got]))]
    by[reach.demand[got]] = reach.site[got]
    metres[reach.demand[got]] = reach.metres[got]
    served = np.bincount(reach.demand, amount, minlength=reach.points)
    load: Floats = np.bincount(
        reach.site, np.minimum(amount, problem.weights[reach.demand]), minlength=reach.sites
    ).astype(np.float64)
    return by, np.minimum(served, problem.weights).astype(np.float64), metres, load


def _nearest(problem: Problem, reach: Reach) -> Floats:
    order = np.lexsort((reach.site, reach.metres, reach.demand))
    first = np.ones(len(order), dtype=bool)
    first[1:] = reach.demand[order][1:] != reach.demand[order][:-1]
    nearest = order[first]
    amount = np.zeros(len(order))
    # What weighs nothing is served, too; a trace of weight says so.
    amount[nearest] = np.maximum(problem.weights[reach.demand[nearest]], 1e-6)
    return amount


def amounts_among(problem: Problem, reach: Reach) -> Floats:
    """Return how much goes over each pair: most in sum, then over the least distance."""
    if not len(reach.demand):
        return np.zeros(0)
    far = float(reach.metres.max()) + 1.0
    # A path that serves one more unit passes each site once: no distance outweighs it.
    cost = -1.0 - (1.0 - reach.metres / far) / (len(np.unique(reach.site)) + 1)
    if problem.model == "median":
        cost = reach.metres - problem.unserved_m
    return _flow(reach.demand, reach.site, problem.weights, problem.sites.capacity, cost)


def _flow(row: Ints, column: Ints, weights: Floats, capacity: Floats, cost: Floats) -> Floats:
    """Return the cheapest amounts from rows to columns, not more than each has and holds."""
    each, number = np.arange(len(row)), len(row)
    finite = np.flatnonzero(np.isfinite(capacity))
    from_row = sp.csr_matrix((np.ones(number), (row, each)), shape=(len(weights), number))
    to_column = sp.csr_matrix((np.ones(number), (column, each)), shape=(len(capacity), number))
    found = linprog(
        cost,
        A_ub=sp.vstack([from_row, to_column[finite]]),
        b_ub=np.concatenate([weights, capacity[finite]]),
        method="highs-ds",
    )
    return np.maximum(np.asarray(found.x), 0.0)
