"""Answers that are made while they are sent, and answers without a body."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain, islice
from typing import TypeVar

from starlette.types import ASGIApp, Message, Receive, Scope, Send

T = TypeVar("T")


def begun(pieces: Iterator[T], *, first: int = 2) -> Iterator[T]:
    """Return the pieces of a file, of which the head and the first rows are made now.

    What fails while they are made is an answer with a status of its own. What fails later ends the
    connection: without the end of the format and without the last chunk, so that nobody takes a
    part for the whole.
    """
    return chain(list(islice(pieces, first)), pieces)


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
