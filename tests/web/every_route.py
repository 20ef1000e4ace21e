"""All routes of the API and of the pages, as they are served, found in the applications."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from starlette.applications import Starlette

#: What stands for a name in an address, where it is not "1".
NAMES = {"slug": "test-campaign", "z": "14", "x": "13488", "y": "6190", "form": "csv"}
_NAME = re.compile(r"\{(\w+)(?::\w+)?\}")


def every_route(served: Starlette) -> Iterator[tuple[str, str]]:
    """Give method and address of each route."""
    for mount in served.routes:
        for route in _leaves(mount.app.routes):  # type: ignore[attr-defined]
            address = mount.path + _NAME.sub(_named, route.path)  # type: ignore[attr-defined]
            for method in sorted(route.methods or ()):
                yield method, address


def _leaves(routes: Any) -> Iterator[Any]:
    for route in routes:
        if hasattr(route, "methods"):
            yield route
            continue
        inner = getattr(route, "original_router", None) or getattr(route, "router", None)
        yield from _leaves(inner.routes)


def _named(found: re.Match[str]) -> str:
    return NAMES.get(found[1], "1")
