"""Who a visitor without an account is: a random token in a cookie of this device.

The cookie is HttpOnly and SameSite=Lax; tables keep only a hash of it. The same middleware tells
the browser to load nothing from elsewhere.
"""

from __future__ import annotations

import re
import secrets
from base64 import b64encode
from collections.abc import Callable, Iterable
from functools import lru_cache
from hashlib import sha256
from urllib.parse import urlsplit

from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

COOKIE = "lujian_device"
#: Remembers that somebody reads large type.
LARGE = "lujian_large"
#: Remembers that somebody wants the full map on a phone, until the browser is closed.
FULL = "lujian_full"
YEAR_S = 365 * 24 * 3600
TOKEN = re.compile(r"^[A-Za-z0-9_-]{32,64}$")
#: The one script in a page itself: styles for browsers with scripts hold before anything is drawn.
MARK_SCRIPT = 'document.documentElement.classList.add("lj-js")'
_NOWHERE = (
    "connect-src 'self'; frame-ancestors 'self'; base-uri 'self'; form-action 'self'; "
    "object-src 'none'"
)
#: What of a device pages may use: the place it is at, on the map.
_PERMISSIONS = "geolocation=(self), " + ", ".join(
    f"{name}=()"
    for name in (
        *("accelerometer", "autoplay", "camera", "display-capture", "gyroscope", "hid"),
        *("magnetometer", "microphone", "midi", "payment", "serial", "usb"),
    )
)
#: What is ours; all else is Streamlit's.
OURS = ("/w/", "/api/", "/assets/")
#: What Streamlit puts into frames of its pages.
FRAMES = "/component/"
#: Addresses below these are no pages.
NO_PAGE = ("/api", "/assets", "/static", "/_stcore", "/component", "/media")


def device_of(cookies: dict[str, str]) -> str | None:
    """Return the device token of a visitor, or None when there is none worth trusting."""
    token = cookies.get(COOKIE, "")
    return token if TOKEN.match(token) else None


def content_policy(basemap_url: str = "") -> str:
    """Return the Content-Security-Policy: this host alone, and the base map's if there is one.

    No page runs a script or has a style of its own, but for ``MARK_SCRIPT``.
    """
    return (
        f"default-src 'self'; script-src 'self' {_named(MARK_SCRIPT)}; style-src 'self'; "
        "worker-src 'self'; manifest-src 'self'; "
        f"img-src 'self' data: blob:{_images(basemap_url)}; {_NOWHERE}"
    )


def streamlit_policy(basemap_url: str = "", *scripts: str) -> str:
    """Return the policy of Streamlit's pages, in which ``scripts`` of ours stand.

    Its front end writes styles into the page (emotion), loads components from blobs and decodes
    tables in WebAssembly.
    """
    named = " ".join(map(_named, scripts))
    return (
        f"default-src 'self'; script-src 'self' 'wasm-unsafe-eval' blob: {named}; "
        "style-src 'self' 'unsafe-inline'; font-src 'self' data:; worker-src 'self' blob:; "
        f"img-src 'self' data: blob:{_images(basemap_url)}; {_NOWHERE}"
    )


def frame_policy(basemap_url: str = "") -> str:
    """Return the policy of st_folium's frame: it runs the map's script as text."""
    return (
        "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; "
        f"style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:{_images(basemap_url)}; "
        f"{_NOWHERE}"
    )


def _images(basemap_url: str) -> str:
    """Return the host of tiles; one that is numbered (``t{s}.host``) as all of its neighbours."""
    host = urlsplit(basemap_url)
    names = host.netloc.split(".")
    named = ".".join("*" if "{s}" in name else name for name in names)
    return f" {host.scheme}://{named}" if host.netloc else ""


def _named(script: str) -> str:
    """Return how a policy names an inline script: by its digest."""
    return f"'sha256-{b64encode(sha256(script.encode()).digest()).decode()}'"


def _policy_for(path: str, basemap_url: str, scripts: tuple[str, ...]) -> str:
    """Return the policy of an address: what is ours, what stands in frames, Streamlit's pages."""
    ours, frames, shell = _policies(basemap_url, scripts)
    if path.startswith(OURS):
        return ours
    return frames if path.startswith(FRAMES) else shell


@lru_cache(maxsize=4)
def _policies(basemap_url: str, scripts: tuple[str, ...]) -> tuple[str, str, str]:
    shell = streamlit_policy(basemap_url, *scripts)
    return content_policy(basemap_url), frame_policy(basemap_url), shell


class VisitorMiddleware:
    """Gives a new device its token with the first page, and every answer its content policy.

    ``basemap_url``: is asked for the address of the base map's tiles at each answer.
    """

    def __init__(
        self,
        app: ASGIApp,
        basemap_url: Callable[[], str] = str,
        scripts: Iterable[str] = (),
    ) -> None:
        self._app = app
        self._basemap_url, self._scripts = basemap_url, tuple(scripts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        fresh = self._fresh_cookie(scope)

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                policy = _policy_for(f"{scope['path']}/", self._basemap_url(), self._scripts)
                headers.setdefault("Content-Security-Policy", policy)
                headers.setdefault("Permissions-Policy", _PERMISSIONS)
                headers.setdefault("X-Content-Type-Options", "nosniff")
                headers.setdefault("Referrer-Policy", "same-origin")
                # What a proxy may hand to others must carry nobody's device.
                if fresh and "public" not in headers.get("Cache-Control", ""):
                    headers.append("Set-Cookie", fresh)
            await send(message)

        await self._app(scope, receive, send_with_headers)

    @staticmethod
    def _fresh_cookie(scope: Scope) -> str | None:
        if scope["method"] != "GET" or scope["path"].startswith(NO_PAGE):
            return None
        if device_of(HTTPConnection(scope).cookies):
            return None
        secure = "; Secure" if scope.get("scheme") == "https" else ""
        token = secrets.token_urlsafe(24)
        return f"{COOKIE}={token}; Path=/; Max-Age={YEAR_S}; HttpOnly; SameSite=Lax{secure}"
