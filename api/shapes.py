"""Drawn lines and areas: those of a part of the map, and what is wrong with one being drawn."""

from __future__ import annotations

import json
import math
from typing import Annotated, Any

import numpy as np
from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import JSONResponse, Response

from analysis import results, selection
from analysis.pin_feed import public_ids, shape_boxes
from api.filter_params import Narrow, choose
from core.errors import InvalidError
from core.language import translations
from geo.cluster_index import PinIndex
from layers.communities.communities import community_at
from layers.export.geojson import shapes_geojson
from serving.context import Room, spoken_by
from serving.etag import unchanged
from serving.guards import PUBLIC
from serving.parameters import Slug
from submissions.participation.drawn_shape import PlacedShape, check_shape
from wording.drawn_shape import size_words
from wording.error_messages import sentence_of

router = APIRouter(prefix="/campaigns", tags=["shapes"], dependencies=[PUBLIC])
#: On a page; the next page is told.
MOST_SHAPES = 300
#: Shapes whose pin lies outside the view are looked for as far as half the longest line reaches.
REACH_M = 2_500
MOST_LOOKED_AT = 20_000
MOST_BYTES = 64_000
_METRES_PER_DEGREE = 111_000
_SHAPE = {"type": "object", "description": "GeoJSON LineString or Polygon, WGS 84."}
_DRAWING = {
    "required": True,
    "content": {
        "application/json": {
            "schema": {"type": "object", "required": ["shape"], "properties": {"shape": _SHAPE}}
        }
    },
}


@router.get("/{slug}/shapes.json")
def shapes(
    room: Room,
    request: Request,
    slug: Slug,
    narrow: Narrow,
    west: Annotated[float, Query(ge=-180, le=180)],
    south: Annotated[float, Query(ge=-90, le=90)],
    east: Annotated[float, Query(ge=-180, le=180)],
    north: Annotated[float, Query(ge=-90, le=90)],
    page: Annotated[int, Query(ge=1, le=1_000)] = 1,
) -> Response:
    """Return the published lines and areas that reach into a box, the nearest to its middle first.

    At most 300 a page. ``total``: how many there are; ``next``: the page that goes on, null where
    there is none. Of more than 20,000 around a box the nearest are looked at.
    """
    chosen, _revision = choose(room, request, slug, narrow)
    revision, index = results.pins(room.database, chosen.selection)
    etag = f'"s{revision}-{chosen.tag}"'
    if (same := unchanged(request, etag)) is not None:
        return same
    rows = _drawn_around(index, west, south, east, north)[:MOST_LOOKED_AT]
    with room.database.reading() as session:
        boxes = shape_boxes(session, index.ids[rows].tolist())
        rows = rows[_meet(boxes, west, south, east, north)]
        ids = public_ids(index, rows[(page - 1) * MOST_SHAPES : page * MOST_SHAPES])
        views = selection.views(session, chosen.selection, ids)
    seen = [view for view in views if view.geometry is not None]
    told = [
        {"id": view.public_id, "category": view.category, "geometry": geometry}
        for view, geometry in zip(seen, shapes_geojson([v.geometry for v in seen]), strict=True)
    ]
    further = page + 1 if page * MOST_SHAPES < len(rows) else None
    answer = {"shapes": told, "total": len(rows), "next": further}
    body = json.dumps(answer, separators=(",", ":"))
    return Response(body, media_type="application/json", headers=chosen.headers(etag))


def _drawn_around(index: PinIndex, west: float, south: float, east: float, north: float) -> Any:
    """Return the rows of pins that stand for a shape, in the box and around it, nearest first."""
    high = REACH_M / _METRES_PER_DEGREE
    narrow = max(math.cos(math.radians(max(abs(south), abs(north)))), 0.01)
    wide = high / narrow
    rows = index.inside(west - wide, south - high, east + wide, north + high)
    rows = rows[index.labels["drawn"][rows]]
    away = np.hypot(
        (index.longitude[rows] - (west + east) / 2) * narrow,
        index.latitude[rows] - (south + north) / 2,
    )
    return rows[np.lexsort((index.ids[rows], away))]


def _meet(boxes: Any, west: float, south: float, east: float, north: float) -> Any:
    """Tell of each of these boxes, a row of four each, whether it meets another box."""
    left, bottom, right, top = boxes.T
    return (left <= east) & (right >= west) & (bottom <= north) & (top >= south)


async def _small_body(request: Request) -> Any:
    """Return the JSON of a request; None for no JSON and for more than a drawing can be."""
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > MOST_BYTES:
            return None
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


@router.post("/{slug}/measure", openapi_extra={"requestBody": _DRAWING})
def measure(
    room: Room,
    request: Request,
    slug: Slug,
    body: Annotated[Any, Depends(_small_body)],
    lang: Annotated[str | None, Query(max_length=16)] = None,
) -> JSONResponse:
    """Say how large a drawing is and where its pin stands, or in a sentence what is wrong.

    Stores nothing.
    """
    campaign, _revision = room.campaign(slug)
    spoken = spoken_by(request, lang)
    drawing = body.get("shape") if isinstance(body, dict) else None
    try:
        placed = check_shape(campaign.area, drawing or {}, campaign.geometry_kinds)
    except InvalidError as error:
        return _refused(error, spoken)
    assert placed is not None
    with room.database.reading() as session:
        community = community_at(session, campaign.edition, placed.longitude, placed.latitude)
    return JSONResponse(_measured(placed, spoken) | {"community": community})


def _measured(placed: PlacedShape, lang: str) -> dict[str, Any]:
    return {
        "ok": True,
        "kind": str(placed.kind),
        "length_m": None if placed.length_m is None else round(placed.length_m, 2),
        "area_m2": None if placed.area_m2 is None else round(placed.area_m2, 2),
        "size": size_words(placed.length_m, placed.area_m2, lang),
        "longitude": placed.longitude,
        "latitude": placed.latitude,
    }


def _refused(error: InvalidError, lang: str) -> JSONResponse:
    told = {
        "ok": False,
        "error": {"code": error.code, "details": {"problem": error.params.get("problem")}},
        "sentence": sentence_of(error, translations(lang)),
    }
    return JSONResponse(told)  # an answer to the question, not a fault of the request
