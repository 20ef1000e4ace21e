"""What makes a siting problem impossible before anything is solved."""

from __future__ import annotations

import numpy as np

from geo.siting.problem import Model, Problem, Reason


def reason_against(problem: Problem) -> Reason:
    """Return why a problem has no solution whatever is chosen; empty where it may have one."""
    sites = problem.sites
    must = sites.must & ~sites.existing
    if not len(problem.weights) or problem.weights.sum() <= 0:
        return Reason.NO_DEMAND
    if not len(sites):
        return Reason.NO_CANDIDATES
    if (must & sites.must_not).any():
        return Reason.MUST_AND_MUST_NOT
    if problem.number is not None and must.sum() > problem.number:
        return Reason.MUST_EXCEED_SITES
    if problem.budget is not None and sites.cost[must].sum() > problem.budget + 1e-9:
        return Reason.MUST_EXCEED_BUDGET
    return Reason.NONE


def check_problem(problem: Problem) -> None:
    """Raise ``ValueError`` for arrays that do not belong together, or make no sense."""
    sites, reach = problem.sites, problem.reach
    arrays = (sites.existing, sites.must, sites.must_not, sites.cost, sites.capacity)
    if {len(one) for one in arrays} != {reach.sites} or len(problem.weights) != reach.points:
        raise ValueError("weights, sites and reach differ in length")
    numbers = (problem.weights, sites.cost, reach.metres)
    if any((one < 0).any() or not np.isfinite(one).all() for one in numbers):
        raise ValueError("weights, costs and distances must be numbers from 0 up")
    if np.isnan(sites.capacity).any() or (sites.capacity < 0).any():
        raise ValueError("capacities must be numbers from 0 up")
    if problem.number is None and problem.budget is None and problem.model != Model.COVER:
        raise ValueError("a number of sites or a budget is needed")
