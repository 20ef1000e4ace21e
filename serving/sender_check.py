"""Who may send anything that changes something: pages of ours, and programs with a token.

One rule for the API and for the pages. Both applications are made with ``check_sender`` on every
route, so no route can be without it.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from fastapi import Request

from core.errors import NotAllowedError
from serving.context import by_token, context

#: Methods that change nothing.
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


def check_sender(request: Request) -> None:
    """Raise ``NotAllowedError`` for a change that another site's page makes a browser send.

    The device's cookie is SameSite=Lax, so another site's form comes without it; the headers of a
    browser say so once more. "null" is the Origin of a frame that another site locked in; our own
    pages have a referrer policy (``same-origin``) under which a browser names theirs. A program's
    token comes in a header that no other site can make a browser send.
    """
    if request.method in SAFE or by_token(request):
        return
    cross = request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none")
    if cross or _is_foreign(request):
        raise NotAllowedError(action="send")


def _is_foreign(request: Request) -> bool:
    """Tell whether one of the Origins is not ours; browsers older than the header send none."""
    ours = {request.headers.get("host", ""), urlsplit(context(request).settings.public_url).netloc}
    return any(_host(origin) not in ours - {""} for origin in request.headers.getlist("origin"))


def _host(origin: str) -> str:
    try:
        return urlsplit(origin).netloc
    except ValueError:
        return ""
