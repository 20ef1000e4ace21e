"""Layers: the map's own, those of a place, and uploaded ones, for whoever may see them.

Who has a desk where an uploaded layer is reads all its columns; anybody else, of a public one,
those that were made public.
"""

from __future__ import annotations

import json
from hashlib import sha256
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import Response

from api.file_requests import Crs
from api.open_data import GEOJSON, check_wgs84
from geo.writing.styling import LayerStyle
from layers import built_in
from layers.effective import standing
from layers.queries import (
    LayerView,
    columns_for,
    features_of,
    geojson_features,
    layer_seen,
    layers_seen,
)
from layers.styles import drawn_value, style_for
from layers.thinning import pixel_deg, rows_in
from layers.visibility import Shown, sees_at_desk
from people.access.actor import Actor
from serving.context import Room, actor_of
from serving.etag import unchanged
from serving.guards import PUBLIC
from serving.parameters import Number, Slug

router = APIRouter(tags=["layers"], dependencies=[PUBLIC])
Name = Annotated[str, Path(pattern=r"^[a-z_]{1,40}$")]
MOST_ZOOM = 22


@router.get("/layers")
def layers(room: Room, request: Request) -> dict[str, Any]:
    """List the map's own layers, and those uploaded that you may see."""
    own = [
        {"name": layer.name, "title": layer.title, "schematic": layer.schematic}
        for layer in built_in.CATALOGUE
    ]
    with room.database.reading() as session:
        seen = layers_seen(session, actor_of(request))
    return {"layers": own, "uploaded": [_told(one) for one in seen if one.shown != Shown.DRAFT]}


def _told(layer: LayerView) -> dict[str, Any]:
    return {
        "id": layer.id,
        "title": layer.title,
        "use": str(layer.use),
        "subdistrict": layer.subdistrict,
        "schematic": layer.schematic,
        "source": layer.source,
        "licence": layer.licence,
        "date": layer.data_date,
        "edition": layer.edition,
        "read_from": layer.crs,
        "updated": layer.updated.isoformat(),
        "features": layer.features,
        "bounds": [round(value, 7) for value in layer.bounds],
        "url": f"/api/layers/uploaded/{layer.id}.geojson",
    }


@router.get("/layers/{name}.geojson")
def layer(name: Name, crs: Crs = "") -> Response:
    """Return one of the map's own layers as GeoJSON."""
    check_wgs84(crs)
    return Response(built_in.layer_text(built_in.layer_named(name)), media_type=GEOJSON)


@router.get("/campaigns/{slug}/layers/{name}.geojson")
def of_place(room: Room, request: Request, slug: Slug, name: Name, crs: Crs = "") -> Response:
    """Return a layer as it stands for a campaign: the map's own, or what was uploaded for it."""
    check_wgs84(crs)
    campaign, _revision = room.campaign(slug)
    with room.database.reading() as session:
        made_of = standing(session, campaign.subdistrict, campaign.area)
        etag = f'"{digest(made_of.key_of(name))}"'
        if (same := unchanged(request, etag)) is not None:
            return same
        features = made_of.features(session, name)
    body = {"type": "FeatureCollection", "schematic": made_of.schematic(name), "features": features}
    return _answer(body, etag, private=False)


@router.get("/layers/uploaded/{layer_id}.geojson")
def uploaded(room: Room, request: Request, layer_id: Number, crs: Crs = "") -> Response:
    """Return an uploaded layer as RFC 7946 GeoJSON, to be taken away."""
    check_wgs84(crs)
    actor = actor_of(request)
    with room.database.reading() as session:
        found = layer_seen(session, actor, layer_id)
        everything = reads_all(actor, found)
        etag = _etag(found, everything)
        if (same := unchanged(request, etag)) is not None:
            return same
        columns = columns_for(found, all_columns=everything)
        features = geojson_features(session, found, columns=columns)
    body = {
        "type": "FeatureCollection",
        "title": found.title,
        "source": found.source,
        "schematic": found.schematic,
        "date": found.data_date,
        "edition": found.edition,
        "licence": found.licence
        or (room.settings.licence if found.shown == Shown.PUBLIC else None),
        "features": features,
    }
    disposition = f'attachment; filename="layer-{found.id}.geojson"'
    answer = _answer(body, etag, private=found.shown != Shown.PUBLIC or everything)
    answer.headers["Content-Disposition"] = disposition
    return answer


@router.get("/layers/uploaded/{layer_id}/view.json")
def view(
    room: Room,
    request: Request,
    layer_id: Number,
    west: Annotated[float, Query(ge=-180, le=180)],
    south: Annotated[float, Query(ge=-90, le=90)],
    east: Annotated[float, Query(ge=-180, le=180)],
    north: Annotated[float, Query(ge=-90, le=90)],
    zoom: Annotated[float, Query(ge=0, le=MOST_ZOOM)],
) -> Response:
    """Return what a map shows of an uploaded layer in a window: plainer, and thinned where dense.

    ``total``: how many features lie in the window.
    """
    actor = actor_of(request)
    with room.database.reading() as session:
        found = layer_seen(session, actor, layer_id)
        everything = reads_all(actor, found)
        shown = rows_in(features_of(session, found), (west, south, east, north), zoom)
        columns = columns_for(found, all_columns=everything)
        features = geojson_features(
            session, found, columns=columns, rows=shown.rows, tolerance_deg=pixel_deg(zoom) / 2
        )
    features = drawn(features, style_for(found, columns))
    body = {"type": "FeatureCollection", "total": shown.total, "features": features}
    return _answer(body, "", private=True)


def drawn(features: list[dict[str, Any]], style: LayerStyle) -> list[dict[str, Any]]:
    """Return features with what the map draws them with: ``colour``, and ``label`` where any."""
    made = []
    for one in features:
        given = one["properties"]
        colour = style.colour_of(drawn_value(style, given.get(style.field)))
        label = given.get(style.label) if style.label else None
        made.append({**one, "colour": colour, **({"label": str(label)} if label else {})})
    return made


def reads_all(actor: Actor, layer: LayerView) -> bool:
    """Tell whether somebody reads all columns of a layer that may be seen."""
    return layer.loadable or sees_at_desk(actor, layer)


def _etag(layer: LayerView, everything: bool) -> str:
    return f'"{digest((layer.fingerprint, layer.updated.isoformat(), everything))}"'


def digest(state: Any) -> str:
    """Return a short text that differs wherever a state does."""
    return sha256(repr(state).encode()).hexdigest()[:16]


def _answer(body: dict[str, Any], etag: str, *, private: bool) -> Response:
    headers = {"Cache-Control": "private, no-cache" if private else "no-cache"}
    headers |= {"ETag": etag} if etag else {"Cache-Control": "private, no-store"}
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return Response(text, media_type=GEOJSON, headers=headers)
