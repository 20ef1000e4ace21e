"""Files that GDAL writes (GeoPackage, FlatGeobuf, PMTiles), and GeoParquet.

Each function writes to ``to``, whose folder is its own: no one else reads there before it is done.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pyogrio

from core.errors import InvalidError
from geo.writing.file_layer import FileLayer, parts_by_kind
from geo.writing.styling import GeometryKind, to_qml
from geo.writing.target_systems import TargetSystem


class EmptyLayerError(InvalidError):
    """A form cannot be made of nothing. Parameter: ``form``."""

    code = "empty_layer"


_GEOMETRY, _NUMBER = "geom", "fid"
#: A tile of the last zoom is 2.4 km wide at the equator and told to 0.6 m; maps draw on from it.
_FIRST_ZOOM, _LAST_ZOOM = 6, 14


def write_gpkg(
    layers: Sequence[FileLayer], to: Path, system: TargetSystem, notes: Sequence[str]
) -> None:
    """Write a GeoPackage 1.2: a table a layer and kind of geometry, styles for QGIS, notes."""
    styles = []
    for layer in layers:
        for kind, part in parts_by_kind(layer):
            title = part.title if part is layer else f"{part.title} ({part.name})"
            taken = part.columns
            options = {
                "IDENTIFIER": title,
                "DESCRIPTION": " ".join(notes),
                "GEOMETRY_NAME": free_name(_GEOMETRY, taken),
                "FID": free_name(_NUMBER, taken),
            }
            frame = part.frame.rename(columns=distinct_names(taken))
            gdal_write(frame, to, part.name, "GPKG", options, {"VERSION": "1.2"})
            if part.style is not None:
                styles.append(_style_row(part, kind, options["GEOMETRY_NAME"]))
    if styles:
        _table(pd.DataFrame(styles), to, "layer_styles")
    if notes:
        told = pd.DataFrame({"note": pd.Series(list(notes), dtype="string")})
        _table(told.assign(coordinate_system=system.code), to, "notes")


def _style_row(part: FileLayer, kind: GeometryKind, column: str) -> dict[str, Any]:
    """Return what QGIS keeps of a style; it takes that with ``useAsDefault`` by itself."""
    return {
        "f_table_catalog": "",
        "f_table_schema": "",
        "f_table_name": part.name,
        "f_geometry_column": column,
        "styleName": part.title,
        "styleQML": "" if part.style is None else to_qml(part.style, kind),
        "styleSLD": "",
        "useAsDefault": True,
        "description": part.title,
        "owner": "",
        "ui": "",
        "update_time": datetime.now(UTC).replace(microsecond=0, tzinfo=None),
    }


def _table(table: pd.DataFrame, to: Path, name: str) -> None:
    pyogrio.write_dataframe(table, to, layer=name, driver="GPKG", append=True, use_arrow=True)


def write_fgb(
    layers: Sequence[FileLayer], to: Path, system: TargetSystem, notes: Sequence[str]
) -> None:
    """Write a FlatGeobuf with its index of places; features come in the order of that index."""
    (layer,) = layers
    placed = bool(layer.frame.geometry.notna().all()) and len(layer.frame) > 0
    options = {
        "SPATIAL_INDEX": "YES" if placed else "NO",
        "TITLE": layer.title,
        "DESCRIPTION": " ".join([*notes, system.code]),
        "TEMPORARY_DIR": str(to.parent),
    }
    gdal_write(layer.frame, to, layer.name, "FlatGeobuf", options)


def write_pmtiles(
    layers: Sequence[FileLayer], to: Path, system: TargetSystem, notes: Sequence[str]
) -> None:
    """Write vector tiles in one file: a picture of the layer for web maps, no data to measure.

    Raises :class:`EmptyLayerError`, as tiles of nothing lie nowhere.
    """
    (layer,) = layers
    if not layer.frame.geometry.notna().any():
        raise EmptyLayerError(form="pmtiles")
    about = {
        "NAME": layer.title,
        "DESCRIPTION": " ".join([*notes, system.code]),
        "MINZOOM": str(_FIRST_ZOOM),
        "MAXZOOM": str(_LAST_ZOOM),
    }
    gdal_write(layer.frame, to, layer.name, "PMTiles", {}, about)


def write_parquet(
    layers: Sequence[FileLayer], to: Path, system: TargetSystem, notes: Sequence[str]
) -> None:
    """Write GeoParquet 1.0 (WKB). GCJ-02 has no name there: the column's system is undefined."""
    (layer,) = layers
    frame = layer.frame.copy(deep=False)
    wanted = free_name("geometry", layer.columns)
    if frame.geometry.name != wanted:
        frame = frame.rename_geometry(wanted)
    frame.attrs = {"title": layer.title, "coordinate_system": system.code, "notes": list(notes)}
    frame.to_parquet(to, index=False, compression="zstd", schema_version="1.0.0")


def gdal_write(
    frame: gpd.GeoDataFrame,
    to: Path,
    name: str,
    driver: str,
    options: dict[str, str] | None = None,
    dataset_options: dict[str, str] | None = None,
) -> None:
    """Write or append one layer. A column of gaps alone keeps the type that it has."""
    declared = _declared(frame)
    made: dict[str, Any] = {"dataset_options": dataset_options} if dataset_options else {}
    pyogrio.write_dataframe(
        frame,
        to,
        layer=name,
        driver=driver,
        geometry_type=declared,
        promote_to_multi=declared.startswith("Multi"),
        append=to.exists(),
        use_arrow=True,
        layer_options=options or {},
        **({} if to.exists() else made),
    )


def _declared(frame: gpd.GeoDataFrame) -> str:
    """Return the type of a layer's geometries: a single one where all are single."""
    there = {str(name) for name in frame.geometry.geom_type.unique() if name is not None}
    if not there:
        return "Point"
    for single in ("Point", "LineString", "Polygon"):
        if there == {single}:
            return single
        if there <= {single, f"Multi{single}"}:
            return f"Multi{single}"
    return "Unknown"


def free_name(wanted: str, taken: Iterable[str]) -> str:
    """Return a name that no column has, whatever its case: the wanted one, or with ``_`` after."""
    there = {name.lower() for name in taken}
    while wanted.lower() in there:
        wanted += "_"
    return wanted


def distinct_names(names: Sequence[str]) -> dict[str, str]:
    """Return new names of columns that differ in case alone: SQL takes these for the same."""
    taken: set[str] = set()
    told = {}
    for name in names:
        new, number = name, 2
        while new.lower() in taken:
            new, number = f"{name}_{number}", number + 1
        taken.add(new.lower())
        told[name] = new
    return told
