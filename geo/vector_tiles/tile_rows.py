"""Which pins lie in a tile, and where in it, from an index of pins."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geo.cluster_index import KEY_ZOOM, PinIndex, mercator_unit, tile_keys_of
from geo.vector_tiles.point_layer import EXTENT

Ints = NDArray[np.int64]
#: A point's place in a tile at most; beyond it the keys of the index are coarser than the tile.
MOST_ZOOM = 22
#: With more points than these in a tile, those of one cell of this many units are one point.
MOST_POINTS, CELL = 50_000, 8


@dataclass(frozen=True)
class TilePoints:
    """Points of a tile: a row of the index each, its place in the tile, how many it stands for.

    Every pin counts in exactly one point of exactly one tile per zoom.
    """

    rows: Ints
    x: Ints
    y: Ints
    counts: Ints


def tile_points(index: PinIndex, zoom: int, column: int, row: int) -> TilePoints:
    """Return the points of a tile of the XYZ scheme; where they are dense, one for each cell."""
    shift = 2 * (KEY_ZOOM - zoom)
    first = tile_keys_of(column, row)
    low, high = np.searchsorted(index.keys, [first << shift, (first + 1) << shift])
    rows = np.arange(low, high, dtype=np.int64)
    x, y = mercator_unit(index.longitude[low:high], index.latitude[low:high])
    side = 1 << zoom
    across, down = (
        np.clip(((unit * side - at) * EXTENT).astype(np.int64), 0, EXTENT - 1)
        for unit, at in ((x, column), (y, row))
    )
    points = TilePoints(rows, across, down, np.ones(len(rows), np.int64))
    return points if len(rows) <= MOST_POINTS else _thinned(points)


def _thinned(points: TilePoints) -> TilePoints:
    """Return the first point of each cell, with how many there are in it."""
    cells = points.x // CELL * EXTENT + points.y // CELL
    _cells, first, counts = np.unique(cells, return_index=True, return_counts=True)
    return TilePoints(points.rows[first], points.x[first], points.y[first], counts)
