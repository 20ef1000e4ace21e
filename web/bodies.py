"""Requests as they come: bodies that are too large, heads alone, addresses out of a chat."""

from __future__ import annotations

from urllib.parse import quote

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from texts import visible

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


class HeadersAlone:
    """Answers HEAD as GET without its body: some chat apps ask so before they show a preview."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http" or scope["method"] != "HEAD":
            await self._app(scope, receive, send)
            return

        async def send_head(message: Message) -> None:
            if message["type"] == "http.response.start":
                await send(message)
            elif not message.get("more_body"):
                await send({"type": "http.response.body", "body": b""})

        await self._app({**scope, "method": "GET"}, receive, send_head)


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
