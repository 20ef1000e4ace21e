"""Demand points that the same sites reach are one: nothing is lost, and far fewer are left."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp  # type: ignore[import-untyped]

from geo.siting.problem import Floats, Ints, Reach


@dataclass(frozen=True)
class CoverSets:
    """Groups of demand points with one and the same sites.

    ``matrix``: groups x sites, ones; ``weights``: of groups; ``group``: of each demand point, -1
    for what no site reaches or what weighs nothing.
    """

    matrix: sp.csr_matrix
    weights: Floats
    group: Ints

    def __len__(self) -> int:
        """Count the groups."""
        return len(self.weights)


def cover_sets(reach: Reach, weights: Floats) -> CoverSets:
    """Collapse demand by which sites reach it; groups come in the order of their sets."""
    starts = np.searchsorted(reach.demand, np.arange(reach.points + 1))
    found: dict[bytes, int] = {}
    group = np.full(reach.points, -1, dtype=np.int64)
    sites = reach.site.astype(">i4")  # big-endian: bytes compare as the numbers do
    for point in range(reach.points):
        start, end = starts[point], starts[point + 1]
        if end > start and weights[point] > 0:
            group[point] = found.setdefault(sites[start:end].tobytes(), len(found))
    return _in_order(found, group, weights, reach.sites)


def _in_order(found: dict[bytes, int], group: Ints, weights: Floats, sites: int) -> CoverSets:
    names = sorted(found)
    place = np.full(len(names) + 1, -1, dtype=np.int64)
    place[[found[name] for name in names]] = np.arange(len(names))
    group = place[group]
    inside = group >= 0
    lengths = np.array([len(name) // 4 for name in names], dtype=np.int64)
    columns = np.frombuffer(b"".join(names), dtype=">i4").astype(np.int64)
    pointers = np.concatenate([[0], np.cumsum(lengths)])
    matrix = sp.csr_matrix((np.ones(len(columns)), columns, pointers), shape=(len(names), sites))
    summed = np.bincount(group[inside], weights[inside], minlength=len(names))
    return CoverSets(matrix, summed.astype(np.float64), group)
