"""The light pages: server-rendered, usable on a slow phone, mounted under /w."""

from __future__ import annotations

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException
from starlette.middleware.gzip import GZipMiddleware

import errors
from api.context import Context
from api.errors import status_of
from web import campaigns, filing, follows, mine, proposals, receipts, sheets, staff
from web.render import visit
from wording import sentences


def create_web(context: Context) -> FastAPI:
    """Return the pages. Paths are relative to their mount point."""
    app = FastAPI(title="路见 LuJian", openapi_url=None, docs_url=None, redoc_url=None)
    app.state.context = context
    app.add_middleware(GZipMiddleware, minimum_size=600)
    app.add_exception_handler(errors.LuJianError, _on_ours)
    app.add_exception_handler(HTTPException, _on_http)
    for room in (filing, sheets, campaigns, proposals, receipts, mine, follows, staff):
        app.include_router(room.router)
    return app


def _on_ours(request: Request, error: Exception) -> Response:
    """Say one of our errors in the reader's language."""
    assert isinstance(error, errors.LuJianError)
    here = visit(request)
    said, status = sentences.sentence_of(error, here.words), status_of(error)
    if here.wants_json:
        return JSONResponse({"sentence": said, "code": error.code}, status)
    _ = here.words.gettext
    if isinstance(error, errors.NotFoundError):
        said = _("There is nothing here, or it is not shown any more.")
    home = {"address": "/w/", "name": _("All campaigns")}
    return here.notice(_("This did not work"), said, status=status, links=(home,))


def _on_http(request: Request, error: Exception) -> Response:
    """Answer an unknown path or method."""
    assert isinstance(error, HTTPException)
    return _on_ours(request, errors.NotFoundError(kind="page"))
