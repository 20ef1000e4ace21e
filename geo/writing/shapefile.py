"""Shapefiles: a zip with one for each kind of geometry, and the map of its short names.

A field of a Shapefile has a name of ten ASCII letters and a text of 254 bytes. Each column gets
such a name; ``field_names.csv`` in the zip says which column it is, of what type, and, where a
text needs several fields, which part of it. Put together in the order of the parts, a text is what
it was. An empty text is a gap, as the format does not tell the two apart; blanks at the end of a
text are lost. Truths are 1 and 0. Names and texts are UTF-8 (``.cpg``).
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import geopandas as gpd
import pandas as pd

from geo.writing.csv_writer import csv_text
from geo.writing.file_layer import FileLayer, column_type, parts_by_kind
from geo.writing.target_systems import TargetSystem
from geo.writing.vector_files import gdal_write

NAME_MAP, NOTES = "field_names.csv", "README.txt"
MOST_NAME, MOST_BYTES = 10, 254
#: A DBF has at most so many fields.
MOST_FIELDS = 255
_HEADER = ("layer", "field", "column", "type", "part")
_OTHER = re.compile(r"[^A-Za-z0-9_]+", re.ASCII)


@dataclass(frozen=True)
class ShortField:
    """A field: its short name, the column it is of, that column's type, and which part (from 1)."""

    field: str
    column: str
    type: str
    part: int


def write_shapefiles(
    layers: Sequence[FileLayer], to: Path, system: TargetSystem, notes: Sequence[str]
) -> None:
    """Write the zip. In GCJ-02 there is no ``.prj``, as no such file can say so."""
    rows: list[tuple[str, str, str, str, int]] = []
    with TemporaryDirectory(dir=to.parent) as folder:
        for layer in layers:
            for _kind, part in parts_by_kind(layer):
                frame, fields = shortened(part.frame)
                file = Path(folder) / f"{part.name}.shp"
                gdal_write(frame, file, part.name, "ESRI Shapefile", {"ENCODING": "UTF-8"})
                rows += [(part.name, one.field, one.column, one.type, one.part) for one in fields]
        (Path(folder) / NAME_MAP).write_text(csv_text(_HEADER, rows), encoding="utf-8")
        about = "\r\n".join([*notes, f"{system.code}", ""])
        (Path(folder) / NOTES).write_text(about, encoding="utf-8-sig")
        with zipfile.ZipFile(to, "w", zipfile.ZIP_DEFLATED) as archive:
            for file in sorted(Path(folder).iterdir()):
                archive.write(file, file.name)


def shortened(frame: gpd.GeoDataFrame) -> tuple[gpd.GeoDataFrame, list[ShortField]]:
    """Return a frame with fields as a Shapefile can have them, and what each of them is."""
    fields: list[ShortField] = []
    columns: dict[str, pd.Series] = {}
    for name in frame.columns:
        if name == frame.geometry.name:
            continue
        parts = list(_parts(frame[name]))
        for number, values in enumerate(parts, 1):
            short = _short(str(name), {one.lower() for one in columns})
            columns[short] = values
            fields.append(ShortField(short, str(name), column_type(frame[name]), number))
    table = pd.DataFrame(columns, index=frame.index)
    return gpd.GeoDataFrame(table, geometry=list(frame.geometry), crs=frame.crs), fields


def _short(name: str, taken: set[str]) -> str:
    plain = _OTHER.sub("", name) or "field"
    short, number = plain[:MOST_NAME], 2
    while short.lower() in taken:
        end = f"_{number}"
        short, number = plain[: MOST_NAME - len(end)] + end, number + 1
    return short


def _parts(column: pd.Series) -> Iterator[pd.Series]:
    """Yield what a column is written as: one column, or several of a long text."""
    if column_type(column) == "boolean":
        yield column.astype("Int32")
    elif column_type(column) != "string":
        yield column
    else:
        told = [list(_cut(value)) for value in column.astype("string").fillna("").tolist()]
        for number in range(max(1, *map(len, told), 1) if told else 1):
            values = [one[number] if number < len(one) else None for one in told]
            yield pd.Series(values, index=column.index, dtype="string")


def _cut(text: str) -> Iterator[str]:
    """Yield a text in parts of at most ``MOST_BYTES`` bytes, none of which ends with a blank."""
    while text:
        if len(text) * 4 <= MOST_BYTES:
            yield text
            return
        head = text.encode()[:MOST_BYTES].decode(errors="ignore")
        kept = head.rstrip() or head
        yield kept if len(head) < len(text) else head
        text = text[len(kept) if len(head) < len(text) else len(head) :]
