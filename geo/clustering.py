"""DBSCAN over weighted places, with a result that does not depend on the order of anything.

The library is the PyPI package ``dbscan`` (Wang, Gu and Shun 2020). Measured here against its
pitfalls: its radius is inclusive, as scikit-learn's; its time grows with the square of the points
in one spot (1,000,000 points on 400 places: 8 s), so places come with weights and each enters no
more than ``min_weight`` times, which changes no core point; which cluster it gives a border point
depends on the order of input, so only its core points are used.

It has no wheel for Windows. There scikit-learn's finds the same core points and the same clusters
of them, so labels are equal; it is slower and takes memory for all pairs of near places.
"""

from __future__ import annotations

import threading
from functools import cache
from importlib.machinery import PathFinder
from importlib.util import find_spec, module_from_spec
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree  # type: ignore[import-untyped]

NOISE = -1

# The library uses all cores by threads of its own and holds the interpreter lock the while (1 s for
# 1,000,000 points in as many places); this keeps one clustering at a time should that change.
_one_at_a_time = threading.Lock()


def density_clusters(
    xy: NDArray[np.float64], weight: NDArray[np.int64], *, radius_m: float, min_weight: int
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Return for each place its cluster (from 0, noise -1) and whether it is a core place.

    ``xy`` are distinct finite places in metres, ``weight`` how many points each holds. A place is
    core when places within ``radius_m`` (inclusive), itself among them, weigh ``min_weight`` or
    more. Cores within the radius of each other share a cluster; clusters are numbered by their
    first core in the order of ``xy``. Any other place within the radius of a core joins the
    cluster of the nearest core, of equally near ones the cluster with the lowest number.
    """
    labels = np.full(len(xy), NOISE, dtype=np.int64)
    if not len(xy):
        return labels, np.zeros(0, dtype=bool)
    times = np.minimum(weight, min_weight)
    find = _by_scikit_learn if _compiled() is None else _by_dbscan
    with _one_at_a_time:
        found, core = find(xy, times, radius_m, min_weight)
    labels[core] = _renumbered(found[core])
    _join_borders(xy, labels, core, radius_m)
    return labels, core


def _by_dbscan(
    xy: NDArray[np.float64], times: NDArray[np.int64], radius_m: float, min_weight: int
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Return some number of each core place's cluster, and which places are core."""
    points = np.ascontiguousarray(np.repeat(xy, times, axis=0))
    found, core_points = _compiled().DBSCAN(points, radius_m, min_weight)
    first = np.cumsum(times) - times
    return np.asarray(found, dtype=np.int64)[first], np.asarray(core_points)[first]


def _by_scikit_learn(
    xy: NDArray[np.float64], times: NDArray[np.int64], radius_m: float, min_weight: int
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Return the same as ``_by_dbscan``, but for the numbers themselves."""
    from sklearn.cluster import DBSCAN

    fitted = DBSCAN(eps=radius_m, min_samples=min_weight).fit(xy, sample_weight=times)
    core = np.zeros(len(xy), dtype=np.bool_)
    core[fitted.core_sample_indices_] = True
    return np.asarray(fitted.labels_, dtype=np.int64), core


@cache
def _compiled() -> Any:
    """Return the compiled part of ``dbscan``, loaded when it is first used; None without it.

    The package around it imports scikit-learn for a class that is not used here.
    """
    package = find_spec("dbscan")
    spec = package and PathFinder.find_spec("_dbscan", package.submodule_search_locations)
    if spec is None or spec.loader is None:
        return None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _renumbered(labels: NDArray[np.int64]) -> NDArray[np.int64]:
    """Number clusters in the order in which they first appear."""
    _, first, inverse = np.unique(labels, return_index=True, return_inverse=True)
    rank = np.empty(len(first), dtype=np.int64)
    rank[np.argsort(first)] = np.arange(len(first))
    return rank[inverse]


def _join_borders(
    xy: NDArray[np.float64], labels: NDArray[np.int64], core: NDArray[np.bool_], radius_m: float
) -> None:
    cores, others = np.flatnonzero(core), np.flatnonzero(~core)
    if not len(cores) or not len(others):
        return
    tree = cKDTree(xy[cores])
    # Ask a little further, then hold to the radius by the same arithmetic as the library's.
    reach = radius_m * (1 + 1e-9)
    distance, nearest = tree.query(xy[others], k=2, distance_upper_bound=reach)
    near = distance[:, 0] <= radius_m
    labels[others[near]] = labels[cores[nearest[near, 0]]]
    for tied in np.flatnonzero(near & (distance[:, 0] == distance[:, 1])):
        within = tree.query_ball_point(xy[others[tied]], distance[tied, 0] * (1 + 1e-12))
        labels[others[tied]] = labels[cores[within]].min()
