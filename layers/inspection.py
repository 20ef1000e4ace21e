"""Looks at a file before it is kept: what was found in it, how sure that is, where it would lie."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from core.errors import BadFileError, FileProblem
from geo.crs import CGCS2000, WGS84, to_wgs84
from geo.datum.candidates import SystemCandidate, is_clear, system_candidates
from geo.datum.compare import DatumGuess, KnownGround, compare_datums
from geo.reading.dxf.drawing import DEGREES, METRES
from geo.reading.file_kinds import FileKind
from geo.reading.limits import ReadLimits
from geo.reading.reader import FileRead, read_bytes
from layers.read_choices import ReadChoices
from layers.read_upload import ENDINGS, MOST_COLUMNS, MOST_FEATURES, MOST_MB, MOST_POSITIONS

ROWS_SHOWN = 5
#: So many shapes are drawn on the little map.
MOST_DRAWN = 400
#: From so many of a column's cells on that name something known, the column tells where things are.
_LEAST_NAMED = 3
#: Units in which drawings come, tried where one states none.
_UNITS = ("m", "mm", "cm")
#: As long as nobody says otherwise, degrees of these are taken for WGS 84 alike.
_DEGREES = frozenset({WGS84, CGCS2000})


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


@dataclass(frozen=True)
class Inspection:
    """What is in a file. ``rows``: the first, as text. ``shapes`` (WGS 84): some, for a map.

    ``layers``: all that the file has; ``layer``: which was looked at; ``away_km``: how far it would
    lie from the known area, None where it cannot be placed.
    """

    kind: str
    encoding: str
    encoding_sure: str
    delimiter: str
    x: str
    y: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    features: int
    layers: tuple[str, ...]
    layer: str
    stated_crs: str
    stated_unit: str
    system: SystemFinding
    shapes: tuple[Any, ...]
    away_km: float | None
    has_places: bool


def inspect_file(
    name: str,
    data: bytes,
    choices: ReadChoices,
    ground: KnownGround,
    *,
    limits: ReadLimits | None = None,
) -> Inspection:
    """Read a file as it was chosen and say what is in it; ``ground``: what is known around here.

    Raises ``BadFileError`` for what cannot be read at all.
    """
    sent = _read(name, data, choices, limits or ReadLimits())
    finding = find_system(sent, choices, ground)
    shapes = _placed(sent, finding)
    shown = sent.frame.drop(columns="geometry", errors="ignore")
    return Inspection(
        kind=sent.kind,
        encoding=sent.encoding,
        encoding_sure=sent.sure,
        delimiter=sent.told.get("delimiter", ""),
        x=sent.told.get("x", "") or choices.x,
        y=sent.told.get("y", "") or choices.y,
        columns=tuple(str(one) for one in shown.columns),
        rows=tuple(_texts(row) for row in shown.head(ROWS_SHOWN).itertuples(index=False)),
        features=len(sent.frame),
        layers=sent.layers,
        layer=sent.layer,
        stated_crs=sent.stated,
        stated_unit=sent.told.get("stated_unit", ""),
        system=finding,
        shapes=shapes,
        away_km=_away(shapes, ground),
        has_places=sent.has_places,
    )


def _read(name: str, data: bytes, choices: ReadChoices, limits: ReadLimits) -> FileRead:
    limits = replace(limits, features=MOST_FEATURES, positions=MOST_POSITIONS, columns=MOST_COLUMNS)
    named = [one for one in choices.layers if one != "*"]
    return read_bytes(
        name,
        data,
        layer=named[0] if named else "",
        layers=choices.layers,
        encoding=choices.encoding,
        unit=choices.unit,
        x=choices.x,
        y=choices.y,
        endings=ENDINGS,
        limits=limits,
        most_mb=MOST_MB,
    )


def find_system(sent: FileRead, choices: ReadChoices, ground: KnownGround) -> SystemFinding:
    """Return in which system a file is, as far as that can be told.

    What a person chose stands. What the file states stands, too, unless it lies far from all that
    is known as such and near as something else.
    """
    unit = choices.unit or sent.told.get("stated_unit", "")
    x, y = middles(sent.frame)
    if not len(x):
        crs = choices.crs or sent.stated
        sure = Sureness.CHOSEN if choices.crs else Sureness.OPEN
        return SystemFinding(crs, unit, choices.swapped, sure)
    if sent.kind == FileKind.DXF and not choices.unit and sent.told.get("unit"):
        x, y = (one / METRES.get(sent.told["unit"], 1.0) for one in (x, y))  # as they are drawn
    candidates = _candidates(x, y, sent, choices, ground)
    datum = _datum(x, y, sent, candidates, ground)
    told = tuple(candidates), datum
    if choices.crs:
        return SystemFinding(choices.crs, unit, choices.swapped, Sureness.CHOSEN, *told)
    if sent.stated:
        return _stated(sent, unit, choices, candidates, datum)
    first = candidates[0] if candidates else None
    if datum is not None and datum.certain and first is not None:
        system = datum.winner.system
        return SystemFinding(system, first.unit, first.swapped, Sureness.FOUND, *told)
    if first is not None and first.unit != DEGREES and is_clear(candidates):
        return SystemFinding(first.system, first.unit, first.swapped, Sureness.FOUND, *told)
    swapped = choices.swapped or (first is not None and all(one.swapped for one in candidates))
    return SystemFinding("", unit, swapped, Sureness.OPEN, *told)


def _stated(
    sent: FileRead,
    unit: str,
    choices: ReadChoices,
    candidates: Sequence[SystemCandidate],
    datum: DatumGuess | None,
) -> SystemFinding:
    told = tuple(candidates), datum
    shifted = datum is not None and datum.certain and datum.winner.system != WGS84
    if sent.stated in _DEGREES and datum is not None and shifted:
        system = datum.winner.system
        return SystemFinding(system, unit, choices.swapped, Sureness.DOUBTED, *told)
    turned = bool(candidates) and all(one.swapped for one in candidates)
    if turned and sent.stated in _DEGREES and not choices.swapped:
        return SystemFinding(sent.stated, unit, True, Sureness.DOUBTED, *told)
    return SystemFinding(sent.stated, unit, choices.swapped, Sureness.STATED, *told)


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
    choices: ReadChoices,
    ground: KnownGround,
) -> list[SystemCandidate]:
    if ground.area is None:
        return []
    units = _UNITS if sent.kind == FileKind.DXF and not choices.unit else ("m",)
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


def _placed(sent: FileRead, finding: SystemFinding) -> tuple[Any, ...]:
    """Return some shapes where they would lie, in WGS 84."""
    if not isinstance(sent.frame, gpd.GeoDataFrame) or not finding.crs:
        return ()
    shapes = [one for one in sent.frame.geometry.array if one is not None and not one.is_empty]
    some = shapely.force_2d(shapes[:: len(shapes) // MOST_DRAWN + 1])
    scale = 1.0
    if sent.kind == FileKind.DXF and not sent.told.get("unit") and finding.unit != DEGREES:
        scale = METRES.get(finding.unit or "m", 1.0)

    def there(at: NDArray[np.float64]) -> NDArray[np.float64]:
        at = (at[:, ::-1] if finding.swapped else at) * scale
        return np.column_stack(to_wgs84(at[:, 0], at[:, 1], crs=finding.crs))

    moved = shapely.transform(some, there)
    return tuple(one for one in moved if np.isfinite(shapely.bounds(one)).all())


def _away(shapes: Sequence[Any], ground: KnownGround) -> float | None:
    """Return how far the middle of the shapes is from the known area, in kilometres."""
    if not shapes or ground.area is None:
        return None
    west, south, east, north = shapely.bounds(np.array([*shapes, None], dtype=object)[:-1]).T
    x, y = np.median((west + east) / 2), np.median((south + north) / 2)
    if not (abs(x) <= 180 and abs(y) <= 90):
        raise BadFileError(
            reason="nowhere on earth", problem=FileProblem.NO_FEATURE, gap="off_earth"
        )
    found = system_candidates(np.array([x]), np.array([y]), ground.area)
    near = next((one for one in found if one.system == WGS84 and not one.swapped), None)
    return near.away_km if near is not None else float("inf")


def _texts(row: Sequence[Any]) -> tuple[str, ...]:
    return tuple("" if value is None or value is pd.NA else str(value)[:80] for value in row)
