"""How much a form may bring: more is not read, and answered with a page as anything else is."""

from __future__ import annotations

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

#: Three photos of 15 MB, as a browser without a script sends them, and the form around them.
MOST_BODY = 48 * 2**20


class BodyLimit:
    """Raises ``HTTPException`` (413) to whoever reads a body past ``most`` bytes.

    Starlette's own limit answers a body that states its length with two English words.
    """

    def __init__(self, app: ASGIApp, most: int = MOST_BODY) -> None:
        self._app, self._most = app, most

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        length = Headers(scope=scope).get("content-length", "") if scope["type"] == "http" else ""
        stated = length.isdecimal() and int(length[:20]) > self._most
        read = 0

        async def counted() -> Message:
            nonlocal read
            if stated:
                raise HTTPException(413)
            message = await receive()
            read += len(message.get("body", b""))
            if read > self._most:
                raise HTTPException(413)
            return message

        await self._app(scope, counted, send)
