"""GeoParquet and GeoArrow files, as tables of Arrow all the way."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.feather
import pyarrow.parquet

from core.errors import BadFileError, FileProblem
from geo.reading.file_kinds import FileKind
from geo.reading.table import ReadTable, plain_column, wanted_columns
from geo.reading.vector import system_named

_WGS84 = "EPSG:4326"


def read_columnar(path: Path, kind: FileKind, *, columns: Sequence[str] | None = None) -> ReadTable:
    """Read a file by its ``geo`` metadata (GeoParquet 1.x). Raises ``BadFileError``.

    Of ``columns`` and the shapes alone where all of them are there.
    """
    found = _table(path, kind, columns)
    told = _told(found.schema)
    place = told.get("primary_column")
    cells = {name: plain_column(found.column(name)) for name in found.column_names if name != place}
    if place not in found.column_names:
        return ReadTable(cells, None)
    meta = told["columns"][place]
    return ReadTable(cells, _shapes(found.column(place), meta), _system(meta))


def _table(path: Path, kind: FileKind, columns: Sequence[str] | None) -> pa.Table:
    if kind is FileKind.PARQUET:
        with pa.parquet.ParquetFile(path) as file:
            place = _told(file.schema_arrow).get("primary_column")
            known = [name for name in file.schema_arrow.names if name != place]
            names = [*wanted_columns(known, columns), place] if place else None
            return file.read(columns=names, use_threads=False)
    return pa.feather.read_table(path, use_threads=False)


def _told(schema: pa.Schema) -> dict[str, Any]:
    """Return what a file says of its places."""
    told = json.loads((schema.metadata or {}).get(b"geo", b"{}"))
    return told if isinstance(told, dict) else {}


def _shapes(column: pa.ChunkedArray, meta: dict[str, Any]) -> Any:
    encoding = str(meta.get("encoding", ""))
    whole = column.combine_chunks()
    flat = whole.storage if isinstance(whole, pa.ExtensionArray) else whole
    if encoding.upper() == "WKB":
        return flat
    if encoding == "point" and pa.types.is_struct(flat.type):
        return flat.field("x").to_numpy(False), flat.field("y").to_numpy(False)
    told = f"geometries are written as {encoding[:40]!r}; WKB and points can be read"
    raise BadFileError(reason=told, problem=FileProblem.UNREADABLE)


def _system(meta: dict[str, Any]) -> str:
    """Return the system: longitude and latitude where nothing is said, none where null is."""
    if "crs" not in meta:
        return _WGS84
    crs = meta["crs"]
    return "" if crs is None else system_named(json.dumps(crs) if isinstance(crs, dict) else crs)
