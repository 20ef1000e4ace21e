"""Sites taken one after the other, each the one that adds most: what no solver may fall behind."""

from __future__ import annotations

import numpy as np

from geo.siting.cover_sets import CoverSets
from geo.siting.problem import Flags, Floats, Problem


def greedy_coverage(problem: Problem, sets: CoverSets) -> Flags:
    """Return new sites for maximal coverage, taken by the weight that each adds."""
    sites = problem.sites
    new = sites.must & ~sites.existing
    left = _without(sets, sets.weights, np.flatnonzero(new | sites.existing))
    while (best := _best(problem, sets, left, new)) is not None:
        new[best] = True
        left = _without(sets, left, np.array([best]))
    return new


def affordable(problem: Problem, new: Flags) -> Flags:
    """Tell which sites can be opened besides ``new`` ones, within number and budget."""
    sites = problem.sites
    free = ~(new | sites.existing | sites.must_not)
    if problem.number is not None and new.sum() >= problem.number:
        return np.zeros(len(sites), dtype=bool)
    if problem.budget is not None:
        free &= sites.cost <= problem.budget - sites.cost[new].sum() + 1e-9
    return free


def _best(problem: Problem, sets: CoverSets, left: Floats, new: Flags) -> int | None:
    added = sets.matrix.T @ left
    added = np.where(affordable(problem, new), np.minimum(added, problem.sites.capacity), 0.0)
    best = int(added.argmax())
    return best if added[best] > 0 else None


def _without(sets: CoverSets, left: Floats, opened: np.ndarray) -> Floats:
    if not len(opened):
        return left.copy()
    covered = np.asarray(sets.matrix[:, opened].sum(axis=1)).ravel() > 0
    return np.where(covered, 0.0, left)
