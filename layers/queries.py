"""Reads of uploaded layers: which somebody sees, and their features as GeoJSON.

Features are WGS 84. What is read is kept by the layer's fingerprint, a hash of its features.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from shapely import STRtree
from sqlalchemy import ColumnElement, select, true
from sqlalchemy.orm import Session

from core.cache import CACHE
from core.errors import NotFoundError
from geo.crs import WGS84
from geo.writing.geojson import rfc7946_shapes
from layers.models import UploadedFeature, UploadedLayer
from layers.visibility import (
    OF_THE_MAP,
    LayerUse,
    Shown,
    may_change,
    may_load,
    may_publish,
    may_see,
)
from people.access.actor import Actor

Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class Field:
    """A column of a layer, and whether anybody may read it."""

    name: str
    public: bool


@dataclass(frozen=True)
class LayerView:
    """An uploaded layer as it is now; see ``layers.models.UploadedLayer``.

    ``changeable``, ``publishable`` and ``loadable`` by who reads it.
    """

    id: int
    subdistrict: str
    title: dict[str, str]
    use: LayerUse
    shown: Shown
    schematic: bool
    colour: str
    name_field: str
    fields: tuple[Field, ...]
    source: str
    file_name: str
    file_layer: str
    crs: str
    encoding: str
    features: int
    repaired: int
    left_out: dict[str, int]
    reading: dict[str, Any]
    licence: str
    data_date: str
    edition: str
    style: dict[str, Any] | None
    bounds: Box
    fingerprint: str
    by: str
    created: datetime
    updated: datetime
    removed: bool
    changeable: bool
    publishable: bool
    loadable: bool

    @property
    def key(self) -> str:
        """What names it among the layers of the planners' map."""
        return f"u{self.id}"

    @property
    def public_fields(self) -> tuple[str, ...]:
        """The columns that anybody may read, once the layer is public."""
        return tuple(one.name for one in self.fields if one.public)


@dataclass(frozen=True)
class Features:
    """The features of a layer, from 1 on, in their order: shapes in WGS 84 and all columns."""

    geometries: NDArray[np.object_]
    properties: tuple[dict[str, Any], ...]
    tree: STRtree


def layers_seen(session: Session, actor: Actor, *, removed: bool = False) -> list[LayerView]:
    """Return the layers that this person may see, by title; or those removed, to be restored."""
    gone = UploadedLayer.removed.is_not(None) if removed else UploadedLayer.removed.is_(None)
    rows = session.scalars(select(UploadedLayer).where(gone).order_by(UploadedLayer.id))
    seen = [
        _view(row, actor)
        for row in rows
        if (may_load(actor, row.subdistrict) if removed else may_see(actor, row))
    ]
    return sorted(seen, key=lambda one: (one.title["zh_CN"], one.id))


def layer_seen(session: Session, actor: Actor, layer_id: int) -> LayerView:
    """Return one layer. Raises ``NotFoundError``, also for whoever may not see it."""
    row = session.get(UploadedLayer, layer_id)
    if row is None or row.removed is not None or not may_see(actor, row):
        raise NotFoundError(kind="layer", id=layer_id)
    return _view(row, actor)


def layers_around(session: Session, actor: Actor, subdistrict: str, bounds: Box) -> list[LayerView]:
    """Return those at the desk or public that concern a place: its subdistrict, in a WGS 84 box."""
    rows = session.scalars(
        select(UploadedLayer)
        .where(*_concerning(subdistrict, bounds), UploadedLayer.shown != str(Shown.DRAFT))
        .order_by(UploadedLayer.id)
    )
    return [_view(row, actor) for row in rows if may_see(actor, row)]


def public_of_the_map(session: Session, subdistrict: str, bounds: Box) -> list[LayerView]:
    """Return the public layers of a place that stand in the place of layers of the catalogue."""
    rows = session.scalars(
        select(UploadedLayer)
        .where(
            *_concerning(subdistrict, bounds),
            UploadedLayer.shown == str(Shown.PUBLIC),
            UploadedLayer.use.in_(sorted(OF_THE_MAP)),
        )
        .order_by(UploadedLayer.id)
    )
    return [_view(row, Actor()) for row in rows]


def features_of(session: Session, layer: LayerView) -> Features:
    """Return a layer's features; what is kept is shared."""
    key = ("layer", layer.id, layer.fingerprint)
    return CACHE.keep(key, lambda: _read(session, layer.id))


def feature_name(layer: LayerView, properties: dict[str, Any]) -> str:
    """Return what a feature is called; empty for nothing."""
    value = properties.get(layer.name_field) if layer.name_field else None
    return "" if value is None else str(value)


def columns_for(layer: LayerView, *, all_columns: bool) -> tuple[str, ...]:
    """Return the columns that are told: all of them at the desk, else the public ones."""
    return tuple(one.name for one in layer.fields if all_columns or one.public)


def geojson_features(
    session: Session,
    layer: LayerView,
    *,
    columns: Sequence[str],
    rows: NDArray[np.int64] | None = None,
    tolerance_deg: float = 0.0,
) -> list[dict[str, Any]]:
    """Return features as GeoJSON (RFC 7946): ``name``, then these columns. ``rows``: from 0.

    ``tolerance_deg`` makes lines and areas plainer, for a map that could not show more.
    """
    found = features_of(session, layer)
    chosen = np.arange(len(found.properties)) if rows is None else rows
    shapes = found.geometries[chosen]
    if tolerance_deg:
        shapes = shapely.simplify(shapes, tolerance_deg, preserve_topology=True)
    written = rfc7946_shapes(gpd.GeoDataFrame(geometry=shapes, crs=WGS84))
    return [
        {
            "type": "Feature",
            "id": int(row) + 1,
            "properties": {
                "name": feature_name(layer, found.properties[row]),
                **{name: found.properties[row].get(name) for name in columns},
            },
            "geometry": None if shape is None else shapely.geometry.mapping(shape),
        }
        for row, shape in zip(chosen.tolist(), written, strict=True)
    ]


def layer_frame(session: Session, layer: LayerView, columns: Sequence[str]) -> gpd.GeoDataFrame:
    """Return a layer's features in their order, EPSG:4326: ``name``, then these columns.

    Geometries are as they were uploaded, not rounded.
    """
    found = features_of(session, layer)
    told: dict[str, list[Any]] = {
        "name": [feature_name(layer, one) or None for one in found.properties]
    }
    told |= {name: [one.get(name) for one in found.properties] for name in columns}
    return gpd.GeoDataFrame(pd.DataFrame(told), geometry=list(found.geometries), crs=WGS84)


def _read(session: Session, layer_id: int) -> Features:
    rows = (
        session.connection()
        .execute(
            select(UploadedFeature.properties, UploadedFeature.geometry)
            .where(UploadedFeature.layer_id == layer_id)
            .order_by(UploadedFeature.number)
        )
        .all()
    )
    shapes = np.array([row.geometry for row in rows], dtype=object)
    return Features(shapes, tuple(row.properties for row in rows), STRtree(shapes))


def _concerning(subdistrict: str, bounds: Box) -> tuple[ColumnElement[bool], ...]:
    west, south, east, north = bounds
    ours = UploadedLayer.subdistrict.in_(["", subdistrict]) if subdistrict else true()
    return (
        ours,
        UploadedLayer.removed.is_(None),
        UploadedLayer.west <= east,
        UploadedLayer.east >= west,
        UploadedLayer.south <= north,
        UploadedLayer.north >= south,
    )


def _view(row: UploadedLayer, actor: Actor) -> LayerView:
    return LayerView(
        id=row.id,
        subdistrict=row.subdistrict,
        title={"zh_CN": row.title_zh, "en": row.title_en or row.title_zh},
        use=LayerUse(row.use),
        shown=Shown(row.shown),
        schematic=row.schematic,
        colour=row.colour,
        name_field=row.name_field,
        fields=tuple(Field(one["name"], bool(one["public"])) for one in row.fields),
        source=row.source,
        file_name=row.file_name,
        file_layer=row.file_layer,
        crs=row.crs,
        encoding=row.encoding,
        features=row.features,
        repaired=row.repaired,
        left_out=dict(row.left_out),
        reading=dict(row.reading or {}),
        licence=row.licence,
        data_date=row.data_date,
        edition=row.edition,
        style=dict(row.style) if row.style else None,
        bounds=(row.west, row.south, row.east, row.north),
        fingerprint=row.fingerprint,
        by=row.by,
        created=row.created,
        updated=row.updated,
        removed=row.removed is not None,
        changeable=may_change(actor, row),
        publishable=may_publish(actor, row.subdistrict),
        loadable=may_load(actor, row.subdistrict),
    )
