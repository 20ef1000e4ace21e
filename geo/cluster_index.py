"""Where the pins are, held so that a map tile of clusters costs the same at 100 and at 1,000,000.

Every pin has a key: its place along a Z-order curve through the Web Mercator square at zoom 24
(about 2.4 m at the equator). Pins are kept sorted by key, so a tile, and each cell of a tile, is a
contiguous run, found by binary search; the number of pins in a cell is the difference of two
positions and their mean coordinate the difference of two running sums. Nothing is added up when a
tile is asked for, and every pin lies in exactly one cell of exactly one tile per zoom.

Coordinates are WGS 84 longitude and latitude in degrees. An index never changes: ``changed``
returns a new one, so readers need no lock.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

KEY_ZOOM = 24
MAX_LATITUDE = 85.0511287798066
#: Up to this zoom a tile has 8 × 8 cells (64 px on a 512 px tile), from it on 32 × 32 (16 px).
FINE_FROM_ZOOM = 17
#: Sums of coordinates are kept in whole ten-millionths of a degree (11 mm), so that they are exact.
SCALE = 10_000_000
#: A cluster is drawn at the mean of its pins, but no farther than this share of the cell from the
#: cell's middle: neighbouring bubbles then never cover each other.
DRIFT = 0.18

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


def _spread_bits(values: Ints) -> Ints:
    """Put a zero bit between the 24 bits of each value."""
    v = values.astype(np.int64)
    for shift, mask in (
        (16, 0x0000FFFF0000FFFF),
        (8, 0x00FF00FF00FF00FF),
        (4, 0x0F0F0F0F0F0F0F0F),
        (2, 0x3333333333333333),
        (1, 0x5555555555555555),
    ):
        v = (v | (v << shift)) & mask
    return v


def mercator_unit(longitude: Floats, latitude: Floats) -> tuple[Floats, Floats]:
    """Place in the Web Mercator square: x east and y south, each from 0 to 1."""
    x = (np.asarray(longitude, float) + 180.0) / 360.0
    phi = np.radians(np.clip(np.asarray(latitude, float), -MAX_LATITUDE, MAX_LATITUDE))
    y = 0.5 - np.log(np.tan(np.pi / 4 + phi / 2)) / (2 * np.pi)
    return x, y


def tile_keys(longitude: Floats, latitude: Floats) -> Ints:
    """Z-order keys at ``KEY_ZOOM``; y is the odd bits, so a tile's children are consecutive."""
    side = 1 << KEY_ZOOM
    x, y = mercator_unit(longitude, latitude)
    column = np.clip((x * side).astype(np.int64), 0, side - 1)
    row = np.clip((y * side).astype(np.int64), 0, side - 1)
    return _spread_bits(column) | (_spread_bits(row) << 1)


def _longitude_of(column: float, side: int) -> float:
    return column / side * 360.0 - 180.0


def _latitude_of(row: float, side: int) -> float:
    return float(np.degrees(np.arctan(np.sinh(np.pi * (1 - 2 * row / side)))))


@dataclass(frozen=True)
class Cluster:
    """Pins of one cell: how many, where to draw them, and who it is when it is just one."""

    count: int
    longitude: float
    latitude: float
    pin: int | None
    """Row of the pin in the index when ``count`` is 1."""


@dataclass(frozen=True)
class PinIndex:
    """All pins of one map layer. ``ids`` name them; ``labels`` travel with single pins."""

    keys: Ints
    ids: Ints
    longitude: Floats
    latitude: Floats
    labels: NDArray[Any]
    longitude_sums: Ints
    latitude_sums: Ints

    @classmethod
    def build(
        cls, ids: Ints, longitude: Floats, latitude: Floats, labels: NDArray[Any]
    ) -> PinIndex:
        """Sort pins along the curve. ``ids`` are unique; ``labels`` is any array as long."""
        keys = tile_keys(longitude, latitude)
        order = np.lexsort((ids, keys))
        return cls._sorted(
            keys[order],
            np.asarray(ids, np.int64)[order],
            np.asarray(longitude, float)[order],
            np.asarray(latitude, float)[order],
            np.asarray(labels)[order],
        )

    @classmethod
    def _sorted(
        cls, keys: Ints, ids: Ints, longitude: Floats, latitude: Floats, labels: NDArray[Any]
    ) -> PinIndex:
        return cls(keys, ids, longitude, latitude, labels, _running(longitude), _running(latitude))

    def __len__(self) -> int:
        return len(self.keys)

    def changed(
        self,
        ids: Ints,
        longitude: Floats,
        latitude: Floats,
        labels: NDArray[Any],
        visible: NDArray[np.bool_],
    ) -> PinIndex:
        """Return an index in which ``ids`` are where they are now, or gone when not visible."""
        kept = ~np.isin(self.ids, ids)
        new = PinIndex.build(ids[visible], longitude[visible], latitude[visible], labels[visible])
        at = np.searchsorted(self.keys[kept], new.keys)
        return PinIndex._sorted(
            np.insert(self.keys[kept], at, new.keys),
            np.insert(self.ids[kept], at, new.ids),
            np.insert(self.longitude[kept], at, new.longitude),
            np.insert(self.latitude[kept], at, new.latitude),
            np.insert(self.labels[kept], at, new.labels),
        )

    def tile(self, zoom: int, column: int, row: int) -> list[Cluster]:
        """Return the clusters of one tile (``zoom``/``column``/``row`` of the XYZ scheme)."""
        bits = 3 if zoom < FINE_FROM_ZOOM else 5
        cell_zoom = min(zoom + bits, KEY_ZOOM)
        bits = cell_zoom - zoom
        shift = 2 * (KEY_ZOOM - cell_zoom)
        first = int(_tile_key(column, row)) << (2 * bits)
        low, high = np.searchsorted(self.keys, [first << shift, (first + (1 << 2 * bits)) << shift])
        cells = np.unique(self.keys[low:high] >> shift) if high - low <= 4096 else None
        if cells is None:
            cells = first + np.arange(1 << (2 * bits), dtype=np.int64)
        starts = np.searchsorted(self.keys, cells << shift)
        ends = np.searchsorted(self.keys, (cells + 1) << shift)
        return [
            self._cluster(int(start), int(end), int(cell), cell_zoom)
            for cell, start, end in zip(cells, starts, ends, strict=True)
            if end > start
        ]

    def _cluster(self, start: int, end: int, cell: int, cell_zoom: int) -> Cluster:
        count = end - start
        if count == 1:
            return Cluster(1, float(self.longitude[start]), float(self.latitude[start]), start)
        longitude = (self.longitude_sums[end] - self.longitude_sums[start]) / count / SCALE
        latitude = (self.latitude_sums[end] - self.latitude_sums[start]) / count / SCALE
        return Cluster(count, *_near_the_middle(longitude, latitude, cell, cell_zoom), None)

    def inside(self, west: float, south: float, east: float, north: float) -> Ints:
        """Return the rows of the pins in a box of WGS 84 degrees, its border included."""
        (x0, x1), (y0, y1) = mercator_unit(np.array([west, east]), np.array([north, south]))
        span = max(x1 - x0, y1 - y0, 2.0**-KEY_ZOOM)
        zoom = int(np.clip(np.floor(-np.log2(span)), 0, KEY_ZOOM))
        side = 1 << zoom
        # Cells at least as large as the box: it touches at most two by two of them.
        corners = {
            _tile_key(min(int(x * side), side - 1), min(int(y * side), side - 1))
            for x in (x0, x1)
            for y in (y0, y1)
        }
        shift = 2 * (KEY_ZOOM - zoom)
        runs = [
            np.arange(*np.searchsorted(self.keys, [cell << shift, (cell + 1) << shift]))
            for cell in sorted(corners)
        ]
        rows = np.concatenate(runs).astype(np.int64)
        longitude, latitude = self.longitude[rows], self.latitude[rows]
        hit = (longitude >= west) & (longitude <= east) & (latitude >= south) & (latitude <= north)
        return rows[hit]

    def near(self, longitude: float, latitude: float, *, radius_m: float) -> tuple[Ints, Floats]:
        """Return the rows within ``radius_m`` metres of a place, nearest first, and how far.

        Metres on the WGS 84 ellipsoid by its radii of curvature half-way: within a millimetre of
        the geodesic up to 1 km. Equal distances keep the order of ``ids``.
        """
        north_m, east_m = _metres_per_degree(np.array([latitude]))
        high, wide = 1.01 * radius_m / float(north_m[0]), 1.01 * radius_m / float(east_m[0])
        rows = self.inside(longitude - wide, latitude - high, longitude + wide, latitude + high)
        north_m, east_m = _metres_per_degree((self.latitude[rows] + latitude) / 2)
        away = np.hypot(
            (self.longitude[rows] - longitude) * east_m, (self.latitude[rows] - latitude) * north_m
        )
        order = np.lexsort((self.ids[rows], away))
        order = order[away[order] <= radius_m]
        return rows[order], away[order]


def _metres_per_degree(latitude: Floats) -> tuple[Floats, Floats]:
    """Metres of a degree of latitude and of longitude on the WGS 84 ellipsoid."""
    axis, squared_eccentricity = 6_378_137.0, 6.694_379_990_14e-3
    phi = np.radians(latitude)
    bulge = 1 - squared_eccentricity * np.sin(phi) ** 2
    meridian = axis * (1 - squared_eccentricity) / bulge**1.5
    parallel = axis / np.sqrt(bulge) * np.cos(phi)
    return np.radians(1) * meridian, np.radians(1) * parallel


def _running(values: Floats) -> Ints:
    sums = np.zeros(len(values) + 1, np.int64)
    np.cumsum(np.rint(values * SCALE).astype(np.int64), out=sums[1:])
    return sums


def tile_keys_of(column: int, row: int) -> int:
    """Return the key of a tile at its own zoom, along the curve."""
    return _tile_key(column, row)


def _tile_key(column: int, row: int) -> int:
    pair = _spread_bits(np.array([column, row], np.int64))
    return int(pair[0] | (pair[1] << 1))


def _gather_bits(value: int) -> int:
    return sum(((value >> (2 * i)) & 1) << i for i in range(KEY_ZOOM))


def _near_the_middle(
    longitude: float, latitude: float, cell: int, cell_zoom: int
) -> tuple[float, float]:
    side = 1 << cell_zoom
    column, row = _gather_bits(cell), _gather_bits(cell >> 1)
    x, y = mercator_unit(np.array([longitude]), np.array([latitude]))
    x_in = np.clip(float(x[0]) * side, column + 0.5 - DRIFT, column + 0.5 + DRIFT)
    y_in = np.clip(float(y[0]) * side, row + 0.5 - DRIFT, row + 0.5 + DRIFT)
    return _longitude_of(float(x_in), side), _latitude_of(float(y_in), side)
