"""Layers as plain tables: where each feature is, in columns, for CSV and spreadsheets."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import shapely

from geo.writing.csv_writer import HARMLESS_FIRST, MARK, QUOTED, csv_lines
from geo.writing.file_layer import FileLayer
from geo.writing.geojson import write_whole
from geo.writing.target_systems import IN_WGS84, TargetSystem
from geo.writing.vector_files import free_name

_ROWS_AT_ONCE = 20_000
#: A text that is a cell as it is.
_PLAIN = f"^[{HARMLESS_FIRST}][^{QUOTED}]*$"


def places_table(frame: gpd.GeoDataFrame, system: TargetSystem) -> pd.DataFrame:
    """Return a frame's columns, then where each feature is.

    ``geometry`` is well-known text in the system. In any but WGS 84 stand before it ``x`` and ``y``
    (east and north; of a line or an area a point on it) and ``coordinate_system``, its code.
    """
    table = pd.DataFrame(frame.drop(columns=frame.geometry.name))
    shapes = np.asarray(frame.geometry.array)
    if system != IN_WGS84:
        at = shapely.point_on_surface(shapes)
        for axis, values in (("x", shapely.get_x(at)), ("y", shapely.get_y(at))):
            table[free_name(axis, table.columns)] = np.round(values, system.decimals)
        table[free_name("coordinate_system", table.columns)] = system.code
    text = shapely.to_wkt(shapes, rounding_precision=system.decimals, trim=True)
    table[free_name("geometry", table.columns)] = pd.Series(text, index=table.index, dtype="string")
    return table


def write_csv(
    layers: Sequence[FileLayer], to: Path, system: TargetSystem, notes: Sequence[str]
) -> None:
    """Write CSV as ``geo.writing.csv_writer`` does; the system stands in a column."""
    del notes  # a table of rows and columns has no room for sentences
    (layer,) = layers
    write_whole(to, (piece.encode() for piece in csv_pieces([layer.frame], system)))


def csv_pieces(parts: Iterable[gpd.GeoDataFrame], system: TargetSystem) -> Iterator[str]:
    """Yield the text of a CSV from parts of a frame, in the system already; at least one part."""
    head = MARK
    for part in parts:
        names = [str(one) for one in places_table(part.iloc[:0], system).columns]
        yield head + (csv_lines([names]) if head else "")
        head = ""
        for start in range(0, len(part), _ROWS_AT_ONCE):
            yield _lines(places_table(part.iloc[start : start + _ROWS_AT_ONCE], system))


def _lines(table: pd.DataFrame) -> str:
    """Return the rows of a table as ``csv_lines`` writes them, column by column."""
    if len(table.columns) == 1:  # a cell alone is quoted where it is empty
        return csv_lines(table.astype(object).itertuples(index=False, name=None))
    columns = [_cells(table[name]) for name in table.columns]
    rows = pc.binary_join_element_wise(*columns, _text(","))
    return "".join(pc.binary_join_element_wise(rows, _text("\r\n"), _text("")).to_pylist())


def _cells(column: pd.Series) -> pa.Array:
    """Return the cells of a column; only texts that need it are looked at one by one."""
    if pd.api.types.is_numeric_dtype(column.dtype):  # truth, too
        return _figures(_array(column))
    if not isinstance(column.dtype, pd.StringDtype):
        return pa.array(_written(column.astype(object)), pa.large_string())
    coded = _array(column).cast(pa.large_string()).dictionary_encode()
    texts = coded.dictionary
    odd = pc.invert(pc.match_substring_regex(texts, _PLAIN))
    mended = pa.array(_written(texts.filter(odd).to_pylist()), pa.large_string())
    return pc.replace_with_mask(texts, odd, mended).take(coded.indices).fill_null("")


def _figures(array: pa.Array) -> pa.Array:
    """Return numbers as Python writes them: a fraction shows that it is one."""
    told = array.cast(pa.large_string())
    if pa.types.is_floating(array.type):
        whole = pc.match_substring_regex(told, r"^-?\d+$")
        told = pc.if_else(whole, pc.binary_join_element_wise(told, _text(".0"), _text("")), told)
    return told.fill_null("")


def _array(column: pd.Series) -> pa.Array:
    made = pa.array(column, from_pandas=True)
    return made.combine_chunks() if isinstance(made, pa.ChunkedArray) else made


def _text(value: str) -> pa.Scalar:
    return pa.scalar(value, pa.large_string())


def _written(values: Iterable[Any]) -> list[str]:
    return [csv_lines([[value, 0]])[: -len(",0\r\n")] for value in values]
