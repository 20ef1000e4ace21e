"""Reading with GDAL: exactly one driver, chosen by what the bytes of the file are.

GDAL registers its drivers when pyogrio is imported and then opens a file with whichever likes its
content. So the drivers that a file does not need are named in ``GDAL_SKIP`` before that import, in
a process that reads this one file; what is there afterwards is looked at, and nothing is opened if
it is more than the one.
"""

from __future__ import annotations

import contextlib
import ctypes
import importlib.util
import os
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
from pyproj import CRS
from pyproj.exceptions import CRSError

from core.errors import BadFileError, FileProblem
from geo.crs import chinese_system
from geo.reading.encoding import (
    TextEncoding,
    decide_encoding,
    decode,
    encoding_of_cpg,
    encoding_of_language_driver,
)
from geo.reading.file_kinds import FileKind
from geo.reading.table import ReadTable, plain_column, times_from, wanted_columns


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split(","))


DRIVERS = {
    FileKind.GEOPACKAGE: "GPKG",
    FileKind.SHAPEFILE: "ESRI Shapefile",
    FileKind.KML: "LIBKML",
    FileKind.GPX: "GPX",
    FileKind.FLATGEOBUF: "FlatGeobuf",
}
#: The drivers that read vectors in the GDAL of the pinned pyogrio, and others that builds may have.
KNOWN_DRIVERS = _names(
    "MEM,PCIDSK,PDS4,VICAR,PDF,MBTiles,EEDA,OGCAPI,GDALG,ESRI Shapefile,MapInfo File,LVBAG,"
    "S57,DGN,OGR_VRT,CSV,GML,GPX,LIBKML,KML,GeoJSON,GeoJSONSeq,ESRIJSON,TopoJSON,OGR_GMT,"
    "GPKG,SQLite,WAsP,OpenFileGDB,DXF,FlatGeobuf,GeoRSS,VFK,PGDUMP,OSM,GPSBabel,OGR_PDS,WFS,"
    "OAPIF,EDIGEO,Idrisi,ODS,XLSX,Elasticsearch,Carto,AmigoCloud,SXF,Selafin,JML,PLSCENES,"
    "CSW,VDV,MVT,NGW,MapML,GTFS,PMTiles,JSONFG,MiraMonVector,ADBC,AVCBin,AVCE00,AIVector,"
    "HTTP,PostgreSQL,MySQL,MSSQLSpatial,OCI,ODBC,PGeo,NAS,GMLAS,netCDF,HDF4,HDF5,Parquet,"
    "Arrow,SOSI,DWG,CAD,LIBOPENCAD,XLS,FileGDB,MongoDBv3,HANA,IDB,INGRES,TileDB,XODR,"
    "Geoconcept,OpenAir,SEGY,SUA,BNA,AERONAVFAA,REC,TIGER,UK .NTF,SDTS,GTM,ILI,Interlis 1,"
    "Interlis 2,Memory,GDAL_MULTIDIM,VRT,GTI,STACIT,STACTA"
)
#: What GDAL must not do while it reads: reach the network, other folders, or code.
GDAL_SETTINGS = {
    "GDAL_DRIVER_PATH": "disable",
    "GDAL_DISABLE_READDIR_ON_OPEN": "TRUE",
    "GDAL_HTTP_TIMEOUT": "1",
    "GDAL_HTTP_CONNECTTIMEOUT": "1",
    "GDAL_HTTP_MAX_RETRY": "0",
    "GDAL_HTTP_PROXY": "127.0.0.1:9",
    "CPL_VSIL_CURL_ALLOWED_EXTENSIONS": "{none}",
    "GDAL_VRT_ENABLE_PYTHON": "NO",
    "GDAL_NUM_THREADS": "1",
    "GDAL_CACHEMAX": "64",
    "CPL_VSIL_ZIP_ALLOWED_EXTENSIONS": "",
    "OGR_SQLITE_STATIC_VIRTUAL_OGR": "NO",
    "OGR_SQLITE_LOAD_EXTENSIONS": "",
    "LIBKML_RESOLVE_STYLE": "NO",
    "PROJ_NETWORK": "OFF",
    "CPL_DEBUG": "OFF",
}
#: Columns that every KML gets, with the value that says nothing.
_KML_PADDING: dict[str, Any] = {
    **dict.fromkeys(("id", "timestamp", "begin", "end", "altitudeMode", "drawOrder", "icon")),
    **{"tessellate": -1, "extrude": 0, "visibility": -1, "description": None},
}
#: Kinds of files that have layers in which there is nothing.
_OFTEN_EMPTY = frozenset({FileKind.KML, FileKind.GPX})
#: Of so many layers the features are counted.
_MOST_COUNTED = 50
#: Cells that are looked at to decide on an encoding.
_MOST_SAMPLES = 2_000
_LANGUAGE_DRIVER_AT = 29
#: Geometries without curves, by name and by their number in WKB (15 to 17: surfaces of triangles).
_STRAIGHT = frozenset(
    {"Point", "LineString", "Polygon", "MultiPoint", "MultiLineString", "MultiPolygon"}
)
_STRAIGHT_CODES = frozenset({*range(8), 15, 16, 17})
#: Words in a system's definition by which PROJ would open a file.
_FILES_IN_SYSTEMS = ("grids", "parameterfile", "proj4_grids", "file=", "init=")


def load_library() -> None:
    """Map GDAL into this process without starting it: children that are forked start it faster."""
    found = importlib.util.find_spec("pyogrio")
    if found is None or found.origin is None:
        return
    for path in Path(found.origin).parents[1].glob("pyogrio.libs/libgdal*"):
        with contextlib.suppress(OSError):
            ctypes.CDLL(str(path))


def load_driver(kind: FileKind) -> Any:
    """Import pyogrio with the one driver of a kind; raise ``BadFileError`` if others are there."""
    if "pyogrio" in sys.modules:
        raise BadFileError(reason="GDAL was loaded too early", problem=FileProblem.UNREADABLE)
    wanted = DRIVERS[kind]
    os.environ["GDAL_SKIP"] = ",".join(sorted(KNOWN_DRIVERS - {wanted}))
    import pyogrio

    if set(pyogrio.list_drivers()) != {wanted}:
        others = sorted(set(pyogrio.list_drivers()) - {wanted})
        raise BadFileError(
            reason=f"this GDAL has drivers that nobody knows: {others}",
            problem=FileProblem.UNREADABLE,
        )
    return pyogrio


@dataclass(frozen=True)
class LayerInside:
    """A layer of a file: its ``geometry`` as OGC names it, how many ``features`` (-1: unknown)."""

    name: str
    geometry: str
    features: int


def layers_of(pyogrio: Any, path: Path, kind: FileKind) -> list[LayerInside]:
    """Return the layers with places, of KML and GPX without the empty ones.

    Where there are several to choose from, of at most ``_MOST_COUNTED``, features are counted.
    """
    listed = [(str(name), geometry) for name, geometry in pyogrio.list_layers(path)]
    counted = len(listed) <= _MOST_COUNTED and (len(listed) > 1 or kind in _OFTEN_EMPTY)
    found = [
        LayerInside(name, str(geometry or ""), _count(pyogrio, path, name) if counted else -1)
        for name, geometry in listed
    ]
    if kind in _OFTEN_EMPTY:
        found = [one for one in found if one.features] or found[:1]
    return [one for one in found if one.geometry] or found


def _count(pyogrio: Any, path: Path, layer: str) -> int:
    return int(pyogrio.read_info(path, layer=layer, force_feature_count=True)["features"])


def read_vector(
    pyogrio: Any,
    path: Path,
    *,
    layer: str,
    kind: FileKind,
    encoding: str,
    hints: Iterable[str] = (),
    columns: Sequence[str] | None = None,
) -> tuple[ReadTable, TextEncoding | None]:
    """Read one layer. Text of a Shapefile is decoded here, by what its own bytes show.

    Of GeoPackage and FlatGeobuf only ``columns`` where all of them are there.
    """
    of_shapefile = kind is FileKind.SHAPEFILE
    info = pyogrio.read_info(path, layer=layer)
    by_column = kind in (FileKind.GEOPACKAGE, FileKind.FLATGEOBUF)
    wanted = wanted_columns(list(info["fields"]), columns) if by_column else None
    meta, found = pyogrio.read_arrow(
        path,
        layer=layer,
        encoding="ISO-8859-1" if of_shapefile else None,
        datetime_as_string=True,
        columns=wanted,
    )
    place = meta["geometry_name"] or "wkb_geometry"
    cells = {name: plain_column(found.column(name)) for name in found.column_names if name != place}
    shapes = None
    if place in found.column_names:
        whole = found.column(place).combine_chunks()
        shapes = _shapes(pyogrio, path, layer, whole, meta["geometry_type"])
    kinds = zip(info["fields"], info["dtypes"], strict=False)
    for name in (name for name, dtype in kinds if str(dtype).startswith("datetime64")):
        if name in cells and pa.types.is_large_string(cells[name].type):
            cells[name] = times_from(cells[name])
    if kind is FileKind.KML:
        cells = {name: array for name, array in cells.items() if not _is_padding(name, array)}
    if kind is FileKind.GPX:  # the driver makes all columns of the standard
        cells = {name: array for name, array in cells.items() if array.null_count < len(array)}
    written = None
    if of_shapefile:
        cells, written = _decoded(cells, encoding, list(hints))
    return ReadTable(cells, shapes, system_named(meta["crs"])), written


def _is_padding(name: str, array: pa.Array) -> bool:
    """Tell whether a column is one that the driver makes for every KML, with nothing in it."""
    default = _KML_PADDING.get(name, ...)
    return default is not ... and set(array.unique().to_pylist()) <= {None, default}


def _shapes(pyogrio: Any, path: Path, layer: str, column: Any, stated: str | None) -> Any:
    """Return WKB; curves are read anew as GDAL draws them, in straight pieces."""
    flat = column.storage if isinstance(column, pa.ExtensionArray) else column
    if stated and stated.removesuffix(" Z").removeprefix("2.5D ") in _STRAIGHT:
        return flat
    kinds = {_wkb_kind(value) for value in flat.to_pylist() if value}
    if kinds <= _STRAIGHT_CODES:
        return flat
    straight = pyogrio.raw.read(path, layer=layer, columns=[])[2]
    return pa.array(straight, pa.large_binary())


def _wkb_kind(value: bytes) -> int:
    return int.from_bytes(value[1:5], "little" if value[0] else "big") % 1000


def _decoded(
    columns: dict[str, pa.Array], encoding: str, hints: list[str]
) -> tuple[dict[str, pa.Array], TextEncoding]:
    texts = [array for array in columns.values() if pa.types.is_large_string(array.type)]
    samples = [name.encode("latin-1", "replace") for name in columns if not name.isascii()]
    for array in texts:
        cells = array.unique().to_pylist()
        samples += [raw for one in cells if one and not (raw := one.encode("latin-1")).isascii()]
        del samples[_MOST_SAMPLES:]
    written = decide_encoding(samples, asked=encoding, hints=hints)
    told: dict[str, pa.Array] = {}
    for name, array in columns.items():
        told[_unlike(_text(name, written), told)] = (
            _cells(array, written) if pa.types.is_large_string(array.type) else array
        )
    return told, written


def _cells(array: pa.Array, written: TextEncoding) -> pa.Array:
    coded = array.dictionary_encode()
    texts = [None if one is None else _text(one, written) for one in coded.dictionary.to_pylist()]
    return pa.DictionaryArray.from_arrays(
        coded.indices, pa.array(texts, pa.large_string())
    ).dictionary_decode()


def _text(value: str, written: TextEncoding) -> str:
    return value if value.isascii() else decode(value.encode("latin-1", "replace"), written)


def _unlike(name: str, taken: Iterable[str]) -> str:
    found, number = name, 2
    while found in taken:
        found, number = f"{name} {number}", number + 1
    return found


def hints_of(parts: dict[str, Path]) -> list[str]:
    """Return what a Shapefile says of its text: the .cpg file, the language byte of its table."""
    hints = []
    if ".cpg" in parts:
        hints.append(encoding_of_cpg(parts[".cpg"].read_bytes()[:200].decode("ascii", "replace")))
    if ".dbf" in parts:
        with parts[".dbf"].open("rb") as table:
            head = table.read(_LANGUAGE_DRIVER_AT + 1)
        if len(head) > _LANGUAGE_DRIVER_AT:
            hints.append(encoding_of_language_driver(head[_LANGUAGE_DRIVER_AT]))
    return [hint for hint in hints if hint]


def system_named(stated: str | None) -> str:
    """Return a stated system as an authority's code, or as WKT; empty where nothing is stated.

    One that PROJ would need a file for is none: no path from inside a file is followed. Raises
    ``BadFileError`` (``system``) for it.
    """
    if not stated:
        return ""
    if found := chinese_system(stated):
        return found
    try:
        system = CRS.from_user_input(stated)
    except CRSError:
        return str(stated)[:200]
    if system.is_bound and system.source_crs is not None:
        system = system.source_crs
    authority = system.to_authority(min_confidence=90)
    if authority:
        return ":".join(authority)
    text = system.to_wkt()
    if any(word in text.lower() for word in _FILES_IN_SYSTEMS):
        raise BadFileError(
            reason="its coordinate system needs other files", problem=FileProblem.SYSTEM
        )
    return text
