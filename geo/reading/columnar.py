"""GeoParquet and GeoArrow files, as tables of Arrow all the way."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.feather
import pyarrow.parquet

from core.errors import BadFileError, FileProblem
from geo.reading.file_kinds import FileKind
from geo.reading.table import ReadTable, plain_column
from geo.reading.vector import system_named

_WGS84 = "EPSG:4326"


def read_columnar(path: Path, kind: FileKind) -> ReadTable:
    """Read a file by its ``geo`` metadata (GeoParquet 1.x). Raises ``BadFileError``."""
    found = _table(path, kind)
    told = json.loads((found.schema.metadata or {}).get(b"geo", b"{}"))
    place = told.get("primary_column") if isinstance(told, dict) else None
    columns = {
        name: plain_column(found.column(name)) for name in found.column_names if name != place
    }
    if place not in found.column_names:
        return ReadTable(columns, None)
    meta = told["columns"][place]
    return ReadTable(columns, _shapes(found.column(place), meta), _system(meta))


def _table(path: Path, kind: FileKind) -> pa.Table:
    if kind is FileKind.PARQUET:
        return pa.parquet.ParquetFile(path).read(use_threads=False)
    return pa.feather.read_table(path, use_threads=False)


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
