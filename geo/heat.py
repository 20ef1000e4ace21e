"""Heat: how densely points lie, by a Gaussian kernel measured in metres.

Points are spread over the four nearest nodes of a grid (linear binning), the grid is smoothed along
its rows and then its columns; with cells of a quarter of the bandwidth the result is within 1 % of
the peak of the exact sum of kernels. Sources: Silverman, Density Estimation (1986); Wand, Fast
Computation of Multivariate Kernel Estimators (1994).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.errors import InvalidError
from geo.crs import WGS84, metric_crs_at, transformer

Floats = NDArray[np.float64]
Bounds = tuple[float, float, float, float]

#: The kernel is cut off here, where it has fallen to 0.03 % of its peak.
REACH = 4.0
CELLS_IN_BANDWIDTH = 4
MOST_NODES = 4_000_000


@dataclass(frozen=True)
class Heat:
    """Points per km² at the nodes of a grid in a metric CRS.

    ``density[row, column]`` is the value at ``(west_m + column * cell_m, south_m + row * cell_m)``.
    """

    density: Floats
    west_m: float
    south_m: float
    cell_m: float
    metric_crs: str

    @property
    def peak(self) -> float:
        """Return the highest value; 0 without points."""
        return float(self.density.max(initial=0.0))

    def at(self, longitude: Floats, latitude: Floats) -> Floats:
        """Return the density at WGS 84 places, between the nodes bilinearly, outside 0."""
        x, y = transformer(WGS84, self.metric_crs).transform(longitude, latitude)
        column = (np.asarray(x, float) - self.west_m) / self.cell_m
        row = (np.asarray(y, float) - self.south_m) / self.cell_m
        rows, columns = self.density.shape
        inside = (row >= 0) & (column >= 0) & (row < rows - 1) & (column < columns - 1)
        low, left = np.where(inside, row, 0).astype(int), np.where(inside, column, 0).astype(int)
        up, right = row - low, column - left
        below = self.density[low, left] * (1 - right) + self.density[low, left + 1] * right
        above = self.density[low + 1, left] * (1 - right) + self.density[low + 1, left + 1] * right
        return np.where(inside, below * (1 - up) + above * up, 0.0)


def heat(longitude: Floats, latitude: Floats, *, bounds: Bounds, bandwidth_m: float) -> Heat:
    """Return how densely WGS 84 points lie in a box (west, south, east, north in degrees).

    ``bandwidth_m`` is the kernel's standard deviation. Measured in the metric CRS of the box's
    middle (EPSG:4548 in Beijing); points outside the box add what reaches into it. The grid covers
    the box and ``REACH`` bandwidths around it.

    Raises ``InvalidError`` for a bandwidth that is not positive, or too small for the box.
    """
    if not (np.isfinite(bandwidth_m) and bandwidth_m > 0):
        raise InvalidError(field="bandwidth_m")
    west, south, east, north = bounds
    crs = metric_crs_at((west + east) / 2, (south + north) / 2)
    to_metres = transformer(WGS84, crs)
    corners = to_metres.transform(*_edge(bounds))
    cell, margin = bandwidth_m / CELLS_IN_BANDWIDTH, REACH * bandwidth_m
    west_m, south_m = (float(np.min(values)) - margin for values in corners)
    columns, rows = (
        int(np.ceil((float(np.max(values)) + margin - least) / cell)) + 1
        for values, least in zip(corners, (west_m, south_m), strict=True)
    )
    if columns * rows > MOST_NODES:
        raise InvalidError(field="bandwidth_m", reason="too small")
    x, y = to_metres.transform(np.asarray(longitude, float), np.asarray(latitude, float))
    weights = _binned((x - west_m) / cell, (y - south_m) / cell, columns, rows)
    return Heat(_smoothed(weights) * 1e6 / cell**2, west_m, south_m, cell, crs)


def _edge(bounds: Bounds, steps: int = 8) -> tuple[Floats, Floats]:
    """Return points along the border of a box: its edges are bent in the metric CRS."""
    west, south, east, north = bounds
    along, up = np.linspace(west, east, steps), np.linspace(south, north, steps)
    lon = np.concatenate([along, along, np.full(steps, west), np.full(steps, east)])
    lat = np.concatenate([np.full(steps, south), np.full(steps, north), up, up])
    return lon, lat


def _binned(column: Floats, row: Floats, columns: int, rows: int) -> Floats:
    """Share each point among the four nodes around it, nearer ones getting more."""
    inside = (column >= 0) & (row >= 0) & (column < columns - 1) & (row < rows - 1)
    column, row = column[inside], row[inside]
    left, low = column.astype(np.int64), row.astype(np.int64)
    right, up = column - left, row - low
    weights = np.zeros(rows * columns)
    for step_row, part_row in ((0, 1 - up), (1, up)):
        for step_column, part_column in ((0, 1 - right), (1, right)):
            node = (low + step_row) * columns + left + step_column
            weights += np.bincount(node, part_row * part_column, rows * columns)
    return weights.reshape(rows, columns)


def _smoothed(weights: Floats) -> Floats:
    """Convolve with a Gaussian of ``CELLS_IN_BANDWIDTH`` cells, along rows, then columns."""
    steps = np.arange(-int(REACH * CELLS_IN_BANDWIDTH), int(REACH * CELLS_IN_BANDWIDTH) + 1)
    kernel = np.exp(-0.5 * (steps / CELLS_IN_BANDWIDTH) ** 2) / (
        CELLS_IN_BANDWIDTH * np.sqrt(2 * np.pi)
    )
    return _along(_along(weights, kernel).T, kernel).T


def _along(values: Floats, kernel: Floats) -> Floats:
    half = len(kernel) // 2
    padded = np.pad(values, ((0, 0), (half, half)))
    width = values.shape[1]
    found = np.zeros_like(values)
    for step, weight in enumerate(kernel):
        found += weight * padded[:, step : step + width]
    return found
