"""Every route says who may use it, and what it says is asked before anything else."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from fastapi import FastAPI

from core.database import Database
from people.access.actor import Role
from people.access.device_cookie import COOKIE
from people.access.permissions import ROLES, Act
from people.accounts.sessions import SESSION_COOKIE
from serving.context import Context
from serving.guards import DEVICE, PUBLIC, Guard, check_guarded, desk
from serving.sender_check import SAFE
from submissions.proposals.queries import CampaignView
from tests.people.acting import new_account, session_cookie
from tests.web.browsing import Browser
from tests.web.conftest import SECRET, site
from tests.web.every_route import guarded_routes

#: What changes something and is open to a browser without a device: a link in a letter is enough;
#: a drawing is measured, nothing is stored; who has the ticket of a file may give it up; Open311
#: has its key in the form, which the route reads.
OPEN_CHANGES = {
    "POST /w/follow/{token}",
    "POST /w/follow/{token}/all",
    "POST /w/alerts/{token}",
    "POST /api/campaigns/{slug}/measure",
    "DELETE /api/files/{ticket}",
    "POST /w/files/{ticket}",
    "POST /api/open311/v2/requests.{ending}",
}
#: What is open below the desk: the ways in.
OPEN_DESK = {"/w/desk/sign-in"} | {
    f"/w/desk/oidc/{{provider}}/{to}" for to in ("start", "callback")
}
#: FastAPI's own: the description of the API.
OWN = "/api/openapi.json"
WITHOUT_DESK = next(role for role in Role if role not in ROLES[Act.SEE_DESK])

Routes = list[tuple[str, str, str, Guard]]


@pytest.fixture
def routes(room: Context, campaign: CampaignView) -> Routes:
    """Give every route, once for each of its guards."""
    return [
        (method, address, path, guard)
        for method, address, path, guards in guarded_routes(site(room))
        for guard in guards
        if method != "HEAD"
    ]


@pytest.fixture
def knock(room: Context, database: Database) -> Callable[..., Any]:
    """Give a way to come to a route: with or without a device, as somebody with a role or not."""
    client = Browser(site(room)).client
    sessions: dict[Role | None, str] = {}

    def come(method: str, address: str, *, device: bool, role: Any = "nobody") -> Any:
        held = [f"{COOKIE}={'d' * 40}"] if device else []
        if role != "nobody":
            grants = [role] if role else []
            if role not in sessions:
                account = new_account(database, *grants)
                sessions[role] = session_cookie(database, SECRET, account)
            held.append(f"{SESSION_COOKIE}={sessions[role]}")
        client.cookies.clear()
        return client.request(method, address, headers={"cookie": "; ".join(held)})

    return come


def test_every_route_has_a_guard(room: Context) -> None:
    found = list(guarded_routes(site(room)))
    assert len(found) > 130
    assert [path for _, _, path, guards in found if not guards and path != OWN] == []


@pytest.mark.parametrize("included", [True, False])
def test_an_application_with_an_open_route_is_not_served(included: bool) -> None:
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    app.get("/seen", dependencies=[PUBLIC])(lambda: {})
    check_guarded(app)
    if included:
        inner = FastAPI(openapi_url=None, docs_url=None, redoc_url=None).router
        inner.post("/forgotten")(lambda: {})
        app.include_router(inner)
    else:
        app.post("/forgotten")(lambda: {})
    with pytest.raises(RuntimeError, match="/forgotten"):
        check_guarded(app)


def test_what_is_open_is_known(routes: Routes) -> None:
    is_open = {(method, path) for method, _, path, guard in routes if guard.name == "public"}
    assert {f"{method} {path}" for method, path in is_open if method not in SAFE} == OPEN_CHANGES
    assert {path for _, path in is_open if path.startswith("/w/desk")} == OPEN_DESK


def test_what_needs_a_device_is_refused_without_one(
    routes: Routes, knock: Callable[..., Any]
) -> None:
    changes = [(m, a) for m, a, _, guard in routes if guard.name == "device"]
    assert len(changes) > 10
    for method, address in changes:
        answer = knock(method, address, device=False)
        # a page that keeps what was typed cannot be shown of what is not there
        assert answer.status_code in {403, 404}, address
        told = knock(method, address, device=True)
        wrong_password = address == "/w/desk/sign-in"
        assert told.status_code != 403 or wrong_password, address


def test_strangers_are_led_to_the_sign_in(routes: Routes, knock: Callable[..., Any]) -> None:
    closed = {(m, a) for m, a, _, guard in routes if guard.name in {"desk", "signed_in"}}
    closed |= {(m, a) for m, a, _, guard in routes if guard.name == "has_session"}
    assert len(closed) > 70
    for method, address in closed:
        answer = knock(method, address, device=True)
        leads = answer.headers.get("location", "")
        assert answer.status_code == 303, (method, address)
        assert leads.startswith("/w/desk/sign-in?next="), (method, address)


def test_who_lacks_the_act_finds_nothing(routes: Routes, knock: Callable[..., Any]) -> None:
    for method, address, _path, guard in routes:
        if not guard.acts:
            continue
        able = {role for act in guard.acts for role in ROLES[act]}
        desk_roles = ROLES[Act.SEE_DESK] - able
        for role in {None, WITHOUT_DESK, *sorted(desk_roles)[:1]}:
            answer = knock(method, address, device=True, role=role)
            assert answer.status_code == 404, (method, address, role)


def test_staff_without_a_device_change_nothing(routes: Routes, knock: Callable[..., Any]) -> None:
    for method, address, _path, guard in routes:
        if method in SAFE or guard.name == "public":
            continue
        answer = knock(method, address, device=False, role=Role.ADMINISTRATOR)
        assert answer.status_code in {403, 404}, (method, address)
        assert (answer.status_code == 403) or guard.name == "device", (method, address)


def test_guards_say_what_they_are() -> None:
    assert repr(desk(Act.MODERATE, Act.MERGE).dependency) == "desk(moderate, merge)"
    assert repr(DEVICE.dependency) == "device()"
