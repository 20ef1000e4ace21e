"""Answers that a browser may keep as long as their ETag stays the same."""

from __future__ import annotations

from hashlib import sha256

from fastapi import Request
from fastapi.responses import Response


def kept_under(etag: str) -> dict[str, str]:
    """Return the headers of an answer that is asked for again with its ETag each time."""
    return {"ETag": etag, "Cache-Control": "no-cache"}


def unchanged(request: Request, etag: str) -> Response | None:
    """Return the empty answer for a client that holds this ETag already, else None."""
    if etag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=kept_under(etag))
    return None


def kept(request: Request, body: str, media_type: str) -> Response:
    """Return a text under the digest of its bytes, or the empty answer to whoever holds it."""
    content = body.encode()
    etag = f'W/"{sha256(content).hexdigest()[:20]}"'
    held = unchanged(request, etag)
    return held or Response(content, media_type=media_type, headers=kept_under(etag))
