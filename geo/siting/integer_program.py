"""Integer programs for HiGHS, and the parts that siting models share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp  # type: ignore[import-untyped]
from scipy.optimize import Bounds, LinearConstraint, milp  # type: ignore[import-untyped]

from geo.siting.problem import Flags, Floats, Problem

_INFEASIBLE = 2
#: A matrix over the variables, and the least and the most of what it comes to.
Row = tuple[sp.spmatrix, float | Floats, float | Floats]


@dataclass(frozen=True)
class Program:
    """What HiGHS says: values of the variables (None: none found), and the least possible cost."""

    values: Floats | None
    bound: float
    infeasible: bool = False


def minimised(
    cost: Floats,
    rows: Sequence[Row],
    lower: Floats,
    upper: Floats,
    whole: Flags,
    *,
    time_limit_s: float,
) -> Program:
    """Minimise a cost subject to rows (matrix, least, most); ``whole`` variables are integers.

    Solved to a proven optimum, or as far as the time goes.
    """
    constraints = [LinearConstraint(matrix.tocsr(), least, most) for matrix, least, most in rows]
    found = milp(
        cost,
        constraints=constraints,
        integrality=whole.astype(np.int64),
        bounds=Bounds(lower, upper),
        options={"time_limit": max(time_limit_s, 0.01), "mip_rel_gap": 0.0},
    )
    bound = found.get("mip_dual_bound")
    if bound is None:
        bound = found.fun if found.status == 0 else -np.inf
    values = None if found.x is None else np.asarray(found.x)
    return Program(values, float(bound), found.status == _INFEASIBLE)


def site_bounds(problem: Problem) -> tuple[Floats, Floats]:
    """Return the least and most of the variable that says whether a site is open."""
    sites = problem.sites
    lower = (sites.existing | sites.must).astype(np.float64)
    upper = (~sites.must_not | sites.existing).astype(np.float64)
    return lower, upper


def site_limits(problem: Problem, more: int) -> list[Row]:
    """Return the rows by which new sites keep to number and budget, over ``more`` variables."""
    new = (~problem.sites.existing).astype(np.float64)
    rows: list[Row] = []
    for most, each in ((problem.number, new), (problem.budget, new * problem.sites.cost)):
        if most is not None:
            row = sp.csr_matrix(np.concatenate([each, np.zeros(more)])[None])
            rows.append((row, -np.inf, float(most)))
    return rows


def is_whole(values: Floats) -> bool:
    """Tell whether all of these are whole numbers, so that sums of them are."""
    return bool(np.all(values == np.round(values)))
