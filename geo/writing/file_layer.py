"""What a file is made of: layers with plain typed columns, each drawn in a way of its own."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from geo.writing.geojson import plain
from geo.writing.styling import GeometryKind, LayerStyle

#: Told how much is done, from 0 to 1; may raise to end the work.
Progress = Callable[[float], None]
_NAME = re.compile(r"[a-z][a-z0-9_]{0,59}", re.ASCII)
#: What is appended to the name of a layer's part, by kind of geometry.
PARTS: dict[GeometryKind, str] = {"point": "points", "line": "lines", "area": "areas"}


@dataclass(frozen=True)
class FileLayer:
    """One layer of a file.

    ``name``: ASCII, [a-z0-9_]: table, layer or file name. ``title``: in the reader's words: DXF
    layer, title in QGIS. ``frame``: WGS 84 (EPSG:4326); its columns are made plain where they are
    not. ``style``: how it is drawn. ``by``: a column whose values become layers in a DXF.
    ``meanings``: what the columns mean, for forms that have a place for it.
    """

    name: str
    title: str
    frame: gpd.GeoDataFrame
    style: LayerStyle | None = None
    by: str | None = None
    meanings: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise ValueError(f"no name of a layer: {self.name!r}")

    @property
    def columns(self) -> list[str]:
        """The names of its columns, without the geometry."""
        return [str(name) for name in self.frame.columns if name != self.frame.geometry.name]


def geometry_kinds(frame: gpd.GeoDataFrame) -> NDArray[np.object_]:
    """Return ``point``, ``line`` or ``area`` for each feature; None without a geometry.

    A collection is of the kind of its parts of the highest dimension.
    """
    dimension = shapely.get_dimensions(np.asarray(frame.geometry.array))
    names = np.array([None, "point", "line", "area"], dtype=object)
    return np.asarray(names[np.clip(dimension, -1, 2) + 1])


def parts_by_kind(layer: FileLayer) -> Iterator[tuple[GeometryKind, FileLayer]]:
    """Yield a layer in parts of one kind of geometry each, for formats and programs that need it.

    A layer of one kind keeps its name; those of several have ``_points``, ``_lines`` or ``_areas``
    behind it. A feature without a geometry goes with the first part; an empty layer is of points.
    """
    kinds = geometry_kinds(layer.frame)
    there = [kind for kind in PARTS if (kinds == kind).any()] or list(PARTS)[:1]
    if len(there) == 1:
        yield there[0], layer
        return
    kinds[kinds == None] = there[0]  # noqa: E711 -- an array is compared, element by element
    for kind in there:
        part = layer.frame[kinds == kind]
        yield kind, replace(layer, name=f"{layer.name}_{PARTS[kind]}", frame=part)


def column_type(column: pd.Series) -> str:
    """Name a plain column's type: ``boolean``, ``integer``, ``number``, ``time`` or ``string``."""
    if pd.api.types.is_bool_dtype(column.dtype):
        return "boolean"
    if pd.api.types.is_integer_dtype(column.dtype):
        return "integer"
    if pd.api.types.is_datetime64_any_dtype(column.dtype):
        return "time"
    return "number" if pd.api.types.is_float_dtype(column.dtype) else "string"


def plain_columns(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return a frame whose columns are numbers, truths, texts or moments, each with its type.

    Nested values become JSON text, and a column of nothing but gaps stays what it was declared to
    be: a column of objects is one of texts. Infinite numbers are gaps, as JSON has none.
    """
    told = {name: _plain(frame[name]) for name in frame.columns if name != frame.geometry.name}
    table = pd.DataFrame(told, index=frame.index)
    return gpd.GeoDataFrame(table, geometry=list(frame.geometry), crs=frame.crs)


def _plain(column: pd.Series) -> pd.Series:
    if isinstance(column.dtype, pd.CategoricalDtype):
        column = column.astype(column.cat.categories.dtype)
    if pd.api.types.is_bool_dtype(column.dtype) or pd.api.types.is_datetime64_any_dtype(column):
        return column
    if pd.api.types.is_float_dtype(column.dtype):
        whole = column.astype("float64")
        return whole.where(np.isfinite(whole))
    if pd.api.types.is_integer_dtype(column.dtype):
        return column
    return _objects(column)


def _objects(column: pd.Series) -> pd.Series:
    """Return a column of objects as truths or numbers where all of it are, else as texts."""
    values = column.tolist()
    kinds = {type(value) for value in values if not _missing(value)}
    if kinds and kinds <= {bool, np.bool_}:
        return pd.Series(
            [None if _missing(v) else bool(v) for v in values], column.index, "boolean"
        )
    if kinds and kinds <= {int, np.int64}:
        return pd.Series([None if _missing(v) else int(v) for v in values], column.index, "Int64")
    if kinds and kinds <= {int, float, np.int64, np.float64}:
        numbers = [np.nan if _missing(v) else float(v) for v in values]
        return pd.Series(numbers, column.index, "float64")
    return pd.Series([_text(value) for value in values], column.index, "string")


def _missing(value: Any) -> bool:
    return value is None or value is pd.NA or (isinstance(value, float) and value != value)


def _text(value: Any) -> str | None:
    if _missing(value):
        return None
    if isinstance(value, dict | list | tuple):
        return json.dumps(plain(value), ensure_ascii=False)
    told = plain(value)
    return None if told is None else str(told)
