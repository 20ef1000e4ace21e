"""Addresses that no page, file or link of ours has are answered 404 before anything looks at them.

A browser takes ``.`` and ``..`` out of an address itself, so these come from programs alone. What
is below sees one spelling of each address.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Match
from starlette.types import ASGIApp, Receive, Scope, Send

from layers.background.base_map import known_base_map
from people.access.device_cookie import content_policy
from serving.context import Context
from serving.visit import visit_without
from wording.error_messages import no_such_page

#: Characters that no address of ours has; U+FFFD stands for bytes that are no UTF-8.
_ODD_SIGN = re.compile("[\x00-\x1f\x7f\\\\\ufffd\ud800-\udfff]")
_ODD_PART = {"", ".", ".."}
#: What Streamlit's front end asks for below ``/_stcore``. Of the rest, some tells how the server
#: does (metrics), some takes files into memory (upload_file), some serves other programs (agent).
_OPEN = re.compile(r"/_stcore/(?:health|host-config|stream|bidi-components/.+)")


#: Streamlit's pages (``screens.main``), and what their front end asks for.
STREAMLIT_PAGES = frozenset(
    {"/", "/planner", "/believe", "/change", "/themes", "/missing", "/site"}
)
STREAMLIT_FILES = ("/static/", "/_stcore/", "/component/", "/media/")


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


class UnknownPageMiddleware:
    """Answers 404 with a page in the reader's language where neither we nor Streamlit have one.

    Streamlit itself answers every address with its front end, which then says so in English.
    ``routes``: those of ours.
    """

    def __init__(self, app: ASGIApp, *, context: Context, routes: Sequence[BaseRoute]) -> None:
        self._app, self._context, self._routes = app, context, routes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http" or self._is_known(scope):
            await self._app(scope, receive, send)
        else:
            await self._page(scope)(scope, receive, send)

    def _is_known(self, scope: Scope) -> bool:
        path: str = scope["path"]
        if path in STREAMLIT_PAGES or path.startswith(STREAMLIT_FILES):
            return True
        return any(route.matches(scope)[0] is not Match.NONE for route in self._routes)

    def _page(self, scope: Scope) -> Response:
        here = visit_without(Request(scope), self._context)
        heading, said, home = no_such_page(here.words)
        links = ({"address": "/w/", "name": home},)
        answer = here.notice(heading, said, status=404, links=links)
        shown = known_base_map(self._context.database, self._context.settings)
        answer.headers["Content-Security-Policy"] = content_policy(shown.url)
        return answer
