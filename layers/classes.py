"""Classes and colours of a choropleth.

Classes are natural breaks (Fisher 1958, Jenks 1977, by ``jenkspy``): of all ways to cut the values
into so many classes, the one in which those of a class differ least. Quantiles, which were here
before, put communities of one proposal and of forty into one class as soon as many have few.
"""

from __future__ import annotations

from collections.abc import Sequence

import jenkspy
import numpy as np
import pandas as pd

#: Light to dark, readable by colour-blind eyes (ColorBrewer's YlGnBu, five classes).
PALETTE = ["#ffffcc", "#a1dab4", "#41b6c4", "#2c7fb8", "#253494"]
#: What is worked out from fewer proposals than this may be chance: it is drawn hatched.
FEW = 5


def class_breaks(*columns: pd.Series, classes: int = len(PALETTE)) -> list[float]:
    """Return the upper bounds of at most ``classes`` classes, rising, the last the most.

    Several columns are given the same classes, so that their maps can be compared. Null values are
    left out; of fewer different values than classes each is one.
    """
    parts = [column.dropna().to_numpy(float) for column in columns]
    numbers = np.concatenate(parts) if parts else np.zeros(0)
    if not len(numbers):
        return [0.0]
    different = np.unique(numbers)
    if len(different) <= classes:
        return [float(value) for value in different]
    breaks = jenkspy.jenks_breaks(numbers, n_classes=classes)[1:]
    return [float(value) for value in np.unique(breaks)]


def class_of(value: float, breaks: Sequence[float]) -> int:
    """Return the number of a value's class, from 0."""
    return min(int(np.searchsorted(breaks, value)), len(breaks) - 1)


def class_bounds(breaks: Sequence[float], least: float = 0.0) -> list[tuple[float, float]]:
    """Return the bounds of the classes for a legend, the first from ``least``."""
    return list(zip([min(least, breaks[0]), *breaks[:-1]], breaks, strict=True))
