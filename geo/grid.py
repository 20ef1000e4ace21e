"""Polygon edges laid over a table of square cells.

Coordinates here are in cell units: the cell of a point is its two coordinates rounded down, and
the number of a cell is ``row * columns + column``.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

# Cells are widened by this share when edges are entered: far above rounding, far below a cell.
_SLACK = 1e-6
# With the slack on both sides still shorter than a cell, so a piece touches two at most per axis.
_PIECE = 0.99


class Edges(NamedTuple):
    """Edges from a to b of polygon rings, and the row position of the polygon that owns each."""

    ax: Floats
    ay: Floats
    bx: Floats
    by: Floats
    owner: Ints


def edges_of(polygons: NDArray[np.object_]) -> Edges:
    """Return every edge of every ring; owners ascend."""
    parts, part_owner = shapely.get_parts(polygons, return_index=True)
    rings, ring_part = shapely.get_rings(parts, return_index=True)
    xy, ring = shapely.get_coordinates(rings, return_index=True)
    x, y = xy[:, 0].copy(), xy[:, 1].copy()
    start = np.flatnonzero(ring[:-1] == ring[1:])
    return Edges(x[start], y[start], x[start + 1], y[start + 1], part_owner[ring_part[ring[start]]])


def expand(first: Ints, count: Ints) -> tuple[Ints, Ints]:
    """Unfold runs: ``count[i]`` numbers from ``first[i]`` on, each beside its i."""
    return np.repeat(np.arange(len(count)), count), runs(first, count)


def runs(first: Ints, count: Ints) -> Ints:
    """Return ``count[i]`` numbers from ``first[i]`` on, one run after the other."""
    ends = np.cumsum(count)
    unfolded = np.repeat(first - ends + count, count)
    unfolded += np.arange(len(unfolded))
    return unfolded


def cells_touched(edges: Edges, columns: int, rows: int) -> tuple[Ints, Ints]:
    """Return (cell, edge) for every cell that an edge may touch, with repeats."""
    length = np.maximum(np.abs(edges.bx - edges.ax), np.abs(edges.by - edges.ay))
    pieces = np.maximum(np.ceil(length / _PIECE), 1).astype(np.int64)
    edge, number = expand(np.zeros(len(pieces), dtype=np.int64), pieces)
    begin, end = number / pieces[edge], (number + 1) / pieces[edge]
    left, right = _span(edges.ax[edge], edges.bx[edge], begin, end, columns)
    low, high = _span(edges.ay[edge], edges.by[edge], begin, end, rows)
    # A piece lies in a block of at most two by two cells.
    wide, tall = right != left, high != low
    both = wide & tall
    cells = [
        low * columns + left,
        (low * columns + right)[wide],
        (high * columns + left)[tall],
        (high * columns + right)[both],
    ]
    return np.concatenate(cells), np.concatenate([edge, edge[wide], edge[tall], edge[both]])


def _span(a: Floats, b: Floats, begin: Floats, end: Floats, most: int) -> tuple[Ints, Ints]:
    """Return the first and last cell along one axis of the pieces from begin to end of a to b."""
    one, two = a + (b - a) * begin, a + (b - a) * end
    lowest = np.maximum(np.minimum(one, two) - _SLACK, 0.0).astype(np.int64)
    highest = np.minimum((np.maximum(one, two) + _SLACK).astype(np.int64), most - 1)
    return lowest, highest


def cells_filled(edges: Edges, columns: int, rows: int) -> tuple[Ints, NDArray[np.int32]]:
    """Return (cell, owner) for every cell whose centre lies in the owner; owners ascend."""
    low = np.ceil(np.minimum(edges.ay, edges.by) - 0.5).astype(np.int64)
    high = np.ceil(np.maximum(edges.ay, edges.by) - 0.5).astype(np.int64)
    edge, row = expand(low, high - low)
    ax, ay = edges.ax[edge], edges.ay[edge]
    crossing = ax + (row + 0.5 - ay) * (edges.bx[edge] - ax) / (edges.by[edge] - ay)
    # Sorting one number that holds owner, row and crossing pairs the crossings of each scan line.
    stride = columns + 2.0
    line = (edges.owner[edge] * rows + row).astype(np.float64)
    ordered = np.sort(line * stride + np.clip(crossing, 0.0, columns) + 0.5).reshape(-1, 2)
    line_of = np.floor(ordered[:, 0] / stride).astype(np.int64)
    column = np.ceil(ordered - 1.0 - (line_of * stride)[:, np.newaxis]).astype(np.int64)
    count = column[:, 1] - column[:, 0]
    owner, row_of = np.divmod(line_of, rows)
    return runs(row_of * columns + column[:, 0], count), np.repeat(owner.astype(np.int32), count)
