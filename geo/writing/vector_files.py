"""Files that GDAL writes (GeoPackage, Shapefile, FlatGeobuf, PMTiles), and GeoParquet.

Each function writes to ``to``, whose folder is its own: no one else reads there before it is done.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pyogrio

from geo.writing.file_layer import FileLayer, parts_by_kind
from geo.writing.styling import GeometryKind, to_qml
from geo.writing.target_systems import TargetSystem

#: A GeoPackage names its geometries so.
_GEOMETRY = "geom"


def write_gpkg(
    layers: Sequence[FileLayer], to: Path, system: TargetSystem, notes: Sequence[str]
) -> None:
    """Write a GeoPackage 1.2: a table a layer and kind of geometry, styles for QGIS, notes."""
    styles = []
    for layer in layers:
        for kind, part in parts_by_kind(layer):
            about = " ".join(notes)
            title = part.title if part is layer else f"{part.title} ({part.name})"
            _gdal(part, to, "GPKG", kind, IDENTIFIER=title, DESCRIPTION=about)
            if part.style is not None:
                styles.append(_style_row(part, kind))
    if styles:
        _table(pd.DataFrame(styles), to, "layer_styles")
    if notes:
        told = pd.DataFrame({"note": pd.Series(list(notes), dtype="string")})
        _table(told.assign(coordinate_system=system.code), to, "notes")


def _style_row(part: FileLayer, kind: GeometryKind) -> dict[str, Any]:
    """Return what QGIS keeps of a style; it takes that with ``useAsDefault`` by itself."""
    return {
        "f_table_catalog": "",
        "f_table_schema": "",
        "f_table_name": part.name,
        "f_geometry_column": _GEOMETRY,
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


def _gdal(part: FileLayer, to: Path, driver: str, kind: GeometryKind, **options: str) -> None:
    """Write or append one layer. A column of gaps alone keeps the type that it has."""
    more: dict[str, Any] = {"dataset_options": {"VERSION": "1.2"}} if driver == "GPKG" else {}
    declared = _declared(part.frame, kind)
    pyogrio.write_dataframe(
        part.frame,
        to,
        layer=part.name,
        driver=driver,
        geometry_type=declared,
        promote_to_multi=declared.startswith("Multi"),
        append=to.exists(),
        use_arrow=True,
        layer_options=options,
        **({} if to.exists() else more),
    )


def _declared(frame: gpd.GeoDataFrame, kind: GeometryKind) -> str:
    """Return the type of a layer's geometries: a single one where all are single."""
    there = {name for name in frame.geometry.geom_type.unique() if name is not None}
    single = {"point": "Point", "line": "LineString", "area": "Polygon"}[kind]
    if there <= {single}:
        return single
    return f"Multi{single}" if there <= {single, f"Multi{single}"} else "Unknown"
