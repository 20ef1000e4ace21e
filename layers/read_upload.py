"""What a file brings to a layer: features in WGS 84 with their columns, and what was left out."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from hashlib import sha256
from typing import Any

import geopandas as gpd
import pandas as pd
import shapely

from core.errors import BadFileError, FileProblem
from core.text import storable
from geo.crs import WGS84
from geo.features import Gap, on_earth, sound_features
from geo.former_systems.former_systems import Accuracy, accuracy_of_frame
from geo.reading.columns import typed
from geo.reading.file_kinds import FileKind
from geo.reading.limits import ReadLimits
from geo.reading.reader import FileRead, read_bytes
from geo.reading.table import ALL_LAYERS, LAYERS_INSIDE, MENDED, UNREADABLE, RowProblem
from geo.writing.geojson import plain
from layers.read_choices import ReadChoices

#: As many as one writes in about a second: so long others wait.
MOST_FEATURES = 20_000
MOST_POSITIONS = 1_000_000
#: What a form takes in, in MB.
MOST_MB = 20
MOST_COLUMNS = 60
MOST_COLUMN_NAME = 80
#: What a form takes.
ENDINGS = (
    *(
        ".geojson",
        ".json",
        ".geojsonl",
        ".ndjson",
        ".geojsons",
        ".jsonl",
        ".zip",
        ".gpkg",
        ".kml",
        ".kmz",
        ".gpx",
        ".fgb",
    ),
    *(".parquet", ".geoparquet", ".csv", ".tsv", ".txt", ".xlsx", ".xls", ".ods", ".dxf"),
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
    layers: Sequence[str] = (),
    encoding: str = "",
    unit: str = "",
    x: str = "",
    y: str = "",
    swapped: bool = False,
    approximate: bool = False,
    ask_layer: bool = False,
    limits: ReadLimits | None = None,
) -> UploadRead:
    """Read the features of a file; see ``geo.reading.reader`` for its system, text and unit.

    ``ask_layer``: of a file with several layers one must be named. ``layers``: several at once
    (``"*"``: all), together in one, with a column ``layer``; of a drawing those that are wanted,
    else all. ``x`` and ``y``: columns of coordinates, if not of the usual names. ``swapped``: its
    coordinates are latitude and longitude, or north and east. ``approximate``: places may lie off,
    as no transformation of the system is known. Raises what ``read_bytes`` raises;
    ``BadFileError`` (``problem``: ``no_feature``, ``features``, ``positions``, ``columns``,
    ``which_layer``) for what is no layer, too much for one, or one of several.
    """
    limits = replace(
        limits or ReadLimits(),
        features=MOST_FEATURES,
        positions=MOST_POSITIONS,
        columns=MOST_COLUMNS,
    )
    read = partial(
        read_bytes,
        name,
        data,
        crs=crs,
        encoding=encoding,
        unit=unit,
        x=x,
        y=y,
        endings=ENDINGS,
        limits=limits,
        most_mb=MOST_MB,
    )
    named = [one for one in layers if one != ALL_LAYERS]
    first = layer or (named[0] if named else "")
    sent = read(layer=first, layers=layers, ask_layer=ask_layer and not layers)
    found = [_Part(sent, swapped, approximate)]
    if layers and sent.kind != FileKind.DXF:
        others = [one for one in (named or _whole(sent)) if one != sent.layer]
        found += [_Part(read(layer=one), swapped, approximate) for one in others]
    return _upload(found)


def read_chosen(
    name: str, data: bytes, choices: ReadChoices, *, limits: ReadLimits | None = None
) -> list[tuple[str, UploadRead]]:
    """Read a file as it was chosen: each layer by its name, or one of all without a name.

    Raises what ``read_file`` raises.
    """
    given = ("crs", "unit", "encoding", "x", "y", "swapped", "approximate")
    said: dict[str, Any] = {name: getattr(choices, name) for name in given}
    read = partial(read_file, name, data, **said, limits=limits)
    if choices.each and len(choices.layers) > 1:
        found = [(layer, read(layers=[layer])) for layer in choices.layers]
    else:
        found = [("", read(layers=choices.layers))]
    return [
        (layer, replace(one, reading={**one.reading, "choices": choices.to_json()}))
        for layer, one in found
    ]


def _whole(sent: FileRead) -> list[str]:
    """Return the layers that are all of a file: of tracks the lines, not their points again."""
    if sent.kind != FileKind.GPX:
        return list(sent.layers)
    return [name for name in sent.layers if not name.endswith("_points")]


@dataclass(frozen=True)
class _Part:
    """A layer of a file as it was read; ``swapped``: its x is north of its y.

    ``approximate``: it may lie off.
    """

    sent: FileRead
    swapped: bool
    approximate: bool

    def wgs84(self) -> gpd.GeoDataFrame:
        """Return its features in EPSG:4326."""
        return self._turned().wgs84(approximate=self.approximate)

    def accuracy(self) -> Accuracy | None:
        """Return how far off its features may lie; None for what is WGS 84 to a metre."""
        turned = self._turned()
        return accuracy_of_frame(turned.placed()) if turned.has_places else None

    def _turned(self) -> FileRead:
        """Return what was read with its x in the east and its y in the north."""
        frame = self.sent.placed() if self.sent.has_places else self.sent.frame
        if not self.swapped or not isinstance(frame, gpd.GeoDataFrame):
            return self.sent
        turned = shapely.transform(frame.geometry.array, lambda at: at[:, ::-1])
        placed = frame.set_geometry(gpd.GeoSeries(turned, index=frame.index, crs=frame.crs))
        return replace(self.sent, frame=placed)


def _together(parts: Sequence[_Part]) -> gpd.GeoDataFrame:
    """Return the features of all parts; of several with the name of their layer."""
    if len(parts) == 1:
        return parts[0].wgs84()
    frames = []
    for part in parts:
        frame = part.wgs84()
        name = "layer" if "layer" not in frame.columns else "layer of the file"
        frame.insert(0, name, part.sent.layer)
        frames.append(frame)
    return gpd.GeoDataFrame(pd.concat(frames, ignore_index=True), crs=WGS84)


def _upload(parts: Sequence[_Part]) -> UploadRead:
    sent = parts[0].sent
    together = _together(parts)
    if len(together) > MOST_FEATURES:
        told = f"{len(together)} features, of at most {MOST_FEATURES}"
        raise BadFileError(
            reason=told, problem=FileProblem.FEATURES, number=len(together), most=MOST_FEATURES
        )
    sound, soundness = sound_features(together)
    sound, off = on_earth(sound)
    odd: Counter[str] = Counter()
    for part in parts:
        odd.update(part.sent.odd)
    left_out = _left_out(soundness.left_out, odd, off)
    if sound.empty:
        gap = str(max(left_out, key=lambda one: left_out[one])) if left_out else ""
        raise BadFileError(reason="no feature", problem=FileProblem.NO_FEATURE, gap=gap)
    columns = _columns(sound)
    rows = _rows(sound, columns, of_text=sent.kind in (FileKind.TEXT_TABLE, FileKind.DXF))
    mended = sum(number for problem, number in odd.items() if problem in MENDED)
    west, south, east, north = (float(value) for value in sound.total_bounds)
    several = [part.sent.layer for part in parts] if len(parts) > 1 else []
    return UploadRead(
        geometries=tuple(sound.geometry.array),
        rows=tuple(rows),
        columns=tuple(columns.values()),
        name_field=_name_field(tuple(columns.values())),
        crs=sent.crs,
        encoding=sent.encoding,
        layer="" if several or sent.layer == ALL_LAYERS else sent.layer,
        layers=sent.layers,
        repaired=soundness.repaired + mended,
        left_out=left_out,
        bounds=(west, south, east, north),
        fingerprint=_fingerprint(sound.geometry.array, rows),
        reading={
            "sure": sent.sure,
            "odd": sum(odd[problem] for problem in odd if problem != RowProblem.ENTITY),
            "odd_rows": [list(one) for one in sent.odd_rows],
            **{name: told for name, told in sent.told.items() if told and name != LAYERS_INSIDE},
            **({"layers": several} if several else {}),
            **({"swapped": True} if parts[0].swapped else {}),
            **_how_accurate(parts[0].accuracy()),
        },
    )


def _how_accurate(found: Accuracy | None) -> dict[str, Any]:
    """Return what is kept of how far off features may lie; nothing of what is exact to a metre."""
    return {"off_m": found.metres, "off_published": found.published} if found else {}


def _left_out(gaps: dict[Gap, int], odd: Counter[str], off_earth: int) -> dict[Gap, int]:
    """Return how many features are not there, by reason."""
    found = {**gaps, **({Gap.OFF_EARTH: off_earth} if off_earth else {})}
    if unread := sum(number for problem, number in odd.items() if problem in UNREADABLE):
        found[Gap.UNREADABLE] = unread
    if entities := odd[RowProblem.ENTITY]:
        found[Gap.ENTITY] = entities
    return found


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
