"""What a reading process hands to the one that asked: columns, shapes, and facts about both.

It travels as an Arrow file beside a small JSON file, never as pickled objects: whoever reads the
result need not trust the process that wrote it.
"""

from __future__ import annotations

import datetime
import json
import os
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import shapely

from core.errors import BadFileError, FileProblem
from geo.reading.lockdown import peak_mb

RESULT, FACTS = "result.arrow", "facts.json"
#: What is asked of a reading process, and what it refuses with, beside its result.
REQUEST, REFUSAL = "request.json", "refusal.json"
#: In the place of a layer's name: all of them at once.
#: Under this name a file tells of each of its layers its kind of geometry and how many features.
LAYERS_INSIDE = "layers_inside"
ALL_LAYERS = "*"
#: The exit code of a reading process that had too little memory; any other than 0 is a death.
OUT_OF_MEMORY = 3
#: The rows that are named one by one; all are counted.
MOST_NOTES = 200
_SHAPES = "shapes"
_X, _Y = "x", "y"
_INT64 = 2**63
_OFFSET = re.compile(r"(?:Z|[+-]\d\d(?::?\d\d)?)$")


class RowProblem(StrEnum):
    """What was odd about a row: mended, kept without a place, or left out."""

    RING_CLOSED = "ring_closed"
    RING = "ring"
    SHAPE = "shape"
    SURPLUS_CELLS = "surplus_cells"
    OPEN_QUOTE = "open_quote"
    LONG_CELL = "long_cell"
    NUL = "nul"
    ENTITY = "entity"


MENDED = frozenset({RowProblem.RING_CLOSED})
#: What leaves a row out of the table.
UNREADABLE = frozenset(
    {RowProblem.SURPLUS_CELLS, RowProblem.OPEN_QUOTE, RowProblem.LONG_CELL, RowProblem.NUL}
)


@dataclass
class Notes:
    """Counts what was odd, and keeps the first rows (from 1) with their problem."""

    counts: dict[str, int] = field(default_factory=dict)
    rows: list[tuple[int, str]] = field(default_factory=list)

    def add(self, row: int, problem: RowProblem) -> None:
        """Note one row."""
        self.counts[problem] = self.counts.get(problem, 0) + 1
        if len(self.rows) < MOST_NOTES:
            self.rows.append((row, str(problem)))


@dataclass(frozen=True)
class ReadTable:
    """Columns by name with equally long Arrow arrays, and shapes as WKB or as x and y.

    ``crs``: the system as the file states it, an authority's code or WKT, empty if it does not.
    ``shapes`` is None for a table without places. ``told``: how else it was read (``delimiter``,
    ``x`` and ``y``: the columns of coordinates; ``unit``, ``stated_unit`` of a drawing).
    """

    columns: dict[str, pa.Array]
    shapes: pa.Array | tuple[Any, Any] | None
    crs: str = ""
    told: dict[str, str] = field(default_factory=dict)


def wanted_columns(known: Sequence[str], wanted: Sequence[str] | None) -> list[str]:
    """Return which columns to read: the wanted, or all where none is named or one is not there.

    Whoever asked then finds all the names that there are.
    """
    return [name for name in known if wanted is None or name in wanted or set(wanted) - {*known}]


def column_of(values: Sequence[Any]) -> pa.Array:
    """Return Python values as an Arrow array that keeps each of them exactly.

    Whole numbers, truths, numbers, texts, dates and times have arrays of their own, with gaps where
    a value is None; anything else (mixtures, objects, lists, whole numbers above 64 bits) is kept
    as JSON text, marked so by its type.
    """
    kinds = {type(value) for value in values if value is not None}
    if kinds == {bool}:
        return pa.array(values, pa.bool_())
    if kinds == {int} and all(value is None or -_INT64 <= value < _INT64 for value in values):
        return pa.array(values, pa.int64())
    if kinds == {float}:
        return pa.array(values, pa.float64())
    if not kinds or kinds == {str}:
        return pa.array(values, pa.large_string())
    if kinds == {datetime.date}:
        return pa.array(values, pa.date32())
    if kinds == {datetime.datetime} and len({v.tzinfo is None for v in values if v}) == 1:
        return _times(values)
    return as_json(values)


def times_from(texts: pa.Array) -> pa.Array:
    """Return ISO 8601 texts as moments: with an offset where all have one, else as they stand."""
    cells = texts.to_pylist()
    offsets = {bool(_OFFSET.search(cell)) for cell in cells if cell}
    if len(offsets) > 1:
        return texts
    try:
        return _times([datetime.datetime.fromisoformat(cell) if cell else None for cell in cells])
    except ValueError:
        return texts


def _times(values: Sequence[datetime.datetime | None]) -> pa.Array:
    if all(value is None or value.tzinfo is None for value in values):
        return pa.array(values, pa.timestamp("us"))
    return pa.array(values, pa.timestamp("us", tz="UTC"))


def as_json(values: Sequence[Any]) -> pa.Array:
    """Return values as JSON texts in an array that says so."""
    texts = [None if value is None else _dumped(value) for value in values]
    return pa.DictionaryArray.from_arrays(
        pa.array(range(len(texts)), pa.int64()), pa.array(texts, pa.large_string())
    )


def _dumped(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)


def plain_column(array: pa.Array | pa.ChunkedArray) -> pa.Array:
    """Return a column of any Arrow type as one of those of :func:`column_of`."""
    flat = array.combine_chunks() if isinstance(array, pa.ChunkedArray) else array
    if isinstance(flat, pa.ChunkedArray):  # of no chunk
        flat = pa.array([], flat.type)
    kind = flat.type
    if isinstance(flat, pa.ExtensionArray):
        return plain_column(flat.storage)
    if pa.types.is_dictionary(kind):
        return plain_column(flat.dictionary_decode())
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return flat.cast(pa.large_string())
    if pa.types.is_integer(kind):
        return flat.cast(pa.int64()) if kind != pa.uint64() else column_of(flat.to_pylist())
    if pa.types.is_floating(kind):
        return flat.cast(pa.float64())
    if pa.types.is_boolean(kind) or pa.types.is_date32(kind):
        return flat
    if pa.types.is_timestamp(kind):
        return flat.cast(pa.timestamp("us", tz="UTC" if kind.tz else None))
    if pa.types.is_null(kind):
        return pa.nulls(len(flat), pa.large_string())
    if pa.types.is_date64(kind):
        return flat.cast(pa.date32())
    return column_of([_plain(value) for value in flat.to_pylist()])


def _plain(value: Any) -> Any:
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, datetime.time | datetime.timedelta):
        return str(value)
    return (
        value if value is None or isinstance(value, int | float | str | list | dict) else str(value)
    )


#: A point of two dimensions in WKB, little-endian: byte order, kind (1), x and y.
_POINT_BYTES = np.dtype([("order", "u1"), ("kind", "<u4"), ("x", "<f8"), ("y", "<f8")])


def as_coordinates(shapes: pa.Array) -> pa.Array | tuple[Any, Any]:
    """Return shapes as x and y (NaN where there is none) if all are plain points, else as given."""
    whole = shapes.cast(pa.large_binary())
    offsets = np.frombuffer(whole.buffers()[1], np.int64)[whole.offset :][: len(whole) + 1]
    known = np.asarray(whole.is_valid())
    if not known.any() or not np.array_equal(np.diff(offsets), known * _POINT_BYTES.itemsize):
        return shapes
    cells = np.frombuffer(whole.buffers()[2], np.uint8)[offsets[0] : offsets[-1]]
    points = cells.view(_POINT_BYTES)
    if not ((points["order"] == 1) & (points["kind"] == 1)).all():
        return shapes
    x, y = np.full((2, len(whole)), np.nan)
    x[known], y[known] = points["x"], points["y"]
    return (x, y) if np.isfinite(points["x"]).all() and np.isfinite(points["y"]).all() else shapes


def write_result(folder: Path, table: ReadTable, facts: dict[str, Any]) -> None:
    """Write a table and the facts about it into a folder."""
    names = list(table.columns)
    arrays = [table.columns[name] for name in names]
    fields = [f"c{number}" for number in range(len(names))]
    if isinstance(table.shapes, tuple):
        arrays += [pa.array(one, pa.float64(), from_pandas=True) for one in table.shapes]
        fields += [_X, _Y]
    elif table.shapes is not None:
        arrays.append(table.shapes.cast(pa.large_binary()))
        fields.append(_SHAPES)
    batch = pa.table(arrays, names=fields)
    with pa.OSFile(str(folder / RESULT), "wb") as sink, pa.ipc.new_file(sink, batch.schema) as out:
        out.write_table(batch)
    told = {**facts, "columns": names, "crs": table.crs, "told": table.told}
    told["peak_mb"] = peak_mb()
    (folder / FACTS).write_text(json.dumps(told), encoding="utf-8", errors="surrogatepass")


def read_facts(folder: Path) -> dict[str, Any]:
    """Return the facts that a reading process wrote."""
    facts = json.loads((folder / FACTS).read_text(encoding="utf-8", errors="surrogatepass"))
    if not isinstance(facts, dict):
        raise ValueError("facts")
    return facts


@dataclass(frozen=True)
class SoundTable:
    """A result that was looked at: its Arrow table, and the names of its columns in the file.

    The table is mapped, not copied, where the system lets a mapped file be removed (POSIX).
    """

    arrow: pa.Table
    names: tuple[str, ...]

    def __len__(self) -> int:
        """Count the rows."""
        return int(self.arrow.num_rows)

    def frame(self, start: int = 0, rows: int | None = None) -> pd.DataFrame | gpd.GeoDataFrame:
        """Return rows as a frame; one of places has ``geometry`` and no stated system yet.

        The index counts the rows of the file. A column has one type, whichever rows are asked for.
        Raises ``BadFileError`` for a table that is no sound one.
        """
        part = self.arrow.slice(start, rows)
        try:
            series = {
                name: _series(part.column(f"c{number}"), self.arrow.column(f"c{number}").null_count)
                for number, name in enumerate(self.names)
            }
            geometry = _geometry(part)
        except (pa.ArrowException, KeyError) as error:
            raise _damaged() from error
        if geometry is not None and "geometry" in series:
            series = {_beside_geometry(name, series): cells for name, cells in series.items()}
        frame = pd.DataFrame(series, index=pd.RangeIndex(part.num_rows))
        frame.index = pd.RangeIndex(start, start + part.num_rows)
        return frame if geometry is None else gpd.GeoDataFrame(frame, geometry=geometry)


def read_table(folder: Path, names: Sequence[str]) -> SoundTable:
    """Return the table that a reading process wrote. Raises ``BadFileError`` as above."""
    path = str(folder / RESULT)
    try:
        with pa.memory_map(path) if os.name == "posix" else pa.OSFile(path) as source:
            table = pa.ipc.open_file(source).read_all()
        table.validate(full=True)
    except (pa.ArrowException, OSError) as error:
        raise _damaged() from error
    return SoundTable(table, tuple(names))


def _damaged() -> BadFileError:
    told = "the result of reading is damaged"
    return BadFileError(reason=told, problem=FileProblem.UNREADABLE)


def _beside_geometry(name: str, taken: Collection[str]) -> str:
    """Return a column's name that leaves ``geometry`` to the shapes."""
    if name != "geometry":
        return name
    number = 2
    while f"geometry {number}" in taken:
        number += 1
    return f"geometry {number}"


def _series(column: pa.ChunkedArray, gaps: int) -> Any:
    """Return cells for a frame; ``gaps``: how many of the whole column are without a value."""
    kind = column.type
    if pa.types.is_dictionary(kind):
        texts = column.cast(kind.value_type).to_pylist()
        return np.array([_loaded(text) for text in texts] + [None], dtype=object)[:-1]
    if pa.types.is_integer(kind) and gaps:
        return pd.array(column.to_pylist(), dtype="Int64")
    if pa.types.is_boolean(kind) and gaps:
        return pd.array(column.to_pylist(), dtype="boolean")
    if pa.types.is_date32(kind):
        return np.array([*column.to_pylist(), None], dtype=object)[:-1]
    return column.to_pandas()


def _loaded(text: str | None) -> Any:
    return None if text is None else json.loads(text)


def _geometry(table: pa.Table) -> Any:
    names = table.column_names
    if _X in names:
        x, y = (table.column(name).to_numpy() for name in (_X, _Y))
        points = shapely.points(x, y)
        points[~(np.isfinite(x) & np.isfinite(y))] = None
        return points
    if _SHAPES not in names:
        return None
    return shapely.from_wkb(table.column(_SHAPES).to_numpy(), on_invalid="ignore")
