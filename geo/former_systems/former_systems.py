"""China's former systems, Beijing 1954 and Xi'an 1980: which they are, and how far they may be off.

They lie some tens of metres to more than a hundred from WGS 84 and CGCS2000, differently in each
place; what relates them exactly is no public knowledge. PROJ has a few published transformations
for parts of China and takes degrees as they are everywhere else (a "ballpark" transformation),
without a word. Here it is told, and nobody is put on the map by it unawares.

Sources: EPSG registry (Beijing 1954 4214 with zones 2401-2442, 21413-21423 and 21453-21463; Xi'an
1980 4610 with zones 2327-2390; operations 15918-15921, 15935 and 15936, which move the middles of
their areas by 47 to 74 m).
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import geopandas as gpd
import numpy as np
from numpy.typing import NDArray
from pyproj import CRS, Transformer
from pyproj.exceptions import CRSError
from pyproj.transformer import TransformerGroup

from core.errors import InvalidError
from geo.crs import CHINESE_SYSTEMS, WGS84, follows_wgs84, known_crs, own_degrees

BEIJING_1954, XIAN_1980 = "EPSG:4214", "EPSG:4610"
#: How far degrees of a former system may lie from WGS 84, in metres, rounded up.
MOST_OFF_M = 150.0
#: Each datum's first code by kind of zone: 3 degrees with its number (25 to 45) and by its middle
#: meridian (75 to 135 E), 6 degrees with its number (13 to 23) and by its meridian.
_ZONES = {BEIJING_1954: (2401, 2422, 21413, 21453), XIAN_1980: (2349, 2370, 2327, 2338)}
_FIRST_OF_3, _FIRST_OF_6, _OF_3, _OF_6 = 25, 13, 21, 11


class UncertainSystemError(InvalidError):
    """No transformation from a system to WGS 84 is known where the data lie.

    Parameters: ``crs``; ``most_m``: how far off it may lie, 0 where nobody knows.
    """

    code = "uncertain_crs"


@dataclass(frozen=True)
class FormerSystem:
    """A former system: its ``datum``; ``width`` of its zone in degrees, 0 for longitude, latitude.

    ``zone``: its number, where it stands before the easting, else 0; ``meridian``: its middle.
    """

    datum: str
    width: int = 0
    zone: int = 0
    meridian: int = 0


@dataclass(frozen=True)
class Accuracy:
    """How far what is brought to WGS 84 may lie off, in metres; ``published``: by whom knows.

    Not published: PROJ knows no transformation there, and ``metres`` is the most that is likely; 0
    where nobody knows.
    """

    metres: float
    published: bool


def former_system(crs: str) -> FormerSystem | None:
    """Return which former system of China a name or a definition means; None for none."""
    found = _read(crs)
    datum = None if found is None else _datum_of(found)
    if found is None or datum is None:
        return None
    code = found.to_epsg(min_confidence=70) or 0
    starts = zip(_ZONES[datum], (_OF_3, _OF_3, _OF_6, _OF_6), strict=True)
    for kind, (first, count) in enumerate(starts):
        if first <= code < first + count:
            return _zone(datum, kind, code - first)
    return FormerSystem(datum)


def _zone(datum: str, kind: int, at: int) -> FormerSystem:
    width = 3 if kind < 2 else 6
    number = 0 if kind % 2 else at + (_FIRST_OF_3 if width == 3 else _FIRST_OF_6)
    return FormerSystem(datum, width, number, 75 + width * at)


def former_systems_fitting(
    x: NDArray[np.float64], y: NDArray[np.float64], meridian: float
) -> list[str]:
    """Return the former systems in which numbers of this size may be, to be chosen from.

    ``x`` and ``y``: middles as the file has them; ``meridian``: of the place that is known here,
    by which zones without a number are told. Both orders of the two are thought of.
    """
    usable = np.isfinite(x) & np.isfinite(y)
    if not usable.any():
        return []
    pair = float(np.median(x[usable])), float(np.median(y[usable]))
    found: dict[str, None] = {}
    for east, north in (pair, pair[::-1]):
        for datum in _ZONES:
            found.update(dict.fromkeys(_fitting(datum, east, north, meridian)))
    return list(found)


def _fitting(datum: str, east: float, north: float, meridian: float) -> Iterator[str]:
    if 72 <= east <= 137 and 0 <= north <= 56:
        yield datum
    if not 0.3e6 <= north <= 6.2e6:
        return
    numbered_3, plain_3, numbered_6, plain_6 = _ZONES[datum]
    zone = int(east // 1e6)
    if _FIRST_OF_3 <= zone < _FIRST_OF_3 + _OF_3:
        yield f"EPSG:{numbered_3 + zone - _FIRST_OF_3}"
    if _FIRST_OF_6 <= zone < _FIRST_OF_6 + _OF_6:
        yield f"EPSG:{numbered_6 + zone - _FIRST_OF_6}"
    if 1e5 <= east <= 9e5:
        yield f"EPSG:{plain_3 + int(np.clip(round((meridian - 75) / 3), 0, _OF_3 - 1))}"
        yield f"EPSG:{plain_6 + int(np.clip(round((meridian - 75) / 6), 0, _OF_6 - 1))}"


def accuracy_of(crs: str, bounds: tuple[float, float, float, float]) -> Accuracy | None:
    """Return how well a system is brought to WGS 84; None for one that is WGS 84 to a metre.

    None, too, for a definition that states its own parameters (TOWGS84).

    ``bounds``: west, south, east, north of the data in the system's own degrees.
    """
    found = None if crs in CHINESE_SYSTEMS else _read(crs)
    geographic = None if found is None or found.is_bound else found.geodetic_crs
    if geographic is None or follows_wgs84(geographic):
        return None
    known = [
        accuracy
        for accuracy, (west, south, east, north) in _published(geographic.to_wkt())
        if west <= bounds[0] and south <= bounds[1] and east >= bounds[2] and north >= bounds[3]
    ]
    if known:
        return Accuracy(min(known), published=True)
    return Accuracy(MOST_OFF_M if _datum_of(geographic) else 0.0, published=False)


def accuracy_of_frame(frame: gpd.GeoDataFrame) -> Accuracy | None:
    """Return the same for a frame that states its system."""
    if frame.crs is None or not len(frame):
        return None
    west, south, east, north = (float(one) for one in frame.total_bounds)
    code = frame.crs.to_epsg()
    crs = f"EPSG:{code}" if code else frame.crs.to_wkt()
    if not np.isfinite((west, south, east, north)).all():
        return None
    degrees = own_degrees(frame.crs.to_wkt())
    if degrees is not None:
        # not geo.crs.transformer, which knows no bounds
        into = Transformer.from_crs(frame.crs.to_wkt(), degrees, always_xy=True)
        west, south, east, north = into.transform_bounds(west, south, east, north)
    return accuracy_of(crs, (west, south, east, north))


def check_certain_points(x: Any, y: Any, crs: str) -> None:
    """Raise :class:`UncertainSystemError` as ``check_certain``, for coordinates in a system."""
    name = known_crs(crs)
    if name not in CHINESE_SYSTEMS:
        check_certain(gpd.GeoDataFrame(geometry=gpd.points_from_xy(x, y), crs=name))


def check_certain(frame: gpd.GeoDataFrame) -> None:
    """Raise :class:`UncertainSystemError` where nobody published how to bring it to WGS 84."""
    found = accuracy_of_frame(frame)
    if found is not None and not found.published:
        raise UncertainSystemError(crs=str(frame.crs.name), most_m=found.metres)


@lru_cache(maxsize=64)
def _published(geographic: str) -> tuple[tuple[float, tuple[float, float, float, float]], ...]:
    """Return PROJ's transformations to WGS 84 that need no grid: accuracy in metres, and where."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of grids that are not here
        group = TransformerGroup(
            CRS.from_wkt(geographic), WGS84, always_xy=True, allow_ballpark=False
        )
    return tuple(
        (float(one.accuracy), one.area_of_use.bounds)
        for one in group.transformers
        if one.accuracy is not None and one.accuracy >= 0 and one.area_of_use is not None
    )


def _datum_of(found: CRS) -> str | None:
    geographic = found.geodetic_crs
    names = " ".join(
        str(one.name) for one in (geographic, geographic and geographic.datum) if one
    ).lower()
    if "beijing" in names and "1954" in names:
        return BEIJING_1954
    return XIAN_1980 if "xian" in names.replace("'", "") and "1980" in names else None


@lru_cache(maxsize=64)
def _read(crs: str) -> Any:
    try:
        return CRS.from_user_input(crs)
    except CRSError:
        return None
