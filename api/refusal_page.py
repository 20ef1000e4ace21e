"""What a person sees who opens the address of a file in a browser and is refused.

Programs get ``{"error": …}``; who asks for HTML gets a page in their language that says why, and
leads to what can be had instead. Nothing but the error decides what is told.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Sequence
from urllib.parse import urlencode

from anyio import to_thread
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import RedirectResponse, Response
from starlette.exceptions import HTTPException

from core import errors
from geo.writing.drawing import TooManyForDrawingError
from geo.writing.forms import FORMS, UnknownFormError, WrongSystemError
from geo.writing.target_systems import FarFromZoneError, UnknownSystemError
from layers.export.file_jobs import TooManyFilesError
from serving import errors as plain
from serving.context import actor_of
from serving.visit import Visit, stranger, visit
from wording.error_messages import sentence_of
from wording.files.file_words import form_name

Handler = Callable[[Request, Exception], Awaitable[Response]]
#: Other programs' own doors answer as their standards say.
_DOORS = re.compile(r"/api/(?:ogc|open311|tiles)(?:/|$)")
#: Whose pages say more about a thing, by its address as a file.
_PAGES = (
    (re.compile(r"/api/campaigns/([a-z0-9-]+)/"), "/w/take/{}"),
    (re.compile(r"/api/topics/([0-9]+)\."), "/w/desk/review/topics/{}"),
    (re.compile(r"/api/layers/"), "/w/layers"),
)
_ENDING = re.compile(r"(/[^/.]+)\.[A-Za-z0-9.]+$")
#: These are helped by another form; these by leaving the system to the form.
_OTHER_FORM = (TooManyForDrawingError, UnknownFormError, WrongSystemError)
_OTHER_SYSTEM = (UnknownSystemError, FarFromZoneError, WrongSystemError)


def register(app: FastAPI) -> None:
    """Let refusals of an application be pages for people; call it after ``errors.register``."""
    for kind, handler in (
        (errors.LuJianError, plain.on_ours),
        (RequestValidationError, plain.on_validation),
        (HTTPException, plain.on_http),
        (OSError, plain.on_system),
        (Exception, plain.on_unexpected),
    ):
        app.add_exception_handler(kind, _for_both(handler))


def wants_page(request: Request) -> bool:
    """Tell whether a person's browser asks, which would show what it is answered."""
    asks = request.method in {"GET", "HEAD"}
    return asks and "text/html" in request.headers.get("accept", "")


def _for_both(handler: Handler) -> Handler:
    async def answer(request: Request, error: Exception) -> Response:
        said = await handler(request, error)
        if wants_page(request) and not _DOORS.match(_path(request)):
            said = await to_thread.run_sync(_page, request, error, said.status_code)
        said.headers["Vary"] = "Accept"
        return said

    return answer


def _page(request: Request, error: Exception, status: int) -> Response:
    """Return the page; whoever has not signed in is led to it from what the desk alone has."""
    unsafe = status >= 500 and not isinstance(error, TooManyFilesError)
    here = stranger(request) if unsafe else visit(request)
    if status in {401, 404} and _at_the_desk(request) and actor_of(request).account_id is None:
        page = _page_of(request) or "/w/desk"
        return RedirectResponse(f"/w/desk/sign-in?{urlencode({'next': page})}", status_code=303)
    answer = here.notice(
        here.words.gettext("This file cannot be had"),
        _sentence(here, error, status),
        status=status,
        links=tuple(_instead(here, request, error)),
    )
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _sentence(here: Visit, error: Exception, status: int) -> str:
    _ = here.words.gettext
    if status == 404:
        return _("There is nothing here, or it is not shown any more.")
    if isinstance(error, errors.LuJianError):
        return sentence_of(error, here.words)
    if status >= 500:
        return sentence_of(errors.UnavailableError(), here.words)
    return _("Something in this address is not as it should be.")


def _instead(here: Visit, request: Request, error: Exception) -> list[dict[str, str]]:
    """Return the ways to what can be had."""
    _ = here.words.gettext
    ways = []
    if isinstance(error, (errors.UnavailableError, errors.TooOftenError)):
        ways.append({"address": _address(request), "name": _("Try again")})
    untiled = isinstance(error, errors.NotAllowedError) and "pmtiles" in request.url.path
    if (isinstance(error, _OTHER_FORM) or untiled) and (other := _as_geopackage(request)):
        ways.append({"address": other, "name": form_name("gpkg", here.words)})
    if isinstance(error, _OTHER_SYSTEM):
        name = _("The same file in its usual coordinate system")
        ways.append({"address": _address(request, without=("crs",)), "name": name})
    page = _page_of(request)
    if page:
        ways.append({"address": page, "name": _("Choose another file")})
    return [*ways, {"address": "/w/", "name": _("All campaigns")}]


def _path(request: Request) -> str:
    return f"/api{request.url.path.removeprefix('/api')}"


def _address(request: Request, path: str = "", *, without: Sequence[str] = ()) -> str:
    """Return an address of the server, by default this one, with the parameters of this one."""
    kept = [(k, v) for k, v in request.query_params.multi_items() if k not in without]
    return (path or _path(request)) + (f"?{urlencode(kept)}" if kept else "")


def _as_geopackage(request: Request) -> str:
    """Return the address of the same as GeoPackage; empty where there is none."""
    path, changed = _ENDING.subn(rf"\1.{FORMS['gpkg'].ending}", _path(request))
    return _address(request, path, without=("geometry", "answers")) if changed else ""


def _page_of(request: Request) -> str:
    for pattern, page in _PAGES:
        if found := pattern.match(_path(request)):
            return page.format(*found.groups())
    return ""


def _at_the_desk(request: Request) -> bool:
    return _path(request).startswith(("/api/topics/", "/api/scenarios/"))
