"""Places sorted into square cells so small that any two places of a cell are within the radius.

A cell is a little smaller than the radius / √2. What lies within the radius of a place is then in
five rows of cells, and in each row in one run of the sorted places: they are sorted by row and,
within it, by fine columns of half a cell.

Source of the grid: Gunawan (2013), A faster algorithm for DBSCAN; Wang, Gu and Shun (2020).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

#: Rows of cells that a radius reaches into, the nearest first.
ROWS = (0, -1, 1, -2, 2)
#: So many pairs of places are compared at once: they fit the processor's cache.
PAIRS_AT_ONCE = 1 << 17
_FINE = 2
_MARGIN = 3
_ROUNDING = 1e-6
_SMALLEST_CELL = 0.4
_MOST_KEYS = 2**62
_TABLE_PER_QUERY = 32
_GRID_PER_PLACE, _SMALLEST_GRID = 8, 1 << 20


class TooFineError(ValueError):
    """The radius is so small beside the extent that cells cannot be told apart."""


@dataclass(frozen=True)
class PlacesInCells:
    """Places in the order of their cells. All arrays but ``cell_…`` are a place long.

    ``order`` gives the row each place came from; ``x``, ``y`` in metres, ``weight``; ``row`` its
    row of cells; ``cell`` its cell, counted from 0 in the order of the places. ``cell_start`` is
    each cell's first place, with one more at the end; ``cell_row`` and ``cell_column`` where it is.
    """

    order: Ints
    x: Floats
    y: Floats
    weight: Ints
    row: Ints
    cell: Ints
    cell_start: Ints
    cell_row: Ints
    cell_column: Ints
    radius_m: float
    side_m: float
    west: float
    south: float
    columns: int
    keys: Ints
    slack_m: float

    @cached_property
    def weight_before(self) -> Ints:
        """Return the weight of all places before each place, and of all at the end."""
        return np.concatenate([[0], np.cumsum(self.weight)])

    @cached_property
    def _table(self) -> NDArray[np.int32]:
        """Return how many places are before each key."""
        counts = np.bincount(self.keys, minlength=self._rows * self.columns * _FINE)
        table = np.zeros(len(counts) + 1, dtype=np.int32)
        np.cumsum(counts, out=table[1:])
        return table

    @property
    def _rows(self) -> int:
        return int(self.cell_row[-1]) + _MARGIN

    def _first(self, keys: Ints, *, by_table: bool) -> NDArray[Any]:
        """Return the position of the first place that has a key or a greater one."""
        if by_table:
            return self._table[keys]
        return np.searchsorted(self.keys, keys).astype(np.int64)

    @property
    def fills_grid(self) -> bool:
        """Tell whether an array of all cells of the rectangle costs no more than the places."""
        return self._rows * self.columns <= max(_GRID_PER_PLACE * len(self.x), _SMALLEST_GRID)

    def find_cells(self, keys: Ints, wanted: Ints) -> NDArray[Any]:
        """Return where each wanted key (row × columns + column) stands in ``keys``, else -1.

        ``keys`` ascend.
        """
        if self.fills_grid:
            grid = np.full((self._rows + _MARGIN) * self.columns, -1, dtype=np.int32)
            grid[keys] = np.arange(len(keys), dtype=np.int32)
            return grid[wanted]
        at = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
        return np.where(keys[at] == wanted, at, -1)

    def sum_around(self, values: Ints) -> Ints:
        """Return for each cell the sum of a value of cells over it and all cells in reach."""
        if self.fills_grid:
            grid = np.zeros((self._rows, self.columns), dtype=np.int64)
            grid[self.cell_row, self.cell_column] = values
            wide = sum(grid[:, n : n + self.columns - 4] for n in range(1, 5)) + grid[:, :-4]
            high = sum(wide[n : n + self._rows - 4] for n in range(1, 5)) + wide[:-4]
            return np.asarray(high[self.cell_row - 2, self.cell_column - 2])
        before = np.concatenate([[0], np.cumsum(values)])
        keys = self.cell_row * self.columns + self.cell_column
        found = np.zeros(len(keys), dtype=np.int64)
        for up in ROWS:
            first, last = (keys + (up * self.columns + reach) for reach in (-2, 3))
            found += before[np.searchsorted(keys, last)] - before[np.searchsorted(keys, first)]
        return found

    def around(self, places: Ints, *, of: int) -> Iterator[tuple[Ints, Ints]]:
        """Yield for each of the five rows the runs (from, to) of places that may be in reach.

        ``of``: how many are asked for in all; a table of all cells pays from a part of them on.
        """
        x, y, row = self.x[places], self.y[places], self.row[places]
        size = self._rows * self.columns * _FINE
        by_table = size <= _TABLE_PER_QUERY * of
        for up in ROWS:
            half = self._half_chord(y, row, up)
            base = (row + up) * (self.columns * _FINE)
            first = self._first(base + self._fine_column(x - half), by_table=by_table)
            last = self._first(base + self._fine_column(x + half) + 1, by_table=by_table)
            yield first, np.where(half >= 0, last, first)

    def _half_chord(self, y: Floats, row: Ints, up: int) -> Floats:
        """Return how far east and west the circle reaches in a row of cells; negative: not."""
        edge = self.south + (row + up + (up < 0)) * self.side_m
        gap = np.maximum(np.sign(up) * (edge - y) - self.slack_m, 0.0)
        squared = self.radius_m**2 - gap**2
        return np.where(squared < 0, -1.0, np.sqrt(np.maximum(squared, 0.0)) + self.slack_m)

    def _fine_column(self, x: Floats) -> Ints:
        return ((x - self.west) * (_FINE / self.side_m)).astype(np.int64)

    def within(self, one: Ints, other: Ints) -> NDArray[np.bool_]:
        """Say for pairs of places whether they are within the radius, as scikit-learn says it."""
        return self.squared(one, other) <= self.radius_m * self.radius_m

    def squared(self, one: Ints, other: Ints) -> Floats:
        """Return the squared distance of pairs of places."""
        east = self.x[one] - self.x[other]
        north = self.y[one] - self.y[other]
        east *= east
        north *= north
        east += north
        return east


def in_cells(xy: Floats, weight: Ints, radius_m: float) -> PlacesInCells:
    """Sort places (metres, at least one) into cells. Raises :class:`TooFineError`."""
    west, south = xy.min(axis=0)
    slack = 4 * float(np.spacing(np.abs(xy).max())) + _ROUNDING * radius_m
    side = radius_m / 2**0.5 - slack
    if side < _SMALLEST_CELL * radius_m:
        raise TooFineError
    west, south = float(west) - _MARGIN * side, float(south) - _MARGIN * side
    columns = int((float(xy[:, 0].max()) - west) / side) + 2 * _MARGIN
    rows = int((float(xy[:, 1].max()) - south) / side) + 2 * _MARGIN
    if rows * columns * _FINE > _MOST_KEYS:
        raise TooFineError
    row = ((xy[:, 1] - south) / side).astype(np.int64)
    keys = row * (columns * _FINE)
    keys += ((xy[:, 0] - west) * (_FINE / side)).astype(np.int64)
    small = rows * columns * _FINE < np.iinfo(np.int32).max
    keys = keys.astype(np.int32 if small else np.int64)
    order = np.argsort(keys)
    keys = keys[order]
    number = keys // _FINE
    fresh = np.concatenate([[True], number[1:] != number[:-1]])
    start = np.flatnonzero(fresh)
    return PlacesInCells(
        order=order,
        x=xy[order, 0],
        y=xy[order, 1],
        weight=weight[order],
        row=row[order],
        cell=np.cumsum(fresh) - 1,
        cell_start=np.append(start, len(xy)),
        cell_row=(number[start] // columns).astype(np.int64),
        cell_column=(number[start] % columns).astype(np.int64),
        radius_m=radius_m,
        side_m=side,
        west=west,
        south=south,
        columns=columns,
        keys=keys,
        slack_m=slack,
    )


def portions(lengths: Ints, most: int = PAIRS_AT_ONCE) -> Iterator[slice]:
    """Cut work of given lengths into consecutive portions of about ``most``, one item at least."""
    done = np.cumsum(lengths)
    start, spent = 0, 0
    while start < len(lengths):
        end = max(int(np.searchsorted(done, spent + most, side="right")), start + 1)
        yield slice(start, end)
        start, spent = end, int(done[end - 1])


def runs_unfolded(first: Ints, length: Ints) -> tuple[NDArray[Any], NDArray[Any]]:
    """Unfold runs: which run, and each number of it, as ``geo.grid.expand`` does, in 32 bits."""
    run = np.repeat(np.arange(len(length), dtype=np.int32), length)
    shift = (first - (np.cumsum(length) - length)).astype(np.int32)
    spot = np.arange(len(run), dtype=np.int32)
    spot += np.repeat(shift, length)
    return run, spot
