"""Many questions at once: how small a p-value must be among others."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def benjamini_hochberg(p_values: Floats, *, level: float) -> NDArray[np.bool_]:
    """Return which hypotheses are rejected so that at most ``level`` of those are wrongly.

    Benjamini and Hochberg (1995). Missing p-values are no hypotheses.
    """
    known = np.flatnonzero(np.isfinite(p_values))
    ordered = np.sort(p_values[known])
    small = np.flatnonzero(ordered <= level * np.arange(1, len(known) + 1) / max(len(known), 1))
    rejected = np.zeros(len(p_values), dtype=bool)
    if len(small):
        rejected[known] = p_values[known] <= ordered[small[-1]]
    return rejected
