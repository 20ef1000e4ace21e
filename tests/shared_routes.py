"""What FastAPI works out for each route, worked out once for all applications of a process.

It does so at an application's first request, which for some 200 routes takes longer than most
tests. Nothing in it is of one application: a route finds its context by the request's.
"""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI

_worked_out: dict[tuple[str, int], Any] = {}


def sharing_routes(app: FastAPI) -> FastAPI:
    """Give an application the included routers of the first one of its kind."""
    for place, route in enumerate(app.router.routes):
        router = getattr(route, "original_router", None)
        if router is not None:
            known = _worked_out.setdefault((app.title, id(router)), route)
            app.router.routes[place] = known
    return app
