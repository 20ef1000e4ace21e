"""Maximal coverage: the most demand within reach of so many sites.

Church, R. & ReVelle, C. (1974), The maximal covering location problem, Papers of the Regional
Science Association 32; with capacities after Current & Storbeck (1988).
"""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp  # type: ignore[import-untyped]

from geo.siting.cover_sets import CoverSets
from geo.siting.greedy import greedy_coverage
from geo.siting.integer_program import Program, Row, is_whole, minimised, site_bounds, site_limits
from geo.siting.problem import Choice, Flags, Floats, Problem
from geo.siting.transport import most_served


def best_coverage(problem: Problem, sets: CoverSets) -> Choice:
    """Choose the sites that serve most; never fewer than taking them one after the other does."""
    find = _with_capacity if problem.sites.has_capacity else _without_capacity
    program = find(problem, sets)
    choices = [greedy_coverage(problem, sets)]
    if program.values is not None:
        opened = program.values[: len(problem.sites)] > 0.5
        choices.insert(0, opened & ~problem.sites.existing)
    served = [weight_served(problem, sets, new) for new in choices]
    best = int(np.argmax(served))
    bound = min(-program.bound, float(sets.weights.sum()))
    if is_whole(sets.weights) and not problem.sites.has_capacity:
        bound = float(np.floor(bound + 1e-6))
    tolerance = 1e-6 * max(1.0, served[best])
    bound = served[best] if bound < served[best] + tolerance else bound
    return Choice(choices[best], served[best], bound)


def weight_served(problem: Problem, sets: CoverSets, new: Flags) -> float:
    """Return how much demand is served when these new sites are open."""
    opened = np.flatnonzero(new | problem.sites.existing)
    if problem.sites.has_capacity:
        return most_served(sets.matrix[:, opened], sets.weights, problem.sites.capacity[opened])
    covered = np.asarray(sets.matrix[:, opened].sum(axis=1)).ravel() > 0
    return float(sets.weights[covered].sum())


def _without_capacity(problem: Problem, sets: CoverSets) -> Program:
    """A group counts (z) when one of its sites is open (y): z <= sum of y."""
    groups, sites = sets.matrix.shape
    cost = np.concatenate([np.zeros(sites), -sets.weights])
    served = sp.hstack([sets.matrix, -sp.eye(groups)])
    lower, upper = site_bounds(problem)
    return minimised(
        cost,
        [(served, 0.0, np.inf), *site_limits(problem, groups)],
        np.concatenate([lower, np.zeros(groups)]),
        np.concatenate([upper, np.ones(groups)]),
        np.arange(sites + groups) < sites,
        time_limit_s=problem.time_limit_s,
    )


def _with_capacity(problem: Problem, sets: CoverSets) -> Program:
    """Amounts of groups go to sites (x): not more than there is, nor than an open site holds."""
    rows, amounts = flows(sets, problem.sites.capacity)
    sites = len(problem.sites)
    lower, upper = site_bounds(problem)
    return minimised(
        np.concatenate([np.zeros(sites), -np.ones(amounts)]),
        [*rows, *site_limits(problem, amounts)],
        np.concatenate([lower, np.zeros(amounts)]),
        np.concatenate([upper, np.full(amounts, np.inf)]),
        np.arange(sites + amounts) < sites,
        time_limit_s=problem.time_limit_s,
    )


def flows(sets: CoverSets, capacity: Floats) -> tuple[list[Row], int]:
    """Return the rows of amounts from groups to sites, over variables sites + pairs; and pairs."""
    pairs = sets.matrix.tocoo()
    number, (groups, sites) = pairs.nnz, sets.matrix.shape
    ones, each = np.ones(number), np.arange(number)
    holds = np.minimum(capacity, sets.matrix.T @ sets.weights)
    from_group = sp.csr_matrix((ones, (pairs.row, each)), shape=(groups, number))
    to_site = sp.csr_matrix((ones, (pairs.col, each)), shape=(sites, number))
    opened = sp.csr_matrix((ones, (each, pairs.col)), shape=(number, sites))
    most = np.minimum(sets.weights[pairs.row], holds[pairs.col])
    rows: list[Row] = [
        (sp.hstack([sp.csr_matrix((groups, sites)), from_group]), -np.inf, sets.weights),
        (sp.hstack([-sp.diags(holds), to_site]), -np.inf, 0.0),
        (sp.hstack([-sp.diags(most) @ opened, sp.eye(number)]), -np.inf, 0.0),
    ]
    return rows, number
