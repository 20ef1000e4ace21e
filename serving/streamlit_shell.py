"""The page around Streamlit's pages: its language, its title, where its server is, and its weight.

Streamlit's front end guesses its server's address from the page's, so that a link to a page below
the top asks at wrong addresses first. The served page tells it instead. It also fetches two fonts
that no resident reads (0.5 MB) before anything else: the theme's own font, which ours replaces, and
its icons, which come when one is shown.
"""

from __future__ import annotations

import gzip
import hashlib
import re
from pathlib import Path

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit.file_util import get_static_dir

from people.access.device_cookie import NO_PAGE
from serving.streamlit_hints import hints

#: Pages that are not Streamlit's.
LIGHT = "/w"
START = (
    "window.__streamlit={BACKEND_BASE_URL:location.origin+'/',"
    "MAIN_PAGE_BASE_URL:location.origin+'/'};"
    "(function(f){var load=f.load.bind(f);f.load=function(font,text){"
    "return /Material Symbols/.test(font)?Promise.resolve([]):load(font,text)}})(document.fonts)"
)
#: Until the first element comes, and with it our theme, everything is in the device's own type.
STYLE = (
    "<style id=lujian-boot>*:not([data-testid=stIconMaterial])"
    "{font-family:system-ui,sans-serif!important}</style>"
)
#: Takes that style away.
BOOTED = (
    "new MutationObserver(function(_,o){if(document.querySelector('.st-key-top')){"
    "document.getElementById('lujian-boot').remove();o.disconnect()}})"
    ".observe(document,{childList:true,subtree:true})"
)
_FONT = re.compile(r'<link\s+rel="preload"\s[^>]*\bas="font"[^>]*>')
_INLINE = re.compile(r"<script>(.*?)</script>", re.DOTALL)
_ASKED = (b"accept-encoding", b"if-none-match", b"if-modified-since", b"range")


def dressed(page: str, *, hinted: bool = False) -> str:
    """Return Streamlit's index page with our language, title, address and, if wanted, hints."""
    page = page.replace('<html lang="en">', '<html lang="zh-CN">', 1)
    page = page.replace("<title>Streamlit</title>", "<title>路见 LuJian</title>", 1)
    page = _FONT.sub("", page)
    page = page.replace("<head>", f"<head><script>{START}</script>", 1)
    links = hints(page) if hinted else ""
    return page.replace("</head>", f"{STYLE}<script>{BOOTED}</script>{links}</head>", 1)


def inline_scripts() -> list[str]:
    """Return the scripts in the served page itself, for its content policy to name."""
    page = (Path(get_static_dir()) / "index.html").read_text(encoding="utf-8")
    return _INLINE.findall(dressed(page))


class ShellMiddleware:
    """Dresses the HTML pages that Streamlit serves; everything else passes untouched."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        path = scope["path"] if scope["type"] == "http" else ""
        foreign = path.startswith(NO_PAGE) or f"{path}/".startswith(f"{LIGHT}/")
        if not path or foreign:
            await self._app(scope, receive, send)
            return
        plain = [(k, v) for k, v in scope["headers"] if k.lower() not in _ASKED]
        dresser = _Dresser(send, Headers(scope=scope), hinted=path == "/")
        await self._app({**scope, "headers": plain}, receive, dresser)


class _Dresser:
    """Holds an HTML answer back until it is whole, then sends it dressed."""

    def __init__(self, send: Send, asked: Headers, *, hinted: bool) -> None:
        self._send = send
        self._asked = asked
        self._hinted = hinted
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
        if not message.get("more_body"):
            await self._answer(self._start)

    async def _answer(self, start: Message) -> None:
        headers = MutableHeaders(scope=start)
        body = dressed(self._body.decode(), hinted=self._hinted).encode() if self._body else b""
        if body:
            etag = f'W/"{hashlib.sha256(body).hexdigest()[:16]}"'
            headers["ETag"] = etag
            headers.add_vary_header("Accept-Encoding")
            if etag in self._asked.get("if-none-match", "") and start["status"] == 200:
                start, body = {**start, "status": 304}, b""
            elif "gzip" in self._asked.get("accept-encoding", ""):
                headers["Content-Encoding"] = "gzip"
                body = gzip.compress(body, 6, mtime=0)
            headers["content-length"] = str(len(body))
        await self._send({**start, "headers": headers.raw})
        await self._send({"type": "http.response.body", "body": body})
