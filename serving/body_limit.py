"""Requests as they come: bodies that are too large, heads alone, addresses out of a chat."""

from __future__ import annotations

import asyncio
from urllib.parse import quote

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from core.text import visible

#: Three photos of 15 MB, as a browser without a script sends them, and the form around them.
MOST_BODY = 48 * 2**20
#: For how many seconds a sender may be silent within a body.
MOST_SILENCE_S = 30.0


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


class SenderTimeout:
    """Raises ``HTTPException`` (408) to whoever reads a body whose sender fell silent or went away.

    uvicorn waits for the rest of a body for ever, and who is gone would be a fault in the log. Of
    headers nothing is known here before they are whole: these are limited in front of the program
    (``deploy/nginx``), as is who sends a byte now and then.
    """

    def __init__(self, app: ASGIApp, most_s: float = MOST_SILENCE_S) -> None:
        self._app, self._most_s = app, most_s

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        whole = scope["type"] != "http"
        answered = False

        async def received() -> Message:
            nonlocal whole
            if whole:
                return await receive()
            message = await _within(self._most_s, receive)
            whole = not message.get("more_body", False)
            if message["type"] == "http.disconnect" and not answered:
                raise HTTPException(408)
            return message

        async def sent(message: Message) -> None:
            nonlocal answered
            answered = True
            await send(message)

        await self._app(scope, received, sent)


async def _within(most_s: float, receive: Receive) -> Message:
    """Return the next part of a body; after ``most_s`` seconds of silence, that nobody is there."""
    try:
        async with asyncio.timeout(most_s):
            return await receive()
    except TimeoutError:
        return {"type": "http.disconnect"}


class PlainAddress:
    """Leads from an address with hidden characters in it, as chats put them there, to its own."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        app = self._app
        if scope["type"] == "http" and scope["method"] in {"GET", "HEAD"}:
            path = visible(scope["path"])
            if path != scope["path"]:
                asked = scope["query_string"].decode("latin-1")
                to = "/" + quote(path).lstrip("/") + (f"?{asked}" if asked else "")
                app = RedirectResponse(to, status_code=308)
        await app(scope, receive, send)
