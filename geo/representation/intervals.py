"""How far a count of people may be from chance: binomial tails and exact intervals."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import special  # type: ignore[import-untyped]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


def share_interval(count: Ints, total: int, *, level: float = 0.05) -> tuple[Floats, Floats]:
    """Return the lower and upper bounds of the shares behind counts out of a total.

    The exact interval of Clopper and Pearson (1934), which holds the true share in at least
    1 - ``level`` of all samples, whatever the share. From 0 to 1 where ``total`` is 0.
    """
    count = np.asarray(count, dtype=np.int64)
    low = np.where(count > 0, special.betaincinv(count, total - count + 1, level / 2), 0.0)
    high = np.where(count < total, special.betaincinv(count + 1, total - count, 1 - level / 2), 1.0)
    return low, high


def tails(count: Ints, total: int, share: Floats) -> tuple[Floats, Floats]:
    """Return how likely so few people or fewer are, and so many or more, by chance alone.

    By chance each of ``total`` people is of a group with the probability ``share`` of that group.
    Missing where the share is.
    """
    few = special.bdtr(count, total, share)
    many = special.bdtrc(np.asarray(count) - 1, total, share)
    unknown = ~np.isfinite(share)
    return np.where(unknown, np.nan, few), np.where(unknown, np.nan, many)
