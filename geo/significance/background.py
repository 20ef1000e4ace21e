"""How many people would stand in each cell if none of them crowded.

The rate is smoothed inside each community, so that its edges stay, and leans on the community's own
rate; cells that stand out are cut off first, so that a hotspot does not raise its own background.
"""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp  # type: ignore[import-untyped]
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar  # type: ignore[import-untyped]

from geo.significance.hex_grid import HexGrid

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Floats32 = NDArray[np.float32]

SMOOTHED_M = 280.0
#: A community's own rate weighs as much as this area around each cell.
_LEAN_M2 = 40_000.0
_CUTS = 2
# Half of the 95th percentile of chi squared with one degree of freedom.
_WORTH_A_PARAMETER = 1.92


class Background:
    """Smooths counts per cell, of many maps at once.

    ``exposure`` is what people are expected in proportion to, per cell; the area where there is
    nothing else to say.
    """

    def __init__(self, grid: HexGrid, exposure: Floats) -> None:
        steps = max(1, round(SMOOTHED_M / grid.width_m))
        self._smooth = grid.disc(0, steps, in_polygon=True)
        number = int(grid.polygon.max(initial=-1)) + 1
        cells = np.arange(len(grid))
        ones = np.ones(len(grid), dtype=np.float32)
        self._polygon = grid.polygon
        self._total = sp.csr_matrix((ones, (grid.polygon, cells)), shape=(number, len(grid)))
        self._exposure = _column(exposure)
        self._of_polygon = np.maximum(_column(self._total @ exposure), 1e-12)
        self._lean = np.float32(_LEAN_M2 * exposure.sum() / max(grid.area_m2.sum(), 1e-12))
        self._around = self._smooth @ self._exposure + self._lean

    def expected(self, counts: Floats32) -> Floats32:
        """Return the background of each map: ``counts`` is cells x maps, and so is the result."""
        kept = counts
        for _ in range(_CUTS):
            level = self._level(kept)
            kept = np.minimum(counts, level + 2 * np.sqrt(level) + 1)
        level = self._level(kept)
        scale = counts.sum(axis=0) / np.maximum(level.sum(axis=0), 1e-12)
        return level * scale.astype(np.float32)

    def _level(self, counts: Floats32) -> Floats32:
        rate = ((self._total @ counts) / self._of_polygon)[self._polygon]
        level: Floats32 = (self._smooth @ counts + rate * self._lean) / self._around
        return level * self._exposure


def blended_exposure(
    counts: Floats, grid: HexGrid, exposure: Floats | None
) -> tuple[Floats, float]:
    """Return area and exposure blended as the people themselves lie, and the exposure's share.

    People of a community are taken to be spread in proportion to (1 - share) x area + share x
    exposure; the share is the likeliest one. So an exposure may be in any unit, and one that has
    nothing to do with where people are leaves the area alone. The blend is in square metres.
    """
    area = grid.area_m2
    if exposure is None or exposure.sum() <= 0 or counts.sum() <= 0:
        return area, 0.0
    scaled = exposure * (area.sum() / exposure.sum())
    kept = np.minimum(counts, 2.0)  # a crowd is one place, not many
    number = int(grid.polygon.max()) + 1

    def unlikely(share: float) -> float:
        blend = (1 - share) * area + share * scaled
        whole = np.bincount(grid.polygon, blend, number)[grid.polygon]
        return -float(np.sum(kept * np.log(np.maximum(blend / whole, 1e-300))))

    share = float(minimize_scalar(unlikely, bounds=(0.0, 0.99), method="bounded").x)
    if unlikely(0.0) - unlikely(share) < _WORTH_A_PARAMETER:
        return area, 0.0
    return (1 - share) * area + share * scaled, share


def _column(values: Floats) -> Floats32:
    return np.asarray(values, dtype=np.float32)[:, np.newaxis]
