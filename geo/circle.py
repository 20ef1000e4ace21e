"""What lies within so many metres of a place: geodesic distances on the WGS 84 ellipsoid. Pure.

Longitudes and latitudes are WGS 84 degrees (EPSG:4326), distances metres. Source: Karney 2013,
Algorithms for geodesics, as PROJ has it; exact to nanometres, at every latitude and across the
180th meridian.
"""

from __future__ import annotations

import math
from functools import cache

import numpy as np
from numpy.typing import NDArray
from pyproj import Geod

Floats = NDArray[np.float64]
#: Metres in a degree of latitude where it is shortest, at the equator, rounded down.
_M_PER_DEGREE = 110_500.0


@cache
def _ellipsoid() -> Geod:
    return Geod(ellps="WGS84")


def distances_m(longitude: float, latitude: float, longitudes: Floats, latitudes: Floats) -> Floats:
    """Return the geodesic distance in metres from a place to each of the others."""
    count = len(longitudes)
    here = (np.full(count, longitude), np.full(count, latitude))
    metres = _ellipsoid().inv(*here, np.asarray(longitudes), np.asarray(latitudes))[2]
    return np.asarray(metres, dtype=np.float64)


def within_m(
    longitude: float, latitude: float, radius_m: float, longitudes: Floats, latitudes: Floats
) -> NDArray[np.bool_]:
    """Tell for each of the others whether it lies in the circle, its border included.

    The border counts to the millimetre, so that rounding puts nothing outside that lies on it.
    """
    found = distances_m(longitude, latitude, longitudes, latitudes)
    return np.asarray(found <= radius_m + 0.001, dtype=np.bool_)


def box_around(
    longitude: float, latitude: float, radius_m: float
) -> tuple[float, float, float, float]:
    """Return west, south, east and north of a box in degrees that holds the whole circle.

    At a pole, or where it would cross the 180th meridian, it reaches around the earth.
    """
    high = radius_m / _M_PER_DEGREE
    south, north = max(latitude - high, -90.0), min(latitude + high, 90.0)
    widest = math.cos(math.radians(max(abs(south), abs(north))))
    wide = high / widest if widest > 1e-9 else 360.0
    west, east = longitude - wide, longitude + wide
    if west < -180.0 or east > 180.0:
        west, east = -180.0, 180.0
    return west, south, east, north
