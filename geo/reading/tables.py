"""Tables with places: text tables and workbooks, by columns of coordinates or of WKT."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import shapely
from numpy.typing import NDArray

from core.errors import BadFileError, FileProblem
from geo.reading.delimited import read_delimited
from geo.reading.encoding import TextEncoding
from geo.reading.limits import ReadLimits
from geo.reading.table import Notes, ReadTable, column_of

LONGITUDES = ("longitude", "lon", "lng", "x", "经度")
LATITUDES = ("latitude", "lat", "y", "纬度")
SHAPES = ("geometry", "wkt", "geom", "the_geom", "geometry_wkt", "wkb", "shape", "几何")
_SRID = re.compile(r"\s*SRID\s*=\s*(\d{4,6})\s*;", re.IGNORECASE)
_HEX = re.compile(r"(?:00|01)[0-9A-Fa-f]{8,}")
_SHAPE = re.compile(
    r"\s*(?:SRID\s*=\s*\d{4,6}\s*;)?\s*(?:MULTI)?(?:POINT|LINESTRING|POLYGON|GEOMETRYCOLLECTION)"
    r"\s*(?:Z|M|ZM)?\s*(?:\(|EMPTY)|(?:00|01)[0-9A-Fa-f]{40,}$",
    re.IGNORECASE,
)
#: Whole numbers up to here are exact in a workbook, which knows only floating-point numbers.
_EXACT = 2**53


@dataclass(frozen=True)
class PlaceColumns:
    """Which columns hold the coordinates; empty: those with the usual names."""

    x: str = ""
    y: str = ""


def read_text_table(
    path: Path, *, encoding: str, places: PlaceColumns, notes: Notes
) -> tuple[ReadTable, TextEncoding]:
    """Read a text table; cells stay text: no code loses a digit. Raises ``BadFileError``."""
    found = read_delimited(path.read_bytes(), encoding=encoding)
    for row, reason in found.left_out:
        notes.add(row, reason)
    cells = list(zip(*found.rows, strict=True)) or [() for _ in found.columns]
    table = dict(zip(found.columns, cells, strict=True))
    read = _with_places(table, places)
    return replace(read, told={**read.told, "delimiter": found.delimiter}), found.encoding


def sheets_of(path: Path) -> list[str]:
    """Return the names of a workbook's sheets."""
    from python_calamine import CalamineWorkbook

    return [str(name) for name in CalamineWorkbook.from_path(str(path)).sheet_names]


def read_sheet(path: Path, *, sheet: str, places: PlaceColumns, limits: ReadLimits) -> ReadTable:
    """Read one sheet of a workbook, whose first row names the columns. Raises ``BadFileError``."""
    from python_calamine import CalamineWorkbook

    rows = CalamineWorkbook.from_path(str(path)).get_sheet_by_name(sheet).to_python()
    if not rows:
        raise BadFileError(reason="the sheet is empty", problem=FileProblem.COORDINATES)
    if limits.features and len(rows) - 1 > limits.features:
        told = f"more than {limits.features} rows"
        raise BadFileError(
            reason=told, problem=FileProblem.FEATURES, number=len(rows) - 1, most=limits.features
        )
    names = _names(rows[0])
    kept = [row for row in rows[1:] if any(cell != "" for cell in row)]
    columns = zip(*kept, strict=True) if kept else [() for _ in names]
    table = {
        name: [_cell(value) for value in values]
        for name, values in zip(names, columns, strict=True)
    }
    return _with_places(table, places)


def _names(head: Sequence[Any]) -> list[str]:
    names: list[str] = []
    for number, cell in enumerate(head, start=1):
        name = str(_cell(cell) or "").strip() or f"column {number}"
        names.append(name if name not in names else f"{name} {number}")
    return names


def _cell(value: Any) -> Any:
    """Return a workbook's cell: whole numbers whole, nothing for an empty one."""
    if isinstance(value, float) and value.is_integer() and abs(value) <= _EXACT:
        return int(value)
    return None if value == "" else value


def _with_places(table: Mapping[str, Sequence[Any]], places: PlaceColumns) -> ReadTable:
    """Return a table with places from its columns, where it has such columns."""
    columns = {name: column_of(list(values)) for name, values in table.items()}
    lower = {name.strip().lower(): name for name in reversed(list(table))}
    x = _chosen(table, places.x) or next((lower[n] for n in LONGITUDES if n in lower), None)
    y = _chosen(table, places.y) or next((lower[n] for n in LATITUDES if n in lower), None)
    if x is not None and y is not None:
        numbers = _numbers(table[x]), _numbers(table[y])
        return ReadTable(columns, numbers, told={"x": x, "y": y})
    for shapes in _shape_column(table, lower):
        if (written := _written_shapes(table[shapes])) is not None:
            others = {name: array for name, array in columns.items() if name != shapes}
            return ReadTable(others, written[0], written[1], told={"shapes": shapes})
    return ReadTable(columns, None)


def _chosen(table: Mapping[str, Sequence[Any]], name: str) -> str | None:
    if name and name not in table:
        there = ", ".join(table)
        told = f"no column {name!r}; there are: {there}"
        raise BadFileError(reason=told, problem=FileProblem.COORDINATES)
    return name or None


def _numbers(cells: Sequence[Any]) -> NDArray[np.float64]:
    return np.array([_number(cell) for cell in cells], dtype=np.float64)


def _number(cell: Any) -> float:
    """Return a coordinate; half of Europe, and some Excel, write 116,31 for 116.31."""
    if isinstance(cell, str) and cell.count(",") == 1 and "." not in cell:
        cell = cell.replace(",", ".")
    try:
        return float(cell)
    except (TypeError, ValueError, OverflowError):
        return float("nan")


def _written_shapes(cells: Sequence[Any]) -> tuple[pa.Array, str] | None:
    """Return WKB of a column of WKT or of WKB in hexadecimal digits, and the system it states.

    As PostGIS writes both, with ``SRID=…;`` or inside. None if the column holds neither.
    """
    texts = [cell.strip() if isinstance(cell, str) else "" for cell in cells]
    hexes = [bool(_HEX.fullmatch(text)) for text in texts]
    wkt = np.array([*map(_plain_wkt, texts), None], dtype=object)[:-1]
    shapes = shapely.from_wkt(wkt, on_invalid="ignore")
    if any(hexes):
        binary = [text if is_hex else None for text, is_hex in zip(texts, hexes, strict=True)]
        read = shapely.from_wkb(np.array([*binary, None], dtype=object)[:-1], on_invalid="ignore")
        shapes = np.where(hexes, read, shapes)
    if len(shapes) and not any(shape is not None for shape in shapes):
        return None
    return pa.array(shapely.to_wkb(shapes), pa.large_binary()), _stated(texts, shapes)


def _stated(texts: Sequence[str], shapes: Any) -> str:
    """Return the system that all shapes state; empty where none does, or several are stated."""
    known = [shape for shape in shapes if shape is not None]
    found = {int(one) for one in shapely.get_srid(known) if one > 0}
    found |= {int(match[1]) for text in texts if (match := _SRID.match(text))}
    return f"EPSG:{found.pop()}" if len(found) == 1 else ""


def _plain_wkt(text: str) -> str | None:
    if not _SHAPE.match(text):
        return None
    return text.partition(";")[2] if _SRID.match(text) else text


def _shape_column(table: Mapping[str, Sequence[Any]], lower: Mapping[str, str]) -> list[str]:
    """Return the columns that may hold shapes: by their name, then by their first cell."""
    named = [lower[name] for name in SHAPES if name in lower]
    others = [
        name
        for name, cells in table.items()
        if (first := next((cell for cell in cells if cell), None)) and _SHAPE.match(str(first))
    ]
    return list(dict.fromkeys([*named, *others]))
