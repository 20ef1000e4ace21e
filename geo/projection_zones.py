"""Points that lie too far apart for one projection, in groups that are not."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
from numpy.typing import NDArray

from core.errors import InvalidError
from geo.aggregate import point_coordinates
from geo.crs import WGS84, WIDEST_DEG

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
_DEGREE_M = 111_320.0


class TooWideError(InvalidError):
    """The points lie too far apart for one zone. Parameters: ``degrees``, ``most``."""

    code = "too_wide"


def measurable_groups(points: gpd.GeoDataFrame, *, apart_m: float) -> list[Ints]:
    """Return the rows of points (any CRS) in groups each of which one zone can measure.

    One group where all lies within ``geo.crs.WIDEST_DEG``; else cut, west to east, wherever there
    is no point for ``apart_m`` metres or more. Raises :class:`TooWideError` for a group that is
    wider still, and what ``geo.aggregate.point_coordinates`` raises.
    """
    lon, lat = point_coordinates(points, crs=WGS84)
    usable = np.isfinite(lon) & np.isfinite(lat) & (np.abs(lon) <= 180) & (np.abs(lat) <= 90)
    rows = np.flatnonzero(usable)
    if not len(rows) or np.ptp(lon[rows]) <= WIDEST_DEG:
        return [np.arange(len(lon))]
    rows = rows[np.argsort(lon[rows], kind="stable")]
    narrowest = np.cos(np.radians(min(float(np.abs(lat[rows]).max()), 85.0)))
    apart_deg = apart_m / (_DEGREE_M * narrowest)
    parts = np.split(rows, np.flatnonzero(np.diff(lon[rows]) > apart_deg) + 1)
    widest = max(float(lon[part[-1]] - lon[part[0]]) for part in parts)
    if widest > WIDEST_DEG:
        raise TooWideError(degrees=round(widest, 1), most=WIDEST_DEG)
    parts = _merged(parts, lon)
    parts[0] = np.concatenate([parts[0], np.flatnonzero(~usable)])
    return [np.sort(part) for part in parts]


def _merged(parts: list[Ints], lon: Floats) -> list[Ints]:
    """Join neighbouring groups as long as one zone can measure them."""
    joined = [parts[0]]
    start = lon[parts[0][0]]
    for part in parts[1:]:
        if lon[part[-1]] - start <= WIDEST_DEG:
            joined[-1] = np.concatenate([joined[-1], part])
        else:
            joined.append(part)
            start = lon[part[0]]
    return joined
