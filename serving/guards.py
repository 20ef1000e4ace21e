"""Who may use a route, declared where the route is made: closed unless a guard says otherwise.

A guard is a dependency of a router or of a route, and runs before anything of the request is read.
``check_guarded`` refuses to serve an application with a route that has none. Guards are coarse:
where an act depends on its object (a campaign's subdistrict, a proposal's community), the action
in its room asks once more, about that object.

That another site's page does not send is asked of every change: ``serving.sender_check``.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Iterator
from typing import Any, TypeVar
from urllib.parse import urlsplit

from fastapi import Depends, FastAPI, Request
from fastapi.responses import Response
from starlette.routing import BaseRoute

from core.errors import LuJianError, NotAllowedError, NotFoundError, SignInNeededError
from people.access.device_cookie import device_of
from people.access.permissions import Act, may_somewhere
from people.accounts.sessions import SignedIn
from serving.context import actor_of, by_token, signed_in_of
from serving.sender_check import SAFE

F = TypeVar("F", bound=Callable[..., Any])


class Guard:
    """What a route asks of whoever comes. Called with a request, it raises or lets them in."""

    def __init__(self, name: str, *acts: Act) -> None:
        self.name, self.acts = name, acts

    def __repr__(self) -> str:
        return f"{self.name}({', '.join(self.acts)})"


class _Public(Guard):
    """Lets everybody in."""

    async def __call__(self) -> None:
        """Ask for nothing."""


class _Device(Guard):
    """Lets in a browser that holds a device of ours; a program with a token has none."""

    async def __call__(self, request: Request) -> None:
        """Raise ``NotAllowedError`` without a device."""
        if by_token(request) or not device_of(request.cookies):
            raise NotAllowedError(action="send", missing="device")


class _Session(Guard):
    """Lets in whoever has a session, also while a password must be changed."""

    def __call__(self, request: Request) -> None:
        """Raise ``SignInNeededError``; ``NotAllowedError`` for a change without a device."""
        found = signed_in_of(request)
        if found is None or not self.opens(found):
            raise SignInNeededError(next=request.url.path)
        _check_sends(request)

    def opens(self, _found: SignedIn) -> bool:
        """Tell whether a session is enough."""
        return True


class _SignedIn(_Session):
    """Lets in whoever is signed in with a password of their own choice, or without any."""

    def opens(self, found: SignedIn) -> bool:
        """Tell whether a session is enough."""
        return not found.must_change


class _Staff(Guard):
    """Lets in whoever may do one of the acts somewhere; for others there is no such page."""

    def __call__(self, request: Request) -> None:
        """Raise ``NotFoundError``; ``NotAllowedError`` for a change without a device."""
        if not any(may_somewhere(actor_of(request), act) for act in self.acts):
            self.refuse(request)
        _check_sends(request)

    def refuse(self, _request: Request) -> None:
        """Raise the refusal."""
        raise NotFoundError(kind="page")


class _Desk(_Staff):
    """Lets in as ``_Staff``; whoever is not signed in is led to the sign-in and back."""

    def refuse(self, request: Request) -> None:
        """Raise ``SignInNeededError``, or ``NotFoundError`` for somebody who is signed in."""
        found = signed_in_of(request)
        if actor_of(request).account_id is None or (found and found.must_change):
            raise SignInNeededError(next=_address(request))
        super().refuse(request)


def has_sender(request: Request) -> bool:
    """Tell whether a device of ours sends, or a program with a token."""
    return by_token(request) or device_of(request.cookies) is not None


def _check_sends(request: Request) -> None:
    """Raise ``NotAllowedError`` for a change by neither a device of ours nor a token."""
    if request.method not in SAFE and not has_sender(request):
        raise NotAllowedError(action="send", missing="device")


def _address(request: Request) -> str:
    """Return this page's address, to come back to; of an answer to a form, the page before it."""
    asked = request.url
    if request.method in {"GET", "HEAD"}:
        return f"/w{asked.path.removeprefix('/w')}" + (f"?{asked.query}" if asked.query else "")
    before = urlsplit(request.headers.get("referer", ""))
    return before.path if before.path.startswith("/w/desk") else "/w/desk"


#: Everybody may, without a device too.
PUBLIC = Depends(_Public("public"))
#: From a browser that holds a device of ours.
DEVICE = Depends(_Device("device"))
#: With a session; ``HAS_SESSION`` also while a password must be changed.
SIGNED_IN = Depends(_SignedIn("signed_in"))
HAS_SESSION = Depends(_Session("has_session"))


def desk(*acts: Act) -> Any:
    """Return the guard of a page of the desk: one of these acts, somewhere."""
    return Depends(_Desk("desk", *acts))


def for_staff(*acts: Act) -> Any:
    """Return the guard of what staff have outside the desk: one of these acts, somewhere."""
    return Depends(_Staff("staff", *acts))


def kept_by(show: Callable[[Request, LuJianError], Awaitable[Response]]) -> Callable[[F], F]:
    """Decorate a route: ``show`` answers a sender without a device with the form as it was filled.

    Such a browser gets its device with this answer, so sending once more succeeds.
    """

    def mark(route: F) -> F:
        setattr(route, "show_refusal", show)  # noqa: B010  # functions have no such attribute
        return route

    return mark


async def form_again(request: Request, error: NotAllowedError) -> Response | None:
    """Return the route's own answer to a sender without a device; None where it has none."""
    show = getattr(request.scope.get("endpoint"), "show_refusal", None)
    if show is None or error.params.get("missing") != "device":
        return None
    answer: Response = await show(request, error)
    return answer


def guards_of(route: BaseRoute) -> list[Guard]:
    """Return the guards of a route and of the router it was made with."""
    declared = getattr(route, "dependencies", ())
    return [one.dependency for one in declared if isinstance(one.dependency, Guard)]


def leaf_routes(routes: Iterable[Any]) -> Iterator[Any]:
    """Give every route of an application, also those of the routers that it includes."""
    for route in routes:
        if hasattr(route, "methods"):
            yield route
        else:
            inner: Any = getattr(route, "original_router", None) or route.router
            yield from leaf_routes(inner.routes)


def check_guarded(app: FastAPI) -> None:
    """Raise ``RuntimeError`` naming the routes that say nothing of who may use them."""
    own = {app.openapi_url, app.docs_url, app.redoc_url, app.swagger_ui_oauth2_redirect_url}
    bare = [r.path for r in leaf_routes(app.routes) if not guards_of(r) and r.path not in own]
    if bare:
        raise RuntimeError(f"routes without a guard (serving/guards.py): {', '.join(bare)}")
