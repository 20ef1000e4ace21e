"""Which polygon does a point lie in: for one pin in microseconds, for millions in bulk.

The rule, the same for every path: a point belongs to the first polygon, in row order, that covers
it; a point on an edge or a vertex is covered. So a point lies in exactly one polygon or outside
(-1), also where polygons touch or overlap. A coordinate that is no finite number is outside.

The index is a table of square cells. A cell that no edge touches answers at once. In a cell with
edges, it is known whether its middle lies in a polygon; a point lies there too, unless the way
between the two crosses an odd number of the polygon's edges, of which only those in the cell count.
Where rounding could decide (the point or the middle lies almost on the line of an edge), GEOS does.
"""

from __future__ import annotations

import os
import threading
from concurrent.futures import ThreadPoolExecutor

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray
from scipy import sparse  # type: ignore[import-untyped]

from geo.grid import Edges, Floats, Ints, cells_filled, cells_touched, edges_of, expand
from geo.repair import repaired_polygons

OUTSIDE = -1

# Cells, and an edge or an owner for each.
_Pairs = tuple[NDArray[np.int32], NDArray[np.integer]]

_CELLS_PER_EDGE = 16
_FEWEST_CELLS, _MOST_CELLS = 10_000, 4_000_000
_POINTS_AT_ONCE = 1 << 17
# Numpy works outside the interpreter's lock, so that for a city's points more threads are faster.
_PARTS_OF_ONE_THREAD, _MOST_THREADS = 3, 4
# Nearer to the line of an edge than this share of a cell, a point is left to GEOS.
_NEAR = 1e-6
# What the coordinates of cells may be wrong by, in units of the last place of the largest.
_ROUNDED = 8


class PolygonIndex:
    """A prepared index over polygons, in the CRS of the polygons.

    Polygons that are not valid are repaired first; ``repairs`` says which and how, ``polygons``
    holds the shapes that count. Row positions count from 0 in the order of the frame given. Safe
    to share between threads.
    """

    def __init__(self, polygons: gpd.GeoDataFrame) -> None:
        self.crs = polygons.crs
        self.polygons, self.repairs = repaired_polygons(polygons)
        self._lock = threading.Lock()
        shapely.prepare(self.polygons)
        edges = edges_of(self.polygons)
        self._lay_grid(edges)
        in_cells = Edges(
            *self._to_cells(edges.ax, edges.ay), *self._to_cells(edges.bx, edges.by), edges.owner
        )
        self._table = np.full(self._columns * self._rows, OUTSIDE, dtype=np.int32)
        if len(edges.ax):
            self._fill_table(in_cells, _number_of_edge(edges))

    def __reduce__(self) -> tuple[type[PolygonIndex], tuple[gpd.GeoDataFrame]]:
        """Travel as the polygons alone: where it arrives, the index is built anew."""
        return PolygonIndex, (gpd.GeoDataFrame(geometry=self.polygons, crs=self.crs),)

    def __len__(self) -> int:
        """Count the polygons."""
        return len(self.polygons)

    def locate(self, x: ArrayLike, y: ArrayLike) -> NDArray[np.intp]:
        """Return for each point the row position of its polygon, -1 outside."""
        xs = np.atleast_1d(np.asarray(x, dtype=np.float64))
        ys = np.atleast_1d(np.asarray(y, dtype=np.float64))
        found = np.empty(len(xs), dtype=np.intp)
        starts = range(0, len(xs), _POINTS_AT_ONCE)
        parts = [slice(start, start + _POINTS_AT_ONCE) for start in starts]
        if len(parts) <= _PARTS_OF_ONE_THREAD:
            for part in parts:
                self._locate_part(xs[part], ys[part], found[part])
            return found
        with ThreadPoolExecutor(max_workers=min(os.cpu_count() or 1, _MOST_THREADS)) as pool:
            list(pool.map(lambda part: self._locate_part(xs[part], ys[part], found[part]), parts))
        return found

    def locate_one(self, x: float, y: float) -> int:
        """Return the row position of the polygon of one point, -1 outside."""
        u, v = (x - self._x0) * self._scale, (y - self._y0) * self._scale
        if not (0 <= u < self._columns and 0 <= v < self._rows):
            return OUTSIDE
        entry = int(self._table.item(int(v) * self._columns + int(u)))
        if entry >= OUTSIDE:
            return entry
        first, last = self._candidate_start[-2 - entry : -entry].tolist()
        for owner in self._candidates[first:last].tolist():
            with self._lock:
                if shapely.intersects_xy(self.polygons[owner], x, y):
                    return int(owner)
        return OUTSIDE

    def _locate_part(self, x: Floats, y: Floats, found: NDArray[np.intp]) -> None:
        u, v = self._to_cells(x, y)
        # What lies elsewhere, or nowhere, is taken for a point of the border, where no edge comes.
        for along, most in ((u, self._columns), (v, self._rows)):
            np.fmax(along, 0.0, out=along)
            np.minimum(along, most - 1, out=along)
        column, row = u.astype(np.int32), v.astype(np.int32)
        entry = self._table.take(row * np.int32(self._columns) + column)
        near = np.flatnonzero(entry < OUTSIDE)
        if len(near):
            middle = column[near] + 0.5, row[near] + 0.5
            points = np.stack(
                [x[near], y[near], u[near] - middle[0], v[near] - middle[1], *middle], axis=1
            )
            entry[near] = self._locate_near_edges(points, -2 - entry[near])
        found[:] = entry

    def _locate_near_edges(self, points: Floats, cell: NDArray[np.int32]) -> NDArray[np.int32]:
        """Locate points in cells with edges.

        A row of ``points`` is a place in the CRS, the same from the middle of its cell in cell
        units, and that middle.
        """
        corner = self._corners[cell]
        u, v = points[:, 2], points[:, 3]
        one = corner[:, 0] * u + corner[:, 1] * v + corner[:, 2]
        other = corner[:, 3] * u + corner[:, 4] * v + corner[:, 5]
        found = np.where(np.minimum(one, other) > 0, corner[:, 6], corner[:, 7]).astype(np.int32)
        left = np.flatnonzero(np.minimum(np.abs(one), np.abs(other)) < _NEAR)
        if len(left):
            found[left] = self._try_candidates(points[left], cell[left])
        return found

    def _try_candidates(self, points: Floats, cell: NDArray[np.int32]) -> NDArray[np.int32]:
        """Test points against the candidates of their cell, one by one."""
        best = np.full(len(points), OUTSIDE, dtype=np.int32)
        spot, last = self._candidate_start[cell], self._candidate_start[cell + 1]
        still = np.arange(len(points))
        while len(still):
            covered = self._covered(points[still], spot[still])
            best[still[covered]] = self._candidates[spot[still[covered]]]
            still = still[~covered]
            spot[still] += 1
            still = still[spot[still] < last[still]]
        return best

    def _covered(self, points: Floats, candidate: Ints) -> NDArray[np.bool_]:
        """Say for each pair of point and candidate whether the polygon covers the point."""
        first = self._edge_start[candidate]
        pair, spot = expand(first, self._edge_start[candidate + 1] - first)
        distance = self._distance(spot, points[pair])
        unsure = np.unique(pair[np.abs(distance) < _NEAR])
        # An edge lies between a point and the middle if they are on different sides of its line,
        # and its ends on different sides of theirs.
        beyond = distance < 0
        pair, spot = pair[beyond], spot[beyond]
        _, _, u, v, column, row = points[pair].T
        au, av, bu, bv = self._ends[self._edge[spot]].T
        left = u * (av - row) > v * (au - column)
        crossed = left != (u * (bv - row) > v * (bu - column))
        odd = np.bincount(pair[crossed], minlength=len(points)) % 2 == 1
        covered = self._middle_inside[candidate] ^ odd
        if len(unsure):
            owner = self._candidates[candidate[unsure]]
            x, y = points[unsure, 0], points[unsure, 1]
            with self._lock:
                covered[unsure] = shapely.intersects_xy(self.polygons[owner], x, y)
        return covered

    def _distance(self, edge: Ints, points: Floats) -> Floats:
        """Return how far points are from the lines of edges, on the middle's side above nought."""
        across, along, middle = self._lines[edge].T
        distance: Floats = across * points[:, 2] + along * points[:, 3] + middle
        return distance

    def _lay_grid(self, edges: Edges) -> None:
        if not len(edges.ax):
            self._x0 = self._y0 = self._scale = 0.0
            self._columns = self._rows = 1
            return
        self._x0, self._y0 = float(edges.ax.min()), float(edges.ay.min())
        width, height = float(edges.ax.max()) - self._x0, float(edges.ay.max()) - self._y0
        cells = min(max(_CELLS_PER_EDGE * len(edges.ax), _FEWEST_CELLS), _MOST_CELLS)
        self._scale = min(float(np.sqrt(cells / width / height)), cells / max(width, height))
        self._columns, self._rows = int(width * self._scale) + 3, int(height * self._scale) + 3
        # A border of one cell, so that also a point outside has a cell to be in.
        self._x0, self._y0 = self._x0 - 1 / self._scale, self._y0 - 1 / self._scale

    def _to_cells(self, x: Floats, y: Floats) -> tuple[Floats, Floats]:
        """Scale to cell units; rounding keeps order, so no point leaves the cells of its edge."""
        with np.errstate(over="ignore", invalid="ignore"):
            u, v = x - self._x0, y - self._y0
            u *= self._scale
            v *= self._scale
            return u, v

    def _fill_table(self, edges: Edges, edge_number: NDArray[np.uint64]) -> None:
        """Write row positions into cells without edges, candidates for those with edges."""
        table = self._table
        touched, edge_there = cells_touched(edges, self._columns, self._rows)
        filled, filled_owner = cells_filled(edges, self._columns, self._rows)
        # Owners ascend, so writing backwards leaves the first where polygons overlap.
        table[filled[::-1]] = filled_owner[::-1]
        has_edge = np.zeros(len(table), dtype=bool)
        has_edge[touched] = True
        cells = np.flatnonzero(has_edge)
        table[cells] = -2 - np.arange(len(cells), dtype=np.int32)
        also = has_edge[filled]
        touched_there = -2 - table[touched], edge_there
        filled_there = -2 - table[filled[also]], filled_owner[also]
        edge = self._list_candidates(edges.owner, touched_there, filled_there, len(cells))
        self._draw_lines(edges, edge, cells)
        self._draw_corners(self._shared_borders(edge_number[edge]), cells)

    def _list_candidates(
        self, edge_owner: Ints, touched: _Pairs, filled: _Pairs, cells: int
    ) -> NDArray[np.int32]:
        """Sort what edges touch and polygons fill by cell, owner and edge; return the edges."""
        # A column for each edge and one after the last of each owner, which says: it fills.
        owners = np.arange(len(self.polygons))
        column_owner = np.concatenate([edge_owner, owners])
        order = np.argsort(column_owner, kind="stable")
        ends = np.searchsorted(edge_owner, owners, side="right") + owners
        rows = np.concatenate([touched[0], filled[0]])
        columns = np.concatenate([touched[1] + edge_owner[touched[1]], ends[filled[1]]])
        entries = np.ones(len(rows), dtype=np.int8)
        shape = (cells, len(column_owner))
        by_cell = sparse.coo_array((entries, (rows, columns)), shape=shape).tocsr()
        slot = np.repeat(np.arange(cells), np.diff(by_cell.indptr))
        column = order[by_cell.indices]
        owner = column_owner[column]
        begins = np.ones(len(slot), dtype=bool)
        begins[1:] = (owner[1:] != owner[:-1]) | (slot[1:] != slot[:-1])
        first = np.flatnonzero(begins)
        is_edge = column < len(edge_owner)
        self._candidates = owner[first].astype(np.int32)
        self._candidate_start = np.searchsorted(slot[first], np.arange(cells + 1))
        self._edge_start = np.append(0, np.cumsum(is_edge))[np.append(first, len(slot))]
        self._middle_inside = ~is_edge[np.append(first[1:], len(slot)) - 1]
        return column[is_edge].astype(np.int32)

    def _draw_lines(self, edges: Edges, edge: NDArray[np.int32], cells: Ints) -> None:
        """Keep the line through each edge of each cell as seen from the middle of the cell."""
        across, along = edges.ay - edges.by, edges.bx - edges.ax
        length = np.hypot(across, along)
        wrong_by = _ROUNDED * np.finfo(float).eps * max(self._columns, self._rows)
        length[length < wrong_by / _NEAR] = np.inf
        across /= length
        along /= length
        self._edge, self._ends = edge, np.stack(edges[:4], axis=1)
        of_cell = np.diff(self._edge_start[self._candidate_start])
        row, column = np.divmod(cells.astype(np.int32), np.int32(self._columns))
        self._lines = np.empty((len(edge), 3))
        across, along = across[edge], along[edge]
        middle = across * (np.repeat(column + 0.5, of_cell) - edges.ax[edge])
        middle += along * (np.repeat(row + 0.5, of_cell) - edges.ay[edge])
        side = np.where(np.abs(middle) < _NEAR, 0.0, np.sign(middle))
        for kept, value in zip(self._lines.T, (across, along, middle), strict=True):
            np.multiply(value, side, out=kept)

    def _shared_borders(self, edge_number: NDArray[np.uint64]) -> NDArray[np.bool_]:
        """Say in which cells two polygons have the same edges, and one lies on each side."""
        until = np.append(np.uint64(0), np.cumsum(edge_number))
        of_candidate = np.diff(until[self._edge_start])
        first = self._candidate_start[:-1]
        two = np.flatnonzero(np.diff(self._candidate_start) == 2)
        one, other = first[two], first[two] + 1
        shared = np.zeros(len(first), dtype=bool)
        shared[two] = (of_candidate[one] == of_candidate[other]) & (
            self._middle_inside[one] != self._middle_inside[other]
        )
        return shared

    def _draw_corners(self, shared: NDArray[np.bool_], cells: Ints) -> None:
        """Keep for cells cut in two by one line or one corner what lies on each side.

        A row holds two lines, both above nought inside the corner, and what lies there and
        elsewhere. Other cells have rows of nought, on which everything is near.
        """
        first = self._candidate_start[:-1]
        edge = self._edge_start[first]
        count = self._edge_start[first + 1] - edge
        simple = (shared | (np.diff(self._candidate_start) == 1)) & ((count == 1) | (count == 2))
        self._corners = np.zeros((len(cells), 8))
        two = np.flatnonzero(simple & (count == 2))
        meet, sides = self._sides_of_corners(edge[two], cells[two])
        simple[two[~meet]] = False
        cell = np.flatnonzero(simple)
        edge, one = edge[cell], first[cell]
        self._corners[cell, :3] = self._lines[edge]
        self._corners[cell, 3:6] = self._lines[edge + count[cell] - 1]
        two, sides = two[meet], sides[meet]
        self._corners[two, :3] *= sides[:, :1]
        self._corners[two, 3:6] *= sides[:, 1:]
        middle_in_corner = np.ones(len(cells), dtype=bool)
        middle_in_corner[two] = (sides > 0).all(axis=1)
        there, elsewhere = (
            self._candidates[one],
            np.where(shared[cell], self._candidates[self._candidate_start[cell + 1] - 1], OUTSIDE),
        )
        swap = middle_in_corner[cell] != self._middle_inside[one]
        self._corners[cell, 6] = np.where(swap, elsewhere, there)
        self._corners[cell, 7] = np.where(swap, there, elsewhere)

    def _sides_of_corners(self, edge: Ints, cell: Ints) -> tuple[NDArray[np.bool_], Floats]:
        """Say for pairs of edges, one after the other, whether they meet, and where the corner is.

        For the line of each: 1 if the end of the other edge lies on the middle's side, or -1.
        """
        one, other = self._ends[self._edge[edge]], self._ends[self._edge[edge + 1]]
        ahead = (one[:, 2] == other[:, 0]) & (one[:, 3] == other[:, 1])
        meet = ahead | ((one[:, 0] == other[:, 2]) & (one[:, 1] == other[:, 3]))
        row, column = np.divmod(cell, self._columns)
        sides = np.empty((len(edge), 2))
        for at, line, end, last in ((0, edge, other, ahead), (1, edge + 1, one, ~ahead)):
            across, along, middle = self._lines[line].T
            distance = across * (np.where(last, end[:, 2], end[:, 0]) - column - 0.5)
            distance += along * (np.where(last, end[:, 3], end[:, 1]) - row - 0.5)
            sides[:, at] = np.where(distance + middle > 0, 1.0, -1.0)
        return meet, sides


def _number_of_edge(edges: Edges) -> NDArray[np.uint64]:
    """Return a number for each edge, whichever way it runs: a mixture of all bits of its ends."""
    return _mixed(edges.ax, edges.ay) + _mixed(edges.bx, edges.by)


def _mixed(x: Floats, y: Floats) -> NDArray[np.uint64]:
    """Mix the bits of two coordinates as the finalizer of MurmurHash3 (Appleby 2011) does."""
    mixed = x.view(np.uint64)
    for more in (y.view(np.uint64), np.zeros(1, dtype=np.uint64)):
        for factor in (0xFF51AFD7ED558CCD, 0xC4CEB9FE1A85EC53):
            mixed = (mixed ^ (mixed >> np.uint64(33))) * np.uint64(factor)
        mixed = mixed ^ (mixed >> np.uint64(33)) ^ more
    return mixed
