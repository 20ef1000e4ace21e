"""The coordinate systems that files leave in: WGS 84, CGCS2000 in degrees and in metres, GCJ-02.

CGCS2000 is China's own; within centimetres its degrees are those of WGS 84. In metres it comes in
Gauss-Krueger zones of 3 degrees, each in two writings: by central meridian (EPSG:4534 at 75 E to
EPSG:4554 at 135 E; 4548 for Beijing), with a false easting of 500,000 m, and by zone number
(EPSG:4513 to EPSG:4533), whose eastings begin with the zone, so that 39,448,000 is 448,000 of zone
39. GCJ-02 is the shifted system of Chinese phone maps; it has no EPSG code, so that no file can
give it by a code. Coordinates are always written east before north.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

import geopandas as gpd
import numpy as np
import shapely
from pyproj import CRS

from core.errors import InvalidError
from geo.crs import CGCS2000, GCJ02, WGS84, reproject, require_crs, wgs84_to_gcj02

_FIRST_MERIDIAN, _LAST_MERIDIAN, _ZONE_DEG = 75, 135, 3
_BY_MERIDIAN, _BY_ZONE = 4534, 4513
#: As far from its meridian a zone still writes places, though no longer to measure by (degrees).
REACH_DEG = 6.0


class SystemKind(StrEnum):
    """What the numbers of a system are."""

    DEGREES = "degrees"
    METRES = "metres"
    SHIFTED = "shifted"  # degrees of GCJ-02: 300 to 600 m from where things are


class UnknownSystemError(InvalidError):
    """Files are not written in such a coordinate system. Parameter: ``crs``."""

    code = "unknown_system"


class FarFromZoneError(InvalidError):
    """A place lies too far from a zone. Parameters: ``crs``, ``degrees`` from its meridian."""

    code = "far_from_zone"


@dataclass(frozen=True)
class TargetSystem:
    """One system: ``meridian`` (degrees east) and ``zone`` number of those in metres.

    ``zone`` is None where eastings do not begin with it.
    """

    code: str
    epsg: int | None
    kind: SystemKind
    meridian: int | None = None
    zone: int | None = None

    @property
    def in_metres(self) -> bool:
        """Tell whether it is a plane one, in metres."""
        return self.kind == SystemKind.METRES

    @property
    def decimals(self) -> int:
        """How many decimals tell a tenth of a millimetre."""
        return 4 if self.in_metres else 9


def _zones() -> list[TargetSystem]:
    found = []
    for step, meridian in enumerate(range(_FIRST_MERIDIAN, _LAST_MERIDIAN + 1, _ZONE_DEG)):
        for first, zone in ((_BY_MERIDIAN, None), (_BY_ZONE, meridian // _ZONE_DEG)):
            epsg = first + step
            found.append(TargetSystem(f"EPSG:{epsg}", epsg, SystemKind.METRES, meridian, zone))
    return found


#: As GCJ-02 stands in files: a system of that name which no program takes for degrees of WGS 84,
#: and which our reader knows again.
_SHIFTED = (
    'ENGCRS["GCJ-02 (shifted, not WGS 84)",EDATUM["GCJ-02"],CS[affine,2],'
    'AXIS["longitude",east],AXIS["latitude",north],ANGLEUNIT["degree",0.0174532925199433]]'
)
IN_WGS84 = TargetSystem(WGS84, 4326, SystemKind.DEGREES)
IN_CGCS2000 = TargetSystem(CGCS2000, 4490, SystemKind.DEGREES)
IN_GCJ02 = TargetSystem(GCJ02, None, SystemKind.SHIFTED)
#: All of them by their codes.
SYSTEMS: Mapping[str, TargetSystem] = {
    system.code: system for system in (IN_WGS84, IN_CGCS2000, *_zones(), IN_GCJ02)
}


def system_for(code: str) -> TargetSystem:
    """Return the system of a code such as ``EPSG:4548``; raises :class:`UnknownSystemError`."""
    found = SYSTEMS.get(code.strip().upper())
    if found is None:
        raise UnknownSystemError(crs=code[:80])
    return found


def zone_at(longitude: float, *, numbered: bool = False) -> TargetSystem | None:
    """Return the zone in metres nearest to a longitude (degrees east).

    None out of all zones, and for no place at all (NaN).
    """
    if longitude != longitude:
        return None
    meridian = round(longitude / _ZONE_DEG) * _ZONE_DEG
    for system in SYSTEMS.values():
        if system.meridian == meridian and (system.zone is not None) == numbered:
            return system
    return None


def systems_near(longitude: float) -> list[TargetSystem]:
    """Return the systems that make sense at a longitude: degrees, its zones, GCJ-02."""
    zones = [zone_at(longitude), zone_at(longitude, numbered=True)]
    inside = [zone for zone in zones if zone is not None]
    return [IN_WGS84, IN_CGCS2000, *inside, *([IN_GCJ02] if inside else [])]


def to_system(frame: gpd.GeoDataFrame, system: TargetSystem) -> gpd.GeoDataFrame:
    """Return a frame, of any stated CRS, in a system; same index and columns.

    In GCJ-02 it states an engineering system of that name, as there is no code. Raises
    ``MissingCrsError``, and :class:`FarFromZoneError` where something lies more than
    ``REACH_DEG`` from a zone's meridian.
    """
    require_crs(frame, what="frame")
    if system.kind == SystemKind.SHIFTED:
        return _shifted(reproject(frame, WGS84))
    _check_reach(frame, system)
    return reproject(frame, system.epsg)


def _shifted(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    moved = shapely.transform(
        np.asarray(frame.geometry.array),
        lambda xy: np.column_stack(wgs84_to_gcj02(xy[:, 0], xy[:, 1])),
    )
    shifted = frame.set_geometry(gpd.GeoSeries(moved, index=frame.index, crs=WGS84))
    return shifted.set_crs(CRS.from_wkt(_SHIFTED), allow_override=True)


def _check_reach(frame: gpd.GeoDataFrame, system: TargetSystem) -> None:
    if system.meridian is None or frame.empty:
        return
    west, _south, east, _north = reproject(frame, WGS84).total_bounds
    away = np.nanmax(np.abs(np.array([west, east]) - system.meridian))
    if away > REACH_DEG:
        raise FarFromZoneError(crs=system.code, degrees=round(float(away), 1))
