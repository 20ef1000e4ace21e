"""DBSCAN over weighted places, with a result that does not depend on the order of anything.

The places are sorted into cells (``geo.density``): in a crowd, most are decided by their cell
alone, so that neither time nor memory grows with the number of pairs of near places. Ester et al.
(1996), A density-based algorithm for discovering clusters; on a grid, Gunawan (2013). Core places
and their clusters are those of scikit-learn's ``DBSCAN``, which is asked where a radius is so small
beside the extent that cells cannot be told apart.
"""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from geo.density.border_places import join_borders
from geo.density.core_places import core_places
from geo.density.joined_cells import cluster_of_core_places
from geo.density.places_in_cells import Floats, Ints, TooFineError, in_cells

NOISE = -1


class Clusterer(Protocol):
    """What clusters as :func:`density_clusters` does, here or elsewhere."""

    def __call__(
        self, xy: Floats, weight: Ints, *, radius_m: float, min_weight: int
    ) -> tuple[Ints, NDArray[np.bool_]]:
        """Return for each place its cluster, and whether it is a core place."""


def density_clusters(
    xy: Floats, weight: Ints, *, radius_m: float, min_weight: int
) -> tuple[Ints, NDArray[np.bool_]]:
    """Return for each place its cluster (from 0, noise -1) and whether it is a core place.

    ``xy`` are distinct finite places in metres, ``weight`` how many points each holds. A place is
    core when places within ``radius_m`` (inclusive), itself among them, weigh ``min_weight`` or
    more. Cores within the radius of each other share a cluster; clusters are numbered by their
    first core in the order of ``xy``. Any other place within the radius of a core joins the
    cluster of the nearest core, of equally near ones the cluster with the lowest number.
    """
    labels = np.full(len(xy), NOISE, dtype=np.int64)
    core = np.zeros(len(xy), dtype=np.bool_)
    if not len(xy):
        return labels, core
    try:
        places = in_cells(xy, weight, radius_m)
    except TooFineError:
        return _by_scikit_learn(xy, weight, radius_m, min_weight)
    is_core = core_places(places, min_weight)
    if is_core.any():
        found = np.full(len(xy), NOISE, dtype=np.int64)
        cores = np.flatnonzero(is_core)
        cluster = cluster_of_core_places(places, cores)
        found[cores] = numbered_by_first(cluster, places.order[cores])
        join_borders(places, is_core, found)
        labels[places.order], core[places.order] = found, is_core
    return labels, core


def with_borders(xy: Floats, core: NDArray[np.bool_], labels: Ints, *, radius_m: float) -> Ints:
    """Return labels in which border places have joined the clusters of core places.

    ``labels`` are known of core places; the rule is that of :func:`density_clusters`.
    """
    found = np.where(core, labels, NOISE)
    if not core.any():
        return found
    try:
        places = in_cells(xy, np.ones(len(xy), dtype=np.int64), radius_m)
    except TooFineError:
        return _borders_one_by_one(xy, core, found, radius_m)
    sorted_labels = found[places.order]
    join_borders(places, core[places.order], sorted_labels)
    found[places.order] = sorted_labels
    return found


def numbered_by_first(cluster: Ints, row: Ints) -> Ints:
    """Number clusters, given from 0, in the order of the first row that each has."""
    first = np.full(int(cluster.max(initial=-1)) + 1, np.iinfo(np.int64).max)
    np.minimum.at(first, cluster, row)
    rank = np.empty(len(first), dtype=np.int64)
    rank[np.argsort(first)] = np.arange(len(first))
    return rank[cluster]


def _by_scikit_learn(
    xy: Floats, weight: Ints, radius_m: float, min_weight: int
) -> tuple[Ints, NDArray[np.bool_]]:
    """Return the same, slowly."""
    from sklearn.cluster import DBSCAN

    fitted = DBSCAN(eps=radius_m, min_samples=min_weight).fit(xy, sample_weight=weight)
    labels = np.full(len(xy), NOISE, dtype=np.int64)
    core = np.zeros(len(xy), dtype=np.bool_)
    cores = fitted.core_sample_indices_
    core[cores] = True
    labels[cores] = numbered_by_first(fitted.labels_[cores], cores)
    return _borders_one_by_one(xy, core, labels, radius_m), core


def _borders_one_by_one(xy: Floats, core: NDArray[np.bool_], labels: Ints, radius_m: float) -> Ints:
    cores = np.flatnonzero(core)
    for row in np.flatnonzero(~core) if len(cores) else ():
        squared = ((xy[cores] - xy[row]) ** 2).sum(axis=1)
        if squared.min() <= radius_m * radius_m:
            labels[row] = labels[cores[squared == squared.min()]].min()
    return labels
