"""p-median: so many sites that the way to the nearest one is least, summed over all demand.

A solution by vertex substitution (Teitz & Bart 1968), its bound by Lagrangian relaxation
(Cornuejols, Fisher & Nemhauser 1977), Held-Karp steps. With capacities or a budget: HiGHS.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from geo.siting.problem import PROVEN, Choice, Floats, Ints, Problem

#: More pairs of demand and sites than this (160 MB) are too many to be held at once.
MOST_PAIRS = 20_000_000
STARTS, STEPS, SEED = 4, 1_500, 20
_PATIENCE, _LESS, _SMALLEST = 20, 1.5, 1e-4

Tell = Callable[[float], None]


@dataclass(frozen=True)
class Ways:
    """What may be opened, and the ways to it.

    ``cost``: weight times metres from each point (rows) to each free site (columns), not more than
    to what is open anyway (``ready``). ``free``: positions of the columns; ``most``: how many.
    """

    cost: Floats
    ready: Floats
    free: Ints
    most: int


def ways_of(problem: Problem) -> Ways:
    """Return what is left to choose once existing sites and those that must be are open."""
    sites, reach, weights = problem.sites, problem.reach, problem.weights
    fixed = sites.existing | sites.must
    free = np.flatnonzero(~fixed & ~sites.must_not)
    metres = np.full(reach.points, problem.unserved_m)
    among = reach.among(fixed)
    np.minimum.at(metres, among.demand, among.metres)
    ready = weights * metres
    column = np.full(len(sites), -1)
    column[free] = np.arange(len(free))
    kept = column[reach.site] >= 0
    cost = np.repeat(ready[:, None], len(free), axis=1)
    rows, columns = reach.demand[kept], column[reach.site[kept]]
    cost[rows, columns] = np.minimum(cost[rows, columns], weights[rows] * reach.metres[kept])
    number = len(free) if problem.number is None else problem.number
    must = int((sites.must & ~sites.existing).sum())
    return Ways(cost, ready, free, min(max(number - must, 0), len(free)))


def best_median(problem: Problem, tell: Tell) -> Choice:
    """Choose sites by vertex substitution, and prove how near to the best they are."""
    ways = ways_of(problem)
    rng = np.random.default_rng(SEED)
    starts = [_greedy(ways)]
    starts += [np.sort(rng.choice(len(ways.free), ways.most, replace=False)) for _ in range(STARTS)]
    found = []
    for number, start in enumerate(starts):
        found.append(_substituted(ways, start))
        tell(0.4 * (number + 1) / len(starts))
    objective, columns = min(found, key=lambda one: one[0])
    objective, columns, bound = _bounded(ways, objective, columns, tell)
    new = problem.sites.must & ~problem.sites.existing
    new[ways.free[columns]] = True
    near = objective - bound <= PROVEN * max(objective, 1.0)
    return Choice(new, objective, objective if near else min(bound, objective))


def cost_of(ways: Ways, columns: Ints) -> float:
    """Return the sum of weight times metres when these columns are open."""
    return float(_nearest(ways, columns).sum())


def _nearest(ways: Ways, columns: Ints) -> Floats:
    if not len(columns):
        return ways.ready
    return np.asarray(ways.cost[:, columns].min(axis=1))


def _greedy(ways: Ways) -> Ints:
    columns: list[int] = []
    now = ways.ready
    for _ in range(ways.most):
        saved = np.maximum(now[:, None] - ways.cost, 0.0).sum(axis=0)
        saved[columns] = -1.0
        columns.append(int(saved.argmax()))
        now = np.minimum(now, ways.cost[:, columns[-1]])
    return np.array(columns, dtype=np.int64)


def _substituted(ways: Ways, columns: Ints) -> tuple[float, Ints]:
    """Swap an open site for a closed one as long as that saves something (Whitaker 1983)."""
    columns = columns.copy()
    while len(columns) and (swap := _best_swap(ways, columns)) is not None:
        columns[swap[0]] = swap[1]
    return cost_of(ways, columns), np.sort(columns)


def _best_swap(ways: Ways, columns: Ints) -> tuple[int, int] | None:
    opened = np.column_stack([ways.cost[:, columns], ways.ready])
    order = np.argsort(opened, axis=1, kind="stable")[:, :2]
    rows = np.arange(len(opened))
    first, second = opened[rows, order[:, 0]], opened[rows, order[:, 1]]
    saved = np.maximum(first[:, None] - ways.cost, 0.0).sum(axis=0)
    best, swap = 1e-9 * max(float(first.sum()), 1.0), None
    for place in range(len(columns)):
        mine = order[:, 0] == place
        there = ways.cost[mine]
        lost = np.minimum(there, second[mine, None]) - np.minimum(there, first[mine, None])
        gain = saved - lost.sum(axis=0)
        gain[columns] = -np.inf
        column = int(gain.argmax())
        if gain[column] > best:
            best, swap = float(gain[column]), (place, column)
    return swap


def _bounded(ways: Ways, objective: float, columns: Ints, tell: Tell) -> tuple[float, Ints, float]:
    """Return the best solution that is met on the way, and the highest bound on all solutions."""
    prices = _first_prices(ways)
    best, step, idle, best_prices = 0.0, 1.5, 0, prices
    for number in range(STEPS):
        bound, opened, slope = _relaxed(ways, prices)
        if (other := cost_of(ways, opened)) < objective:
            objective, columns = _substituted(ways, opened)
            objective = min(objective, other)
        if bound > best + 1e-9 * abs(best):
            best, idle, best_prices = bound, 0, prices
        else:
            idle += 1
        if idle >= _PATIENCE:
            step, idle, prices = step / _LESS, 0, best_prices
            continue
        length = float((slope**2).sum())
        if length == 0 or objective - best <= PROVEN * max(objective, 1.0) or step < _SMALLEST:
            break
        prices = np.maximum(prices + step * (objective - bound) / length * slope, 0.0)
        tell(0.4 + 0.6 * number / STEPS)
    return objective, columns, best


def _first_prices(ways: Ways) -> Floats:
    if not len(ways.free):
        return ways.ready.copy()
    place = min(ways.most, len(ways.free) - 1) // 2
    return np.asarray(np.partition(ways.cost, place, axis=1)[:, place])


def _relaxed(ways: Ways, prices: Floats) -> tuple[float, Ints, Floats]:
    """Let each point be served by any number of sites, for a price; return bound, sites, slope."""
    saved = np.minimum(ways.cost - prices[:, None], 0.0)
    stays = np.minimum(ways.ready - prices, 0.0)
    worth = saved.sum(axis=0)
    if ways.most < len(worth):
        opened = np.sort(np.argpartition(worth, ways.most)[: ways.most])
    else:
        opened = np.arange(len(worth))
    opened = opened[worth[opened] < 0] if ways.most else opened[:0]
    bound = float(prices.sum() + stays.sum() + worth[opened].sum())
    slope = 1.0 - (saved[:, opened] < 0).sum(axis=1) - (stays < 0)
    return bound, opened, slope
