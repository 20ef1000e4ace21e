"""What programs and the map's scripts ask for, mounted under /api; no page, no rule."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from functools import partial
from typing import Any

from fastapi import Depends, FastAPI, Request
from fastapi.responses import HTMLResponse
from sqlalchemy import text
from starlette.middleware.gzip import DEFAULT_EXCLUDED_CONTENT_TYPES, GZipMiddleware

from api import (
    background,
    desk_downloads,
    downloads,
    exports,
    layer_downloads,
    layers,
    open_data,
    photos,
    places,
    refusal_page,
    shapes,
    tiles,
)
from api.ogc import features
from api.open311 import routes as open311
from api.token_middleware import TokenMiddleware
from api.vector_tiles import routes as vector_tiles
from core.cache import CACHE
from core.database import Database
from core.dialect import name_of
from core.worker import worker_statuses
from geo.writing.forms import FORMS
from layers.map.assets import address
from people.access.permissions import Act, may
from people.office.office import known_office
from serving import errors
from serving.context import Context, actor_of
from serving.guards import PUBLIC, check_guarded
from serving.parameters import check_parameters
from serving.sender_check import check_sender
from serving.streaming import HeadersAlone
from serving.write_turns import TURNS

VERSION = "0.12.1"
#: Files whose parts can be asked for by their place (Range), or that are packed inside already.
PACKED = (
    *DEFAULT_EXCLUDED_CONTENT_TYPES,
    *(form.media_type for form in FORMS.values() if form.name not in {"geojson", "csv"}),
)


def create_api(context: Context) -> FastAPI:
    """Return the API. Paths are relative to its mount point."""
    app = FastAPI(
        title="路见 LuJian",
        version=VERSION,
        docs_url=None,
        redoc_url=None,
        dependencies=[*TURNS, Depends(check_sender), Depends(check_parameters)],
    )
    app.state.context = context
    app.add_middleware(
        GZipMiddleware,
        minimum_size=600,
        # A tile of 4 MB takes a tenth of the time that the best takes, and 3 % more bytes.
        compresslevel=4,
        exclude_content_types=PACKED,
    )
    app.add_middleware(HeadersAlone)
    app.add_middleware(TokenMiddleware, database=context.database)
    app.add_middleware(errors.RetryLater)
    errors.register(app)
    refusal_page.register(app)
    app.include_router(background.router)
    files = exports, downloads, layers, layer_downloads, desk_downloads
    doors = features, vector_tiles, open311
    for room in (open_data, *files, tiles, shapes, photos, places, *doors):
        app.include_router(room.router)
    app.add_api_route(
        "/health", _health_of(context.database), tags=["health"], dependencies=[PUBLIC]
    )
    app.add_api_route(
        "/docs",
        _docs,
        include_in_schema=False,
        response_class=HTMLResponse,
        dependencies=[PUBLIC],
    )
    check_guarded(app)
    setattr(app, "openapi", partial(_described, context, app.openapi))  # noqa: B010
    return app


def _described(context: Context, describe: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """Return what the API says of itself, with the office as whom to ask."""
    office = known_office(context.database, context.settings)
    contact = {"name": office.name("en"), "email": office.email, "url": context.settings.public_url}
    told = describe()
    held = {name: value for name, value in contact.items() if value}
    return {**told, "info": {**told["info"], **({"contact": held} if held else {})}}


def _health_of(database: Database) -> Any:
    def health(request: Request) -> Any:
        """Say that the process answers and that its database does.

        Administrators of the platform are also told of each worker in the background: when it last
        did its work, and its last fault; and how much of the room for results is taken.
        """
        with database.reading() as session:
            session.execute(text("SELECT 1"))
        told: dict[str, Any] = {
            "status": "ok",
            "database": name_of(database.engine),
            "version": VERSION,
        }
        if may(actor_of(request), Act.MANAGE_ACCOUNTS):
            told["results_mb"] = round(CACHE.bytes / 2**20, 1)
            told["results_most_mb"] = round(CACHE.most_bytes / 2**20, 1)
            told["workers"] = [asdict(status) for status in worker_statuses()]
        return told

    return health


def _docs() -> HTMLResponse:
    """Return the page around Swagger UI; what starts it is a file, as pages run no own scripts."""
    return HTMLResponse(
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        "<title>路见 LuJian API</title>"
        f'<link rel="icon" href="{address("swagger-ui/favicon-32x32.png")}">'
        f'<link rel="stylesheet" href="{address("swagger-ui/swagger-ui.css")}"></head>'
        '<body><div id="swagger-ui"></div>'
        f'<script src="{address("swagger-ui/swagger-ui-bundle.js")}"></script>'
        f'<script src="{address("lujian/api-docs.js")}"></script></body></html>'
    )
