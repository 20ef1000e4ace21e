"""The addresses of vector tiles, their TileJSON and their style.

What narrows the map narrows the tiles of a campaign, too; layers take no filter.
"""

from __future__ import annotations

import json
from hashlib import sha256
from typing import Annotated, Any

import pandas as pd
from fastapi import APIRouter, Path, Request
from fastapi.responses import Response

from analysis.filter import Filter, check_names
from api.collections.catalogue import campaign_part, collection, is_of_campaign
from api.collections.model import About
from api.collections.of_campaigns import collection_of
from api.filter_params import Narrow, choose
from api.ogc.links import JSON, api_base, lang_of
from api.vector_tiles.own_styles import own_style
from api.vector_tiles.styles import style, tilejson
from api.vector_tiles.tile_bodies import Tiles, tiles_of_features, tiles_of_proposals
from core.errors import NotFoundError
from core.language import DEFAULT, translations
from geo.class_breaks import class_breaks
from geo.vector_tiles.tile_rows import MOST_ZOOM
from people.office.office import current_office
from serving.context import Context, Room
from serving.etag import unchanged
from serving.guards import PUBLIC
from wording.doors.collections import collection_title
from wording.office.office_words import publisher_of

router = APIRouter(prefix="/tiles", tags=["tiles"], dependencies=[PUBLIC])
Name = Annotated[str, Path(alias="collection", max_length=90)]
At = Annotated[int, Path(ge=0, lt=1 << MOST_ZOOM)]
MVT = "application/vnd.mapbox-vector-tile"


@router.get("/{collection}.json")
def description(room: Room, request: Request, name: Name, narrow: Narrow) -> Response:
    """Describe the tiles of a collection (TileJSON 3.0)."""
    about, state, tiles = _tiles(room, request, name, narrow)
    query = f"?{narrow.query()}" if narrow != Filter() else ""
    address = f"{api_base(request)}/tiles/{name}/{{z}}/{{x}}/{{y}}.mvt{query}"
    office = publisher_of(current_office(room.database, room.settings), DEFAULT)
    attribution = ", ".join(part for part in (office, room.settings.licence) if part)
    told = tilejson(about, _title(request, about), attribution, address, tiles.layers)
    return _document(request, about, state, told)


@router.get("/{collection}/style.json")
def its_style(room: Room, request: Request, name: Name, narrow: Narrow) -> Response:
    """Return a style for the tiles of a collection (Mapbox style, version 8)."""
    about, state, _tiles_told = _tiles(room, request, name, narrow)
    query = f"?{narrow.query()}" if narrow != Filter() else ""
    source = f"{api_base(request)}/tiles/{name}.json{query}"
    colours, shades = _looks(room, request, name, narrow)
    own = own_style(room, request, name)
    told = style(about, _title(request, about), source, colours, shades, own)
    return _document(request, about, state, told)


@router.get("/{collection}/{z}/{x}/{y}.mvt")
def tile(
    room: Room, request: Request, name: Name, z: int, x: At, y: At, narrow: Narrow
) -> Response:
    """Return one tile of the XYZ scheme (Mapbox Vector Tile 2.1)."""
    if not 0 <= z <= MOST_ZOOM or x >= 1 << z or y >= 1 << z:
        raise NotFoundError()
    about, state, tiles = _tiles(room, request, name, narrow)
    etag = _etag(f"{state}-{z}-{x}-{y}")
    if (same := unchanged(request, etag)) is not None:
        return same
    body = tiles.body((z, x, y))
    return Response(body, media_type=MVT, headers=_headers(about, etag))


def _tiles(room: Context, request: Request, name: str, narrow: Filter) -> tuple[About, str, Tiles]:
    """Return what is known of a collection, what its tiles are of, and the tiles."""
    if not is_of_campaign(name):
        check_names(request.query_params, ())
        found: Any = collection(room, request, name)
        return found.about, found.state, tiles_of_features(found)
    slug, kind = campaign_part(name)
    chosen, _revision = choose(room, request, slug, narrow)
    found = collection_of(room, chosen.campaign, kind, chosen.selection)
    state = f"{found.state}-{chosen.tag}"
    if kind == "proposals":
        tiles = tiles_of_proposals(room, chosen.selection)
    else:
        tiles = tiles_of_features(found)
    about: About = found.about
    if narrow.statuses:
        about = About(**{**vars(about), "private": True})
    return about, state, tiles


def _looks(
    room: Context, request: Request, name: str, narrow: Filter
) -> tuple[dict[str, str], list[float]]:
    """Return the colours of categories, and where the classes of counts begin."""
    if not is_of_campaign(name):
        return {}, []
    slug, kind = campaign_part(name)
    chosen, _revision = choose(room, request, slug, narrow)
    colours = {str(one["key"]): str(one["color"]) for one in chosen.campaign.categories}
    if kind != "communities":
        return colours, []
    found = collection_of(room, chosen.campaign, kind, chosen.selection)
    counts = pd.Series([row["proposals"] for row in found.whole.properties], dtype="float64")
    return colours, [bound + 1 for bound in class_breaks(counts)[:-1]]


def _title(request: Request, about: About) -> str:
    return collection_title(about.about, about.title, translations(lang_of(request)))


def _document(request: Request, about: About, state: str, told: dict[str, Any]) -> Response:
    text = json.dumps(told, ensure_ascii=False, separators=(",", ":"))
    etag = _etag(f"{state}{text}")
    if (same := unchanged(request, etag)) is not None:
        return same
    return Response(text, media_type=JSON, headers=_headers(about, etag))


def _etag(told: str) -> str:
    return f'W/"{sha256(told.encode()).hexdigest()[:20]}"'


def _headers(about: About, etag: str) -> dict[str, str]:
    if about.private:
        return {"ETag": etag, "Cache-Control": "private, no-cache"}
    return {"ETag": etag, "Cache-Control": "no-cache", "Access-Control-Allow-Origin": "*"}
