"""Classes and colours of a choropleth."""

from __future__ import annotations

import numpy as np
import pandas as pd

#: Light to dark, readable by colour-blind eyes (ColorBrewer's YlGnBu, five classes).
PALETTE = ["#ffffcc", "#a1dab4", "#41b6c4", "#2c7fb8", "#253494"]


def class_breaks(values: pd.Series, classes: int = len(PALETTE)) -> list[float]:
    """Return the upper bounds of at most ``classes`` quantile classes, rising, the last the most.

    Equal quantiles fall together, so a column of one value has one class; null values are left out.
    """
    numbers = values.dropna().to_numpy(float)
    if not len(numbers):
        return [0.0]
    steps = np.quantile(numbers, np.linspace(0, 1, classes + 1)[1:], method="higher")
    return [float(value) for value in np.unique(steps)]
