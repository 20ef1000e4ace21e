"""Which kinds of file are read, and how each is told by its first bytes.

The name of a file is a claim and its bytes are evidence: both must agree before anything opens it.
"""

from __future__ import annotations

import re
from enum import StrEnum
from pathlib import Path

from core.errors import BadFileError, FileProblem

#: How much of a file is looked at to tell its kind.
HEAD_BYTES = 8192
_SHAPEFILE_MAGIC = b"\x00\x00\x27\x0a"
_OLE_MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_SQLITE_MAGIC = b"SQLite format 3\0"
#: The application id at byte 68 by which an SQLite file says that it is a GeoPackage.
_GEOPACKAGE_IDS = frozenset({b"GPKG", b"GP10", b"GP11"})
_BYTE_MARKS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")
_SPACE = b" \t\r\n\0\x1e"
#: The first bytes of a drawing that is not written as text.
BINARY_DXF = b"AutoCAD Binary DXF\r\n\x1a\x00"
#: How a drawing written as text begins: comments, then a section.
_TEXT_DXF = re.compile(rb"\s*(?:999\r?\n[^\n]*\n\s*)*0\s*\r?\n\s*SECTION\s")
#: How a DWG begins, which no free program reads well.
_DWG = re.compile(rb"AC10\d\d|AC1\.|MC0\.0")


class FileKind(StrEnum):
    """What a file is, by its bytes."""

    GEOJSON = "geojson"
    GEOPACKAGE = "geopackage"
    SHAPEFILE = "shapefile"
    KML = "kml"
    GPX = "gpx"
    FLATGEOBUF = "flatgeobuf"
    PARQUET = "parquet"
    FEATHER = "feather"
    TEXT_TABLE = "text_table"
    WORKBOOK = "workbook"
    ZIP = "zip"
    DXF = "dxf"
    DWG = "dwg"


#: The first elements of the kinds that are XML.
_ROOTS = {b"kml": FileKind.KML, b"gpx": FileKind.GPX}
#: The kinds that may stand behind an ending.
KINDS_OF_ENDING: dict[str, frozenset[FileKind]] = {
    ".geojson": frozenset({FileKind.GEOJSON}),
    ".json": frozenset({FileKind.GEOJSON}),
    ".geojsonl": frozenset({FileKind.GEOJSON}),
    **dict.fromkeys((".ndjson", ".geojsons", ".jsonl"), frozenset({FileKind.GEOJSON})),
    ".gpkg": frozenset({FileKind.GEOPACKAGE}),
    ".shp": frozenset({FileKind.SHAPEFILE}),
    ".zip": frozenset({FileKind.ZIP}),
    ".kml": frozenset({FileKind.KML}),
    ".kmz": frozenset({FileKind.ZIP}),
    ".gpx": frozenset({FileKind.GPX}),
    ".fgb": frozenset({FileKind.FLATGEOBUF}),
    ".parquet": frozenset({FileKind.PARQUET}),
    ".geoparquet": frozenset({FileKind.PARQUET}),
    ".feather": frozenset({FileKind.FEATHER}),
    ".dxf": frozenset({FileKind.DXF}),
    ".csv": frozenset({FileKind.TEXT_TABLE}),
    ".tsv": frozenset({FileKind.TEXT_TABLE}),
    ".txt": frozenset({FileKind.TEXT_TABLE}),
    ".xlsx": frozenset({FileKind.WORKBOOK, FileKind.ZIP}),
    ".xls": frozenset({FileKind.WORKBOOK}),
    ".ods": frozenset({FileKind.WORKBOOK, FileKind.ZIP}),
}
#: The endings of workbooks that are archives inside.
WORKBOOK_ARCHIVES = frozenset({".xlsx", ".ods"})
#: What belongs to a Shapefile.
SHAPEFILE_PARTS = (".shp", ".shx", ".dbf", ".prj", ".cpg")
#: What may lie in an archive; anything else in it is never unpacked.
INSIDE_ARCHIVES = frozenset(
    {*SHAPEFILE_PARTS, ".geojson", ".json", ".geojsonl", ".ndjson", ".gpkg", ".kml", ".gpx", ".fgb"}
    | {".csv", ".tsv", ".txt", ".dxf"}
)


def kind_of(path: Path, *, called: str) -> FileKind:
    """Return what a file is that came under the name ``called``. Raises as :func:`checked_kind`."""
    with path.open("rb") as file:
        return checked_kind(called, file.read(HEAD_BYTES))


def checked_kind(name: str, head: bytes) -> FileKind:
    """Return the kind of a file by its first bytes.

    Raises ``BadFileError``: ``kind`` for an ending that is not read or bytes of no kind,
    ``kind_differs`` where name and bytes contradict each other.
    """
    allowed = KINDS_OF_ENDING.get(Path(name).suffix.lower())
    if allowed is None and kind_of_bytes(head) is FileKind.DWG:
        raise BadFileError(reason=f"{name}: is a DWG; save it as DXF", problem=FileProblem.DWG)
    if allowed is None:
        raise BadFileError(reason=f"{name}: no kind of file that is read", problem=FileProblem.KIND)
    found = kind_of_bytes(head)
    if found is None:
        raise BadFileError(
            reason=f"{name}: no file of a kind that can be read", problem=FileProblem.KIND
        )
    if found is FileKind.DWG:
        raise BadFileError(reason=f"{name}: is a DWG; save it as DXF", problem=FileProblem.DWG)
    if found not in allowed:
        told = f"{name}: is called {Path(name).suffix}, but holds {found.replace('_', ' ')}"
        raise BadFileError(reason=told, problem=FileProblem.KIND_DIFFERS, found=str(found))
    return found


def kind_of_bytes(head: bytes) -> FileKind | None:
    """Return what the first bytes of a file say it is; None for a kind that is not read."""
    for magic, kind in (
        (b"PK\x03\x04", FileKind.ZIP),
        (b"PK\x05\x06", FileKind.ZIP),
        (b"fgb\x03fgb", FileKind.FLATGEOBUF),
        (b"PAR1", FileKind.PARQUET),
        (b"ARROW1", FileKind.FEATHER),
        (_SHAPEFILE_MAGIC, FileKind.SHAPEFILE),
        (_OLE_MAGIC, FileKind.WORKBOOK),
        (BINARY_DXF, FileKind.DXF),
    ):
        if head.startswith(magic):
            return kind
    if head.startswith(_SQLITE_MAGIC):
        return FileKind.GEOPACKAGE if head[68:72] in _GEOPACKAGE_IDS else None
    if _DWG.match(head):
        return FileKind.DWG
    return _text_kind(head)


def _text_kind(head: bytes) -> FileKind | None:
    plain = head
    for mark in _BYTE_MARKS:
        plain = plain.removeprefix(mark)
    # UTF-16 puts a NUL beside each ASCII character.
    plain = plain.replace(b"\0", b"").lstrip(_SPACE)
    if plain[:1] in (b"{", b"["):
        return FileKind.GEOJSON
    if plain[:1] == b"<":
        return _xml_kind(plain)
    if not plain or plain.startswith((b"%PDF", b"\x89PNG", b"GIF8", b"\x7fELF", b"MZ")):
        return None
    if _TEXT_DXF.match(plain):
        return FileKind.DXF
    controls = sum(byte < 9 or 13 < byte < 27 for byte in plain[:1024])
    return None if controls > len(plain[:1024]) // 50 else FileKind.TEXT_TABLE


def _xml_kind(head: bytes) -> FileKind | None:
    """Tell XML by its first element; one that brings definitions of its own by any of it.

    Such a file is refused by its reader, with a sentence of its own.
    """
    if b"<!DOCTYPE" in head or b"<!ENTITY" in head:
        return next((kind for tag, kind in _ROOTS.items() if b"<" + tag in head), None)
    rest = head
    while True:
        rest = rest.lstrip(_SPACE)
        if rest.startswith(b"<?"):
            rest = rest.partition(b"?>")[2]
        elif rest.startswith(b"<!--"):
            rest = rest.partition(b"-->")[2]
        else:
            break
    root = rest[1:].split(b">")[0].split()
    name = root[0].rpartition(b":")[2].lower() if root else b""
    return _ROOTS.get(name)
