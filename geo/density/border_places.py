"""Which cluster a place that is no core joins: that of the nearest core within the radius."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from geo.density.places_in_cells import Floats, Ints, PlacesInCells, portions, runs_unfolded

_PLACES_AT_ONCE = 1 << 16


def join_borders(places: PlacesInCells, core: NDArray[np.bool_], labels: Ints) -> None:
    """Write into ``labels``, in the order of the cells, those of border places.

    ``labels`` holds the clusters of core places. Of equally near cores that with the lowest label
    counts.
    """
    before = np.concatenate([[0], np.cumsum(core)])
    around = places.sum_around(np.diff(before[places.cell_start]))
    others = np.flatnonzero(~core & (around > 0)[places.cell])
    cores = np.flatnonzero(core)
    for start in range(0, len(others), _PLACES_AT_ONCE):
        part = others[start : start + _PLACES_AT_ONCE]
        runs = ((before[a], before[b]) for a, b in places.around(part, of=len(others)))
        labels[part] = _nearest(places, part, runs, cores, labels)


def _nearest(
    places: PlacesInCells,
    part: Ints,
    runs: Iterable[tuple[Ints, Ints]],
    cores: Ints,
    labels: Ints,
) -> Ints:
    """Return the label of each place's nearest core; ``runs`` (from, to) are of ``cores``."""
    best = np.full(len(part), np.inf)
    found = np.full(len(part), -1, dtype=np.int64)
    for first, last in runs:
        some = np.flatnonzero(last > first)
        for few in portions(last[some] - first[some]):
            at = some[few]
            length = last[at] - first[at]
            pair, spot = runs_unfolded(first[at], length)
            away, label = _least(places, part[at][pair], cores[spot], length, labels)
            lowest = np.where(away == best[at], np.minimum(label, found[at]), label)
            found[at] = np.where(away <= best[at], lowest, found[at])
            best[at] = np.minimum(away, best[at])
    found[np.isinf(best)] = -1
    return found


def _least(
    places: PlacesInCells, one: Ints, core: Ints, length: Ints, labels: Ints
) -> tuple[Floats, Ints]:
    """Return the least squared distance in each run of pairs, and the lowest label that has it.

    Infinite where no core is within the radius.
    """
    away = places.squared(one, core)
    away[away > places.radius_m * places.radius_m] = np.inf
    start = np.cumsum(length) - length
    least = np.minimum.reduceat(away, start)
    label = np.where(away == np.repeat(least, length), labels[core], np.iinfo(np.int64).max)
    return least, np.minimum.reduceat(label, start)
