"""Looks at a file before it is kept: what was found in it, how sure that is, where it would lie."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from pyproj import Geod

from core.errors import BadFileError, FileProblem
from geo.crs import CHINESE_SYSTEMS, WGS84, to_wgs84
from geo.datum.candidates import system_candidates
from geo.datum.compare import KnownGround
from geo.datum.find_system import SystemFinding, SystemSaid, find_system, middles
from geo.former_systems.former_systems import (
    Accuracy,
    accuracy_of_frame,
    former_systems_fitting,
)
from geo.reading.dxf.drawing import DEGREES, METRES
from geo.reading.file_kinds import FileKind
from geo.reading.limits import ReadLimits
from geo.reading.reader import FileRead, read_bytes
from geo.reading.table import LAYERS_INSIDE
from layers.read_choices import ReadChoices
from layers.read_upload import ENDINGS, MOST_COLUMNS, MOST_FEATURES, MOST_MB, MOST_POSITIONS

ROWS_SHOWN = 5
#: So many shapes are drawn on the little map.
MOST_DRAWN = 400


@dataclass(frozen=True)
class Inspection:
    """What is in a file. ``rows``: the first, as text. ``shapes`` (WGS 84): some, for a map.

    ``layers``: all that the file has; ``layer``: which was looked at; ``away_km``: how far it would
    lie from the known area, None where it cannot be placed. ``accuracy``: how far off it may lie;
    ``former``: former systems in which numbers of this size may be. ``inside``: of each layer its
    kind of geometry and its number of features (-1: unknown), where there are several.
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
    accuracy: Accuracy | None
    former: tuple[str, ...]
    inside: Mapping[str, tuple[str, int]]


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
    said = SystemSaid(choices.crs, choices.unit, choices.swapped)
    finding = find_system(sent, said, ground)
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
        accuracy=_accuracy(sent, finding),
        former=_former(sent, ground),
        inside=_inside(sent),
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


def _accuracy(sent: FileRead, finding: SystemFinding) -> Accuracy | None:
    """Return how far off it may lie in the system that was found; None for to a metre."""
    frame = sent.frame
    if not isinstance(frame, gpd.GeoDataFrame) or not finding.crs or frame.empty:
        return None
    if finding.crs in CHINESE_SYSTEMS:
        return None
    shapes = frame.geometry.array
    if finding.swapped:
        shapes = shapely.transform(shapes, lambda at: at[:, ::-1])
    return accuracy_of_frame(gpd.GeoDataFrame(geometry=shapes).set_crs(finding.crs))


def _inside(sent: FileRead) -> dict[str, tuple[str, int]]:
    """Return what a file tells of its layers."""
    told = json.loads(sent.told.get(LAYERS_INSIDE) or "{}")
    return {str(name): (str(kind), int(number)) for name, (kind, number) in told.items()}


def _former(sent: FileRead, ground: KnownGround) -> tuple[str, ...]:
    """Return the former systems of China that are offered: they are never found out."""
    x, y = middles(sent.frame)
    if ground.area is None or not len(x):
        return ()
    return tuple(former_systems_fitting(x, y, float(ground.area.centroid.x)))


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
    return near.away_km if near is not None else _far_km((float(x), float(y)), ground.area)


def _far_km(at: tuple[float, float], area: Any) -> float:
    """Return how far a WGS 84 place is from the middle of an area, over the earth."""
    middle = area.centroid
    return float(Geod(ellps="WGS84").inv(*at, middle.x, middle.y)[2]) / 1_000


def _texts(row: Sequence[Any]) -> tuple[str, ...]:
    return tuple("" if value is None or value is pd.NA else str(value)[:80] for value in row)
