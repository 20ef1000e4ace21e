"""What stands in the vector tiles of a collection: its layers, and the bytes of a tile."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis import results
from analysis.cql.on_proposals import drawn_shapes
from analysis.selection import Selection
from api.collections.frames import FrameCollection
from core.cache import CACHE
from geo.cluster_index import PinIndex
from geo.vector_tiles.point_layer import point_layer
from geo.vector_tiles.shape_layer import shape_layer
from geo.vector_tiles.tile_rows import TilePoints, tile_points
from serving.context import Context

PINS, DRAWN, FEATURES = "proposals", "drawn", "features"
#: The properties of pins and of what was drawn, with their types.
PIN_FIELDS = {"id": "String", "category": "String", "count": "Number"}
DRAWN_FIELDS = {"id": "String", "category": "String"}
_TYPES = {"string": "String", "integer": "Number", "number": "Number", "boolean": "Boolean"}
Tile = tuple[int, int, int]


@dataclass(frozen=True)
class Tiles:
    """The tiles of a collection: names of layers with their properties, and what makes one."""

    layers: Mapping[str, Mapping[str, str]]
    body: Callable[[Tile], bytes]


def tiles_of_proposals(room: Context, selection: Selection) -> Tiles:
    """Return the tiles of a selection of proposals: pins, and lines and areas as drawn."""

    def body(tile: Tile) -> bytes:
        revision, index = results.pins(room.database, selection)
        return _pins(index, tile) + _drawn(room, selection, revision, index, tile)

    return Tiles({PINS: PIN_FIELDS, DRAWN: DRAWN_FIELDS}, body)


def tiles_of_features(collection: FrameCollection) -> Tiles:
    """Return the tiles of a collection that is in memory."""
    whole = collection.whole
    fields = {
        one.name: _TYPES[kind]
        for one in whole.fields
        if (kind := one.kind.partition("|")[0]) in _TYPES
    }

    def body(tile: Tile) -> bytes:
        told = [{"id": name, **row} for name, row in zip(whole.ids, whole.properties, strict=True)]
        return shape_layer(FEATURES, whole.shapes, told, *tile)

    return Tiles({FEATURES: {"id": "String", **fields}}, body)


def _pins(index: PinIndex, tile: Tile) -> bytes:
    points = tile_points(index, *tile)
    labels = index.labels[points.rows]
    columns: dict[str, Any] = {"id": labels["public_id"], "category": labels["category"]}
    if _is_thinned(points):
        columns["count"] = points.counts
    return point_layer(PINS, points.x, points.y, columns, distinct={"id"})


def _is_thinned(points: TilePoints) -> bool:
    return bool((points.counts > 1).any())


def _drawn(
    room: Context, selection: Selection, revision: int, index: PinIndex, tile: Tile
) -> bytes:
    def find() -> tuple[NDArray[np.int64], NDArray[np.object_]]:
        rows = np.flatnonzero(index.labels["drawn"])
        if not len(rows):
            return rows, np.empty(0, dtype=object)
        with room.database.reading() as session:
            return rows, drawn_shapes(session, index.ids[rows])

    key = ("drawn", room.database.url, selection.key)
    rows, shapes = CACHE.get(key, revision, find)
    if not len(rows):
        return b""
    labels = index.labels[rows]
    told = [
        {"id": one["public_id"].decode(), "category": one["category"].decode()} for one in labels
    ]
    return shape_layer(DRAWN, shapes, told, *tile)
