"""How far people in nested discs exceed the background: the likelihood ratio of a scan statistic.

Kulldorff (1997) for a Poisson background, counted only where the effect is large enough to matter.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geo.significance.background import Background
from geo.significance.hex_grid import HexGrid
from geo.significance.verdicts import LEAST_PEOPLE

Floats = NDArray[np.float64]
Floats32 = NDArray[np.float32]

LEAST_EFFECT = 2.5
#: Discs reach this many cells from the middle one.
STEPS = (0, 1, 2, 3)
_DISPERSION_AT, _DISPERSION_SHARE = 1, 0.95


@dataclass(frozen=True)
class Scanned:
    """Of each size of disc the ratio at each cell (cells x maps); the background; the spread."""

    ratios: list[Floats32]
    expected: Floats32
    dispersion: Floats


class DiscScan:
    """Scans maps of counts per cell, each against a background estimated from itself."""

    def __init__(self, grid: HexGrid, background: Background) -> None:
        self._background = background
        self.rings = [grid.disc(step, step) for step in STEPS]

    def scan(self, counts: Floats32) -> Scanned:
        """Scan maps; ``counts`` is cells x maps."""
        expected = self._background.expected(counts)
        ratios, dispersion = [], np.zeros(counts.shape[1])
        for step, people, would_be in self._discs(counts, expected):
            ratios.append(log_likelihood_ratio(people, would_be))
            if step == _DISPERSION_AT:
                dispersion = _dispersion(people, would_be)
        return Scanned(ratios, expected, dispersion)

    def dispersion(self, counts: Floats32) -> Floats:
        """Return how much more than a Poisson map each map varies around its background."""
        expected = self._background.expected(counts)
        return next(
            _dispersion(people, would_be)
            for step, people, would_be in self._discs(counts, expected)
            if step == _DISPERSION_AT
        )

    def _discs(
        self, counts: Floats32, expected: Floats32
    ) -> Iterator[tuple[int, Floats32, Floats32]]:
        people, would_be = np.zeros_like(counts), np.zeros_like(expected)
        for step, ring in zip(STEPS, self.rings, strict=True):
            people = people + ring @ counts
            would_be = would_be + ring @ expected
            yield step, people, would_be


def log_likelihood_ratio(people: Floats32, expected: Floats32) -> Floats32:
    """Return n ln(n/e) - (n - e), 0 below ``LEAST_PEOPLE`` or ``LEAST_EFFECT``."""
    ratio = np.zeros(people.shape, dtype=np.float32)
    at = np.flatnonzero((people >= LEAST_PEOPLE) & (people >= LEAST_EFFECT * expected))
    n, e = people.ravel()[at], np.maximum(expected.ravel()[at], 1e-6)
    ratio.ravel()[at] = n * np.log(n / e) - (n - e)
    return ratio


def _dispersion(people: Floats32, expected: Floats32) -> Floats:
    """Return the mean squared residual, scaled as Pearson's, without the largest twentieth."""
    spread = (people - expected) ** 2 / np.maximum(expected, 0.05)
    kept = max(1, int(_DISPERSION_SHARE * len(spread)))
    return np.partition(spread, kept - 1, axis=0)[:kept].mean(axis=0, dtype=np.float64)
