"""Serves the front-end files: for ever under their version's address, else asked for each time."""

from __future__ import annotations

import os
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from layers.map import assets
from serving.etag import kept_under, unchanged

YEAR_S = 365 * 24 * 3600
FOR_EVER = f"public, max-age={YEAR_S}, immutable"
_KINDS = {".js": "text/javascript", ".css": "text/css"}


def asset_routes() -> list[BaseRoute]:
    """Return the routes below ``/assets``."""
    return [
        Route(f"{assets.AT}/bundle/{{name}}", _bundle),
        *(
            Mount(f"{assets.AT}/{name}", AssetFiles(name, directory=folder, check_dir=False))
            for name, folder in assets.folders().items()
        ),
    ]


class AssetFiles(StaticFiles):
    """One folder. ``?v=`` is its version; whoever asks without it asks again each time."""

    def __init__(self, name: str, **options: Any) -> None:
        super().__init__(**options)
        self._name = name

    async def get_response(self, path: str, scope: Scope) -> Response:
        """Return the file with how long it may be kept."""
        answer = await super().get_response(path, scope)
        name = f"{self._name}/{path.replace(os.sep, '/')}"
        answer.headers["Cache-Control"] = _kept(Request(scope), name)
        return answer


async def _bundle(request: Request) -> Response:
    name = request.path_params["name"]
    try:
        body = assets.bundle(name)
    except (KeyError, FileNotFoundError):
        return Response(status_code=404)
    etag = f'"{assets.version_of(f"bundle/{name}")}"'
    answer = unchanged(request, etag) or Response(
        body, media_type=_KINDS[name[name.rindex(".") :]], headers=kept_under(etag)
    )
    answer.headers["Cache-Control"] = _kept(request, f"bundle/{name}")
    return answer


def _kept(request: Request, name: str) -> str:
    asked = request.query_params.get("v", "")
    return FOR_EVER if asked and asked == assets.version_of(name) else "no-cache"
