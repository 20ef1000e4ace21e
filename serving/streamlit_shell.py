"""The page around Streamlit's pages: its language, its title, where its server is, and its weight.

Whoever comes to the full map with a phone is led to the light page, which is there at once: the
full one weighs 3 MB. ``?full=1`` leads back, and is remembered.

Streamlit's front end guesses its server's address from the page's, so that a link to a page below
the top asks at wrong addresses first. The served page tells it instead. It also fetches two fonts
that no resident reads (0.5 MB) before anything else: the theme's own font, which ours replaces, and
its icons, which come when one is shown.
"""

from __future__ import annotations

import gzip
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import RedirectResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit.file_util import get_static_dir

from people.access.device_cookie import FULL, NO_PAGE
from serving.context import Context
from serving.streamlit_hints import hints
from serving.visit import visit_without

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
#: By what the answer to one address differs.
_DIFFERS = "Cookie, Sec-CH-UA-Mobile, User-Agent"
_ASKED = (b"accept-encoding", b"if-none-match", b"if-modified-since", b"range")


_ICON = re.compile(r'<link\s+rel="shortcut icon"[^>]*>')
_AGENTS = re.compile(r'<link\s+rel="service-desc"[^>]*>')
_COMMENT = re.compile(r"(?<!\A)<!--.*?-->", re.DOTALL)
_NO_SCRIPT = re.compile(r"<noscript>.*?</noscript>", re.DOTALL)
#: What phones and the browsers in them say of themselves; tablets have room for the full map.
_PHONE = re.compile("Mobi|Phone")
_TABLET = re.compile("iPad|Tablet")
_SLUG = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")
#: What an address of the full map says that the light page understands, too.
_ALIKE = ("at", "place", "category", "lang", "large")


@dataclass(frozen=True)
class Dress:
    """What a reader's page has: its language, what stands in its head, and without JavaScript."""

    lang: str = "zh-CN"
    head: str = ""
    no_script: str = ""


def dressed(page: str, dress: Dress, *, hinted: bool = False) -> str:
    """Return Streamlit's index page in our dress and, if wanted, with hints."""
    page = page.replace('<html lang="en">', f'<html lang="{dress.lang}">', 1)
    page = page.replace("<title>Streamlit</title>", "<title>路见 LuJian</title>", 1)
    for foreign in (_FONT, _ICON, _AGENTS, _COMMENT):
        page = foreign.sub("", page)
    page = _NO_SCRIPT.sub(lambda _: f"<noscript>{dress.no_script}</noscript>", page)
    page = page.replace("<head>", f"<head><script>{START}</script>{dress.head}", 1)
    links = hints(page) if hinted else ""
    return page.replace("</head>", f"{STYLE}<script>{BOOTED}</script>{links}</head>", 1)


def light_address(asked: Mapping[str, str]) -> str:
    """Return the light page that shows what an address of the full map asks for."""
    slug = asked.get("campaign", "")
    page = f"{LIGHT}/c/{slug}" if _SLUG.fullmatch(slug) else f"{LIGHT}/"
    query = urlencode({name: asked[name] for name in _ALIKE if name in asked})
    return f"{page}?{query}" if query else page


def is_phone(headers: Mapping[str, str]) -> bool:
    """Tell whether a phone asks, by what its browser says of itself."""
    agent = headers.get("user-agent", "")
    if headers.get("sec-ch-ua-mobile") == "?1":
        return True
    return bool(_PHONE.search(agent)) and not _TABLET.search(agent)


def wants_light(request: Request) -> bool:
    """Tell whether a phone comes to the full map that has not asked for it."""
    wanted = request.query_params.get("full", request.cookies.get(FULL, ""))
    return request.url.path == "/" and wanted != "1" and is_phone(request.headers)


def inline_scripts() -> list[str]:
    """Return the scripts in the served page itself, for its content policy to name."""
    page = (Path(get_static_dir()) / "index.html").read_text(encoding="utf-8")
    return _INLINE.findall(dressed(page, Dress()))


class ShellMiddleware:
    """Dresses the HTML pages that Streamlit serves, and leads phones to the light ones.

    Everything else passes untouched.
    """

    def __init__(self, app: ASGIApp, *, context: Context) -> None:
        self._app, self._context = app, context

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        path = scope["path"] if scope["type"] == "http" else ""
        foreign = path.startswith(NO_PAGE) or f"{path}/".startswith(f"{LIGHT}/")
        if not path or foreign:
            await self._app(scope, receive, send)
            return
        request = Request(scope)
        if wants_light(request):
            await _lead(request)(scope, receive, send)
            return
        plain = [(k, v) for k, v in scope["headers"] if k.lower() not in _ASKED]
        dresser = _Dresser(send, request, self._dress(request), hinted=path == "/")
        await self._app({**scope, "headers": plain}, receive, dresser)

    def _dress(self, request: Request) -> Dress:
        here = visit_without(request, self._context)
        head = here.fragment("shell_head.html", base_url=here.base_url)
        no_script = here.fragment("no_script.html")
        return Dress(here.lang.replace("_", "-"), head, no_script)


def _lead(request: Request) -> RedirectResponse:
    answer = RedirectResponse(light_address(request.query_params), status_code=302)
    answer.headers["Cache-Control"] = "no-store"
    answer.headers["Vary"] = _DIFFERS
    return answer


class _Dresser:
    """Holds an HTML answer back until it is whole, then sends it dressed."""

    def __init__(self, send: Send, request: Request, dress: Dress, *, hinted: bool) -> None:
        self._send = send
        self._asked = request.headers
        self._full = request.query_params.get("full", "")
        self._dress, self._hinted = dress, hinted
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
        headers.add_vary_header(_DIFFERS)
        if self._full in {"0", "1"}:
            headers.append("Set-Cookie", f"{FULL}={self._full}; Path=/; SameSite=Lax")
        body = self._dressed()
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

    def _dressed(self) -> bytes:
        if not self._body:
            return b""
        return dressed(self._body.decode(), self._dress, hinted=self._hinted).encode()
