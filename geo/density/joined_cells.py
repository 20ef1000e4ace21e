"""Which cells with core places belong together: a core of one within the radius of one of another.

Core places of one cell are within the radius of each other, so clusters are made of cells. Pairs of
neighbouring cells are decided by their extents where those suffice, then by a few places of each,
and only where two cells are not yet together by another way by all their places.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array  # type: ignore[import-untyped]
from scipy.sparse.csgraph import connected_components  # type: ignore[import-untyped]
from scipy.spatial import cKDTree  # type: ignore[import-untyped]

from geo.density.places_in_cells import Floats, Ints, PlacesInCells, portions, runs_unfolded

#: Neighbours of a cell, each pair once: rows up, columns right; the likeliest together first.
_NEIGHBOURS = (
    ((0, 1), (1, 0)),
    ((1, 1), (1, -1), (0, 2), (2, 0)),
    ((1, 2), (2, 1), (1, -2), (2, -1), (2, 2), (2, -2)),
)
_TRIED = 4
_CELLS_AT_ONCE = 1 << 16
#: From so many pairs of places on, a tree finds the nearest sooner.
_MANY_PAIRS = 1 << 18


@dataclass(frozen=True)
class _CoreCells:
    """The cells with core places: ``core`` those places in order, ``start`` each cell's first."""

    places: PlacesInCells
    core: Ints
    start: Ints
    keys: Ints
    box: Floats

    @property
    def length(self) -> Ints:
        return np.diff(self.start)


def cluster_of_core_places(places: PlacesInCells, core: Ints) -> Ints:
    """Return a cluster's number, from 0 without gaps, for each core place.

    ``core`` are positions of core places in ascending order.
    """
    cells, of_place = _core_cells(places, core)
    cluster = np.arange(len(cells.keys))
    undecided = []
    for directions in _NEIGHBOURS:
        joined = []
        for up, right in directions:
            for one, other in _neighbours(cells, cluster, up, right):
                yes, open_ = _by_few(cells, one, other)
                joined.append(np.stack([one[yes], other[yes]]))
                undecided.append(np.stack([one[open_], other[open_]]))
        cluster = _united(cluster, np.concatenate(joined, axis=1))
    return _by_all(cells, cluster, np.concatenate(undecided, axis=1))[of_place]


def _core_cells(places: PlacesInCells, core: Ints) -> tuple[_CoreCells, Ints]:
    cell = places.cell[core]
    fresh = np.concatenate([[True], cell[1:] != cell[:-1]])
    start = np.flatnonzero(fresh)
    x, y = places.x[core], places.y[core]
    box = [np.minimum.reduceat(x, start), np.minimum.reduceat(y, start)]
    box += [np.maximum.reduceat(x, start), np.maximum.reduceat(y, start)]
    known = cell[start]
    keys = places.cell_row[known] * places.columns + places.cell_column[known]
    found = _CoreCells(places, core, np.append(start, len(core)), keys, np.array(box))
    return found, np.cumsum(fresh) - 1


def _neighbours(cells: _CoreCells, cluster: Ints, up: int, right: int) -> list[tuple[Ints, Ints]]:
    """Return pairs of cells in one direction of each other and not yet together, in portions."""
    wanted = cells.keys + up * cells.places.columns + right
    at = cells.places.find_cells(cells.keys, wanted)
    one = np.flatnonzero((at >= 0) & (cluster[at] != cluster))
    other = at[one]
    starts = range(0, max(len(one), 1), _CELLS_AT_ONCE)
    return [(one[n : n + _CELLS_AT_ONCE], other[n : n + _CELLS_AT_ONCE]) for n in starts]


def _by_few(
    cells: _CoreCells, one: Ints, other: Ints
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Say which pairs of cells are together for sure, and which may be and were not all tried."""
    lengths = cells.length
    first, second = lengths[one], lengths[other]
    yes = np.zeros(len(one), dtype=np.bool_)
    possible = _gap_squared(cells.box[:, one], cells.box[:, other]) <= _reach_squared(cells)
    for i in reversed(range(_TRIED)):
        for j in range(_TRIED):
            todo = np.flatnonzero(possible & ~yes & (i < first) & (j < second))
            a, b = one[todo], other[todo]
            here = cells.core[cells.start[a] + _spread(i, lengths[a])]
            there = cells.core[cells.start[b] + _spread(j, lengths[b])]
            yes[todo] = cells.places.within(here, there)
    tried = (first <= _TRIED) & (second <= _TRIED)
    return yes, possible & ~yes & ~tried


def _spread(number: int, length: Ints) -> Ints:
    """Return the position of one of the tried places of a cell: all, or evenly far apart."""
    apart = np.where(length <= _TRIED, number, number * (length - 1) // (_TRIED - 1))
    return np.asarray(apart, dtype=np.int64)


def _reach_squared(cells: _CoreCells) -> float:
    return (cells.places.radius_m + cells.places.slack_m) ** 2


def _gap_squared(one: Floats, other: Floats) -> Floats:
    """Return the squared distance of boxes (rows: west, south, east, north)."""
    east = np.maximum(np.maximum(other[0] - one[2], one[0] - other[2]), 0.0)
    north = np.maximum(np.maximum(other[1] - one[3], one[1] - other[3]), 0.0)
    return np.asarray(east * east + north * north)


def _united(cluster: Ints, pairs: Ints) -> Ints:
    """Return clusters numbered anew from 0 after those of some cells have become one."""
    count = int(cluster.max()) + 1
    ones = np.ones(pairs.shape[1], dtype=np.bool_)
    graph = coo_array((ones, (cluster[pairs[0]], cluster[pairs[1]])), shape=(count, count))
    label = connected_components(graph, directed=False)[1]
    return np.asarray(label[cluster], dtype=np.int64)


def _by_all(cells: _CoreCells, cluster: Ints, pairs: Ints) -> Ints:
    """Decide the pairs that are not yet together by all their core places."""
    lengths = cells.length
    pairs = pairs[:, np.argsort(lengths[pairs[0]] + lengths[pairs[1]], kind="stable")]
    for few in portions(lengths[pairs[0]] + lengths[pairs[1]]):
        part = pairs[:, few]
        part = part[:, cluster[part[0]] != cluster[part[1]]]
        if part.shape[1]:
            near = _near(cells, part)
            if near.any():
                cluster = _united(cluster, part[:, near])
    return cluster


def _near(cells: _CoreCells, pairs: Ints) -> NDArray[np.bool_]:
    """Say which pairs of cells have core places within the radius of each other."""
    one_pair, one = _towards(cells, pairs[0], pairs[1])
    other_pair, other = _towards(cells, pairs[1], pairs[0])
    every = np.arange(pairs.shape[1] + 1)
    one_start = np.searchsorted(one_pair, every)
    other_start = np.searchsorted(other_pair, every)
    ones, others = np.diff(one_start), np.diff(other_start)
    near = np.zeros(pairs.shape[1], dtype=np.bool_)
    for few in portions(ones * others):
        if int((ones[few] * others[few]).max()) > _MANY_PAIRS:
            near[few] = [
                _near_by_tree(
                    cells.places,
                    one[one_start[k] : one_start[k + 1]],
                    other[other_start[k] : other_start[k + 1]],
                )
                for k in range(few.start, few.stop)
            ]
            continue
        row, left = runs_unfolded(one_start[:-1][few], ones[few])
        which, right = runs_unfolded(other_start[:-1][few][row], others[few][row])
        hit = cells.places.within(one[left[which]], other[right])
        near[few.start + row[which[hit]]] = True
    return near


def _towards(cells: _CoreCells, from_: Ints, to: Ints) -> tuple[Ints, Ints]:
    """Return the core places of cells that may reach the box of another: pair and place."""
    pair, spot = runs_unfolded(cells.start[from_], cells.length[from_])
    place = cells.core[spot]
    x, y = cells.places.x[place], cells.places.y[place]
    near = _gap_squared(np.array([x, y, x, y]), cells.box[:, to[pair]]) <= _reach_squared(cells)
    return pair[near], place[near]


def _near_by_tree(places: PlacesInCells, one: Ints, other: Ints) -> bool:
    if not len(one) or not len(other):
        return False
    tree = cKDTree(np.column_stack([places.x[one], places.y[one]]))
    reach = places.radius_m + places.slack_m
    queried = np.column_stack([places.x[other], places.y[other]])
    _, nearest = tree.query(queried, distance_upper_bound=reach)
    known = nearest < len(one)
    return bool(places.within(one[nearest[known]], other[known]).any())
