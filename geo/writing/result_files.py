"""Writing results: GeoJSON, GeoPackage and CSV, whole or not at all.

Files are read by :mod:`geo.reading`.
"""

from __future__ import annotations

import io
import json
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import shapely

from core.errors import BadFileError
from geo.crs import frame_to_wgs84
from geo.writing import geojson
from geo.writing.csv_writer import csv_text


def write_frame(
    frame: gpd.GeoDataFrame, path: Path, *, foreign_members: Mapping[str, Any] | None = None
) -> None:
    """Write GeoJSON, GeoPackage or CSV (geometry as WKT) by suffix, in EPSG:4326, whole or not.

    Only GeoJSON holds ``foreign_members``. Raises ``BadFileError`` for another suffix or a folder
    that cannot be written to.
    """
    check_writable(path)
    suffix = path.suffix.lower()
    try:
        if suffix in {".geojson", ".json"}:
            geojson.write(frame, path, foreign_members=foreign_members)
        elif suffix == ".gpkg":
            buffer = io.BytesIO()
            _flat(frame).to_file(buffer, driver="GPKG", layer=path.stem, engine="pyogrio")
            geojson.write_whole(path, [buffer.getvalue()])
        else:
            flat = _flat(frame)
            table = pd.DataFrame(flat.drop(columns=flat.geometry.name))
            table["geometry"] = shapely.to_wkt(flat.geometry.array, rounding_precision=7)
            rows = table.astype(object).itertuples(index=False, name=None)
            geojson.write_whole(path, [csv_text([str(name) for name in table], rows).encode()])
    except OSError as error:
        raise BadFileError(reason=f"{path}: cannot be written: {error.strerror}") from error


def write_frames(
    frames: Mapping[str, gpd.GeoDataFrame],
    path: Path,
    *,
    foreign_members: Mapping[str, Any] | None = None,
) -> list[Path]:
    """Write several layers; return the files.

    A GeoPackage holds them all, by name. Of other formats the first is written to ``path``, and
    each further one beside it, with its name behind a hyphen: ``out.geojson``,
    ``out-demand.geojson``. Raises as :func:`write_frame` does.
    """
    check_writable(path)
    if path.suffix.lower() != ".gpkg":
        first, *_others = frames
        files = [
            path if name == first else path.with_name(f"{path.stem}-{name}{path.suffix}")
            for name in frames
        ]
        for file, frame in zip(files, frames.values(), strict=True):
            write_frame(frame, file, foreign_members=foreign_members)
        return files
    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder) / "layers.gpkg"
        for name, frame in frames.items():
            _flat(frame).to_file(made, driver="GPKG", layer=name, engine="pyogrio")
        try:
            geojson.write_whole(path, [made.read_bytes()])
        except OSError as error:
            raise BadFileError(reason=f"{path}: cannot be written: {error.strerror}") from error
    return [path]


def check_writable(path: Path) -> None:
    """Raise ``BadFileError`` when the suffix or the folder of an output will not do."""
    if path.suffix.lower() not in {".geojson", ".json", ".gpkg", ".csv"}:
        raise BadFileError(reason=f"{path.name}: output must end in .geojson, .gpkg or .csv")
    if not path.resolve().parent.is_dir():
        raise BadFileError(reason=f"{path}: its folder does not exist")
    if path.is_dir():
        raise BadFileError(reason=f"{path}: is a folder")


def _flat(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the frame in EPSG:4326 with mappings and lists as JSON text."""
    flat = frame_to_wgs84(frame).set_geometry(
        gpd.GeoSeries(geojson.rfc7946_shapes(frame), index=frame.index, crs="EPSG:4326")
    )
    for name in flat.columns:
        if name != flat.geometry.name and flat[name].dtype == object:
            flat[name] = [
                json.dumps(geojson.plain(value), ensure_ascii=False)
                if isinstance(value, dict | list)
                else value
                for value in flat[name]
            ]
    return flat
