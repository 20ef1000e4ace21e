"""One way to solve a siting problem, whatever its model; and the curve over the number of sites."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from core.errors import InvalidError
from geo.siting.checks import check_problem, reason_against
from geo.siting.cover_sets import cover_sets
from geo.siting.coverage import best_coverage
from geo.siting.limited_median import limited_median, metres_in_sum
from geo.siting.median import MOST_PAIRS, best_median
from geo.siting.problem import (
    Choice,
    Flags,
    Model,
    Problem,
    Reason,
    Solution,
    Status,
    status_of,
)
from geo.siting.set_cover import smallest_cover
from geo.siting.transport import served_by

Tell = Callable[[float], None]


class TooManyPairsError(InvalidError):
    """A p-median has more pairs than can be held. Parameters: ``pairs``, ``most``."""

    code = "too_many_pairs"


def solve(problem: Problem, tell: Tell = lambda share: None) -> Solution:
    """Solve a problem; ``tell`` is given the share that is done, and may raise to end it.

    Equal problems have equal solutions. Raises ``ValueError`` for arrays that do not belong
    together, ``TooManyPairsError``.
    """
    begun = time.process_time()
    check_problem(problem)
    if (reason := reason_against(problem)) is not Reason.NONE:
        return Solution(Status.INFEASIBLE, reason)
    choice = _chosen(problem, tell)
    seconds = time.process_time() - begun
    if not choice.feasible:
        status = Status.GAP if choice.reason is Reason.NO_TIME else Status.INFEASIBLE
        return Solution(status, choice.reason, seconds=seconds, needed=choice.needed)
    return _told(problem, choice, begun)


def as_it_is(problem: Problem) -> Solution:
    """Return what existing sites alone serve, in the terms of a problem."""
    none = np.zeros(len(problem.sites), dtype=bool)
    objective = objective_of(problem, none) if len(none) else 0.0
    return _told(problem, Choice(none, objective, objective), time.process_time())


def objective_of(problem: Problem, new: Flags) -> float:
    """Return what a choice of new sites comes to; of a cover, what it serves."""
    if problem.model is Model.MEDIAN:
        return metres_in_sum(problem, new)
    _by, served, _metres, _load = served_by(problem, new | problem.sites.existing)
    return float(served.sum())


def curve(
    problem: Problem, numbers: Sequence[int], tell: Tell = lambda share: None
) -> list[Solution]:
    """Solve a problem for several numbers of sites; each is optimal or has its gap."""
    found = []
    for place, number in enumerate(numbers):
        found.append(solve(replace(problem, number=number)))
        tell((place + 1) / len(numbers))
    return found


def _chosen(problem: Problem, tell: Tell) -> Choice:
    if problem.model is Model.MEDIAN:
        if problem.reach.points * len(problem.sites) > MOST_PAIRS:
            pairs = problem.reach.points * len(problem.sites)
            raise TooManyPairsError(pairs=pairs, most=MOST_PAIRS)
        if problem.sites.has_capacity or problem.budget is not None:
            return limited_median(problem)
        return best_median(problem, tell)
    sets = cover_sets(problem.reach, problem.weights)
    find = smallest_cover if problem.model is Model.COVER else best_coverage
    return find(problem, sets)


def _told(problem: Problem, choice: Choice, begun: float) -> Solution:
    allowed = ~problem.sites.must_not | problem.sites.existing
    by, served, metres, load = served_by(problem, choice.new | problem.sites.existing)
    # What serves nobody is not built: the number is the most, and needs not be reached.
    needed = problem.sites.must | np.isin(np.arange(len(problem.sites)), by)
    if problem.sites.has_capacity:
        needed |= np.isfinite(problem.sites.capacity)
    unreachable = np.flatnonzero(~problem.reach.among(allowed).reachable())
    weighs = problem.weights[unreachable] > 0
    cover = problem.model is Model.COVER
    return Solution(
        status_of(choice.objective, choice.bound),
        Reason.UNREACHABLE if cover and weighs.any() else Reason.NONE,
        tuple(int(place) for place in np.flatnonzero(choice.new & needed)),
        choice.objective,
        choice.bound,
        by,
        served,
        metres,
        unreachable,
        time.process_time() - begun,
        load=load,
    )
