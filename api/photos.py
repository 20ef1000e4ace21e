"""Photos: a device sends them before it files; the bytes go to whoever may see them."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from datetime import UTC, datetime
from typing import Annotated, Any

from anyio import to_thread
from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response
from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser

from core.errors import BadPhotoError, InvalidError, NotFoundError, PhotoProblem
from core.group_writer import BusyError
from moderation.redact_photo import original_file
from people.access.actor import Actor
from people.access.rate_limit import LimitKind
from serving.context import Context, Room, actor_of, address_of
from serving.etag import kept_under, unchanged
from serving.guards import DEVICE, PUBLIC
from submissions.participation import photos
from submissions.photos.sanitise import MOST_BYTES

router = APIRouter(prefix="/photos", tags=["photos"])
FIELD = "photo"
#: What a form adds around its one file.
_MOST_BODY = MOST_BYTES + 16 * 1024
_MOST_WAITING = 20
_FORM = {
    "type": "object",
    "required": [FIELD],
    "properties": {FIELD: {"type": "string", "format": "binary"}},
}


Viewer = Annotated[Actor, Depends(actor_of)]


@router.post(
    "",
    openapi_extra={"requestBody": {"content": {"multipart/form-data": {"schema": _FORM}}}},
    dependencies=[DEVICE],
)
async def send(room: Room, request: Request, actor: Viewer) -> dict[str, Any]:
    """Take a photo (JPEG, PNG or WebP, 15 MB) and answer its name, to be filed with.

    ``place`` is where the camera says it was, told to its sender alone and kept nowhere.
    """
    if room.cleaning.statistics().tasks_waiting >= _MOST_WAITING:
        raise BusyError(waiting=_MOST_WAITING)
    await to_thread.run_sync(_check_room, room, actor)
    now = datetime.now(UTC)
    with room.limits.attempt(LimitKind.PHOTO, actor.key, address_of(request), now=now):
        file = await _file_of(request)
        try:
            return await to_thread.run_sync(_take, room, actor, file, limiter=room.cleaning)
        finally:
            await file.close()


@router.delete("/{name}", status_code=204, dependencies=[DEVICE])
def drop(room: Room, name: str, actor: Viewer) -> None:
    """Take back a photo that is not filed with any proposal yet."""
    now = datetime.now(UTC)
    dropped = room.database.write(lambda s: photos.drop_photo(s, actor, name, now=now))
    room.photos.delete(dropped)


@router.get("/{name}/full.jpg", response_class=Response, dependencies=[PUBLIC])
def full(room: Room, request: Request, name: str, actor: Viewer) -> Response:
    """Return a photo, at most 2048 pixels long."""
    return _answer(room, request, name, actor, thumbnail=False)


@router.get("/{name}/thumbnail.jpg", response_class=Response, dependencies=[PUBLIC])
def thumbnail(room: Room, request: Request, name: str, actor: Viewer) -> Response:
    """Return a photo in small, at most 320 pixels long."""
    return _answer(room, request, name, actor, thumbnail=True)


@router.get("/{name}/original.jpg", response_class=Response, dependencies=[PUBLIC])
def original(room: Room, name: str, actor: Viewer) -> Response:
    """Return a photo as it was sent, to those who moderate it; for others there is none."""
    with room.database.reading() as session:
        file = original_file(session, actor, name)
    headers = {"X-Content-Type-Options": "nosniff", "Content-Disposition": "inline"}
    headers["Cache-Control"] = "private, no-store"
    return Response(room.photos.read(file), media_type="image/jpeg", headers=headers)


def _check_room(room: Context, actor: Actor) -> None:
    with room.database.reading() as session:
        photos.check_room(session, actor)


async def _file_of(request: Request) -> UploadFile:
    """Read the form's one file to disk; stop as soon as there is more than a photo may have."""
    if not request.headers.get("content-type", "").startswith("multipart/form-data"):
        raise InvalidError(field=FIELD)
    length = request.headers.get("content-length", "0")
    if length.isdecimal() and int(length) > _MOST_BODY:
        raise BadPhotoError(problem=PhotoProblem.TOO_BIG)
    parser = MultiPartParser(request.headers, _bounded(request), max_files=1, max_fields=4)
    try:
        form = await parser.parse()
    except MultiPartException as error:
        raise InvalidError(field=FIELD) from error
    file = form.get(FIELD)
    if isinstance(file, UploadFile):
        return file
    await form.close()
    raise InvalidError(field=FIELD)


async def _bounded(request: Request) -> AsyncGenerator[bytes, None]:
    received = 0
    async for chunk in request.stream():
        received += len(chunk)
        if received > _MOST_BODY:
            raise BadPhotoError(problem=PhotoProblem.TOO_BIG)
        yield chunk


def _take(room: Context, actor: Actor, file: UploadFile) -> dict[str, Any]:
    name, picture = photos.take_photo(
        room.database, room.photos, actor, file.file.read(), now=datetime.now(UTC)
    )
    place = picture.taken_at
    return {
        "name": name,
        "width": picture.width,
        "height": picture.height,
        "thumbnail": f"/api/photos/{name}/thumbnail.jpg",
        "place": place and {"longitude": place[0], "latitude": place[1]},
    }


def _answer(
    room: Context, request: Request, name: str, actor: Actor, *, thumbnail: bool
) -> Response:
    """Answer the bytes, or that there is no such photo to whoever may not see it.

    A published one is asked for again each time, so that it is gone as soon as it is hidden.
    """
    with room.database.reading() as session:
        found = photos.photo_file(session, name, actor)
    if found is None:
        raise NotFoundError(kind="photo")
    etag = f'"{found.digest[:32]}{"-small" if thumbnail else ""}"'
    if found.public and (same := unchanged(request, etag)) is not None:
        return same
    headers = {"X-Content-Type-Options": "nosniff", "Content-Disposition": "inline"}
    headers |= kept_under(etag) if found.public else {"Cache-Control": "private, no-store"}
    body = room.photos.read(found.file, thumbnail=thumbnail)
    return Response(body, media_type="image/jpeg", headers=headers)
