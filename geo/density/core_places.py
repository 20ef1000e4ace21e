"""Which places are core: enough weight within the radius, themselves among it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from geo.density.places_in_cells import Ints, PlacesInCells, portions, runs_unfolded

_PLACES_AT_ONCE = 1 << 16


def core_places(places: PlacesInCells, min_weight: int) -> NDArray[np.bool_]:
    """Say for each place, in the order of the cells, whether it is core.

    A cell that is heavy enough by itself has core places alone; a place around which all cells
    together are too light is none. Only for the rest are distances taken, row by row, until enough
    is found or what is left is too little.
    """
    own = np.diff(places.weight_before[places.cell_start])
    heavy = own >= min_weight
    core = heavy[places.cell]
    unsure = np.flatnonzero((~heavy & (places.sum_around(own) >= min_weight))[places.cell])
    for start in range(0, len(unsure), _PLACES_AT_ONCE):
        part = unsure[start : start + _PLACES_AT_ONCE]
        core[part] = _reached(places, list(places.around(part, of=len(unsure))), part, min_weight)
    return core


def _reached(
    places: PlacesInCells, runs: list[tuple[Ints, Ints]], part: Ints, min_weight: int
) -> NDArray[np.bool_]:
    total = places.weight_before
    left = np.array([total[last] - total[first] for first, last in runs])
    left = np.cumsum(left[::-1], axis=0)[::-1]
    found = np.zeros(len(part), dtype=np.int64)
    for (first, last), at_most in zip(runs, left, strict=True):
        still = np.flatnonzero((found < min_weight) & (found + at_most >= min_weight))
        first, length = first[still], (last - first)[still]
        for few in portions(length):
            found[still[few]] += _weight_within(places, part[still[few]], first[few], length[few])
    return found >= min_weight


def _weight_within(places: PlacesInCells, one: Ints, first: Ints, length: Ints) -> Ints:
    """Return for each place the weight within the radius in its run of places."""
    pair, other = runs_unfolded(first, length)
    near = places.within(one[pair], other)
    return np.bincount(pair[near], places.weight[other[near]], len(one)).astype(np.int64)
