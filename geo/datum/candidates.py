"""Systems that coordinates may be in, by their magnitude and by where they would then lie.

Chinese plane coordinates differ by central meridian, by a zone number before the easting or none,
by 3 or 6 degrees, by unit, and by which of the two is called x. All that fit the size of the
numbers are tried; those that would lie near what is known are the candidates.

Sources: EPSG registry (4491-4533 Gauss-Krueger zones of CGCS2000 with numbers, 4502-4554 without).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.ops import nearest_points

from geo.crs import BD09, GCJ02, WGS84, metric_crs_at, to_wgs84, transformer

Floats = NDArray[np.float64]
#: Metres of each unit in which drawings come.
UNITS = {"m": 1.0, "mm": 0.001, "cm": 0.01, "km": 1000.0}
#: Farther away, in kilometres, a system is no candidate.
MOST_KM = 60.0
#: Nearer by so much than the next, in kilometres, and so near: the only one that makes sense.
CLEAR_KM, NEAR_KM = 5.0, 3.0
_WEB = "EPSG:3857"
_MOST_POINTS = 500


@dataclass(frozen=True)
class SystemCandidate:
    """A system that coordinates may be in: ``unit`` of a drawing, ``swapped`` if x is north.

    ``longitude`` and ``latitude`` (WGS 84): the middle of where it would lie; ``away_km`` from the
    area that is known; ``inside``: the share of points in it.
    """

    system: str
    unit: str
    swapped: bool
    longitude: float
    latitude: float
    away_km: float
    inside: float


def system_candidates(
    x: Floats, y: Floats, area: Any, *, units: Sequence[str] = ("m",), most: int = 6
) -> list[SystemCandidate]:
    """Return the systems in which points would lie near ``area`` (WGS 84), the likeliest first.

    ``x`` and ``y`` as the file has them; ``units`` that may be meant. GCJ-02 and BD-09 stand beside
    WGS 84 wherever degrees fit: how they are told apart is in ``geo.datum.compare``.
    """
    usable = np.flatnonzero(np.isfinite(x) & np.isfinite(y))
    rows = usable[:: len(usable) // _MOST_POINTS + 1]
    if not len(rows):
        return []
    found = []
    for swapped in (False, True):
        east, north = (y[rows], x[rows]) if swapped else (x[rows], y[rows])
        for system, unit in _fitting(float(np.median(east)), float(np.median(north)), area, units):
            factor = UNITS.get(unit, 1.0)
            made = _candidate(east * factor, north * factor, system, unit, swapped, area)
            if made is not None and made.away_km <= MOST_KM:
                found.append(made)
    return sorted(found, key=lambda one: (-one.inside, one.away_km, one.swapped))[:most]


def is_clear(candidates: Sequence[SystemCandidate]) -> bool:
    """Tell whether the first of them is the only one that makes sense.

    WGS 84, GCJ-02 and BD-09 lie too near to each other to be told apart by that.
    """
    others = [one for one in candidates[1:] if one.system not in (GCJ02, BD09)]
    first = candidates[0] if candidates else None
    if first is None or first.away_km > NEAR_KM:
        return False
    return not others or others[0].away_km >= first.away_km + CLEAR_KM


def _fitting(
    east: float, north: float, area: Any, units: Sequence[str]
) -> Iterator[tuple[str, str]]:
    """Yield the systems and units for which numbers of this size make sense."""
    if 72 <= east <= 137 and 0 <= north <= 56:
        yield from ((system, "deg") for system in (WGS84, GCJ02, BD09))
    meridian = float(area.centroid.x)
    for unit in units:
        x, y = east * UNITS[unit], north * UNITS[unit]
        if not 0.3e6 <= y <= 6.2e6:
            continue
        yield from ((system, unit) for system in _plane(x, meridian))


def _plane(x: float, meridian: float) -> Iterator[str]:
    if 1e5 <= x <= 9e5:
        yield from _without_number(meridian)
    zone = int(x // 1e6)
    if 13 <= zone <= 23:
        yield f"EPSG:{4491 + zone - 13}"
    if 25 <= zone <= 45:
        yield f"EPSG:{4513 + zone - 25}"
    if 8e6 <= x <= 15.3e6:
        yield _WEB


def _without_number(meridian: float) -> Iterator[str]:
    """Yield the zones of 3 degrees around a meridian, the nearest first, then UTM's."""
    nearest = int(np.clip(round((meridian - 75) / 3), 0, 20))
    for away in (0, -1, 1):
        if 0 <= nearest + away <= 20:
            yield f"EPSG:{4534 + nearest + away}"
    yield f"EPSG:{32600 + int((meridian + 180) // 6) + 1}"


def _candidate(
    x: Floats, y: Floats, system: str, unit: str, swapped: bool, area: Any
) -> SystemCandidate | None:
    lon, lat = to_wgs84(x, y, crs=system)
    known = np.isfinite(lon) & np.isfinite(lat)
    if not known.any():
        return None
    middle = shapely.Point(float(np.median(lon[known])), float(np.median(lat[known])))
    inside = float(shapely.intersects_xy(area, lon[known], lat[known]).mean())
    away_km = _km(middle, area)
    return SystemCandidate(system, unit, swapped, middle.x, middle.y, away_km, inside)


def _km(point: Any, area: Any) -> float:
    """Return how far a WGS 84 point is from an area; 0 inside."""
    there = nearest_points(point, area)[1]
    if point.equals(there):
        return 0.0
    into = transformer(WGS84, metric_crs_at(there.x, there.y))
    (x, y), (to_x, to_y) = into.transform(point.x, point.y), into.transform(there.x, there.y)
    away = float(np.hypot(x - to_x, y - to_y)) / 1_000
    return away if np.isfinite(away) else float("inf")
