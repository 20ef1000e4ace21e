"""Files of geometries that somebody sent: looked at before they are unpacked, then read.

A coordinate system is never guessed: the file states it (GeoJSON and KML are WGS 84 by their
standards), or whoever sends it says which. GCJ-02 and BD-09 no file can state, so what is said
stands above the file. How a table or a Shapefile writes its characters is looked at where nothing
says so: UTF-8 if all of it can be read so, else GB 18030 (which GBK and GB 2312 are parts of).
"""

from __future__ import annotations

import tempfile
import zipfile
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import geopandas as gpd

from errors import BadFileError
from geo.crs import WGS84, frame_to_wgs84, known_crs
from geo.files import layer_names, read_frame

MOST_BYTES = 20 * 1024 * 1024
#: What a small archive may unpack to.
MOST_UNPACKED = 200 * 1024 * 1024
MOST_MEMBERS = 100
AREA_KINDS = (".geojson", ".json", ".zip", ".gpkg", ".kml")
SHEET_KINDS = (".xlsx", ".xls", ".ods")
KINDS = (*AREA_KINDS, ".csv", *SHEET_KINDS)
_LAYERED = (".zip", ".gpkg", ".kml")
_ARCHIVES = (".zip", ".xlsx", ".ods")
_ENCODINGS = ("utf-8-sig", "gb18030")


@dataclass(frozen=True)
class SentFile:
    """What was read: a frame in WGS 84, the system it came in, and how its text was written.

    ``encoding`` is empty where the kind of file leaves no choice or states it itself. ``layer``:
    which of the file's ``layers`` was read; both empty for a kind of file that holds one alone.
    """

    frame: gpd.GeoDataFrame
    crs: str
    encoding: str
    layer: str
    layers: tuple[str, ...]


def read_sent(
    name: str,
    data: bytes,
    *,
    crs: str = "",
    layer: str = "",
    encoding: str = "",
    kinds: tuple[str, ...] = KINDS,
) -> SentFile:
    """Read a file by its name's ending. Frame in WGS 84, shapes as the file has them.

    Raises ``BadFileError``; ``geo.crs.MissingCrsError`` where nothing states the system;
    ``UnknownCrsError``.
    """
    suffix = Path(name).suffix.lower()
    if suffix not in kinds:
        raise BadFileError(reason="kind", kinds=", ".join(kinds))
    if not data or len(data) > MOST_BYTES:
        raise BadFileError(reason="size", most_mb=MOST_BYTES // 2**20)
    if suffix in _ARCHIVES:
        _check_archive(data)
    said = known_crs(crs) if crs.strip() else None
    written = encoding or _encoding_of(suffix, data)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"file{suffix}"
        path.write_bytes(data)
        names = layer_names(path) if suffix in _LAYERED else []
        frame = read_frame(path, crs=said, encoding=written or None, layer=layer.strip() or None)
    stated = said or str(frame.crs.to_string() if frame.crs else WGS84)
    read = layer.strip() or (names[0] if names else "")
    return SentFile(frame_to_wgs84(frame), stated, written, read, tuple(names))


def _check_archive(data: bytes) -> None:
    """Look into an archive before it is unpacked."""
    try:
        with zipfile.ZipFile(BytesIO(data)) as archive:
            members = archive.infolist()
    except zipfile.BadZipFile:
        raise BadFileError(reason="archive") from None
    if len(members) > MOST_MEMBERS or sum(member.file_size for member in members) > MOST_UNPACKED:
        raise BadFileError(reason="size", most_mb=MOST_BYTES // 2**20)


def _encoding_of(suffix: str, data: bytes) -> str:
    """Return how text is written where the file leaves it open; empty where it does not."""
    if suffix == ".csv":
        return _readable(data)
    if suffix != ".zip":
        return ""
    with zipfile.ZipFile(BytesIO(data)) as archive:
        names = {member.lower(): member for member in archive.namelist()}
        table = next((names[name] for name in sorted(names) if name.endswith(".dbf")), None)
        if table is None or any(name.endswith(".cpg") for name in names):
            return ""
        try:
            return _readable(_rows_of(archive.read(table)))
        except (zipfile.BadZipFile, RuntimeError, NotImplementedError):
            raise BadFileError(reason="archive") from None


def _rows_of(table: bytes) -> bytes:
    """Return the rows of a dBASE table with the names of its columns, without its binary head."""
    head = int.from_bytes(table[8:10], "little")
    columns = [table[at : at + 11].split(b"\0")[0] for at in range(32, max(head - 1, 32), 32)]
    return b"".join(columns) + table[head:]


def _readable(data: bytes) -> str:
    for encoding in _ENCODINGS:
        try:
            data.decode(encoding)
        except UnicodeDecodeError:
            continue
        return encoding
    return ""
