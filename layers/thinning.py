"""Which features of a layer a map shows in its window: all, or as many as can be told apart.

Where more lie in the window than a browser draws with ease, those that would fall on each other
are thinned: of each square of a few pixels the largest stays, in ever larger squares until few
enough are left. What is left out is counted, and comes in as one looks closer.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray

from layers.queries import Box, Features

MOST_SHOWN = 3_000
_PIXELS = 3
_TILE = 256


class Window(NamedTuple):
    """Rows of the features to show, in their order, and how many there are in the window."""

    rows: NDArray[np.int64]
    total: int


def pixel_deg(zoom: float) -> float:
    """Return how many degrees of longitude a pixel of a Web Mercator map has."""
    return float(360.0 / (_TILE * 2.0**zoom))


def zoom_of(width_deg: float, pixels: int) -> float:
    """Return the zoom at which so many degrees of longitude are so many pixels wide."""
    return math.log2(360.0 * pixels / (_TILE * max(width_deg, 1e-6)))


def rows_in(found: Features, bounds: Box, zoom: float, *, most: int = MOST_SHOWN) -> Window:
    """Return which features to show in a WGS 84 box at a zoom, at most ``most``."""
    rows = np.sort(found.tree.query(shapely.box(*bounds), predicate="intersects"))
    if len(rows) <= most:
        return Window(rows, len(rows))
    boxes = shapely.bounds(found.geometries[rows])
    size = np.hypot(boxes[:, 2] - boxes[:, 0], boxes[:, 3] - boxes[:, 1])
    largest_first = np.argsort(-size, kind="stable")
    x, y = boxes[:, 0] + boxes[:, 2], boxes[:, 1] + boxes[:, 3]
    cell = _PIXELS * pixel_deg(zoom)
    kept = largest_first
    while len(kept) > most:
        cells = np.column_stack([x[kept] // (2 * cell), y[kept] // (2 * cell)])
        _, first = np.unique(cells, axis=0, return_index=True)
        kept = kept[np.sort(first)]
        cell *= 2
    return Window(np.sort(rows[kept]), len(rows))
