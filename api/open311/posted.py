"""The body of a filed request: fields of a form and, as several apps send it along, one photo."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from urllib.parse import parse_qsl

from fastapi import Request
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException, MultiPartParser

from analysis.cql.terms import BadQueryError
from submissions.photos.sanitise import MOST_BYTES

MOST_BODY, MOST_FIELDS = 64_000, 300
#: What apps call the photo.
MEDIA = frozenset({"media", "media[]", "photo"})
URLENCODED, MULTIPART = "application/x-www-form-urlencoded", "multipart/form-data"


@dataclass(frozen=True)
class Posted:
    """Names and values in their order, parameters of the address first; ``photo`` as sent."""

    fields: list[tuple[str, str]]
    photo: bytes = b""


async def read_posted(request: Request) -> Posted:
    """Return what was posted. Raises ``BadQueryError``, ``HTTPException`` (413)."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    named = request.query_params.multi_items()
    if kind == URLENCODED:
        return Posted([*named, *await _fields(request)])
    if kind == MULTIPART:
        fields, photo = await _parts(request)
        return Posted([*named, *fields], photo)
    raise BadQueryError(parameter="Content-Type", reason=f"{URLENCODED} or {MULTIPART}")


async def _fields(request: Request) -> list[tuple[str, str]]:
    body = b"".join([part async for part in _bounded(request, MOST_BODY)])
    try:
        return parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=MOST_FIELDS)
    except ValueError:
        raise BadQueryError(parameter="form", reason="it cannot be read") from None


async def _parts(request: Request) -> tuple[list[tuple[str, str]], bytes]:
    """Return the fields and the photo; a part is kept on disk while it is read."""
    bounded = _bounded(request, MOST_BYTES + MOST_BODY)
    parser = MultiPartParser(
        request.headers, bounded, max_files=1, max_fields=MOST_FIELDS, max_part_size=MOST_BODY
    )
    try:
        form = await parser.parse()
    except (MultiPartException, UnicodeDecodeError, KeyError):
        raise BadQueryError(parameter="form", reason="it cannot be read") from None
    try:
        parts = form.multi_items()
        files = [(name, one) for name, one in parts if isinstance(one, UploadFile)]
        if odd := [name for name, _file in files if name not in MEDIA]:
            raise BadQueryError(parameter=odd[0][:60], reason="a file is called media")
        photo = await files[0][1].read() if files else b""
        return [(name, one) for name, one in parts if isinstance(one, str)], photo
    finally:
        await form.close()


async def _bounded(request: Request, most: int) -> AsyncGenerator[bytes, None]:
    received = 0
    async for part in request.stream():
        received += len(part)
        if received > most:
            raise HTTPException(413)
        yield part
