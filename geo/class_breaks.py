"""Classes and colours of a choropleth.

Classes are natural breaks (Fisher 1958, Jenks 1977): of all ways to cut the values into so many
classes, the one in which those of a class differ least. Quantiles, which were here before, put
communities of one proposal and of forty into one class as soon as many have few.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

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
    different, times = np.unique(numbers, return_counts=True)
    if len(different) <= classes:
        return [float(value) for value in different]
    return [float(value) for value in _natural_breaks(different, times, classes)]


#: The ways to cut: by least difference within classes, into equally many, into equal widths.
METHODS = ("natural", "quantiles", "equal")
_MOST_NATURAL = 2_000


def breaks_by(values: pd.Series, classes: int, method: str) -> list[float]:
    """Return the upper bounds of at most ``classes`` classes by one of ``METHODS``, rising.

    The last is the largest value. Null values are left out; bounds that fall together are one.
    Natural breaks of more than 2,000 different values are those of so many evenly ranked ones.
    """
    numbers = np.sort(values.dropna().to_numpy(float))
    if not len(numbers):
        return [0.0]
    if method == "equal":
        bounds = np.linspace(numbers[0], numbers[-1], classes + 1)[1:]
    elif method == "quantiles":
        ranks = np.ceil(np.arange(1, classes + 1) * len(numbers) / classes).astype(int) - 1
        bounds = numbers[ranks]
    else:
        few = numbers[np.unique(np.linspace(0, len(numbers) - 1, _MOST_NATURAL).astype(int))]
        bounds = np.array(class_breaks(pd.Series(few), classes=classes))
    bounds[-1] = numbers[-1]
    return [float(one) for one in np.unique(bounds)]


def _natural_breaks(
    values: NDArray[np.float64], times: NDArray[np.int64], classes: int
) -> NDArray[np.float64]:
    """Return the upper bounds of so many classes of values, which rise and come so many ``times``.

    The cut with the least squared deviations from the means of the classes, by the exact algorithm
    of Fisher (1958); of equally good ones that with the lowest bounds. Takes time with the square
    of the number of values: 1,000 take 0.1 s.
    """
    count = len(values)
    centred = values - values[count // 2]  # so that large values lose no digits
    sums = np.zeros((3, count + 1))
    np.cumsum([times, times * centred, times * centred**2], axis=1, out=sums[:, 1:])
    # least[k, n]: the least deviations of the first n values in k + 1 classes; cut[k, n]: how many
    # of them lie below the last of these.
    least = np.full((classes, count + 1), np.inf)
    cut = np.zeros((classes, count + 1), dtype=np.int64)
    for end in range(1, count + 1):
        weight, total, squares = sums[:, end, None] - sums[:, :end]
        within = squares - total**2 / weight
        least[0, end] = within[0]
        reached = least[:-1, :end] + within
        cut[1:, end] = reached.argmin(axis=1)
        least[1:, end] = reached.min(axis=1)
    ends = [count]
    for number in range(classes - 1, 0, -1):
        ends.append(int(cut[number, ends[-1]]))
    return values[np.array(ends[::-1]) - 1]


def class_of(value: float, breaks: Sequence[float]) -> int:
    """Return the number of a value's class, from 0."""
    return min(int(np.searchsorted(breaks, value)), len(breaks) - 1)


def class_bounds(
    breaks: Sequence[float], least: float = 0.0, *, whole: bool = False
) -> list[tuple[float, float]]:
    """Return the bounds of the classes for a legend, the first from ``least``.

    A class reaches from above the class below it. Of ``whole`` numbers it begins with the next
    one: 0 – 2, 3 – 7. Where both bounds are the same, one number is all that is in the class.
    """
    lower = [min(least, breaks[0]), *(value + 1 if whole else value for value in breaks[:-1])]
    return list(zip(lower, breaks, strict=True))
