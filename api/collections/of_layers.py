"""The layers of the map, and those uploaded, as collections."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256
from typing import Any

import numpy as np
import shapely

from api.collections.frames import FrameCollection, Whole
from api.collections.model import About, Field
from core.cache import CACHE
from layers import built_in
from layers.built_in import Layer
from layers.queries import LayerView, columns_for, feature_name, features_of
from layers.visibility import Shown, sees_at_desk
from people.access.actor import Actor
from serving.context import Context


def uploaded_collection(room: Context, layer: LayerView, actor: Actor) -> FrameCollection:
    """Return an uploaded layer, with the columns that this person may read."""
    everything = layer.loadable or sees_at_desk(actor, layer)
    told = (layer.fingerprint, layer.updated.isoformat(), layer.name_field, everything)
    state = sha256(repr((layer.id, told, layer.public_fields)).encode()).hexdigest()[:16]
    about = About(
        id=f"layer_{layer.id}",
        title=layer.title,
        about="layer",
        bounds=layer.bounds,
        moments=None,
        state=state,
        private=layer.shown != Shown.PUBLIC or everything,
        schematic=layer.schematic,
    )
    columns = columns_for(layer, all_columns=everything)

    def find() -> Whole:
        with room.database.reading() as session:
            found = features_of(session, layer)
        rows = [
            {
                "name": feature_name(layer, one) or None,
                **{name: one.get(name) for name in columns},
            }
            for one in found.properties
        ]
        return _whole(rows, found.geometries)

    key = ("collection", room.database.url, "layer", layer.id, state)
    return FrameCollection(about, lambda: CACHE.keep(key, find))


def built_in_collection(layer: Layer) -> FrameCollection:
    """Return a layer that the map brings along."""
    state = sha256(repr(built_in.layer_state(layer)).encode()).hexdigest()[:16]

    def find() -> Whole:
        features = json.loads(built_in.layer_text(layer))["features"]
        shapes = [shapely.geometry.shape(one["geometry"]) for one in features]
        return _whole([one["properties"] for one in features], shapes)

    def found() -> Whole:
        return CACHE.keep(("collection", "map", layer.name, state), find)

    bounds = shapely.total_bounds(found().shapes)
    box = tuple(round(float(value), 7) for value in bounds)
    about = About(
        id=f"map_{layer.name}",
        title=layer.title,
        about="layer",
        bounds=box,  # type: ignore[arg-type]
        moments=None,
        state=state,
        schematic=layer.schematic,
    )
    return FrameCollection(about, found)


def _whole(rows: Sequence[Mapping[str, Any]], shapes: Any) -> Whole:
    names = list(dict.fromkeys(name for row in rows for name in row))
    fields = tuple(Field(name, _kind(row.get(name) for row in rows)) for name in names)
    told = tuple({name: row.get(name) for name in names} for row in rows)
    drawn = np.empty(len(rows), dtype=object)
    drawn[:] = list(shapes)
    return Whole(tuple(range(1, len(rows) + 1)), drawn, told, fields)


def _kind(values: Iterable[Any]) -> str:
    """Return the type of a column, from what stands in it."""
    kinds = {type(value) for value in values if value is not None}
    if not kinds <= {str, bool, int, float}:
        return "object|null"
    if kinds == {bool}:
        return "boolean|null"
    if kinds and kinds <= {int, float}:
        return "integer|null" if kinds == {int} else "number|null"
    return "string|null"
