"""Layers as plain tables: where each feature is, in columns, for CSV and spreadsheets."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geo.writing.csv_writer import MARK, csv_lines
from geo.writing.file_layer import FileLayer
from geo.writing.geojson import write_whole
from geo.writing.target_systems import IN_WGS84, TargetSystem
from geo.writing.vector_files import free_name

_ROWS_AT_ONCE = 20_000


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
            table = places_table(part.iloc[start : start + _ROWS_AT_ONCE], system)
            yield csv_lines(table.astype(object).itertuples(index=False, name=None))
