"""Who is let in at each address for staff: every role and reach, ended terms, tokens, strangers.

What is sent is taken back at once, so that everything is tried on the same world.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any, TypeVar

import pytest
from fastapi import APIRouter
from fastapi.testclient import TestClient
from sqlalchemy import URL
from sqlalchemy.orm import Session

from api.context import make_context
from database import Database
from people.actors import Actor, Role, everywhere
from people.catalogue import Act
from people.sessions import SESSION_COOKIE
from people.tokens import make_token
from people.visitors import COOKIE
from settings import Settings
from submissions.receipts import new_public_id
from submissions.rules import Status
from tests.people.acting import new_account, session_cookie
from tests.people.test_catalogue import agreed
from tests.submissions.acting import act
from tests.web.conftest import SECRET, site
from tests.web.outlets import CLOSED, ELSEWHERE, OUTLETS, STATES, Outlet
from tests.world import REACHES, Thing, World, make_world, world_store
from web import create_web

AGREED = agreed()
MODERATING = {role for role in Role if AGREED[Act.MODERATE, role]}
#: What PostGIS decides in another way than SQLite is tried by the actions' own table.
FEW = ("platform", "this subdistrict", "another subdistrict")
DEVICE = "d" * 40
T = TypeVar("T")


class _UndoneError(Exception):
    """What was sent is taken back."""


class Undoing(Database):
    """A database that takes back whatever is written, after it was."""

    def write(self, fn: Callable[[Session], T]) -> T:
        came: list[T] = []

        def job(session: Session) -> None:
            came.append(fn(session))
            raise _UndoneError

        with suppress(_UndoneError):
            super().write(job)
        return came[0]


@dataclass(frozen=True)
class Door:
    """The site over a world, and who may knock: their headers by role and reach."""

    world: World
    client: TestClient
    people: dict[tuple[Role, str], dict[str, str]]
    strangers: dict[str, dict[str, str]]
    tokens: dict[frozenset[Act], dict[str, str]]
    reaches: tuple[str, ...]

    def knock(self, outlet: Outlet, headers: dict[str, str], thing: Thing) -> Any:
        address, data = outlet.filled(self.world, thing)
        body = {"data": data} if outlet.method == "POST" else {}
        return self.client.request(outlet.method, address, headers=headers, **body)


def cookies(session: str = "") -> dict[str, str]:
    held = f"{COOKIE}={DEVICE}" + (f"; {SESSION_COOKIE}={session}" if session else "")
    return {"cookie": held}


@pytest.fixture(scope="module")
def door(backend: str, workshop: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    url: URL = workshop.make("doors")
    tried = tuple(REACHES) if backend == "sqlite" else FEW
    folder = tmp_path_factory.mktemp("doors")
    database, now = Database(url), datetime.now(UTC)
    world = make_world(database, world_store(folder / "photos"), now=now)
    people = {
        (role, reach): cookies(_session(database, [REACHES[reach][0](role)]))
        for role, reach in product(Role, tried)
    }
    all_roles = list(Role)
    past = {"starts_at": now - timedelta(days=9), "ends_at": now - timedelta(days=1)}
    to_come = {"starts_at": now + timedelta(days=1)}
    strangers = {
        "nobody": {},
        "a resident's device": cookies(),
        "a forged session": cookies("0" * 64 + "." + "0" * 64),
        "an account without a role": cookies(_session(database, [])),
        "roles without a desk": cookies(_session(database, _without_desk())),
        "ended terms": cookies(_session(database, all_roles, **past)),
        "terms to come": cookies(_session(database, all_roles, **to_come)),
    }
    settings = Settings(var_dir=folder, photo_store=str(folder / "photos"), secret_key=SECRET)
    undoing = Undoing(url)
    with TestClient(site(make_context(undoing, settings)), follow_redirects=False) as client:
        yield Door(world, client, people, strangers, _tokens(database, now), tried)
    undoing.close()
    database.close()


def _without_desk() -> list[Role]:
    return [role for role in Role if not AGREED[Act.SEE_DESK, role]]


def _session(database: Database, grants: list[Any], **term: Any) -> str:
    return session_cookie(database, SECRET, new_account(database, *grants, **term))


def _tokens(database: Database, now: datetime) -> dict[frozenset[Act], dict[str, str]]:
    """Return a token of an administrator for each act alone, for all others, and for all."""
    account = new_account(database, Role.ADMINISTRATOR)
    actor = Actor(grants=everywhere(Role.ADMINISTRATOR), account_id=account, name="tokens")
    staff = frozenset(each for each, _ in AGREED)
    wanted = {staff} | {frozenset({each}) for each in staff}
    wanted |= {staff - set(outlet.acts) for outlet in OUTLETS}
    made = {}
    for place, acts in enumerate(sorted(wanted, key=sorted)):
        if place % 10 == 0:  # one account holds a few tokens only
            account = new_account(database, Role.ADMINISTRATOR)
            actor = replace(actor, account_id=account)
        token = act(database, make_token, actor, name="t", acts=sorted(acts), ends_at=None, now=now)
        made[acts] = {"authorization": f"Bearer {token}"}
    return made


def refused(answer: Any) -> bool:
    """Tell whether somebody was not let in: told so, told nothing, or led to the sign-in."""
    leads = answer.headers.get("location", "")
    return answer.status_code in {401, 403, 404} or leads.startswith("/w/desk/sign-in")


def reaches(outlet: Outlet, reach: str) -> bool:
    return outlet.about == "somewhere" or outlet.about in REACHES[reach][1]


def let_in(outlet: Outlet, role: Role, reach: str, status: Status) -> bool:
    if not (any(AGREED[act, role] for act in outlet.acts) and reaches(outlet, reach)):
        return False
    if outlet.about != "proposal" or status is Status.PUBLISHED:
        return True
    return role in MODERATING and not outlet.shown


def no_such(thing: Thing) -> Thing:
    """Return names of a thing that does not exist."""
    numbers = {"report": 10**9, "change": 10**9, "assignment": 10**9}
    names = {"public_id": new_public_id(), "comment": new_public_id(), "photo": "Z" * 22}
    return replace(thing, **names, **numbers)


def states(outlet: Outlet) -> tuple[Status, ...]:
    return STATES if outlet.about == "proposal" else STATES[:1]


def cases(door: Door, outlet: Outlet) -> list[tuple[Role, str, Status]]:
    """Return who to try: every role of the desk, and one that may, at every reach.

    Roles without a desk are among the strangers; the whole product is tried of the actions.
    """
    roles = [role for role in Role if AGREED[Act.SEE_DESK, role]]
    able = [role for role in roles if any(AGREED[act, role] for act in outlet.acts)]
    return [
        (role, reach, status)
        for role, reach, status in product(roles, door.reaches, states(outlet))
        if role is able[-1] or reach == "platform" or (role in able and reach == FEW[-1])
    ]


@pytest.mark.parametrize("outlet", OUTLETS, ids=[each.title for each in OUTLETS])
def test_who_is_let_in(door: Door, outlet: Outlet) -> None:
    decisions = Counter[bool]()
    for role, reach, status in cases(door, outlet):
        thing, who = door.world.things[status], door.people[role, reach]
        answer = door.knock(outlet, who, thing)
        wanted = let_in(outlet, role, reach, status)
        case = (str(role), reach, str(status), answer.status_code, answer.headers.get("location"))
        assert answer.status_code < 500, case
        assert refused(answer) is not wanted, case
        decisions[wanted] += 1
        if not wanted and status is not Status.PUBLISHED:
            blind = door.knock(outlet, who, no_such(thing))
            assert answer.status_code == blind.status_code, case
            assert thing.said not in answer.text
    assert decisions[True]
    assert decisions[False] or outlet.acts == (Act.SEE_DESK,)


@pytest.mark.parametrize("outlet", OUTLETS, ids=[each.title for each in OUTLETS])
def test_strangers_ended_terms_and_tokens(door: Door, outlet: Outlet) -> None:
    thing = door.world.things[Status.PUBLISHED]
    for name, headers in door.strangers.items():
        answer = door.knock(outlet, headers, thing)
        assert refused(answer), (name, answer.status_code)
        assert thing.said not in answer.text
    staff = frozenset(each for each, _ in AGREED)
    answer = door.knock(outlet, door.tokens[staff - set(outlet.acts)], thing)
    assert refused(answer), answer.status_code
    answer = door.knock(outlet, {"authorization": "Bearer lj_none"}, thing)
    assert answer.status_code == 401
    answer = door.knock(outlet, door.tokens[staff], thing)
    assert refused(answer) is outlet.by_device, answer.status_code


@pytest.mark.parametrize(
    "outlet",
    [each for each in OUTLETS if each.method == "POST"],
    ids=[each.title for each in OUTLETS if each.method == "POST"],
)
def test_no_other_site_sends_it_for_an_administrator(door: Door, outlet: Outlet) -> None:
    who, thing = door.people[Role.ADMINISTRATOR, "platform"], door.world.things[Status.PUBLISHED]
    for headers in ({"sec-fetch-site": "cross-site"}, {"origin": "https://evil.example"}):
        answer = door.knock(outlet, {**who, **headers}, thing)
        assert answer.status_code == 403, headers


@pytest.mark.parametrize("address", CLOSED)
def test_public_files_hold_what_is_shown_for_everybody(door: Door, address: str) -> None:
    for who in (*door.people.values(), *door.strangers.values(), *door.tokens.values()):
        answer = door.client.get(address.format(slug=door.world.campaign.slug), headers=who)
        assert answer.status_code == 403


def test_there_are_more_refusals_than_entries() -> None:
    decisions = Counter(
        let_in(outlet, role, reach, status)
        for outlet, role, reach in product(OUTLETS, Role, REACHES)
        for status in states(outlet)
    )
    assert decisions[False] > 3 * decisions[True]


def test_every_address_of_the_desk_stands_in_the_table(door: Door) -> None:
    known = {
        f"{method} {route.path}"
        for included in create_web(make_context(door.world.database, Settings())).routes
        for route in getattr(included, "original_router", APIRouter()).routes
        for method in getattr(route, "methods", None) or ()
        if getattr(route, "path", "").startswith("/desk") and method != "HEAD"
    }
    assert len(known) > 40
    tried = set()
    for outlet in OUTLETS:
        path = outlet.address.partition("?")[0].removeprefix("/w")
        sample = re.sub(r"\{\w+\}", "1", path)
        tried |= {
            name
            for name in known
            if name.startswith(f"{outlet.method} ")
            and re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", name.partition(" ")[2]), sample)
        }
    assert known - tried - set(ELSEWHERE) == set(), "add these to tests/web/outlets.py"
    assert set(ELSEWHERE) <= known
