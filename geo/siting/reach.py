"""Which sites are within reach of which demand points, in a straight line."""

from __future__ import annotations

import numpy as np
from scipy.spatial import cKDTree  # type: ignore[import-untyped]

from geo.siting.problem import Floats, Reach


def straight_reach(demand: Floats, sites: Floats, *, within_m: float) -> Reach:
    """Return the pairs within a distance in a straight line, that distance included.

    ``demand`` and ``sites`` are rows of x and y in metres of one projected system.
    """
    points, many = len(demand), len(sites)
    if not points or not many:
        return Reach.of([], [], [], points=points, sites=many)
    tree = cKDTree(np.asarray(demand))
    pairs = tree.sparse_distance_matrix(cKDTree(np.asarray(sites)), within_m, output_type="ndarray")
    return Reach.of(pairs["i"], pairs["j"], pairs["v"], points=points, sites=many)
