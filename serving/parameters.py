"""What stands in addresses: the names of campaigns and of proposals, numbers of things.

An address of the API or of a file that has a parameter which is not declared there is refused:
``check_parameters``. So is an address of the desk that narrows or is acted on (the map, many at
once, the trail): each of these pages calls ``analysis.filter.check_names`` with what it reads.
Pages for people refuse none: WeChat (``from``, ``isappinstalled``), advertisements (``utm_…``) and
short links put parameters of their own behind an address, and whoever follows one must arrive.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Annotated, Any, TypeVar

from fastapi import Path, Request

from analysis.filter import check_names
from serving.sender_check import SAFE

F = TypeVar("F", bound=Callable[..., Any])
Slug = Annotated[str, Path(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")]
#: The number of a row of a table.
Number = Annotated[int, Path(ge=1, le=2**62)]
PublicId = Annotated[str, Path(pattern=r"^[a-z0-9]{1,16}$")]


def check_parameters(request: Request) -> None:
    """Refuse what a route of the API does not declare. Raises ``UnknownParameterError``.

    A route ``with_own_parameters`` does it itself.
    """
    route = request.scope["route"]
    if request.method in SAFE and request.query_params and not _checks_itself(route):
        check_names(request.query_params, declared(route))


def with_own_parameters(route: F) -> F:
    """Decorate a route that refuses unknown parameters itself: which it knows hangs on its path."""
    setattr(route, "checks_parameters", True)  # noqa: B010  # functions have no such attribute
    return route


def _checks_itself(route: Any) -> bool:
    return getattr(route.endpoint, "checks_parameters", False)


def declared(route: Any) -> frozenset[str]:
    """Return the names of the parameters that a route declares, its dependencies' too."""
    return frozenset(_declared(route.dependant))


def _declared(dependant: Any) -> Iterator[str]:
    yield from (str(field.alias) for field in dependant.query_params)
    for one in dependant.dependencies:
        yield from _declared(one)
