"""Density clusters of many strips, each clustered by itself, equal to those of the whole.

Places are cut into strips from west to east. A strip is clustered together with a halo of two
radii, so that within one radius of it every core place is known for sure; clusters of neighbouring
strips that share a core place are one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array  # type: ignore[import-untyped]
from scipy.sparse.csgraph import connected_components  # type: ignore[import-untyped]

from geo.clustering import NOISE, density_clusters, numbered_by_first, with_borders
from geo.density.places_in_cells import Floats, Ints

#: Does one function on many things, in their order: ``map``, or many machines.
DoAll = Callable[[Callable[[Any], Any], Iterable[Any]], Iterable[Any]]


class Strip(NamedTuple):
    """Places of a strip and its halo: their rows, and where the strip begins and ends (x, m)."""

    rows: Ints
    xy: Floats
    weight: Ints
    west: float
    east: float


class StripCores(NamedTuple):
    """Core places in a strip and within a radius of it: rows, and a cluster within the strip."""

    rows: Ints
    cluster: Ints


def clusters_by_strips(
    xy: Floats,
    weight: Ints,
    *,
    radius_m: float,
    min_weight: int,
    strips: int,
    do_all: DoAll = map,
) -> tuple[Ints, NDArray[np.bool_]]:
    """Return what ``geo.clustering.density_clusters`` returns, label for label."""
    labels = np.full(len(xy), NOISE, dtype=np.int64)
    core = np.zeros(len(xy), dtype=np.bool_)
    if not len(xy):
        return labels, core
    parts = [_strip(xy, weight, *ends, 2 * radius_m) for ends in _ends(xy[:, 0], strips)]
    clustered = partial(cores_of_strip, radius_m=radius_m, min_weight=min_weight)
    found = list(do_all(clustered, parts))
    labels = _united(found, len(xy))
    core = labels != NOISE
    known = [(part, core[part.rows], labels[part.rows]) for part in parts]
    joined = do_all(partial(borders_of_strip, radius_m=radius_m), known)
    for part, of_strip in zip(parts, joined, strict=True):
        own = _within(part.xy[:, 0], part)
        labels[part.rows[own]] = of_strip[own]
    return labels, core


def cores_of_strip(strip: Strip, *, radius_m: float, min_weight: int) -> StripCores:
    """Cluster a strip with its halo of two radii; keep the cores that are known for sure."""
    cluster, core = density_clusters(
        strip.xy, strip.weight, radius_m=radius_m, min_weight=min_weight
    )
    sure = core & _within(strip.xy[:, 0], strip, radius_m)
    return StripCores(strip.rows[sure], cluster[sure])


def borders_of_strip(known: tuple[Strip, NDArray[np.bool_], Ints], *, radius_m: float) -> Ints:
    """Return the labels of a strip's places when those of all core places are known."""
    strip, core, labels = known
    return with_borders(strip.xy, core, labels, radius_m=radius_m)


def _ends(x: Floats, strips: int) -> list[tuple[float, float]]:
    """Cut into strips with about equally many places."""
    cuts = np.unique(np.quantile(x, np.linspace(0, 1, strips + 1)[1:-1]))
    ends = [-np.inf, *cuts.tolist(), np.inf]
    return list(pairwise(ends))


def _strip(xy: Floats, weight: Ints, west: float, east: float, halo_m: float) -> Strip:
    # A little more, as the ends are rounded; places beyond change no core that is kept.
    halo_m *= 1 + 1e-6
    rows = np.flatnonzero((xy[:, 0] >= west - halo_m) & (xy[:, 0] < east + halo_m))
    return Strip(rows, xy[rows], weight[rows], west, east)


def _within(x: Floats, strip: Strip, margin_m: float = 0.0) -> NDArray[np.bool_]:
    return (x >= strip.west - margin_m) & (x < strip.east + margin_m)


def _united(found: list[StripCores], places: int) -> Ints:
    """Return for each place its cluster, those that share a core place being one; noise else."""
    sizes = [int(one.cluster.max(initial=NOISE)) + 1 for one in found]
    shift = np.cumsum([0, *sizes])
    rows = np.concatenate([one.rows for one in found])
    cluster = np.concatenate(
        [one.cluster + start for one, start in zip(found, shift[:-1], strict=True)]
    )
    order = np.argsort(rows, kind="stable")
    shared = np.flatnonzero(np.diff(rows[order]) == 0)
    pairs = cluster[order[shared]], cluster[order[shared + 1]]
    size = int(shift[-1])
    graph = coo_array((np.ones(len(shared), dtype=np.bool_), pairs), shape=(size, size))
    whole = connected_components(graph, directed=False)[1] if size else np.zeros(0, np.int64)
    labels = np.full(places, NOISE, dtype=np.int64)
    labels[rows] = numbered_by_first(_without_gaps(whole[cluster]), rows)
    return labels


def _without_gaps(cluster: Ints) -> Ints:
    return np.unique(cluster, return_inverse=True)[1]
