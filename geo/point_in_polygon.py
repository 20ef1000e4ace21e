"""Which polygon does a point lie in: for one pin in microseconds, for millions in bulk.

The rule, the same for every path: a point belongs to the first polygon, in row order, that covers
it; a point on an edge or a vertex is covered. So a point lies in exactly one polygon or outside
(-1), also where polygons touch or overlap. A coordinate that is no finite number is outside.

The index is a table of square cells. A cell that no edge touches answers at once. In a cell with an
edge, the point is tested by even-odd crossing against the edges in its row of cells only; where
rounding could decide (the error bound of the orientation determinant), GEOS does.
"""

from __future__ import annotations

import os
import threading
from concurrent.futures import ThreadPoolExecutor

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray

from geo.grid import Edges, Floats, cells_filled, cells_touched, edges_of, expand
from geo.repair import repaired_polygons

OUTSIDE = -1

_CELLS_PER_EDGE = 16
_FEWEST_CELLS, _MOST_CELLS = 10_000, 4_000_000
_POINTS_AT_ONCE = 1 << 17
_TESTS_AT_ONCE = 1 << 13
# Numpy works outside the interpreter's lock, so that for a city's points more threads are faster.
_PARTS_OF_ONE_THREAD, _MOST_THREADS = 3, 4
# Edges are sorted into finer rows than cells, since every edge in a row costs a test.
_BANDS_PER_ROW = 4
# Shewchuk (1997): an orientation determinant beyond (3 + 16 eps) eps of its terms has a sure sign.
_SURE = 3.3306690738754716e-16
# Below this, products may have lost digits to underflow.
_TINY = 1e-290


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
        self._fill_table(in_cells)
        self._sort_edges(edges, in_cells)

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
        found = np.full(len(xs), OUTSIDE, dtype=np.intp)
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
        inside = (u >= 0) & (u < self._columns) & (v >= 0) & (v < self._rows)
        everywhere = bool(inside.all())
        if not everywhere:
            u[~inside] = v[~inside] = 0.0
        entry = self._table[v.astype(np.int32) * np.int32(self._columns) + u.astype(np.int32)]
        if not everywhere:
            entry[~inside] = OUTSIDE
        found[:] = entry
        near = np.flatnonzero(entry < OUTSIDE)
        if len(near):
            band = (v[near] * _BANDS_PER_ROW).astype(np.int32)
            found[near] = self._locate_near_edges(x[near], y[near], band, -2 - entry[near])

    def _locate_near_edges(
        self, x: Floats, y: Floats, band: NDArray[np.int32], cell: NDArray[np.int32]
    ) -> NDArray[np.int32]:
        """Test points of cells with edges against the candidates of their cell, one by one."""
        best = np.full(len(x), OUTSIDE, dtype=np.int32)
        spot, last = self._candidate_start[cell], self._candidate_start[cell + 1]
        still = np.arange(len(x))
        while len(still):
            for these in np.array_split(still, -(-len(still) // _TESTS_AT_ONCE)):
                owner = self._candidates[spot[these]]
                covered = self._covered(x[these], y[these], band[these], owner)
                best[these[covered]] = owner[covered]
            spot[still] += 1
            still = still[(best[still] == OUTSIDE) & (spot[still] < last[still])]
        return best

    def _covered(
        self, x: Floats, y: Floats, band: NDArray[np.int32], owner: NDArray[np.int32]
    ) -> NDArray[np.bool_]:
        """Say for each pair of point and polygon whether the polygon covers the point."""
        known = (band >= self._band_low[owner]) & (band <= self._band_high[owner])
        run = np.where(known, self._band_base[owner] + band, len(self._band_start) - 2)
        first = self._band_start[run]
        pair, spot = expand(first, self._band_start[run + 1] - first)
        px, py = x[pair], y[pair]
        ax, ay, bx, by = (values[spot] for values in self._band_edges)
        ax -= px
        bx -= px
        ay -= py
        by -= py
        left, right = ax * by, ay * bx
        turn = left - right
        unsure = np.abs(turn) <= _SURE * (np.abs(left) + np.abs(right)) + _TINY
        crossed = ((ay > 0) != (by > 0)) & ((turn > 0) == (by > ay))
        covered = np.bincount(pair[crossed], minlength=len(x)) % 2 == 1
        if unsure.any():
            doubtful = np.unique(pair[unsure])
            with self._lock:
                covered[doubtful] = shapely.intersects_xy(
                    self.polygons[owner[doubtful]], x[doubtful], y[doubtful]
                )
        return covered

    def _lay_grid(self, edges: Edges) -> None:
        if not len(edges.ax):
            self._x0 = self._y0 = self._scale = 0.0
            self._columns = self._rows = 0
            return
        self._x0, self._y0 = float(edges.ax.min()), float(edges.ay.min())
        width, height = float(edges.ax.max()) - self._x0, float(edges.ay.max()) - self._y0
        cells = min(max(_CELLS_PER_EDGE * len(edges.ax), _FEWEST_CELLS), _MOST_CELLS)
        self._scale = min(float(np.sqrt(cells / width / height)), cells / max(width, height))
        self._columns, self._rows = int(width * self._scale) + 1, int(height * self._scale) + 1

    def _to_cells(self, x: Floats, y: Floats) -> tuple[Floats, Floats]:
        """Scale to cell units; rounding keeps order, so no point leaves the cells of its edge."""
        with np.errstate(over="ignore", invalid="ignore"):
            return (x - self._x0) * self._scale, (y - self._y0) * self._scale

    def _fill_table(self, edges: Edges) -> None:
        """Write row positions into cells without edges, candidates for those with edges."""
        count = max(len(self.polygons), 1)
        table = np.full(max(self._columns * self._rows, 1), OUTSIDE, dtype=np.int32)
        touched, touched_owner = cells_touched(edges, self._columns, self._rows)
        filled, filled_owner = cells_filled(edges, self._columns, self._rows)
        # Owners ascend, so writing backwards leaves the first where polygons overlap.
        table[filled[::-1]] = filled_owner[::-1]
        has_edge = np.zeros(len(table), dtype=bool)
        has_edge[touched] = True
        also = has_edge[filled]
        keys = np.concatenate(
            [touched * count + touched_owner, filled[also] * count + filled_owner[also]]
        )
        keys.sort()
        keys = keys[np.concatenate([[True], keys[1:] != keys[:-1]])] if len(keys) else keys
        cell, candidates = np.divmod(keys, count)
        self._candidates = candidates.astype(np.int32)
        start = np.flatnonzero(np.concatenate([[True], cell[1:] != cell[:-1]])[: len(cell)])
        table[cell[start]] = -2 - np.arange(len(start))
        self._candidate_start = np.append(start, len(cell))
        self._table = table

    def _sort_edges(self, edges: Edges, in_cells: Edges) -> None:
        """Sort the edges by polygon and row of cells, so that a point finds those it may cross."""
        low = (np.minimum(in_cells.ay, in_cells.by) * _BANDS_PER_ROW).astype(np.int64)
        high = (np.maximum(in_cells.ay, in_cells.by) * _BANDS_PER_ROW).astype(np.int64)
        count = len(self.polygons)
        self._band_low = np.full(count, self._rows * _BANDS_PER_ROW, dtype=np.int64)
        self._band_high = np.full(count, -1, dtype=np.int64)
        np.minimum.at(self._band_low, edges.owner, low)
        np.maximum.at(self._band_high, edges.owner, high)
        spans = np.maximum(self._band_high - self._band_low + 1, 0)
        self._band_base = np.cumsum(spans) - spans - self._band_low
        edge, band = expand(low, high - low + 1)
        run = self._band_base[edges.owner[edge]] + band
        most = max(len(edges.ax), 1)
        order = np.sort(run * most + edge) % most
        # One empty run at the end is for points above or below a polygon.
        counts = np.bincount(run, minlength=int(spans.sum()) + 1)
        self._band_start = np.concatenate([[0], np.cumsum(counts)])
        self._band_edges = tuple(values[order] for values in edges[:4])
