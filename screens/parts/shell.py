"""The page around Streamlit's pages: its language, its title, and where its server is.

Streamlit's front end guesses its server's address from the page's, so that a link to a page below
the top asks at wrong addresses first. The served page tells it instead.
"""

from __future__ import annotations

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from people.visitors import NO_PAGE

SCRIPT = (
    "<script>window.__streamlit={BACKEND_BASE_URL:location.origin+'/',"
    "MAIN_PAGE_BASE_URL:location.origin+'/'}</script>"
)


def dressed(page: str) -> str:
    """Return Streamlit's index page with our language, title and address."""
    page = page.replace('<html lang="en">', '<html lang="zh-CN">', 1)
    page = page.replace("<title>Streamlit</title>", "<title>路见 LuJian</title>", 1)
    return page.replace("<head>", f"<head>{SCRIPT}", 1)


class ShellMiddleware:
    """Dresses the HTML pages that Streamlit serves; everything else passes untouched."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http" or scope["path"].startswith(NO_PAGE):
            await self._app(scope, receive, send)
            return
        plain = [(k, v) for k, v in scope["headers"] if k.lower() != b"accept-encoding"]
        await self._app({**scope, "headers": plain}, receive, _Dresser(send))


class _Dresser:
    """Holds an HTML answer back until it is whole, then sends it dressed."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._start: Message | None = None
        self._body = b""

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            kind = Headers(raw=message["headers"]).get("content-type", "")
            if kind.startswith("text/html"):
                self._start = message
                return
        if self._start is None:
            await self._send(message)
            return
        self._body += message.get("body", b"")
        if message.get("more_body"):
            return
        body = dressed(self._body.decode()).encode() if self._body else b""
        headers = MutableHeaders(scope=self._start)
        if body:
            headers["content-length"] = str(len(body))
        await self._send(self._start)
        await self._send({"type": "http.response.body", "body": body})
