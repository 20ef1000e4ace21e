"""Reading GeoJSON as it really comes: feature by feature, so that a bad one costs only itself.

A collection, one feature, a bare geometry, and one feature a line (with or without record
separators) are read. An open ring is closed; a feature whose geometry cannot be built keeps its row
without a place, and the row is noted. The collection's ``crs`` member, which RFC 7946 took away, is
still written by many programs and is told as it stands.
"""

from __future__ import annotations

import json
import re
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import shapely

from core.errors import BadFileError, FileProblem
from geo.reading.encoding import EncodingCertainty, TextEncoding, decide_encoding, decode
from geo.reading.limits import ReadLimits
from geo.reading.table import Notes, ReadTable, RowProblem, column_of

#: Deeper, no form or table can show it, and the recursion of other programs ends.
MOST_DEPTH = 60
#: Columns of one file, whatever else is allowed: each costs a cell in every row.
MOST_COLUMNS = 2_000
_BLANK = re.compile(r"[\s\x1e,]*")
_SPACE = re.compile(r"[\s\x1e]*")
_GEOMETRIES = frozenset(
    {"Point", "MultiPoint", "LineString", "MultiLineString", "Polygon", "MultiPolygon"}
    | {"GeometryCollection"}
)
_WGS84 = "EPSG:4326"


def read_geojson(
    path: Path, *, encoding: str, limits: ReadLimits, notes: Notes
) -> tuple[ReadTable, TextEncoding]:
    """Read a GeoJSON file. Coordinates are WGS 84 unless a ``crs`` member states another system.

    ``encoding`` is used only where the text is not plainly UTF-8, as the standard wants it.

    Raises ``BadFileError``: ``unreadable`` (no GeoJSON, or a damaged file), ``deep`` (nested beyond
    ``MOST_DEPTH``), ``features``, ``columns``.
    """
    data = path.read_bytes()
    written = decide_encoding([data])
    if encoding and written.sure != EncodingCertainty.CERTAIN:
        written = decide_encoding([data], asked=encoding)
    text = decode(data, written).removeprefix("\ufeff")
    del data
    document = _Document(text)
    rows = _Rows(limits, notes)
    try:
        for feature in document.features():
            rows.add(feature)
    except RecursionError:
        raise _deep() from None
    if not rows.number:
        if document.is_collection:
            return rows.table(document.crs), written
        raise _unreadable("no feature in it")
    return rows.table(document.crs), written


def _unreadable(why: str) -> BadFileError:
    return BadFileError(reason=f"cannot be read as GeoJSON: {why}", problem=FileProblem.UNREADABLE)


def _deep() -> BadFileError:
    told = f"values are nested more than {MOST_DEPTH} deep"
    return BadFileError(reason=told, problem=FileProblem.DEEP, most=MOST_DEPTH)


class _Document:
    """Walks the text of a file and holds no more of it than one feature."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._decode = json.JSONDecoder().raw_decode
        self.crs = _WGS84
        self.is_collection = False
        self._read = 0

    def features(self) -> Iterator[dict[str, Any]]:
        """Yield the features, wherever they stand."""
        at = self._skip(0, _BLANK)
        if self._text[at : at + 1] == "[":
            raise _unreadable("it is a list, not a FeatureCollection")
        if self._text[at : at + 1] != "{":
            raise _unreadable("it does not begin with an object")
        yield from self._object(at)

    def _object(self, at: int) -> Iterator[dict[str, Any]]:
        """Walk a top-level object, then those that follow it."""
        members: dict[str, Any] = {}
        at += 1
        while (at := self._skip(at, _BLANK)) < len(self._text) and self._text[at] != "}":
            key, at = self._value(at)
            at = self._skip(at, _SPACE)
            if not isinstance(key, str) or self._text[at : at + 1] != ":":
                raise _unreadable("a member without a name")
            at = self._skip(at + 1, _SPACE)
            if key == "features" and self._text[at : at + 1] == "[":
                self.is_collection = True
                if "crs" in members:
                    self._state(members["crs"])
                at = yield from self._list(at + 1)
            else:
                members[key], at = self._value(at)
        if at >= len(self._text):
            raise _unreadable("it ends too early")
        self._state(members.get("crs"))
        if not self.is_collection:
            yield from self._alone(members)
            yield from self._following(at + 1)

    def _list(self, at: int) -> Generator[dict[str, Any], None, int]:
        while (at := self._skip(at, _BLANK)) < len(self._text) and self._text[at] != "]":
            feature, at = self._value(at)
            self._read += 1
            yield feature if isinstance(feature, dict) else {}
        if at >= len(self._text):
            raise _unreadable(f"it ends too early, after feature {self._read}")
        return at + 1

    def _following(self, at: int) -> Iterator[dict[str, Any]]:
        while (at := self._skip(at, _BLANK)) < len(self._text):
            value, at = self._value(at)
            if isinstance(value, dict):
                yield from self._alone(value)

    @staticmethod
    def _alone(value: dict[str, Any]) -> Iterator[dict[str, Any]]:
        if value.get("type") == "Feature":
            yield value
        elif value.get("type") in _GEOMETRIES:
            yield {"type": "Feature", "properties": {}, "geometry": value}

    def _value(self, at: int) -> tuple[Any, int]:
        try:
            return self._decode(self._text, at)
        except (ValueError, IndexError) as error:
            after = f" after feature {self._read}" if self._read else ""
            raise _unreadable(f"no sound JSON{after}") from error

    def _skip(self, at: int, what: re.Pattern[str]) -> int:
        found = what.match(self._text, at)
        return found.end() if found else at

    def _state(self, crs: Any) -> None:
        if crs is None:
            return
        properties = crs.get("properties") if isinstance(crs, dict) else crs
        name = properties.get("name") if isinstance(properties, dict) else properties
        self.crs = str(name)[:200] if name is not None else ""


class _Rows:
    """Collects features as columns."""

    def __init__(self, limits: ReadLimits, notes: Notes) -> None:
        self.number = 0
        self._limits, self._notes = limits, notes
        self._columns: dict[str, list[Any]] = {}
        self._most_columns = min(limits.columns or MOST_COLUMNS, MOST_COLUMNS)
        self._ids: list[Any] = []
        self._shapes: list[str | None] = []
        self._points: list[tuple[float, float]] | None = []

    def add(self, feature: dict[str, Any]) -> None:
        """Take one feature in."""
        self.number += 1
        most = self._limits.features
        if most and self.number > most:
            told = f"more than {most} features"
            raise BadFileError(
                reason=told, problem=FileProblem.FEATURES, number=self.number, most=most
            )
        properties = feature.get("properties")
        self._keep(properties if isinstance(properties, dict) else {})
        self._ids.append(feature.get("id"))
        self._place(feature.get("geometry"))

    def _keep(self, properties: dict[str, Any]) -> None:
        for name, value in properties.items():
            if isinstance(value, dict | list) and _is_deep(value):
                raise _deep()
            column = self._columns.get(name)
            if column is None:
                if len(self._columns) >= self._most_columns:
                    told = f"more than {self._most_columns} columns"
                    number = len(self._columns) + 1
                    raise BadFileError(
                        reason=told,
                        problem=FileProblem.COLUMNS,
                        number=number,
                        most=self._most_columns,
                    )
                column = self._columns[name] = []
            column += [None] * (self.number - 1 - len(column))
            column.append(value)

    def _place(self, geometry: Any) -> None:
        if self._points is not None:
            point = _point(geometry)
            if point is not None:
                self._points.append(point)
                return
            self._shapes = [_point_json(*each) for each in self._points]
            self._points = None
        self._shapes.append(self._prepared(geometry))

    def _prepared(self, geometry: Any) -> str | None:
        if geometry is None:
            return None
        closed = isinstance(geometry, dict) and _close_rings(geometry)
        if closed:
            self._notes.add(self.number, RowProblem.RING_CLOSED)
        try:
            return json.dumps(geometry, allow_nan=False)
        except ValueError:
            return ""

    def table(self, crs: str) -> ReadTable:
        """Return all that was taken in."""
        columns = {}
        if any(one is not None for one in self._ids) and "id" not in self._columns:
            columns["id"] = column_of(self._ids)
        for name, values in self._columns.items():
            columns[name] = column_of([*values, *[None] * (self.number - len(values))])
        if self._points is not None:
            x, y = np.array(self._points, dtype=np.float64).reshape(-1, 2).T
            return ReadTable(columns, (x, y), crs)
        return ReadTable(columns, self._built(), crs)

    def _built(self) -> pa.Array:
        texts = np.array([*self._shapes, None], dtype=object)[:-1]
        texts[texts == ""] = "null"
        shapes = shapely.from_geojson(texts, on_invalid="ignore")
        for row, (text, shape) in enumerate(zip(self._shapes, shapes, strict=True), start=1):
            if text is not None and shape is None:
                ring = '"Polygon"' in text or '"MultiPolygon"' in text
                self._notes.add(row, RowProblem.RING if ring else RowProblem.SHAPE)
        return pa.array(shapely.to_wkb(shapes), pa.large_binary())


def _point(geometry: Any) -> tuple[float, float] | None:
    if not isinstance(geometry, dict) or geometry.get("type") != "Point":
        return None
    position = geometry.get("coordinates")
    if not isinstance(position, list) or len(position) < 2:
        return None
    x, y = position[:2]
    if type(x) not in (int, float) or type(y) not in (int, float):
        return None
    return float(x), float(y)


def _point_json(x: float, y: float) -> str | None:
    if not (np.isfinite(x) and np.isfinite(y)):
        return ""
    return f'{{"type": "Point", "coordinates": [{x!r}, {y!r}]}}'


def _close_rings(geometry: dict[str, Any]) -> bool:
    """Close open rings in place; tell whether there were any."""
    kind, at = geometry.get("type"), geometry.get("coordinates")
    if kind == "GeometryCollection" and isinstance(geometry.get("geometries"), list):
        closed = [_close_rings(part) for part in geometry["geometries"] if isinstance(part, dict)]
        return any(closed)
    if kind not in ("Polygon", "MultiPolygon") or not isinstance(at, list):
        return False
    polygons = [at] if kind == "Polygon" else at
    rings = [ring for polygon in polygons if isinstance(polygon, list) for ring in polygon]
    opened = [
        ring for ring in rings if isinstance(ring, list) and len(ring) >= 3 and ring[0] != ring[-1]
    ]
    for ring in opened:
        ring.append(ring[0])
    return bool(opened)


def _is_deep(value: Any) -> bool:
    """Tell whether a value is nested too deep, without recursion."""
    level = [value]
    for _ in range(MOST_DEPTH):
        level = [
            inner
            for outer in level
            for inner in (outer.values() if isinstance(outer, dict) else outer)
            if isinstance(inner, dict | list)
        ]
        if not level:
            return False
    return True
