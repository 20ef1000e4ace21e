"""A drawing as a table: a row a feature, with its layer, kind, block, text, colour and attributes.

Coordinates are in metres, whatever unit the drawing has, if it states one or it was said; what is
drawn in degrees stays so. A drawing of no known unit is read as if in metres and says so: whoever
wants to place it must say the unit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import shapely

from core.errors import BadFileError, FileProblem
from geo.reading.dxf.contents import Contents, Drawn, contents_of, layers_of
from geo.reading.dxf.drawing import DEGREES, METRES, open_drawing, stated_system, stated_unit
from geo.reading.dxf.labels import with_labels
from geo.reading.encoding import TextEncoding
from geo.reading.limits import ReadLimits
from geo.reading.table import Notes, ReadTable, RowProblem, column_of

#: About a centimetre on the ground, for what is drawn in degrees.
_METRES_A_DEGREE = 111_320.0
_OWN = ("layer", "entity", "block", "text", "colour")
_MOST_COLUMNS = 2_000


@dataclass(frozen=True)
class DrawingRead:
    """A drawing that was read; ``stated`` is the unit it names itself, ``unit`` the one used."""

    table: ReadTable
    written: TextEncoding
    layers: tuple[str, ...]
    unit: str
    stated: str


def read_dxf(
    path: Path,
    *,
    encoding: str,
    unit: str,
    layers: Sequence[str],
    limits: ReadLimits,
    notes: Notes,
) -> DrawingRead:
    """Read the model space of a drawing; of ``layers`` alone, where any are named.

    ``unit``: ``m``, ``mm``, ``cm``, ``dm``, ``km``, ``ft``, ``in`` or ``deg``, which stands above
    what the drawing states; empty: as it states. Raises ``BadFileError`` (``unreadable``,
    ``encoding``, ``features``, ``columns``, ``layer``, ``unit``).
    """
    if unit and unit not in METRES and unit != DEGREES:
        raise BadFileError(reason=f"no unit {unit!r}", problem=FileProblem.UNIT)
    drawing, written = open_drawing(path, encoding=encoding)
    stated = stated_unit(drawing)
    used = unit or stated
    metres = _METRES_A_DEGREE if used == DEGREES else METRES.get(used, 1.0)
    found = contents_of(drawing, limits, metres=metres)
    names = tuple(layers_of(found.features))
    if missing := [name for name in layers if name not in names]:
        told = f"holds no layer {missing[0]!r}"
        raise BadFileError(reason=told, problem=FileProblem.LAYER, layers=list(names))
    features = with_labels(found.features)
    chosen = [one for one in features if not layers or one.layer in layers]
    _note(notes, found)
    scale = 1.0 if used == DEGREES else metres
    table = _table(chosen, scale, limits, stated_system(drawing))
    return DrawingRead(table, written, names, used, stated)


def _note(notes: Notes, found: Contents) -> None:
    if number := found.not_read.total():
        notes.counts[RowProblem.ENTITY] = number


def _table(features: list[Drawn], scale: float, limits: ReadLimits, crs: str) -> ReadTable:
    columns: dict[str, Any] = {}
    for name in _OWN:
        cells = [getattr(one, name) or None for one in features]
        if name in ("layer", "entity") or any(cells):
            columns[name] = column_of(cells)
    for tag in _tags(features, limits):
        name = f"{tag} 2" if tag in _OWN else tag
        columns[name] = column_of([one.attributes.get(tag) for one in features])
    shapes = shapely.force_2d(np.array([*(one.shape for one in features), None], dtype=object)[:-1])
    if scale != 1.0:
        shapes = shapely.transform(shapes, lambda at: at * scale)
    return ReadTable(columns, pa.array(shapely.to_wkb(shapes), pa.large_binary()), crs)


def _tags(features: list[Drawn], limits: ReadLimits) -> list[str]:
    tags = list(dict.fromkeys(tag for one in features for tag in one.attributes))
    most = min(limits.columns or _MOST_COLUMNS, _MOST_COLUMNS)
    if len(tags) > most:
        told = f"more than {most} columns"
        raise BadFileError(reason=told, problem=FileProblem.COLUMNS, number=len(tags), most=most)
    return tags
