"""Coordinate systems used in China, and which one to measure in.

Functions take longitude and latitude in degrees, as two floats or as two equally long arrays, and
return ``(longitude, latitude)`` of the same kind. A pair with NaN or infinity becomes NaN.

GCJ-02 is the system of Chinese phone maps (300 to 600 m off), BD-09 Baidu's on top of it; neither
has an EPSG code, so both go by the names in :data:`CHINESE_SYSTEMS`.

Sources: the published GCJ-02 and BD-09 formulas (eviltransform, coordtransform); the constants are
those of the Krasovsky 1940 ellipsoid.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any, TypeVar

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import CRS, Transformer
from pyproj.exceptions import CRSError

from core.errors import InvalidError

WGS84 = "EPSG:4326"
CGCS2000 = "EPSG:4490"
BEIJING_METRIC = "EPSG:4548"
GCJ02 = "GCJ-02"
BD09 = "BD-09"

Number = TypeVar("Number", float, NDArray[np.float64])
Shapes = TypeVar("Shapes", gpd.GeoSeries, gpd.GeoDataFrame)
_Pair = tuple[NDArray[np.float64], NDArray[np.float64]]

_CHINA_WEST, _CHINA_EAST = 72.004, 137.8347
_CHINA_SOUTH, _CHINA_NORTH = 0.8293, 55.8271
_SEMI_MAJOR_M = 6378245.0
_ECCENTRICITY_SQUARED = 0.00669342162296594323
_BAIDU_ANGLE = np.pi * 3000.0 / 180.0
_BAIDU_LON, _BAIDU_LAT = 0.0065, 0.006
#: Within so many degrees of longitude one zone measures lengths to 0.14 %.
WIDEST_DEG = 6.0
_CLOSE_ENOUGH_DEG = 1e-10
_MOST_STEPS = 40
#: Datums that are WGS 84 to a metre, as they follow the ITRS, though PROJ calls it a guess.
_SAME_AS_WGS84 = re.compile(
    r"wgs.?(19)?84|world geodetic system 1984|cgcs.?2000|china.?2000|china geodetic coordinate"
)
#: What is longer is a definition, no code of an authority.
_LONGEST_CODE = 30


class UnknownCrsError(InvalidError):
    """The coordinate system cannot be understood. Parameter: ``crs``."""

    code = "unknown_crs"


class MissingCrsError(InvalidError):
    """The data state no coordinate system and none was given. Parameter: ``what``."""

    code = "missing_crs"


def wgs84_to_gcj02(lon: Number, lat: Number) -> tuple[Number, Number]:
    """Shift WGS 84 to GCJ-02; identity outside 72.004-137.8347 E, 0.8293-55.8271 N."""
    return _like(lon, *_to_gcj02(*_finite_or_nan(lon, lat)))


def gcj02_to_wgs84(lon: Number, lat: Number) -> tuple[Number, Number]:
    """Undo :func:`wgs84_to_gcj02`, iterated to 1e-10 degrees (0.01 mm).

    Within 0.02 degrees of the edge of China's box two WGS 84 points share one GCJ-02 point, so no
    inverse exists there: a point outside the box is returned as it is.
    """
    gcj_lon, gcj_lat = _finite_or_nan(lon, lat)
    wgs_lon, wgs_lat = _invert(_shifted, gcj_lon, gcj_lat)
    outside = _outside_china(gcj_lon, gcj_lat)
    return _like(lon, np.where(outside, gcj_lon, wgs_lon), np.where(outside, gcj_lat, wgs_lat))


def gcj02_to_bd09(lon: Number, lat: Number) -> tuple[Number, Number]:
    """Shift GCJ-02 to BD-09 by the formula in circulation, with x_pi = pi * 3000 / 180.

    eviltransform writes plain pi for x_pi, which puts its BD-09 up to 40 m elsewhere.
    """
    return _like(lon, *_to_bd09(*_finite_or_nan(lon, lat)))


def bd09_to_gcj02(lon: Number, lat: Number) -> tuple[Number, Number]:
    """Undo :func:`gcj02_to_bd09`, iterated to 1e-10 degrees.

    The closed formula in circulation is no exact inverse; the two differ by up to 0.23 m.
    """
    return _like(lon, *_invert(_to_bd09, *_finite_or_nan(lon, lat)))


def wgs84_to_bd09(lon: Number, lat: Number) -> tuple[Number, Number]:
    """Shift WGS 84 to BD-09, by way of GCJ-02."""
    return gcj02_to_bd09(*wgs84_to_gcj02(lon, lat))


def bd09_to_wgs84(lon: Number, lat: Number) -> tuple[Number, Number]:
    """Undo :func:`wgs84_to_bd09`, to under 0.01 m."""
    return gcj02_to_wgs84(*bd09_to_gcj02(lon, lat))


@lru_cache(maxsize=64)
def transformer(source: Any, target: Any) -> Transformer:
    """Return what brings x and y (east, north) from one CRS to another.

    Finding the way takes up to 0.1 s (CGCS2000), and pyproj finds it anew in each thread. What is
    kept is the way as a pipeline of PROJ, of which each thread makes its own in 0.2 ms; where PROJ
    has several ways and chooses by the place, it is asked as ever. A pipeline knows nothing of its
    systems, so that it transforms coordinates, but no bounds.
    """
    found = Transformer.from_crs(source, target, always_xy=True)
    if not found.definition.startswith("proj="):
        return found
    return Transformer.from_pipeline(found.definition)


def reproject(shapes: Shapes, crs: Any) -> Shapes:
    """Return shapes in another CRS, as geopandas' ``to_crs`` does: same index and columns.

    By :func:`transformer`, as geopandas, too, would have the way found anew in each thread. Raises
    :class:`MissingCrsError` where the shapes state none.
    """
    require_crs(shapes, what="shapes")
    target = CRS.from_user_input(crs)
    if shapes.crs.is_exact_same(target):
        return shapes
    geometry = shapes.geometry
    if geometry.has_z.any():  # heights go along
        return shapes.to_crs(target)
    into = transformer(shapes.crs, target).transform
    moved = geometry.transform(lambda xy: np.column_stack(into(xy[:, 0], xy[:, 1])))
    moved = moved.set_crs(target, allow_override=True)
    return moved if isinstance(shapes, gpd.GeoSeries) else shapes.set_geometry(moved)


def to_wgs84(x: Number, y: Number, *, crs: str) -> tuple[Number, Number]:
    """Bring coordinates from ``crs`` to WGS 84 longitude and latitude in degrees.

    ``crs`` is ``"GCJ-02"``, ``"BD-09"`` or whatever pyproj understands; for a geographic system x
    is the longitude. What lies outside a projection becomes infinite. Raises
    :class:`UnknownCrsError`.
    """
    name = known_crs(crs)
    if name in CHINESE_SYSTEMS:
        return CHINESE_SYSTEMS[name](x, y)
    if CRS.from_user_input(name) == CRS.from_user_input(WGS84):
        return x, y
    place = _arrays(x, y)
    if (degrees := own_degrees(name)) is not None:
        place, name = transformer(name, degrees).transform(*place), degrees
    lon, lat = transformer(name, WGS84).transform(*place)
    return _like(x, np.asarray(lon), np.asarray(lat))


CHINESE_SYSTEMS: dict[str, Callable[..., Any]] = {GCJ02: gcj02_to_wgs84, BD09: bd09_to_wgs84}
#: Names under which files state longitude and latitude in WGS 84.
_WGS84_NAMES = frozenset(
    {"CRS84", "OGC:CRS84", "URN:OGC:DEF:CRS:OGC:1.3:CRS84"} | {"WGS84", "WGS 84"}
)
_URN = re.compile(r"urn:ogc:def:crs:EPSG:[\d.]*:(\d+)", re.IGNORECASE)
_UNNAMED = re.compile(r"[^0-9A-Z\u4e00-\u9fff]")
_OPENS_FILES = ("grids", "parameterfile", "file=", "init=", "pipeline")


def known_crs(crs: str) -> str:
    """Return the name this module uses for ``crs``; raises :class:`UnknownCrsError`.

    A definition by which PROJ would open a file of grids or of parameters is none.
    """
    stated = crs.strip()
    if found := chinese_system(stated):
        return found
    if stated.upper() in _WGS84_NAMES:
        return WGS84
    if any(word in stated.lower() for word in _OPENS_FILES):
        raise UnknownCrsError(crs=crs)
    try:
        CRS.from_user_input(stated)
    except CRSError:
        raise UnknownCrsError(crs=crs) from None
    urn = _URN.fullmatch(stated)
    return f"EPSG:{urn[1]}" if urn else stated


def stated_name(crs: str) -> str:
    """Return what a definition calls its system; a code, and what is none, as it is."""
    if len(crs) <= _LONGEST_CODE:
        return crs
    try:
        return str(CRS.from_user_input(crs).name)[:80]
    except CRSError:
        return crs[:80]


def chinese_system(stated: str) -> str | None:
    """Return which system without an EPSG code a name or a definition means, if it is one."""
    plain = _UNNAMED.sub("", stated.upper())
    if "BD09MC" in plain:  # metres of Baidu's own, for which no formula is known here
        return None
    if any(word in plain for word in ("GCJ02", "火星坐标")):
        return GCJ02
    return BD09 if any(word in plain for word in ("BD09", "百度坐标")) else None


def frame_to_wgs84(frame: gpd.GeoDataFrame, *, crs: str | None = None) -> gpd.GeoDataFrame:
    """Return ``frame`` in EPSG:4326, same index and columns.

    ``crs`` overrules what the frame states; needed for GCJ-02 and BD-09, which no file can state.
    Raises :class:`MissingCrsError` when neither states one.
    """
    if crs is not None:
        name = known_crs(crs)
        if name in CHINESE_SYSTEMS:
            convert = CHINESE_SYSTEMS[name]
            moved = shapely.transform(
                frame.geometry.array, lambda xy: np.column_stack(convert(xy[:, 0], xy[:, 1]))
            )
            return frame.set_geometry(gpd.GeoSeries(moved, index=frame.index, crs=WGS84))
        frame = frame.set_crs(name, allow_override=True)
    require_crs(frame, what="frame")
    if frame.crs == WGS84:
        return frame
    degrees = own_degrees(frame.crs.to_wkt())
    return reproject(frame if degrees is None else reproject(frame, degrees), WGS84)


@lru_cache(maxsize=64)
def own_degrees(crs: str) -> str | None:
    """Return the longitudes and latitudes of a plane system's own datum, as a definition.

    To be gone through first where the datum is not that of WGS 84 or CGCS2000: between them and a
    plane system PROJ looks for transformations where the system is meant to be used, and takes
    none where the data lie beside it. None for any other system.
    """
    found = CRS.from_user_input(crs)
    geographic = found.geodetic_crs
    if not found.is_projected or found.is_bound or geographic is None:
        return None
    return None if follows_wgs84(geographic) else str(geographic.to_wkt())


def follows_wgs84(geographic: CRS) -> bool:
    """Tell whether longitudes and latitudes are WGS 84 to a metre.

    By the names of system and datum, as CGCS2000 has several; a datum without a name is taken for
    it where its ellipsoid is that of WGS 84, GRS 80 or CGCS2000.
    """
    parts = (geographic, geographic.datum, geographic.ellipsoid)
    name, datum, _ellipsoid = ("" if one is None else str(one.name) for one in parts)
    if _SAME_AS_WGS84.search(f"{name} {datum}".lower().replace("_", " ")):
        return True
    shape = geographic.ellipsoid
    is_modern = (
        shape is not None
        and abs(shape.semi_major_metre - 6_378_137) < 0.5
        and abs(shape.inverse_flattening - 298.2572) < 0.001
    )
    return is_modern and datum.lower().startswith("unknown")


def require_crs(frame: gpd.GeoSeries | gpd.GeoDataFrame, *, what: str) -> None:
    """Raise :class:`MissingCrsError` naming ``what`` unless the frame states its system."""
    if frame.crs is None:
        raise MissingCrsError(what=what)


def metric_crs_for(frame: gpd.GeoDataFrame) -> str:
    """Return the projected system (metres) to measure this frame in, as ``"EPSG:..."``.

    The rule: take the median of the bounding-box centres of its geometries in WGS 84 (one stray
    point at 0, 0 then moves nothing). Inside China's box, between 73.5 and 136.5 degrees east, it
    is the CGCS2000 3-degree Gauss-Krueger zone of that longitude without zone number in the easting
    (EPSG:4534 at 75 E to EPSG:4554 at 135 E; 4548 for Beijing). Elsewhere it is the WGS 84 UTM
    zone. A frame with nothing in it is measured in EPSG:4548. Meant for data up to some 6 degrees
    wide. Raises :class:`MissingCrsError`.
    """
    require_crs(frame, what="frame")
    boxes = shapely.bounds(frame.geometry.array)
    x, y = (boxes[:, 0] + boxes[:, 2]) / 2, (boxes[:, 1] + boxes[:, 3]) / 2
    usable = np.isfinite(x) & np.isfinite(y)
    if not usable.any():
        return BEIJING_METRIC
    middle = float(np.median(x[usable])), float(np.median(y[usable]))
    return metric_crs_at(*to_wgs84(*middle, crs=frame.crs.to_wkt()))


def areas_m2(frame: gpd.GeoDataFrame) -> NDArray[np.float64]:
    """Return the area of each geometry in square metres; NaN without one.

    Measured in the system of :func:`metric_crs_for`; where the frame is wider than ``WIDEST_DEG``,
    each geometry in the zone of its own place, so that what else is there changes nothing. Raises
    :class:`MissingCrsError`.
    """
    shapes = frame_to_wgs84(frame).geometry
    boxes = shapely.bounds(np.asarray(shapes.array))
    lon, lat = (boxes[:, 0] + boxes[:, 2]) / 2, (boxes[:, 1] + boxes[:, 3]) / 2
    usable = np.isfinite(lon)
    if not usable.any() or np.ptp(lon[usable]) <= WIDEST_DEG:
        return np.asarray(reproject(shapes, metric_crs_for(frame)).area, dtype=np.float64)
    zones = np.array([metric_crs_at(*place) for place in zip(lon, lat, strict=True)])
    areas = np.full(len(shapes), np.nan)
    for zone in np.unique(zones):
        there = zones == zone
        areas[there] = reproject(shapes[there], str(zone)).area
    return areas


def metric_crs_at(lon: float, lat: float) -> str:
    """Return the projected system to measure in around one WGS 84 place; see above."""
    if not (np.isfinite(lon) and np.isfinite(lat)):
        return BEIJING_METRIC
    if 73.5 <= lon <= 136.5 and _CHINA_SOUTH <= lat <= _CHINA_NORTH:
        return f"EPSG:{4534 + min(int((lon - 73.5) // 3), 20)}"
    zone = int((lon + 180.0) // 6) % 60 + 1
    return f"EPSG:{(32600 if lat >= 0 else 32700) + zone}"


def _arrays(lon: Any, lat: Any) -> _Pair:
    return np.asarray(lon, dtype=np.float64), np.asarray(lat, dtype=np.float64)


def _finite_or_nan(lon: Any, lat: Any) -> _Pair:
    one, two = _arrays(lon, lat)
    known = np.isfinite(one) & np.isfinite(two)
    return np.where(known, one, np.nan), np.where(known, two, np.nan)


def _like(model: Any, lon: Any, lat: Any) -> Any:
    if np.ndim(model) == 0:
        return float(lon), float(lat)
    return lon, lat


def _outside_china(lon: NDArray[np.float64], lat: NDArray[np.float64]) -> NDArray[np.bool_]:
    inside = (lon >= _CHINA_WEST) & (lon <= _CHINA_EAST)
    return ~(inside & (lat >= _CHINA_SOUTH) & (lat <= _CHINA_NORTH))


def _to_gcj02(lon: NDArray[np.float64], lat: NDArray[np.float64]) -> _Pair:
    gcj_lon, gcj_lat = _shifted(lon, lat)
    outside = _outside_china(lon, lat)
    return np.where(outside, lon, gcj_lon), np.where(outside, lat, gcj_lat)


def _shifted(lon: NDArray[np.float64], lat: NDArray[np.float64]) -> _Pair:
    """Apply the GCJ-02 shift wherever the point lies."""
    x, y = lon - 105.0, lat - 35.0
    common = (20.0 * np.sin(6.0 * np.pi * x) + 20.0 * np.sin(2.0 * np.pi * x)) * 2.0 / 3.0
    root = np.sqrt(np.abs(x))
    east = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root + common
    east += (20.0 * np.sin(np.pi * x) + 40.0 * np.sin(np.pi / 3.0 * x)) * 2.0 / 3.0
    east += (150.0 * np.sin(np.pi / 12.0 * x) + 300.0 * np.sin(np.pi / 30.0 * x)) * 2.0 / 3.0
    north = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root + common
    north += (20.0 * np.sin(np.pi * y) + 40.0 * np.sin(np.pi / 3.0 * y)) * 2.0 / 3.0
    north += (160.0 * np.sin(np.pi / 12.0 * y) + 320.0 * np.sin(np.pi / 30.0 * y)) * 2.0 / 3.0
    phi = np.radians(lat)
    magic = 1.0 - _ECCENTRICITY_SQUARED * np.sin(phi) ** 2
    meridian = _SEMI_MAJOR_M * (1.0 - _ECCENTRICITY_SQUARED) / (magic * np.sqrt(magic))
    parallel = _SEMI_MAJOR_M / np.sqrt(magic) * np.cos(phi)
    return lon + np.degrees(east / parallel), lat + np.degrees(north / meridian)


def _to_bd09(lon: NDArray[np.float64], lat: NDArray[np.float64]) -> _Pair:
    radius = np.hypot(lon, lat) + 0.00002 * np.sin(lat * _BAIDU_ANGLE)
    angle = np.arctan2(lat, lon) + 0.000003 * np.cos(lon * _BAIDU_ANGLE)
    return radius * np.cos(angle) + _BAIDU_LON, radius * np.sin(angle) + _BAIDU_LAT


def _invert(
    forward: Callable[[NDArray[np.float64], NDArray[np.float64]], _Pair],
    lon: NDArray[np.float64],
    lat: NDArray[np.float64],
) -> _Pair:
    """Find what ``forward`` sends to the given point, by fixed-point iteration."""
    guess_lon, guess_lat = lon, lat
    for _ in range(_MOST_STEPS):
        there_lon, there_lat = forward(guess_lon, guess_lat)
        error_lon, error_lat = there_lon - lon, there_lat - lat
        guess_lon, guess_lat = guess_lon - error_lon, guess_lat - error_lat
        worst = np.fmax(np.abs(error_lon), np.abs(error_lat))
        if not np.any(worst > _CLOSE_ENOUGH_DEG):
            break
    return guess_lon, guess_lat
