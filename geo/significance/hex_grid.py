"""A grid of hexagons in metres over polygons, and sums over discs of it as sparse matrices.

Cells stand on their points, in axial coordinates ``q``, ``r`` counted from the origin of the metric
coordinate system, so a cell is the same cell whatever else is on the map. How much of a cell lies
in the polygons is told by sample points; see :func:`hex_grid`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp  # type: ignore[import-untyped]
import shapely
from numpy.typing import NDArray

from geo.point_in_polygon import OUTSIDE, PolygonIndex

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Ints32 = NDArray[np.int32]

_HALF = 1 << 24
_STRIDE = 1 << 25
# Keeps sample points off the edges of cells and of anything drawn on round coordinates.
_SHIFT = (0.137, 0.273)


@dataclass(frozen=True)
class HexGrid:
    """Cells in the order of ``r``, then ``q``.

    ``width_m`` is the distance between opposite sides; ``x``, ``y`` are centres in metres;
    ``area_m2`` is what of a cell lies in the polygons, ``polygon`` the row of the polygon that has
    most of it.
    """

    width_m: float
    q: Ints
    r: Ints
    area_m2: Floats
    polygon: Ints

    def __len__(self) -> int:
        """Count the cells."""
        return len(self.q)

    @property
    def x(self) -> Floats:
        """Return the centres' x."""
        return self.width_m * (self.q + self.r / 2)

    @property
    def y(self) -> Floats:
        """Return the centres' y."""
        return np.asarray(_row_height(self.width_m) * self.r, dtype=np.float64)

    @property
    def names(self) -> list[str]:
        """Name each cell by its place in the endless grid."""
        return [f"q{q}r{r}" for q, r in zip(self.q.tolist(), self.r.tolist(), strict=True)]

    def find(self, q: Ints, r: Ints) -> Ints:
        """Return the row of each cell, -1 where the grid has none."""
        if not len(self):
            return np.full(len(q), OUTSIDE, dtype=np.int64)
        known, wanted = _keys(self.q, self.r), _keys(q, r)
        at = np.minimum(np.searchsorted(known, wanted), len(known) - 1)
        return np.where(known[at] == wanted, at, OUTSIDE)

    def cell_of(self, x: Floats, y: Floats) -> Ints:
        """Return the row of the cell of each point, -1 outside the grid."""
        return self.find(*axial(x, y, self.width_m))

    def disc(self, first: int, last: int, *, in_polygon: bool = False) -> sp.csr_matrix:
        """Return the 0/1 matrix that sums cells ``first`` to ``last`` steps away (0 is itself).

        With ``in_polygon`` only those of the same polygon.
        """
        near = [self._near(dq, dr, in_polygon=in_polygon) for dq, dr in _steps(first, last)]
        counts = np.zeros(len(self) + 1, dtype=np.int64)
        for here, _ in near:
            counts[here + 1] += 1
        start = np.cumsum(counts)
        column = np.empty(int(start[-1]), dtype=np.int32)
        filled = start[:-1].copy()
        for here, there in near:
            column[filled[here]] = there
            filled[here] += 1
        ones = np.ones(len(column), dtype=np.float32)
        return sp.csr_matrix((ones, column, start), shape=(len(self), len(self)))

    def _near(self, dq: int, dr: int, *, in_polygon: bool) -> tuple[Ints32, Ints32]:
        """Return the rows of cells that have one at this step, and the rows of those."""
        there = self.find(self.q + dq, self.r + dr)
        known = there >= 0
        if in_polygon:
            known &= self.polygon[there] == self.polygon
        here = np.flatnonzero(known)
        return here.astype(np.int32), there[here].astype(np.int32)

    def shapes(self) -> NDArray[np.object_]:
        """Return the whole hexagons, in the metric coordinate system."""
        angle = np.radians(60 * np.arange(6) - 30)
        reach = self.width_m / np.sqrt(3)
        x = self.x[:, np.newaxis] + reach * np.cos(angle)
        y = self.y[:, np.newaxis] + reach * np.sin(angle)
        found: NDArray[np.object_] = shapely.polygons(np.stack([x, y], axis=-1))
        return found


def hexagon_area_m2(width_m: float) -> float:
    """Return the area of a hexagon whose opposite sides are ``width_m`` apart."""
    return float(np.sqrt(3) / 2 * width_m**2)


def axial(x: Floats, y: Floats, width_m: float) -> tuple[Ints, Ints]:
    """Return the axial coordinates of the cells of points in metres."""
    r = np.asarray(y) / _row_height(width_m)
    q = np.asarray(x) / width_m - r / 2
    return _rounded(q, r)


def hex_grid(
    index: PolygonIndex,
    *,
    width_m: float,
    samples: int = 4,
    also: tuple[Floats, Floats] | None = None,
) -> HexGrid:
    """Lay hexagons over polygons in a metric coordinate system.

    A cell belongs to the grid where one of its ``samples`` squared sample points lies in a polygon,
    or one of the points ``also`` (x and y in metres) that does. Its area is the share of its sample
    points inside, at least that of one.
    """
    q, r = _candidates(index.polygons, width_m)
    dx, dy = _sample_points(samples, width_m)
    x, y = width_m * (q + r / 2), _row_height(width_m) * r
    found = index.locate((x[:, np.newaxis] + dx).ravel(), (y[:, np.newaxis] + dy).ravel()).astype(
        np.int64
    )
    cell = np.repeat(np.arange(len(q)), len(dx))
    if also is not None:
        theirs = index.locate(*also).astype(np.int64)
        at = _row_in(q, r, *axial(*also, width_m))
        missing = np.flatnonzero(~np.isin(at, cell[found >= 0]) & (theirs >= 0) & (at >= 0))
        order = missing[np.lexsort((theirs[missing], at[missing]))]
        one, first = np.unique(at[order], return_index=True)
        cell, found = np.append(cell, one), np.append(found, theirs[order][first])
    inside = found >= 0
    label, share = _majority(cell[inside], found[inside], len(q), max(len(index), 1))
    keep = share > 0
    area = np.minimum(share[keep], len(dx)) / len(dx) * hexagon_area_m2(width_m)
    return HexGrid(width_m, q[keep], r[keep], area, label[keep])


def _row_height(width_m: float) -> float:
    return float(width_m * np.sqrt(3) / 2)


def _keys(q: Ints, r: Ints) -> Ints:
    return (r + _HALF) * _STRIDE + q + _HALF


def _row_in(q: Ints, r: Ints, of_q: Ints, of_r: Ints) -> Ints:
    return HexGrid(1.0, q, r, np.zeros(0), np.zeros(0, dtype=np.int64)).find(of_q, of_r)


def _rounded(q: Floats, r: Floats) -> tuple[Ints, Ints]:
    """Round axial coordinates to those of the nearest centre."""
    s = -q - r
    near = [np.rint(q), np.rint(r), np.rint(s)]
    off = [np.abs(a - b) for a, b in zip(near, (q, r, s), strict=True)]
    first = (off[0] > off[1]) & (off[0] > off[2])
    second = ~first & (off[1] > off[2])
    whole_q = np.where(first, -near[1] - near[2], near[0])
    whole_r = np.where(second, -near[0] - near[2], near[1])
    return whole_q.astype(np.int64), whole_r.astype(np.int64)


def _steps(first: int, last: int) -> list[tuple[int, int]]:
    reach = range(-last, last + 1)
    return [
        (dq, dr)
        for dq in reach
        for dr in reach
        if first <= max(abs(dq), abs(dr), abs(dq + dr)) <= last
    ]


def _candidates(polygons: NDArray[np.object_], width_m: float) -> tuple[Ints, Ints]:
    """Return the cells that the bounds of any polygon may touch, sorted by row, then column."""
    keys = [np.zeros(0, dtype=np.int64)]
    height = _row_height(width_m)
    for west, south, east, north in shapely.bounds(polygons[~shapely.is_empty(polygons)]).tolist():
        r = np.arange(np.floor(south / height) - 1, np.ceil(north / height) + 2)
        column = np.arange(np.floor(west / width_m) - 1, np.ceil(east / width_m) + 2)
        rows, columns = np.meshgrid(r, column, indexing="ij")
        q = columns - np.floor(rows / 2)
        keys.append(np.unique(_keys(q.astype(np.int64).ravel(), rows.astype(np.int64).ravel())))
    r, q = np.divmod(np.unique(np.concatenate(keys)), _STRIDE)
    return q - _HALF, r - _HALF


def _sample_points(samples: int, width_m: float) -> tuple[Floats, Floats]:
    """Return samples² places in the cell around the origin, of equal shares of it."""
    one, two = np.meshgrid(np.arange(samples), np.arange(samples), indexing="ij")
    q, r = (one.ravel() + _SHIFT[0]) / samples, (two.ravel() + _SHIFT[1]) / samples
    whole_q, whole_r = _rounded(q, r)
    q, r = q - whole_q, r - whole_r
    return width_m * (q + r / 2), _row_height(width_m) * r


def _majority(cell: Ints, label: Ints, cells: int, labels: int) -> tuple[Ints, Ints]:
    """Return each cell's most frequent label, of equal ones the first, and how many it has."""
    keys, counts = np.unique(cell * labels + label, return_counts=True)
    of, name = np.divmod(keys, labels)
    order = np.lexsort((name, -counts, of))
    known, first = np.unique(of[order], return_index=True)
    best = np.full(cells, OUTSIDE, dtype=np.int64)
    best[known] = name[order][first]
    return best, np.bincount(cell, minlength=cells)
