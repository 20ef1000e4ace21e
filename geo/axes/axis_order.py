"""Shapes in the systems that OGC API - Features names by address, axes in the order stated there.

``CRS84`` is longitude, latitude; EPSG:4326 and EPSG:4490 are latitude, longitude; the Gauss-Kruger
zones of CGCS2000 (EPSG:4526 to 4549) are northing, easting; EPSG:3857 is easting, northing. The
order is taken from the EPSG register as PROJ has it, never from habit.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import CRS

from geo.crs import WGS84, UnknownCrsError, transformer

CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
_EPSG = "http://www.opengis.net/def/crs/EPSG/0/"
#: What is offered: WGS 84, CGCS2000 and its 3-degree zones of Beijing with and without the number
#: of the zone in front, and what tiles are drawn in.
CODES = (4326, 4490, 4547, 4548, 4549, 4526, 4527, 4528, 3857)
ADDRESSES = (CRS84, *(f"{_EPSG}{code}" for code in CODES))
_SHORT = re.compile(r"\[?EPSG:(\d{4,5})\]?", re.ASCII | re.IGNORECASE)
#: Decimals of degrees and of metres: both about a millimetre.
_DIGITS = {True: 8, False: 3}
#: A box is bent in another system: its sides are cut into so many pieces.
_PIECES = 32


@dataclass(frozen=True)
class AxisSystem:
    """A system by its address. ``turned``: north stands before east; ``degrees``, else metres."""

    address: str
    name: str
    turned: bool
    degrees: bool

    @property
    def digits(self) -> int:
        """How many decimals a coordinate is written with."""
        return _DIGITS[self.degrees]


def axis_system(said: str) -> AxisSystem:
    """Return a system by its address or as ``EPSG:4548``. Raises ``UnknownCrsError``."""
    hit = _SHORT.fullmatch(said)
    address = f"{_EPSG}{hit[1]}" if hit else said
    if address not in ADDRESSES:
        raise UnknownCrsError(crs=said[:80])
    return _known(address)


@lru_cache(maxsize=len(ADDRESSES))
def _known(address: str) -> AxisSystem:
    if address == CRS84:
        return AxisSystem(address, "OGC:CRS84", turned=False, degrees=True)
    name = f"EPSG:{address.removeprefix(_EPSG)}"
    crs = CRS.from_user_input(name)
    turned = crs.axis_info[0].direction == "north"
    return AxisSystem(address, name, turned, crs.is_geographic)


def in_system(shapes: NDArray[np.object_], system: AxisSystem) -> NDArray[np.object_]:
    """Return WGS 84 shapes (longitude, latitude) in a system, in its order of axes, rounded."""
    change = None if system.address == CRS84 else transformer(WGS84, system.name)

    def moved(places: NDArray[np.float64]) -> NDArray[np.float64]:
        if change is not None and system.name != WGS84:
            places = np.column_stack(change.transform(*places.T))
        return np.round(places[:, ::-1] if system.turned else places, system.digits) + 0.0

    return np.asarray(shapely.transform(shapely.force_2d(shapes), moved), dtype=object)


def from_system(shape: Any, system: AxisSystem) -> Any:
    """Return a shape that is given in a system, in its order of axes, in WGS 84.

    Places that lie nowhere in WGS 84 become an empty shape.
    """
    change = None if system.name in ("OGC:CRS84", WGS84) else transformer(system.name, WGS84)

    def moved(places: NDArray[np.float64]) -> NDArray[np.float64]:
        places = places[:, ::-1] if system.turned else places
        return places if change is None else np.column_stack(change.transform(*places.T))

    found = shapely.transform(shape, moved)
    if not np.isfinite(shapely.get_coordinates(found)).all():
        return shapely.Polygon()
    return found


def box_from(system: AxisSystem, box: tuple[float, float, float, float]) -> Any:
    """Return a box (least and most of the first axis and the second) as a shape in WGS 84.

    In degrees one whose west is greater than its east lies across the antimeridian.
    """
    first, second, third, fourth = box
    if not system.degrees:
        sides = shapely.box(*box)
        step = max(third - first, fourth - second) / _PIECES
        return from_system(shapely.segmentize(sides, step) if step > 0 else sides, system)
    if system.turned:
        first, second, third, fourth = second, first, fourth, third
    if first <= third:
        return shapely.box(first, second, third, fourth)
    return shapely.MultiPolygon(
        [shapely.box(first, second, 180, fourth), shapely.box(-180, second, third, fourth)]
    )
