"""Addresses that no page, file or link of ours has are answered 404 before anything looks at them.

A browser takes ``.`` and ``..`` out of an address itself, so these come from programs alone. What
is below sees one spelling of each address.
"""

from __future__ import annotations

import re

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

#: Characters that no address of ours has; U+FFFD stands for bytes that are no UTF-8.
_ODD_SIGN = re.compile("[\x00-\x1f\x7f\\\\\ufffd\ud800-\udfff]")
_ODD_PART = {"", ".", ".."}
#: What Streamlit's front end asks for below ``/_stcore``. Of the rest, some tells how the server
#: does (metrics), some takes files into memory (upload_file), some serves other programs (agent).
_OPEN = re.compile(r"/_stcore/(?:health|host-config|stream|bidi-components/.+)")


def is_odd(path: str) -> bool:
    """Tell whether a path, percent signs decoded, is spelt as no address of ours is."""
    parts = path.split("/")[1:]
    return bool(
        _ODD_SIGN.search(path) or _ODD_PART & set(parts[:-1]) or parts[-1:] in (["."], [".."])
    )


def is_closed(path: str) -> bool:
    """Tell whether an address is one of Streamlit's that its pages here do without."""
    return f"{path}/".startswith("/_stcore/") and not _OPEN.fullmatch(path)


class OddPathMiddleware:
    """Answers odd and closed paths 404."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] == "http" and (is_odd(scope["path"]) or is_closed(scope["path"])):
            await PlainTextResponse("Not Found", 404)(scope, receive, send)
            return
        await self._app(scope, receive, send)
