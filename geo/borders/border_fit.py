"""Where borders overlap each other, leave gaps in an area, or differ from those before.

Frames and areas come in and go out in WGS 84 (EPSG:4326); areas and distances are measured in the
metric system of their place (``geo.crs.metric_crs_at``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from geo.crs import WGS84, metric_crs_at, transformer

#: Less, in square metres, is how neighbours touch where borders were drawn by hand.
LEAST_PIECE_M2 = 100.0
#: Of an area less than this share is covered: the borders lie elsewhere.
LEAST_COVERED = 1e-4
#: A border has moved where old and new areas share less than this of what both cover together.
SAME = 0.99


@dataclass(frozen=True)
class BorderPiece:
    """A piece of ground (WGS 84) with its size."""

    shape: Any
    area_m2: float


def overlaps(frame: gpd.GeoDataFrame) -> list[BorderPiece]:
    """Return what lies in two of a frame's polygons at once, the largest first."""
    metric = _Metric.at(frame.geometry.array)
    shapes = metric.into(shapely.make_valid(np.asarray(frame.geometry.array, dtype=object)))
    left, right = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    pairs = left < right
    return metric.pieces(shapely.intersection(shapes[left[pairs]], shapes[right[pairs]]))


def gaps(frame: gpd.GeoDataFrame, area: Any) -> list[BorderPiece]:
    """Return the parts of an area (WGS 84) that lie in none of a frame's polygons."""
    metric = _Metric.at([area])
    shapes = metric.into(shapely.make_valid(np.asarray(frame.geometry.array, dtype=object)))
    rest = shapely.difference(metric.into([area])[0], shapely.union_all(shapes))
    return metric.pieces(shapely.get_parts([rest]))


def covered_share(frame: gpd.GeoDataFrame, area: Any) -> float:
    """Return which share of an area lies in a frame's polygons."""
    whole = shapely.union_all(shapely.make_valid(np.asarray(frame.geometry.array, dtype=object)))
    return float(shapely.intersection(whole, area).area / area.area) if area.area else 0.0


def apart_km(frame: gpd.GeoDataFrame, area: Any) -> float:
    """Return how far a frame's middle is from an area's middle, in kilometres."""
    metric = _Metric.at([area])
    whole = shapely.union_all(metric.into(shapely.make_valid(np.asarray(frame.geometry.array))))
    return float(shapely.distance(whole.centroid, metric.into([area])[0].centroid)) / 1_000


def moved_borders(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, float]:
    """Return by code, of those in both, which share of old and new area together is common.

    Only those that moved: whose share is below ``SAME``.
    """
    codes = [code for code in before if code in after]
    if not codes:
        return {}
    metric = _Metric.at([before[code] for code in codes])
    old = metric.into(shapely.make_valid([before[code] for code in codes]))
    new = metric.into(shapely.make_valid([after[code] for code in codes]))
    common = shapely.area(shapely.intersection(old, new))
    together = shapely.area(shapely.union(old, new))
    shares = np.divide(common, together, out=np.ones(len(codes)), where=together > 0)
    return {code: float(share) for code, share in zip(codes, shares, strict=True) if share < SAME}


@dataclass(frozen=True)
class _Metric:
    """The metric system of a place."""

    crs: str

    @classmethod
    def at(cls, shapes: Sequence[Any]) -> _Metric:
        west, south, east, north = shapely.total_bounds(np.asarray(shapes, dtype=object))
        return cls(metric_crs_at(float(west + east) / 2, float(south + north) / 2))

    def into(self, shapes: Any) -> NDArray[np.object_]:
        return self._moved(shapes, WGS84, self.crs)

    def pieces(self, shapes: Any) -> list[BorderPiece]:
        """Return the parts that are large enough to be meant, the largest first."""
        parts = shapely.get_parts(np.asarray(shapes, dtype=object))
        parts = parts[shapely.get_dimensions(parts) == 2] if len(parts) else parts
        sizes = shapely.area(parts)
        chosen = np.flatnonzero(sizes >= LEAST_PIECE_M2)
        chosen = chosen[np.argsort(-sizes[chosen], kind="stable")]
        back = self._moved(parts[chosen], self.crs, WGS84)
        found = zip(back, sizes[chosen].tolist(), strict=True)
        return [BorderPiece(shape, size) for shape, size in found]

    def _moved(self, shapes: Any, source: str, target: str) -> NDArray[np.object_]:
        into = transformer(source, target)
        flat = shapely.force_2d(np.asarray(shapes, dtype=object))
        return np.asarray(
            shapely.transform(flat, lambda at: np.column_stack(into.transform(at[:, 0], at[:, 1])))
        )
