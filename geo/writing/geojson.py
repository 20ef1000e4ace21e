"""GeoJSON as RFC 7946 wants it, from a GeoDataFrame in any stated CRS.

WGS 84 longitude and latitude, at most 7 decimals (about 1 cm), exterior rings counterclockwise, two
dimensions, no ``crs`` member. Members come in a fixed order: ``type``, ``id``, ``properties`` (in
column order), ``geometry``. Text stays UTF-8, unescaped; a missing or infinite value is null; times
are ISO 8601. A polygon that rounding would spoil is snapped to the 1e-7 grid by GEOS instead.
"""

from __future__ import annotations

import datetime
import json
import math
import os
import re
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from geo.crs import frame_to_wgs84

DECIMALS = 7
# RFC 7946, section 7.1: a collection has no member that another kind of object defines.
_RESERVED = frozenset(
    {"type", "features", "crs", "coordinates", "geometry", "geometries", "properties"}
)
_FEATURES_AT_ONCE = 1_000


def feature_collection(
    frame: gpd.GeoDataFrame,
    *,
    properties: Sequence[str] | None = None,
    foreign_members: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Return the frame as a FeatureCollection of plain Python values.

    ``properties`` names the columns to write (default: all but the geometry); ``foreign_members``
    stand before ``features``. Raises ``MissingCrsError``, ``ValueError`` for a reserved member.
    """
    text = "".join(stream(frame, properties=properties, foreign_members=foreign_members))
    collection: dict[str, Any] = json.loads(text)
    return collection


def stream(
    frame: gpd.GeoDataFrame,
    *,
    properties: Sequence[str] | None = None,
    foreign_members: Mapping[str, Any] | None = None,
) -> Iterator[str]:
    """Yield the text of :func:`feature_collection` in pieces, for frames too large for one."""
    members = dict(foreign_members or {})
    if forbidden := _RESERVED & members.keys():
        raise ValueError(f"reserved GeoJSON members: {', '.join(sorted(forbidden))}")
    head = {"type": "FeatureCollection"} | members
    yield _dumps(head)[:-1] + ', "features": ['
    if properties is None:
        properties = [name for name in frame.columns if name != frame.geometry.name]
    for start in range(0, len(frame), _FEATURES_AT_ONCE):
        part = frame.iloc[start : start + _FEATURES_AT_ONCE]
        text = ",\n".join(_features(part, properties))
        yield (",\n" if start else "\n") + text
    yield "\n]}\n"


def write(
    frame: gpd.GeoDataFrame, path: Path, *, foreign_members: Mapping[str, Any] | None = None
) -> None:
    """Write the FeatureCollection to ``path``, whole or not at all. Raises OSError besides."""
    pieces = stream(frame, foreign_members=foreign_members)
    write_whole(path, (piece.encode() for piece in pieces))


def write_whole(path: Path, pieces: Iterable[bytes | memoryview]) -> None:
    """Write a file beside ``path`` and rename it, so nobody ever reads half of it.

    A piece is written while the next one is made.
    """
    beside = path.with_name(f".{uuid.uuid4().hex}.part")
    try:
        with beside.open("xb") as file, ThreadPoolExecutor(1, "writing") as pool:
            writing: Future[int] | None = None
            for piece in pieces:
                if writing is not None:
                    writing.result()
                writing = pool.submit(file.write, piece)
            if writing is not None:
                writing.result()
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


def rfc7946_shapes(frame: gpd.GeoDataFrame, decimals: int = DECIMALS) -> NDArray[np.object_]:
    """Return the shapes in WGS 84, flat, rounded, counterclockwise; None where not finite."""
    shapes = shapely.force_2d(np.asarray(frame_to_wgs84(frame).geometry.array))
    rounded = shapely.transform(shapes, lambda xy: np.round(xy, decimals) + 0.0)
    spoilt = shapely.is_valid(shapes) & ~shapely.is_valid(rounded)
    if spoilt.any():
        rounded[spoilt] = shapely.set_precision(shapes[spoilt], 10.0**-decimals)
        rounded[spoilt] = shapely.transform(rounded[spoilt], lambda xy: np.round(xy, decimals))
    rounded[~np.isfinite(shapely.bounds(rounded)).all(axis=1)] = None
    return np.asarray(shapely.orient_polygons(rounded), dtype=object)


def plain(value: Any) -> Any:
    """Return what JSON can hold: no NaN, no infinity, no numpy, ISO 8601 times."""
    if value is None or isinstance(value, str | bool | int):
        return value
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset | np.ndarray):
        return [plain(item) for item in value]
    if isinstance(value, np.generic):
        return plain(value.item())
    if pd.isna(value):
        return None
    if isinstance(value, datetime.date | datetime.time):
        return value.isoformat()
    return str(value)


_NUMBER = re.compile(r"-?\d+\.\d+(?:[eE][+-]?\d+)?")


def shortest_numbers(text: str | None) -> str | None:
    """Write each number with its fewest digits: GEOS may write 116.32154010000001 for …401."""
    return text and _NUMBER.sub(lambda found: repr(float(found[0])), text)


def _features(frame: gpd.GeoDataFrame, properties: Sequence[str]) -> Iterator[str]:
    shapes = [shortest_numbers(text) for text in shapely.to_geojson(rfc7946_shapes(frame))]
    columns = [frame[name].tolist() for name in properties]
    for number, shape in enumerate(shapes):
        values = {
            str(name): plain(column[number])
            for name, column in zip(properties, columns, strict=True)
        }
        yield (
            f'{{"type": "Feature", "properties": {_dumps(values)}, "geometry": {shape or "null"}}}'
        )


def _dumps(value: Any) -> str:
    return json.dumps(plain(value), ensure_ascii=False, allow_nan=False)
