"""Random maps without hotspots: people come in small groups of neighbours with one grievance.

The process is Neyman and Scott's (1958): first comers from the background, each with Poisson(mu)
others within some 15 m; mu is such that random maps vary as much as the real one does.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from geo.significance.hex_grid import HexGrid, axial

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Floats32 = NDArray[np.float32]

GROUP_M = 15.0
_MU = (0.0, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0)
_MAPS_TO_FIT = 8
_NORMAL_STEPS = 15


class ClusteredNull:
    """Draws counts per cell around a background ``expected`` (people per cell)."""

    def __init__(self, grid: HexGrid, expected: Floats) -> None:
        self._expected = np.asarray(expected, dtype=np.float64)

        self._stay = share_that_stays(grid.width_m)
        steps = ((1, 0), (0, 1), (-1, 1), (-1, 0), (0, -1), (1, -1))
        self._there = [grid.find(grid.q + dq, grid.r + dr) for dq, dr in steps]

    def draw(self, rng: np.random.Generator, maps: int, *, mu: float) -> Floats32:
        """Return counts, cells x maps."""
        first = rng.poisson(self._expected / (1 + mu), (maps, len(self._expected)))
        counts = first.astype(np.float32).T.copy()
        if mu > 0:
            for at in range(maps):
                counts[:, at] += self._others(rng, first[at], mu)
        return counts

    def _others(self, rng: np.random.Generator, first: Ints, mu: float) -> Floats32:
        cells = np.flatnonzero(first)
        more = rng.poisson(mu * first[cells])
        cells, more = cells[more > 0], more[more > 0]
        stay = rng.binomial(more, self._stay)
        sums = np.bincount(cells, stay, len(first))
        left = more - stay
        for number, there in enumerate(self._there):
            go = rng.binomial(left, 1 / (len(self._there) - number))
            left = left - go
            target = there[cells]
            sums += np.bincount(target[target >= 0], go[target >= 0], len(first))
        return sums.astype(np.float32)


def fitted_mu(
    null: ClusteredNull,
    dispersion: Callable[[Floats32], Floats],
    observed: float,
    rng: np.random.Generator,
) -> float:
    """Return the mu with which drawn maps are as dispersed as the real one, interpolated."""
    before = (0.0, -np.inf)
    for mu in _MU:
        found = float(dispersion(null.draw(rng, _MAPS_TO_FIT, mu=mu)).mean())
        if found >= observed:
            share = (observed - before[1]) / (found - before[1]) if mu else 0.0
            return before[0] + share * (mu - before[0])
        before = (mu, found)
    return before[0]


def share_that_stays(width_m: float) -> float:
    """Return which share of the others are in the cell of the first comer."""
    steps = (np.arange(_NORMAL_STEPS) + 0.5) / _NORMAL_STEPS
    radius = GROUP_M * np.sqrt(-2 * np.log(1 - steps))
    angle = 2 * np.pi * (np.arange(12) + 0.25) / 12
    dx, dy = np.outer(radius, np.cos(angle)).ravel(), np.outer(radius, np.sin(angle)).ravel()
    spot = (np.arange(25) - 12) / 24 * 1.2 * width_m
    x, y = (values.ravel() for values in np.meshgrid(spot, spot))
    q, r = axial(x, y, width_m)
    x, y = x[(q == 0) & (r == 0)], y[(q == 0) & (r == 0)]
    q, r = axial((x[:, np.newaxis] + dx).ravel(), (y[:, np.newaxis] + dy).ravel(), width_m)
    return float(np.mean((q == 0) & (r == 0)))
