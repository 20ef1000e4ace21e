"""What a place on the map is called: the named place nearest to it, and its community. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from layers.gazetteer.index import METRES_PER_DEGREE, Place

#: A hotspot is called after a place at most so far from its middle, in metres.
NEAR_M = 150.0
#: Outside all communities the nearest place within so many metres has to do.
FAR_M = 1_000.0
#: Of what is long, one point says little; what is asked for is no name of where it is asked for.
_NO_LANDMARK = frozenset(
    {
        *("community", "river", "roads", "expressway", "main", "secondary", "railway", "metro"),
        *("bike_parking", "idle_plots", "idle_plot", "address"),
    }
)

#: A name in Chinese and in English; empty where nothing is known.
Names = tuple[str, str]
Floats = NDArray[np.float64]


def landmarks(places: Sequence[Place]) -> list[Place]:
    """Return the places after which a hotspot may be called."""
    return [place for place in places if place.kind not in _NO_LANDMARK]


def names_at(
    places: Sequence[Place],
    communities: Mapping[str, Names],
    longitudes: Sequence[float],
    latitudes: Sequence[float],
    codes: Sequence[str | None],
) -> list[Names]:
    """Return what the middles of hotspots are called: ``清河站东出口 · 阳光社区``.

    ``places`` are landmarks, ``codes`` the community of each hotspot, ``communities`` their names
    by code. Coordinates are WGS 84 degrees; distances are measured on a plane at each latitude,
    which errs by less than 0.1 % within a kilometre. Of equally near places the first one counts.
    """
    lon = np.array([place.longitude for place in places], float)
    lat = np.array([place.latitude for place in places], float)
    found = []
    for x, y, code in zip(longitudes, latitudes, codes, strict=True):
        within = NEAR_M if code in communities else FAR_M
        row = _nearest(lon, lat, float(x), float(y), within)
        found.append(_joined(places[row] if row is not None else None, communities.get(code or "")))
    return found


def _nearest(lon: Floats, lat: Floats, x: float, y: float, within_m: float) -> int | None:
    if not len(lon):
        return None
    east = (lon - x) * np.cos(np.radians(y))
    metres = np.hypot(east, lat - y) * METRES_PER_DEGREE
    row = int(metres.argmin())
    return row if metres[row] <= within_m else None


def _joined(place: Place | None, community: Names | None) -> Names:
    chinese = (place.name if place else "", community[0] if community else "")
    english = ((place.name_en or place.name) if place else "", community[1] if community else "")
    return _told(chinese), _told(english)


def _told(parts: tuple[str, str]) -> str:
    return " · ".join(part for part in parts if part)
