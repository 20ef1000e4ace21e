"""What a file brings to a layer: features in WGS 84 with their columns, and what was left out."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import Any

import geopandas as gpd
import shapely

from core.errors import BadFileError, FileProblem
from core.text import storable
from geo.features import Gap, on_earth, sound_features
from geo.reading.columns import typed
from geo.reading.file_kinds import FileKind
from geo.reading.limits import ReadLimits
from geo.reading.reader import read_bytes
from geo.reading.table import MENDED, UNREADABLE
from geo.writing.geojson import plain

#: As many as one writes in about a second: so long others wait.
MOST_FEATURES = 20_000
MOST_POSITIONS = 1_000_000
#: What a form takes in, in MB.
MOST_MB = 20
MOST_COLUMNS = 60
MOST_COLUMN_NAME = 80
#: What a form takes.
ENDINGS = (
    *(".geojson", ".json", ".geojsonl", ".zip", ".gpkg", ".kml", ".kmz", ".gpx", ".fgb"),
    *(".parquet", ".csv", ".tsv", ".txt", ".xlsx", ".xls", ".ods"),
)
#: Columns by which features are often named, the likeliest first.
_NAMES = ("name_zh", "name", "名称", "名字", "title", "标题", "停放区名称", "地点", "地址")


@dataclass(frozen=True)
class UploadRead:
    """What was read: ``geometries`` (WGS 84) and ``rows`` of the columns, in the file's order.

    ``fingerprint`` is a hash of the features, their order and their columns. ``reading``: how sure
    the encoding is (``sure``), and how many rows are odd (``odd``), the
    first of them with what was odd (``odd_rows``).
    ``left_out``: how many features of the file are not there, by reason; ``name_field``: the column
    that seems to name them, or nothing.
    """

    geometries: tuple[Any, ...]
    rows: tuple[dict[str, Any], ...]
    columns: tuple[str, ...]
    name_field: str
    crs: str
    encoding: str
    layer: str
    layers: tuple[str, ...]
    repaired: int
    left_out: dict[Gap, int]
    bounds: tuple[float, float, float, float]
    fingerprint: str
    reading: dict[str, Any] = field(default_factory=dict)


def read_file(
    name: str,
    data: bytes,
    *,
    crs: str = "",
    layer: str = "",
    encoding: str = "",
    ask_layer: bool = False,
    limits: ReadLimits | None = None,
) -> UploadRead:
    """Read the features of a file; see ``geo.reading.reader`` for its system and its text.

    ``ask_layer``: of a file with several layers one must be named. Raises what ``read_bytes``
    raises; ``BadFileError`` (``problem``: ``no_feature``, ``features``, ``positions``, ``columns``,
    ``which_layer``) for what is no layer, too much for one, or one of several.
    """
    limits = replace(
        limits or ReadLimits(),
        features=MOST_FEATURES,
        positions=MOST_POSITIONS,
        columns=MOST_COLUMNS,
    )
    sent = read_bytes(
        name,
        data,
        crs=crs,
        layer=layer,
        ask_layer=ask_layer,
        encoding=encoding,
        endings=ENDINGS,
        limits=limits,
        most_mb=MOST_MB,
    )
    sound, soundness = sound_features(sent.wgs84())
    sound, off = on_earth(sound)
    left_out = {**soundness.left_out, **({Gap.OFF_EARTH: off} if off else {})}
    if unread := sum(number for problem, number in sent.odd.items() if problem in UNREADABLE):
        left_out[Gap.UNREADABLE] = unread
    if sound.empty:
        gap = str(max(left_out, key=lambda one: left_out[one])) if left_out else ""
        raise BadFileError(reason="no feature", problem=FileProblem.NO_FEATURE, gap=gap)
    columns = _columns(sound)
    rows = _rows(sound, columns, of_text=sent.kind == FileKind.TEXT_TABLE)
    mended = sum(number for problem, number in sent.odd.items() if problem in MENDED)
    west, south, east, north = (float(value) for value in sound.total_bounds)
    return UploadRead(
        geometries=tuple(sound.geometry.array),
        rows=tuple(rows),
        columns=tuple(columns.values()),
        name_field=_name_field(tuple(columns.values())),
        crs=sent.crs,
        encoding=sent.encoding,
        layer=sent.layer,
        layers=sent.layers,
        repaired=soundness.repaired + mended,
        left_out=left_out,
        bounds=(west, south, east, north),
        fingerprint=_fingerprint(sound.geometry.array, rows),
        reading={
            "sure": sent.sure,
            "odd": sum(sent.odd.values()),
            "odd_rows": [list(one) for one in sent.odd_rows],
        },
    )


def _fingerprint(geometries: Any, rows: Sequence[dict[str, Any]]) -> str:
    digest = sha256()
    for shape, row in zip(shapely.to_wkb(geometries, byte_order=1), rows, strict=True):
        digest.update(shape)
        digest.update(repr(row).encode("utf-8", "surrogatepass"))
    return digest.hexdigest()


def _columns(frame: gpd.GeoDataFrame) -> dict[Any, str]:
    """Return the frame's columns with the names that they are kept under, all different."""
    found: dict[Any, str] = {}
    for number, column in enumerate(frame.columns, start=1):
        if column == frame.geometry.name:
            continue
        name = storable(str(column)).strip()[:MOST_COLUMN_NAME] or f"column {number}"
        while name in found.values():
            name = f"{name[: MOST_COLUMN_NAME - 4]} {number}"
        found[column] = name
    return found


def _rows(
    frame: gpd.GeoDataFrame, columns: dict[Any, str], *, of_text: bool
) -> list[dict[str, Any]]:
    """Return the cells by row; those of a text table as what all of their column is."""
    cells = [[_value(one) for one in frame[column].tolist()] for column in columns]
    values = [[plain(one) for one in typed(column)] for column in cells] if of_text else cells
    names = list(columns.values())
    if not names:
        return [{} for _ in range(len(frame))]
    return [dict(zip(names, row, strict=True)) for row in zip(*values, strict=True)]


def _value(value: Any) -> Any:
    """Return what is kept of a cell: a number, a truth, or text; None for nothing."""
    found = plain(value)
    if isinstance(found, str):
        return storable(found).strip() or None
    if isinstance(found, dict | list):
        return storable(json.dumps(found, ensure_ascii=False))
    return found


def _name_field(columns: Sequence[str]) -> str:
    lower = {name.lower(): name for name in columns}
    return next((lower[name] for name in _NAMES if name in lower), "")
