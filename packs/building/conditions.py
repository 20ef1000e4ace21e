"""What is there today around the place of a pack, and where nothing may stand (WGS 84)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from shapely.geometry import shape
from sqlalchemy.orm import Session

from analysis.scenarios.places import AROUND_M as MASKED_M
from geo.crs import WGS84, metric_crs_for, reproject
from geo.writing.styling import LayerStyle
from layers.built_in import CATALOGUE
from layers.effective import Standing, standing
from layers.queries import LayerView, geojson_features, layers_around
from layers.styles import style_for
from packs.building.scope import Scope
from people.access.actor import Actor

KINDS = ("point", "line", "area")
#: Layers of the map that are told on their own, as they are no condition.
_NOT = frozenset({"outline", "communities"})
NO_GO_M = 5.0
#: What files call their own numbers and shapes.
_RESERVED = frozenset({"fid", "ogc_fid", "geom", "geometry"})


@dataclass(frozen=True)
class PackLayer:
    """One layer of a pack: ``name`` as files have it, ``title`` by language, geometries of a kind.

    ``frame`` is WGS 84; ``key`` the column that tells its things apart, empty for their geometry.
    ``source``: who says so, empty for the office. ``style``: how the office draws it, None for the
    way of its kind.
    """

    name: str
    title: dict[str, str]
    kind: str
    frame: gpd.GeoDataFrame
    key: str = ""
    source: str = ""
    style: LayerStyle | None = None


def conditions(session: Session, scope: Scope) -> list[PackLayer]:
    """Return what anybody may see around a place, cut to what lies there; points first."""
    campaign = scope.campaign
    made_of = standing(session, campaign.subdistrict, campaign.area)
    found: list[PackLayer] = []
    for layer in CATALOGUE:
        if layer.name not in _NOT:
            frame = _named(made_of.features(session, layer.name), scope.around)
            own = made_of.uploaded_for(layer.name)
            found += _by_kind(PackLayer(layer.name, layer.title, "", frame, source=_sources(own)))
    stands = {one.id for one in made_of.uploaded}
    place = campaign.subdistrict, scope.around.bounds
    for one in layers_around(session, Actor(), *place):  # as anybody sees them
        if one.id not in stands:
            told = one.public_fields
            features = geojson_features(session, one, columns=told)
            frame = _named(features, scope.around, columns=told)
            style = style_for(one, told)
            whole = PackLayer(f"layer_{one.id}", one.title, "", frame, "", one.source, style)
            found += _by_kind(whole)
    return sorted(found, key=lambda layer: KINDS.index(layer.kind))


def no_go(session: Session, scope: Scope) -> gpd.GeoDataFrame:
    """Return the ground on which nothing may stand around a place, by layer (WGS 84).

    Columns reason (the layer's name) and width_m (how far around its shapes). Built from the layers
    that keep candidates away in a scenario, as wide as there (``analysis.scenarios.places``).
    """
    campaign = scope.campaign
    made_of = standing(session, campaign.subdistrict, campaign.area)
    near = gpd.GeoDataFrame(geometry=[scope.around], crs=WGS84)
    crs = metric_crs_for(near)
    edge = reproject(near, crs).geometry.iloc[0]
    rows, shapes = [], []
    for name in scope.masks:
        ground = _ground(session, made_of, name, scope, crs)
        ground = shapely.intersection(ground, edge)
        if not shapely.is_empty(ground):
            rows.append({"reason": name, "width_m": MASKED_M.get(name, NO_GO_M)})
            shapes.append(ground)
    columns = {name: [row[name] for row in rows] for name in ("reason", "width_m")}
    frame = gpd.GeoDataFrame(columns, geometry=gpd.GeoSeries(shapes, crs=crs), crs=crs)
    frame = frame.astype({"reason": "str", "width_m": "float64"})
    return only(reproject(frame, WGS84), "area")


def _ground(session: Session, made_of: Standing, name: str, scope: Scope, crs: str) -> Any:
    """Return the ground of a layer, as wide as nothing may stand there, in a metric system."""
    uploaded = name.startswith("u") and name[1:].isdigit()
    if uploaded:
        bounds = scope.around.bounds
        seen = layers_around(session, Actor(), scope.campaign.subdistrict, bounds)
        layer = next((one for one in seen if one.key == name), None)
        features = [] if layer is None else geojson_features(session, layer, columns=())
    else:
        features = made_of.features(session, name)
    frame = reproject(_named(features, scope.around, cut=False), crs)
    return shapely.union_all(frame.buffer(MASKED_M.get(name, NO_GO_M)).to_numpy())


def _sources(layers: Sequence[LayerView]) -> str:
    return "; ".join(sorted({one.source for one in layers if one.source}))


def _named(
    features: list[dict[str, Any]], around: Any, *, cut: bool = True, columns: Sequence[str] = ()
) -> gpd.GeoDataFrame:
    """Return features around a place with their names and kinds; lines and areas cut to it.

    ``columns``: further ones that are told.
    """
    rows = [one for one in features if one["geometry"] is not None]
    shapes = np.array([shape(one["geometry"]) for one in rows], dtype=object)
    shapely.prepare(around)
    hit = np.asarray(shapely.intersects(around, shapes), dtype=bool)
    told = [one["properties"] for one, inside in zip(rows, hit, strict=True) if inside]
    kept = np.asarray(shapely.make_valid(shapes[hit]), dtype=object)
    frame = {
        "name_zh": [str(one.get("name_zh") or one.get("name") or "") for one in told],
        "name_en": [str(one.get("name_en") or "") for one in told],
        "kind": [str(one.get("kind") or "") for one in told],
    }
    more = [name for name in columns if name not in frame and name.lower() not in _RESERVED]
    frame |= {name: [one.get(name) for one in told] for name in more}
    geometry = shapely.intersection(kept, around) if cut else kept
    return gpd.GeoDataFrame(frame, geometry=list(geometry), crs=WGS84)


def _by_kind(layer: PackLayer) -> Iterator[PackLayer]:
    """Give a layer for each kind of geometry in a frame: drawing programs take one a layer."""
    parts = {kind: only(layer.frame, kind) for kind in KINDS}
    there = {kind: part for kind, part in parts.items() if len(part)}
    for kind, part in there.items():
        called = layer.name if len(there) == 1 else f"{layer.name}_{kind}s"
        yield replace(layer, name=called, kind=kind, frame=part)


def only(frame: gpd.GeoDataFrame, kind: str) -> gpd.GeoDataFrame:
    """Return the parts of a frame that have one kind of geometry, each a thing of its own."""
    if frame.empty:
        return frame
    single = frame.explode(ignore_index=True)
    dimension = shapely.get_dimensions(single.geometry.to_numpy())
    filled = ~shapely.is_empty(single.geometry.to_numpy())
    return single[(dimension == KINDS.index(kind)) & filled].reset_index(drop=True)
