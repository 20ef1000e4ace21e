"""Tiles of the base map that lies as a PMTiles file on this machine."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path
from fastapi.responses import Response

from core.errors import NotFoundError
from layers.background_tiles import tile_file
from serving.context import Room
from serving.guards import PUBLIC

router = APIRouter(tags=["layers"], dependencies=[PUBLIC])
Number = Annotated[int, Path(ge=0, le=2**26)]
_DAY = "public, max-age=86400"


@router.get("/background/{z}/{x}/{y}")
def tile(room: Room, z: Annotated[int, Path(ge=0, le=26)], x: Number, y: Number) -> Response:
    """Return a tile of the base map, where it is a file of this machine; 404 for none."""
    name = room.settings.basemap_file
    found = tile_file(name) if name else None
    body = found.get(z, x, y) if found else None
    if found is None or body is None:
        raise NotFoundError(kind="tile")
    return Response(body, media_type=found.media_type, headers={"Cache-Control": _DAY})
