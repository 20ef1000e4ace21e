"""In which system a file is that was read: as somebody said, as it states, or by where it lies."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from geo.crs import CGCS2000, WGS84
from geo.datum.candidates import SystemCandidate, is_clear, system_candidates
from geo.datum.compare import DatumGuess, KnownGround, compare_datums
from geo.reading.dxf.drawing import DEGREES, METRES
from geo.reading.file_kinds import FileKind
from geo.reading.reader import FileRead

#: From so many of a column's cells on that name something known, the column tells where things are.
_LEAST_NAMED = 3
#: Units in which drawings come, tried where one states none.
_UNITS = ("m", "mm", "cm")
#: As long as nobody says otherwise, degrees of these are taken for WGS 84 alike.
_DEGREES = frozenset({WGS84, CGCS2000})


@dataclass(frozen=True)
class SystemSaid:
    """What somebody said of a file's coordinates; empty for nothing."""

    crs: str = ""
    unit: str = ""
    swapped: bool = False


class Sureness(StrEnum):
    """How sure it is in which system a file is."""

    CHOSEN = "chosen"  # by a person
    STATED = "stated"  # by the file, and nothing speaks against it
    DOUBTED = "doubted"  # the file states one, but lies as if in another
    FOUND = "found"  # the only one that makes sense
    OPEN = "open"  # whoever brings it must say


@dataclass(frozen=True)
class SystemFinding:
    """Which system a file is in: ``crs``, ``unit`` and ``swapped`` are to be offered.

    ``candidates`` by where it would lie; ``datum``: WGS 84, GCJ-02 and BD-09 compared, of degrees.
    """

    crs: str
    unit: str
    swapped: bool
    sure: Sureness
    candidates: tuple[SystemCandidate, ...] = ()
    datum: DatumGuess | None = None


def find_system(sent: FileRead, said: SystemSaid, ground: KnownGround) -> SystemFinding:
    """Return in which system a file is, as far as that can be told.

    ``sent``: read without a system, of a drawing with the unit that was said. What was said
    stands. What the file states stands, too, unless it lies far from all that is known as such and
    near as something else.
    """
    unit = said.unit or sent.told.get("stated_unit", "")
    x, y = middles(sent.frame)
    if not len(x):
        crs = said.crs or sent.stated
        sure = Sureness.CHOSEN if said.crs else Sureness.OPEN
        return SystemFinding(crs, unit, said.swapped, sure)
    if sent.kind == FileKind.DXF and not said.unit and sent.told.get("unit"):
        x, y = (one / METRES.get(sent.told["unit"], 1.0) for one in (x, y))  # as they are drawn
    candidates = _candidates(x, y, sent, said, ground)
    datum = _datum(x, y, sent, candidates, ground)
    told = tuple(candidates), datum
    if said.crs:
        return SystemFinding(said.crs, unit, said.swapped, Sureness.CHOSEN, *told)
    if sent.stated:
        return _stated(sent, unit, said, candidates, datum)
    first = candidates[0] if candidates else None
    if datum is not None and datum.certain and first is not None:
        system = datum.winner.system
        return SystemFinding(system, first.unit, first.swapped, Sureness.FOUND, *told)
    if first is not None and first.unit != DEGREES and is_clear(candidates):
        return SystemFinding(first.system, first.unit, first.swapped, Sureness.FOUND, *told)
    swapped = said.swapped or (first is not None and all(one.swapped for one in candidates))
    return SystemFinding("", unit, swapped, Sureness.OPEN, *told)


def _stated(
    sent: FileRead,
    unit: str,
    said: SystemSaid,
    candidates: Sequence[SystemCandidate],
    datum: DatumGuess | None,
) -> SystemFinding:
    told = tuple(candidates), datum
    shifted = datum is not None and datum.certain and datum.winner.system != WGS84
    if sent.stated in _DEGREES and datum is not None and shifted:
        system = datum.winner.system
        return SystemFinding(system, unit, said.swapped, Sureness.DOUBTED, *told)
    turned = bool(candidates) and all(one.swapped for one in candidates)
    if turned and sent.stated in _DEGREES and not said.swapped:
        return SystemFinding(sent.stated, unit, True, Sureness.DOUBTED, *told)
    return SystemFinding(sent.stated, unit, said.swapped, Sureness.STATED, *told)


def middles(frame: pd.DataFrame) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the middles of a frame's shapes, in its own coordinates; none of one without any."""
    if not isinstance(frame, gpd.GeoDataFrame) or frame.empty:
        return np.zeros(0), np.zeros(0)
    west, south, east, north = shapely.bounds(frame.geometry.array).T
    return (west + east) / 2, (south + north) / 2


def _candidates(
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    sent: FileRead,
    said: SystemSaid,
    ground: KnownGround,
) -> list[SystemCandidate]:
    if ground.area is None:
        return []
    units = _UNITS if sent.kind == FileKind.DXF and not said.unit else ("m",)
    return system_candidates(x, y, ground.area, units=units)


def _datum(
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    sent: FileRead,
    candidates: Sequence[SystemCandidate],
    ground: KnownGround,
) -> DatumGuess | None:
    """Compare the three systems of degrees, where the file is in degrees and near."""
    degrees = next((one for one in candidates if one.unit == DEGREES), None)
    if degrees is None or (sent.stated and sent.stated not in _DEGREES):
        return None
    lon, lat = (y, x) if degrees.swapped else (x, y)
    return compare_datums(lon, lat, ground, stated=_naming_column(sent.frame, ground))


def _naming_column(frame: pd.DataFrame, ground: KnownGround) -> list[str]:
    """Return the cells of the column that names most of what is known; none where none does."""
    known = set(ground.names) | {name.removesuffix("社区") for name in ground.names}
    best: list[str] = []
    most = _LEAST_NAMED - 1
    for column in frame.columns.drop("geometry", errors="ignore"):
        cells = ["" if value is None else str(value) for value in frame[column].tolist()]
        hits = sum(1 for cell in cells if cell in known)
        if hits > most:
            best, most = cells, hits
    return best
