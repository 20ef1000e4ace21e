"""Tiles of the base map that lies as a PMTiles file on this machine."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Request
from fastapi.responses import Response

from layers.background.base_map import current_base_map, file_in_force
from layers.background.tile_file import TileFile, tile_file, unpacked
from serving.context import Room
from serving.guards import PUBLIC

router = APIRouter(tags=["layers"], dependencies=[PUBLIC])
Number = Annotated[int, Path(ge=0, le=2**26)]
_DAY = {"Cache-Control": "public, max-age=86400"}


@router.get("/background/{z}/{x}/{y}", response_class=Response)
def tile(
    request: Request, room: Room, z: Annotated[int, Path(ge=0, le=26)], x: Number, y: Number
) -> Response:
    """Return a tile of the base map, where it is a file of this machine; 404 for none.

    Of vector tiles, where there is nothing, an empty one.
    """
    path = file_in_force(current_base_map(room.database, room.settings))
    if path is None:
        return Response(status_code=404)  # empty: what draws tiles reads the body
    return tile_answer(request, tile_file(str(path)), (z, x, y), _DAY)


def tile_answer(
    request: Request, found: TileFile, at: tuple[int, int, int], headers: dict[str, str]
) -> Response:
    """Return a tile of a file by its z, x and y; vector tiles packed where the browser takes it."""
    body = found.get(*at)
    if body is None and not found.is_vector:
        return Response(status_code=404)
    headers = {**headers, "Vary": "Accept-Encoding"} if found.is_gzipped else headers
    if body and found.is_gzipped:
        if "gzip" in request.headers.get("accept-encoding", ""):
            headers = {**headers, "Content-Encoding": "gzip"}
        else:
            body = unpacked(found, body)
    return Response(body or b"", media_type=found.media_type, headers=headers)
