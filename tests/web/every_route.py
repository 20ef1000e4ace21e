"""All routes of the API and of the pages, as they are served, found in the applications."""

from __future__ import annotations

import re
from collections.abc import Iterator

from starlette.applications import Starlette

from serving.guards import Guard, guards_of, leaf_routes

#: What stands for a name in an address, where it is not "1".
NAMES = {"slug": "test-campaign", "z": "14", "x": "13488", "y": "6190", "form": "csv"}
NAMES |= {"collection": "test-campaign_proposals", "ending": "json"}
NAMES |= {":layer": "parks"}
_NAME = re.compile(r"\{(\w+)(:\w+)?\}")


def every_route(served: Starlette) -> Iterator[tuple[str, str]]:
    """Give method and address of each route."""
    for method, address, _path, _guards in guarded_routes(served):
        yield method, address


def guarded_routes(served: Starlette) -> Iterator[tuple[str, str, str, list[Guard]]]:
    """Give method and address of each route, its path as it is declared, and its guards."""
    for mount in served.routes:
        for route in leaf_routes(mount.app.routes):  # type: ignore[attr-defined]
            path = mount.path + route.path  # type: ignore[attr-defined]
            for method in sorted(route.methods or ()):
                yield method, _NAME.sub(_named, path), path, guards_of(route)


def _named(found: re.Match[str]) -> str:
    return NAMES.get(found[2] or "", NAMES.get(found[1], "1"))
