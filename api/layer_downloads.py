"""Layers as files of every form: the map's own, those of a place, and uploaded ones.

Whoever sees a layer takes it away, with the columns that they may read; ``layers`` has the GeoJSON.
"""

from __future__ import annotations

from typing import Any

import geopandas as gpd
from fastapi import APIRouter, Request
from fastapi.responses import Response
from starlette.convertors import Convertor, register_url_convertor

from api.downloads import Ending
from api.file_answers import answer_any
from api.file_requests import FileAsked, FileWanted
from api.layers import Name, digest, reads_all
from core.errors import NotAllowedError
from geo.crs import WGS84
from geo.writing.file_layer import FileLayer
from layers import built_in
from layers.effective import standing
from layers.queries import columns_for, layer_frame, layer_seen
from layers.visibility import Shown
from serving.context import Context, Room, actor_of
from serving.etag import unchanged
from serving.guards import PUBLIC
from serving.parameters import Number, Slug
from wording.files.selection_layers import map_layer, uploaded_layer


class _LayerName(Convertor[str]):
    """The name of a layer in an address, which ends before a dot: files end with ``.shp.zip``."""

    regex = "[a-z_]{1,40}"

    def convert(self, value: str) -> str:
        """Return it as it is."""
        return value

    def to_string(self, value: str) -> str:
        """Return it as it is."""
        return value


register_url_convertor("layer", _LayerName())
router = APIRouter(tags=["layers"], dependencies=[PUBLIC])


@router.get("/layers/{name:layer}.{ending}", response_class=Response)
def layer(room: Room, request: Request, name: Name, ending: Ending, wanted: FileWanted) -> Response:
    """Return one of the map's own layers as a file."""
    found = built_in.layer_named(name)
    tag = digest(built_in.layer_state(found))
    features = built_in.layer_features(found)
    return _of_the_map(room, request, name, features, ending, wanted, tag)


@router.get("/campaigns/{slug}/layers/{name:layer}.{ending}", response_class=Response)
def of_place(
    room: Room, request: Request, slug: Slug, name: Name, ending: Ending, wanted: FileWanted
) -> Response:
    """Return a layer as it stands for a campaign, as a file."""
    campaign, _revision = room.campaign(slug)
    with room.database.reading() as session:
        made_of = standing(session, campaign.subdistrict, campaign.area)
        tag = digest(made_of.key_of(name))
        features = made_of.features(session, name)
    return _of_the_map(room, request, name, features, ending, wanted, tag)


@router.get("/layers/uploaded/{layer_id:int}.{ending}", response_class=Response)
def uploaded(
    room: Room, request: Request, layer_id: Number, ending: Ending, wanted: FileWanted
) -> Response:
    """Return an uploaded layer as a file; tiles of one that is public alone."""
    with room.database.reading() as session:
        found = layer_seen(session, actor_of(request), layer_id)
        everything = reads_all(actor_of(request), found)
        columns = columns_for(found, all_columns=everything)
        frame = layer_frame(session, found, columns)
    west, _south, east, _north = found.bounds
    asked = wanted.form(ending, (west + east) / 2)
    public = found.shown == Shown.PUBLIC
    if asked.form.name == "pmtiles" and not public:
        raise NotAllowedError(action="tile_layer")
    made = uploaded_layer(found, frame, asked.lang)
    tag = digest((found.fingerprint, found.updated.isoformat(), everything))
    told = "no-cache" if public and not everything else "private, no-cache"
    notes = asked.notes(room, made.title, licensed=public)
    notes += [found.source] if found.source else []
    return _answer(room, request, asked, made, tag, notes, told)


def _of_the_map(
    room: Context,
    request: Request,
    name: str,
    features: list[dict[str, Any]],
    ending: str,
    wanted: FileWanted,
    tag: str,
) -> Response:
    frame = gpd.GeoDataFrame.from_features(features, crs=WGS84)
    if frame.empty:
        frame = gpd.GeoDataFrame(geometry=[], crs=WGS84)
    west, _south, east, _north = frame.total_bounds
    asked = wanted.form(ending, (west + east) / 2)
    made = map_layer(built_in.layer_named(name), frame, asked.lang)
    return _answer(room, request, asked, made, tag, asked.notes(room, made.title), "no-cache")


def _answer(
    room: Context,
    request: Request,
    asked: FileAsked,
    made: FileLayer,
    tag: str,
    notes: list[str],
    kept: str,
) -> Response:
    etag = f'"{tag}-{asked.tag}"'
    if (same := unchanged(request, etag)) is not None:
        return same
    return answer_any(
        room,
        request,
        asked,
        lambda _tell: [made],
        notes,
        count=len(made.frame),
        name=f"{made.name}.{asked.form.ending}",
        headers={"ETag": etag, "Cache-Control": kept},
    )
