"""Who a visitor without an account is: a random token in a cookie of this device.

The cookie is HttpOnly and SameSite=Lax; tables keep only a hash of it. The same middleware tells
the browser to load nothing from elsewhere.
"""

from __future__ import annotations

import re
import secrets
from urllib.parse import urlsplit

from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

COOKIE = "lujian_device"
#: Remembers that somebody reads large type.
LARGE = "lujian_large"
YEAR_S = 365 * 24 * 3600
TOKEN = re.compile(r"^[A-Za-z0-9_-]{32,64}$")
#: Addresses below these are no pages.
NO_PAGE = ("/api", "/assets", "/static", "/_stcore", "/component", "/media")


def device_of(cookies: dict[str, str]) -> str | None:
    """Return the device token of a visitor, or None when there is none worth trusting."""
    token = cookies.get(COOKIE, "")
    return token if TOKEN.match(token) else None


def content_policy(basemap_url: str = "") -> str:
    """Return the Content-Security-Policy: this host alone, and the base map's if there is one."""
    host = urlsplit(basemap_url.replace("{s}", "*"))
    images = f" {host.scheme}://{host.netloc}" if host.netloc else ""
    return (
        "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:; "
        "style-src 'self' 'unsafe-inline'; font-src 'self' data:; worker-src 'self' blob:; "
        f"img-src 'self' data: blob:{images}; connect-src 'self'; "
        "frame-ancestors 'self'; base-uri 'self'; form-action 'self'; object-src 'none'"
    )


class VisitorMiddleware:
    """Gives a new device its token with the first page, and every answer its content policy."""

    def __init__(self, app: ASGIApp, basemap_url: str = "") -> None:
        self._app = app
        self._policy = content_policy(basemap_url)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        fresh = self._fresh_cookie(scope)

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.setdefault("Content-Security-Policy", self._policy)
                headers.setdefault("X-Content-Type-Options", "nosniff")
                headers.setdefault("Referrer-Policy", "same-origin")
                if fresh:
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
