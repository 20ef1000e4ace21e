"""p-median with capacities or a budget, as an integer program."""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp  # type: ignore[import-untyped]

from geo.siting.greedy import affordable
from geo.siting.integer_program import minimised, site_bounds, site_limits
from geo.siting.problem import Choice, Flags, Problem
from geo.siting.transport import amounts_among, served_by


def limited_median(problem: Problem) -> Choice:
    """Choose sites for the least distance in sum within capacities and budget."""
    program_values, bound = _solved(problem)
    choices = [_greedy(problem)]
    if program_values is not None:
        choices.insert(0, program_values & ~problem.sites.existing)
    costs = [metres_in_sum(problem, new) for new in choices]
    best = int(np.argmin(costs))
    objective = costs[best]
    bound = objective if bound > objective - 1e-6 * max(1.0, objective) else max(bound, 0.0)
    return Choice(choices[best], objective, bound)


def metres_in_sum(problem: Problem, new: Flags) -> float:
    """Return weight times metres when these new sites are open; unserved weight counts as far."""
    _by, _served, metres, _load = served_by(problem, new | problem.sites.existing)
    if not problem.sites.has_capacity:
        each = np.fmin(np.nan_to_num(metres, nan=problem.unserved_m), problem.unserved_m)
        return float((problem.weights * each).sum())
    return _split_sum(problem, new)


def _split_sum(problem: Problem, new: Flags) -> float:
    reach = problem.reach.among(new | problem.sites.existing)
    amount = amounts_among(problem, reach)
    unserved = problem.weights.sum() - amount.sum()
    return float((amount * reach.metres).sum() + unserved * problem.unserved_m)


def _solved(problem: Problem) -> tuple[Flags | None, float]:
    reach, weights, sites = problem.reach, problem.weights, problem.sites
    kept = np.flatnonzero(reach.metres < problem.unserved_m)
    row, column, metres = reach.demand[kept], reach.site[kept], reach.metres[kept]
    number, many = len(kept), len(sites)
    each, ones = np.arange(number), np.ones(number)
    weight = weights[row]
    holds = np.minimum(sites.capacity, weights.sum())
    from_row = sp.csr_matrix((ones, (row, each)), shape=(reach.points, number))
    to_site = sp.csr_matrix((weight, (column, each)), shape=(many, number))
    opened = sp.csr_matrix((ones, (each, column)), shape=(number, many))
    lower, upper = site_bounds(problem)
    found = minimised(
        np.concatenate([np.zeros(many), weight * (metres - problem.unserved_m)]),
        [
            (sp.hstack([sp.csr_matrix((reach.points, many)), from_row]), -np.inf, 1.0),
            (sp.hstack([-sp.diags(holds), to_site]), -np.inf, 0.0),
            (sp.hstack([-opened, sp.eye(number)]), -np.inf, 0.0),
            *site_limits(problem, number),
        ],
        np.concatenate([lower, np.zeros(number)]),
        np.concatenate([upper, np.ones(number)]),
        np.arange(many + number) < many,
        time_limit_s=problem.time_limit_s,
    )
    bound = found.bound + float(weights.sum()) * problem.unserved_m
    return (None if found.values is None else found.values[:many] > 0.5), bound


def _greedy(problem: Problem) -> Flags:
    new = problem.sites.must & ~problem.sites.existing
    now = metres_in_sum(problem, new)
    while True:
        best = None
        for place in np.flatnonzero(affordable(problem, new)):
            tried = new.copy()
            tried[place] = True
            if (cost := metres_in_sum(problem, tried)) < now - 1e-9:
                best, now = tried, cost
        if best is None:
            return new
        new = best
