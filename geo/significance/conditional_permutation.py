"""How often a window around a cell would sum to as much if the others' values changed places.

The cell keeps its value; those of its neighbours are drawn, without replacement, from all others
(Anselin 1995). The distribution of such a sum has a known mean, variance and third moment, from
which a Pearson III distribution gives a p-value for all cells at once; where that is small, or
cells are few, draws are made.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from geo.partitions.strips import DoAll
from geo.significance.multiple_testing import benjamini_hochberg

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

#: Among so many cells draws are made for every one.
FEW_CELLS = 300
_TIE = 1e-9
_EXACT = 11
_VALUES_AT_ONCE = 4_000_000
_CELLS_AT_ONCE = 32


@dataclass(frozen=True)
class TailP:
    """P-values of sums as large (``high``) and as small (``low``) as the observed ones."""

    high: Floats
    low: Floats


def pearson_tails(values: Floats, sums: Floats, neighbours: Ints) -> TailP:
    """Return p-values from the exact moments of sampling without replacement.

    ``sums`` are those of each cell's value and its ``neighbours`` many others'. A cell without
    neighbours, or among equal values, has 1.
    """
    from scipy import stats  # type: ignore[import-untyped]  # half a second to load

    count = len(values) - 1
    mean, variance, third = _moments_without(values)
    k = neighbours.astype(np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        spread = k * (count - k) / (count - 1) * variance
        lean = k * (count - k) * (count - 2 * k) / ((count - 1) * (count - 2)) * third
        z = (sums - values - k * mean) / np.sqrt(spread)
        skew = np.nan_to_num(lean / spread**1.5)
        varies = spread > _TIE * np.maximum(1.0, mean**2)
        high = np.where(varies, stats.pearson3.sf(z, skew), 1.0)
        low = np.where(varies, stats.pearson3.cdf(z, skew), 1.0)
    return TailP(
        np.clip(np.nan_to_num(high, nan=1.0), 0, 1), np.clip(np.nan_to_num(low, nan=1.0), 0, 1)
    )


def drawn_tails(
    values: Floats,
    sums: Floats,
    neighbours: Ints,
    which: Ints,
    *,
    draws: int,
    seed: int,
    do_all: DoAll = map,
) -> TailP:
    """Return p-values of the cells ``which`` from permutations, at least 1/(``draws`` + 1).

    ``do_all`` may count elsewhere, so many cells at a time; what is drawn is drawn here, so that
    the result is the same.
    """
    rng = np.random.default_rng(seed)
    most = int(neighbours[which].max(initial=0))
    high, low = np.ones(len(which)), np.ones(len(which))
    at_once = max(1, _VALUES_AT_ONCE // max(most, 1))
    for start in range(0, draws, at_once):
        others = _without_replacement(rng, min(at_once, draws - start), most, len(values) - 1)
        count = partial(counted_draws, values=values, sums=sums, near=neighbours, others=others)
        cells = [which[at : at + _CELLS_AT_ONCE] for at in range(0, len(which), _CELLS_AT_ONCE)]
        for at, (as_high, as_low) in enumerate(do_all(count, cells)):
            high[at * _CELLS_AT_ONCE : (at + 1) * _CELLS_AT_ONCE] += as_high
            low[at * _CELLS_AT_ONCE : (at + 1) * _CELLS_AT_ONCE] += as_low
    return TailP(high / (draws + 1), low / (draws + 1))


def counted_draws(
    cells: Ints, *, values: Floats, sums: Floats, near: Ints, others: Ints
) -> tuple[Ints, Ints]:
    """Count for each cell the draws (rows of ``others``) that sum to as much, and to as little."""
    high, low = np.zeros(len(cells), dtype=np.int64), np.zeros(len(cells), dtype=np.int64)
    for at, cell in enumerate(cells.tolist()):
        picked = others[:, : near[cell]]
        drawn = values[picked + (picked >= cell)].sum(axis=1) + values[cell]
        slack = _TIE * max(1.0, abs(float(sums[cell])))
        high[at] = np.count_nonzero(drawn >= sums[cell] - slack)
        low[at] = np.count_nonzero(drawn <= sums[cell] + slack)
    return high, low


def conditional_p(
    values: Floats,
    sums: Floats,
    neighbours: Ints,
    *,
    level: float,
    draws: int,
    seed: int,
    do_all: DoAll = map,
) -> TailP:
    """Return the p-values of each cell.

    Up to ``FEW_CELLS`` by draws alone. Of more, by moments; draws are then made for those alone
    that would be rejected at ``level``, all together, and hold where they are exact enough (ten as
    extreme or more), else the larger of both. The values must come in an order that does not hang
    on that of the input. ``do_all``: see :func:`drawn_tails`.
    """
    count = len(values)
    if count < 3:
        return TailP(np.ones(count), np.ones(count))
    if count <= FEW_CELLS:
        everyone = np.arange(count)
        return drawn_tails(
            values, sums, neighbours, everyone, draws=draws, seed=seed, do_all=do_all
        )
    tails = pearson_tails(values, sums, neighbours)
    rejected = [benjamini_hochberg(tail, level=level) for tail in (tails.high, tails.low)]
    which = np.flatnonzero(rejected[0] | rejected[1])
    drawn = drawn_tails(values, sums, neighbours, which, draws=draws, seed=seed, do_all=do_all)
    exact = _EXACT / (draws + 1)
    for tail, found in ((tails.high, drawn.high), (tails.low, drawn.low)):
        tail[which] = np.where(found >= exact, found, np.maximum(found, tail[which]))
    return tails


def _moments_without(values: Floats) -> tuple[Floats, Floats, Floats]:
    """Return mean, variance and third central moment of all others, for each cell."""
    count = len(values) - 1
    moved = values - values.mean()
    first = (moved.sum() - moved) / count
    second = ((moved**2).sum() - moved**2) / count
    third = ((moved**3).sum() - moved**3) / count
    variance = np.maximum(second - first**2, 0.0)
    return first + values.mean(), variance, third - 3 * first * second + 2 * first**3


def _without_replacement(rng: np.random.Generator, rows: int, size: int, count: int) -> Ints:
    """Return rows of ``size`` different numbers below ``count``."""
    if size * 4 >= count:
        return rng.permuted(np.tile(np.arange(count), (rows, 1)), axis=1)[:, :size]
    found = rng.integers(0, count, (rows, size))
    again = np.arange(rows)
    while len(again):
        ordered = np.sort(found[again], axis=1)
        again = again[(ordered[:, 1:] == ordered[:, :-1]).any(axis=1)]
        found[again] = rng.integers(0, count, (len(again), size))
    return found
