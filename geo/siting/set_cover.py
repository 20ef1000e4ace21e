"""Set cover: the fewest sites, or the least cost, that serve all that can be served.

Toregas, C., Swain, R., ReVelle, C. & Bergman, L. (1971), The location of emergency service
facilities, Operations Research 19.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import scipy.sparse as sp  # type: ignore[import-untyped]

from geo.siting.cover_sets import CoverSets
from geo.siting.coverage import flows, weight_served
from geo.siting.integer_program import Program, is_whole, minimised, site_bounds, site_limits
from geo.siting.problem import Choice, Flags, Floats, Problem, Reason


def smallest_cover(problem: Problem, sets: CoverSets) -> Choice:
    """Choose the fewest (or cheapest) sites that serve as much as all allowed sites would."""
    price = _price(problem)
    program = _program(problem, sets, price)
    if program.infeasible:
        return _too_small(problem, sets)
    choices = [] if problem.sites.has_capacity else [_greedy_cover(problem, sets, price)]
    if program.values is not None:
        opened = program.values[: len(problem.sites)] > 0.5
        choices.insert(0, opened & ~problem.sites.existing)
    choices = [new for new in choices if _within(problem, new)]
    if not choices:
        return Choice(_none(problem), 0.0, 0.0, Reason.NO_TIME, feasible=False)
    new = min(choices, key=lambda one: float(price[one].sum()))
    spent = float(price[new].sum())
    bound = max(program.bound, float(price[problem.sites.must & ~problem.sites.existing].sum()))
    bound = float(np.ceil(bound - 1e-6)) if is_whole(price) else bound
    return Choice(new, spent, spent if bound > spent - 1e-6 * max(1.0, spent) else bound)


def _price(problem: Problem) -> Floats:
    sites = problem.sites
    return sites.cost if problem.by_cost else np.ones(len(sites))


def _program(problem: Problem, sets: CoverSets, price: Floats) -> Program:
    sites = len(problem.sites)
    lower, upper = site_bounds(problem)
    cost = price * ~problem.sites.existing
    if problem.sites.has_capacity:
        rows, more = flows(sets, problem.sites.capacity)
        allowed = (~problem.sites.must_not | problem.sites.existing) & ~problem.sites.existing
        most = weight_served(problem, sets, allowed)
        total = sp.csr_matrix(np.concatenate([np.zeros(sites), np.ones(more)])[None])
        rows.append((total, most * (1 - 1e-9), np.inf))
    else:
        more, reachable = 0, np.asarray(sets.matrix @ upper).ravel() > 0
        rows = [(sets.matrix[reachable], 1.0, np.inf)]
    return minimised(
        np.concatenate([cost, np.zeros(more)]),
        [*rows, *site_limits(problem, more)],
        np.concatenate([lower, np.zeros(more)]),
        np.concatenate([upper, np.full(more, np.inf)]),
        np.arange(sites + more) < sites,
        time_limit_s=problem.time_limit_s,
    )


def _too_small(problem: Problem, sets: CoverSets) -> Choice:
    """Say how many sites, or which cost, a cover takes where number or budget are too small."""
    by_cost = problem.budget is not None
    free = replace(problem, number=None, budget=None, by_cost=by_cost)
    found = smallest_cover(free, sets)
    needed = found.objective if found.feasible else None
    return Choice(_none(problem), 0.0, 0.0, Reason.COVER_NEEDS_MORE, needed, feasible=False)


def _greedy_cover(problem: Problem, sets: CoverSets, price: Floats) -> Flags:
    sites = problem.sites
    new = sites.must & ~sites.existing
    left = np.asarray(sets.matrix[:, new | sites.existing].sum(axis=1)).ravel() == 0
    allowed = ~sites.must_not & ~sites.existing
    while True:
        added = (sets.matrix.T @ left.astype(np.float64)) * (allowed & ~new)
        if not (added > 0).any():
            return new
        best = int((added / np.maximum(price, 1e-12)).argmax())
        new[best] = True
        left &= np.asarray(sets.matrix[:, [best]].todense()).ravel() == 0


def _within(problem: Problem, new: Flags) -> bool:
    within_number = problem.number is None or new.sum() <= problem.number
    cost = float(problem.sites.cost[new].sum())
    return within_number and (problem.budget is None or cost <= problem.budget + 1e-6)


def _none(problem: Problem) -> Flags:
    return np.zeros(len(problem.sites), dtype=bool)
