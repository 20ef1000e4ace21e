"""Where nothing may stand: carriageways, fire lanes, tactile paving, water, rails, private ground.

The kinds are those that Beijing's guideline of 2017 on marking bicycle parking areas names.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import shapely

from geo.crs import reproject


@dataclass(frozen=True)
class Mask:
    """Ground on which nothing may stand.

    ``reason``: why, as it is told; ``shapes``: points, lines or polygons that state their system;
    ``buffer_m``: how far around them the ground is taken as well, such as half a carriageway.
    """

    reason: str
    shapes: gpd.GeoSeries
    buffer_m: float = 0.0


def reasons_against(points: gpd.GeoSeries, masks: Sequence[Mask]) -> list[tuple[str, ...]]:
    """Return for each point the reasons of the masks it lies on, the border included.

    ``points`` are in a projected system in metres; masks are brought there.
    """
    found: list[list[str]] = [[] for _ in range(len(points))]
    places = np.asarray(points.array)
    for mask in masks:
        shapes = np.asarray(reproject(mask.shapes, points.crs).array)
        hits, _shape = shapely.STRtree(shapes).query(
            places, predicate="dwithin", distance=max(mask.buffer_m, 1e-6)
        )
        for hit in np.unique(hits):
            if mask.reason not in found[hit]:
                found[hit].append(mask.reason)
    return [tuple(one) for one in found]
