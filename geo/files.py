"""Reading point and polygon files of every kind, and writing results.

Reads whatever geopandas reads, and tables (CSV, Excel, OpenDocument) with a longitude and a
latitude column. A file that cannot be read raises :class:`errors.BadFileError` with one clear line,
never what a library raised.
"""

from __future__ import annotations

import io
import json
import shutil
import tempfile
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pyogrio
import shapely

from errors import BadFileError
from geo import geojson
from geo.crs import CHINESE_SYSTEMS, MissingCrsError, frame_to_wgs84, known_crs
from geo.csv_out import csv_text

_LONGITUDE_NAMES = ("longitude", "lon", "lng", "x", "经度")
_LATITUDE_NAMES = ("latitude", "lat", "y", "纬度")
_SHEETS = frozenset({".xlsx", ".xls", ".ods"})
_TABLES = _SHEETS | {".csv", ".tsv", ".txt"}
#: What libraries say, what that means, and the ``problem`` by which screens say it.
_CLEARER = {
    "do not form a closed linestring": ("a ring is not closed", "ring"),
    "Invalid number of points in LinearRing": ("a ring has fewer than four positions", "ring"),
    "codec can't decode": ("its text is not UTF-8; name its encoding, such as GBK", "encoding"),
    "unknown encoding": ("no such encoding", "encoding"),
    "not recognized as being in a supported file format": (
        "no file of a kind that can be read",
        "unreadable",
    ),
}


def read_frame(
    path: Path,
    *,
    crs: str | None = None,
    encoding: str | None = None,
    overrule: bool = True,
    layer: str | None = None,
) -> gpd.GeoDataFrame:
    """Read a file of geometries into a frame that states its CRS.

    ``crs`` names the system of the coordinates: an EPSG code, or GCJ-02 or BD-09, which are
    converted to EPSG:4326 here. With ``overrule`` it stands above what the file states, else it
    only fills a gap. ``layer``: which of ``layer_names``, if not the first. Raises
    ``BadFileError``, ``MissingCrsError``, ``UnknownCrsError``.
    """
    name = known_crs(crs) if crs is not None else None
    if not path.is_file():
        raise BadFileError(reason=f"{path.name}: no such file")
    try:
        frame = _read_any(path, encoding, layer)
    except BadFileError:
        raise
    except Exception as error:  # what GDAL, GEOS, pandas and pyarrow raise has no common root
        clearer, problem = _clear(error)
        raise BadFileError(reason=f"{path.name}: {clearer}", problem=problem) from error
    if not isinstance(frame, gpd.GeoDataFrame):
        raise BadFileError(reason=f"{path.name}: holds no geometries")
    if name is None or (frame.crs is not None and not overrule):
        if frame.crs is None:
            raise MissingCrsError(what=path.name)
        return frame
    if name in CHINESE_SYSTEMS:
        return frame_to_wgs84(frame, crs=name)
    return frame.set_crs(name, allow_override=True)


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


def layer_names(path: Path) -> list[str]:
    """Return the names of the layers in a file; of a table, and of what cannot be read, none."""
    if path.suffix.lower() in _TABLES or not path.is_file():
        return []
    try:
        with tempfile.TemporaryDirectory() as folder:
            target = _target(_under_plain_name(path, Path(folder)))
            return [str(name) for name in pyogrio.list_layers(target)[:, 0]]
    except Exception:  # what GDAL raises has no common root; reading will say what is wrong
        return []


def _read_any(path: Path, encoding: str | None, layer: str | None) -> Any:
    suffix = path.suffix.lower()
    if suffix in _TABLES:
        return _read_table(path, encoding)
    if suffix == ".parquet":
        return gpd.read_parquet(path)
    if suffix == ".feather":
        return gpd.read_feather(path)
    names = _member_names(path)
    _check_shapefiles(names, path.name)
    with tempfile.TemporaryDirectory() as folder:
        return _read_vector(_under_plain_name(path, Path(folder)), names, encoding, layer)


def _read_table(path: Path, encoding: str | None) -> gpd.GeoDataFrame:
    if path.suffix.lower() in _SHEETS:
        table = pd.read_excel(path, engine="calamine", dtype=str)
    else:
        separator = "\t" if path.suffix.lower() == ".tsv" else ","
        table = pd.read_csv(path, sep=separator, dtype=str, encoding=encoding or "utf-8-sig")
    lower = {str(name).strip().lower(): name for name in table.columns}
    found = []
    for names in (_LONGITUDE_NAMES, _LATITUDE_NAMES):
        column = next((lower[name] for name in names if name in lower), None)
        if column is None:
            told = f"{path.name}: no column named {' or '.join(names)}"
            raise BadFileError(reason=told, problem="coordinates")
        found.append(pd.to_numeric(table[column], errors="coerce"))
    return gpd.GeoDataFrame(table, geometry=gpd.points_from_xy(*found))


def _read_vector(path: Path, names: list[str], encoding: str | None, layer: str | None) -> Any:
    target = _target(path)
    layers = [str(name) for name in pyogrio.list_layers(target)[:, 0]]
    if not layers:
        raise BadFileError(reason=f"{path.name}: holds no layer")
    if layer is not None and layer not in layers:
        told = f"{path.name}: holds no layer {layer!r}, but {layers}"
        raise BadFileError(reason=told, problem="layer", layers=layers)
    of_shapefile = any(name.lower().endswith(".shp") for name in names)
    return gpd.read_file(
        target,
        layer=layers[0] if layer is None else layer,
        engine="pyogrio",
        encoding=encoding if of_shapefile else None,
    )


def _target(path: Path) -> str | Path:
    return f"/vsizip/{path.as_posix()}" if path.suffix.lower() == ".zip" else path


def _member_names(path: Path) -> list[str]:
    """List what a zip holds, or the files that stand beside a plain file under the same stem."""
    if path.suffix.lower() != ".zip":
        return [sibling.name for sibling in _siblings(path)]
    try:
        with zipfile.ZipFile(path) as archive:
            return archive.namelist()
    except zipfile.BadZipFile:
        raise BadFileError(reason=f"{path.name}: no zip archive, or a damaged one") from None


def _siblings(path: Path) -> list[Path]:
    if path.suffix.lower() != ".shp":
        return [path]
    return [other for other in path.parent.iterdir() if other.stem == path.stem and other.is_file()]


def _check_shapefiles(names: list[str], file_name: str) -> None:
    known = {name.lower() for name in names}
    for name in known:
        for part in (".shx", ".dbf"):
            if name.endswith(".shp") and name[:-4] + part not in known:
                told = f"{file_name}: the shapefile lacks its {part} file"
                raise BadFileError(reason=told, problem="part", part=part)


def _under_plain_name(path: Path, folder: Path) -> Path:
    """Link the file under a name without ``!`` or ``?``, which readers take for archive syntax."""
    for sibling in _siblings(path):
        alias = folder / f"input{sibling.suffix.lower()}"
        try:
            alias.symlink_to(sibling.resolve())
        except OSError:
            shutil.copyfile(sibling, alias)
    return folder / f"input{path.suffix.lower()}"


def _clear(error: Exception) -> tuple[str, str]:
    text = " ".join(str(error).split()) or type(error).__name__
    for known, said in _CLEARER.items():
        if known in text:
            return said
    return "cannot be read: " + text[:200], "unreadable"
