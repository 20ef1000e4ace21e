"""Who is let in at each address for staff: roles and reaches, ended terms, tokens, strangers.

Each address tries who is let in, one role, one reach and one state that are not; with
``--everything``, every role at every reach. The whole table is tried of the actions behind them
(``tests/submissions/test_permissions.py``). What is sent is taken back at once, so that everything
is tried on the same world.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from itertools import product
from typing import Any

import pytest
from fastapi import APIRouter

from core.errors import UnavailableError
from core.settings import Settings
from people.access.actor import Role
from people.access.permissions import Act
from serving.context import make_context
from submissions.proposals.receipt_codes import new_public_id
from submissions.proposals.states import Status
from tests.web.doors import AGREED, FEW, Door, Undoing
from tests.web.outlets import CLOSED, ELSEWHERE, OUTLETS, STATES, Outlet
from tests.world import REACHES, Thing
from web import create_web

MODERATING = {role for role in Role if AGREED[Act.MODERATE, role]}


def refused(answer: Any) -> bool:
    """Tell whether somebody was not let in: told so, told nothing, or led to the sign-in."""
    leads = answer.headers.get("location", "")
    return answer.status_code in {401, 403, 404} or leads.startswith("/w/desk/sign-in")


def reaches(outlet: Outlet, reach: str) -> bool:
    return outlet.about == "somewhere" or outlet.about in REACHES[reach][1]


def let_in(outlet: Outlet, role: Role, reach: str, status: Status) -> bool:
    if not (any(AGREED[act, role] for act in outlet.acts) and reaches(outlet, reach)):
        return False
    if outlet.about != "proposal":
        return True
    if status is Status.PUBLISHED:
        return not outlet.unshown
    return role in MODERATING and not outlet.shown


def no_such(thing: Thing) -> Thing:
    """Return names of a thing that does not exist."""
    numbers = {"report": 10**9, "change": 10**9, "assignment": 10**9}
    names = {"public_id": new_public_id(), "comment": new_public_id(), "photo": "Z" * 22}
    return replace(thing, **names, **numbers)


def states(outlet: Outlet) -> tuple[Status, ...]:
    return STATES if outlet.about == "proposal" else STATES[:1]


Case = tuple[Role, str, Status]
#: For what an address is about: the narrowest reach that covers it, and one that is near to it and
#: does not; for what is somewhere, any does.
NEAREST = {
    "proposal": ("this community", "another community"),
    "place": ("this community", "another community"),
    "campaign": ("this subdistrict", "this community"),
    "platform": ("platform", "this subdistrict"),
    "around": ("another community", "another edition"),
    "layer": ("another edition", "another subdistrict"),
    "somewhere": ("nowhere",),
}


def cases(door: Door, outlet: Outlet, everything: bool) -> list[Case]:
    """Return who to try; roles without a desk are among the strangers."""
    roles = [role for role in Role if AGREED[Act.SEE_DESK, role]]
    able = [role for role in roles if any(AGREED[act, role] for act in outlet.acts)]
    if everything:
        return product_of(door, outlet, roles, able)
    return few_of(outlet, able, [role for role in roles if role not in able])


def product_of(door: Door, outlet: Outlet, roles: list[Role], able: list[Role]) -> list[Case]:
    """Return every role of the desk, and one that may, at every reach."""
    return [
        (role, reach, status)
        for role, reach, status in product(roles, door.reaches, states(outlet))
        if role is able[-1] or reach == "platform" or (role in able and reach == FEW[-1])
    ]


def few_of(outlet: Outlet, able: list[Role], others: list[Role]) -> list[Case]:
    """Return who is let in, one role and one reach that are not, and who knows of what is held."""
    people = [*((role, "platform") for role in others[-1:])]
    people += [(able[-1], reach) for reach in NEAREST[outlet.about]]
    few = [(*who, Status.PUBLISHED) for who in people]
    if outlet.about == "proposal":  # of those who may, some know of what is not shown
        kinds = {role in MODERATING: role for role in (*others, *able)}.values()
        few += [(role, "platform", Status.HELD) for role in kinds]
        few += [(able[-1], NEAREST[outlet.about][-1], Status.HELD)]
    return few


@pytest.mark.parametrize("outlet", OUTLETS, ids=[each.title for each in OUTLETS])
def test_who_is_let_in(door: Door, outlet: Outlet, everything: bool) -> None:
    decisions = Counter[bool]()
    for role, reach, status in cases(door, outlet, everything):
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
def test_strangers_ended_terms_and_tokens(door: Door, outlet: Outlet, everything: bool) -> None:
    """One of the strangers: over the table, each of them many times."""
    thing = door.world.things[Status.HELD if outlet.unshown else Status.PUBLISHED]
    strangers = {**door.strangers, "a forged token": {"authorization": "Bearer lj_none"}}
    names = list(strangers)
    if not everything:
        names = [names[OUTLETS.index(outlet) % len(names)]]
    for name in names:
        headers = strangers[name]
        answer = door.knock(outlet, headers, thing)
        assert refused(answer), (name, answer.status_code)
        assert thing.said not in answer.text
    staff = frozenset(each for each, _ in AGREED)
    answer = door.knock(outlet, door.tokens[staff - set(outlet.acts)], thing)
    assert refused(answer), answer.status_code
    answer = door.knock(outlet, door.tokens[staff], thing)
    assert refused(answer) is outlet.by_device, answer.status_code


@pytest.mark.parametrize(
    "outlet",
    [each for each in OUTLETS if each.method == "POST"],
    ids=[each.title for each in OUTLETS if each.method == "POST"],
)
@pytest.mark.everything
def test_no_other_site_sends_it_for_an_administrator(door: Door, outlet: Outlet) -> None:
    """As ``test_every_route.py`` tries at every route there is, with forms that would be taken."""
    who, thing = door.people[Role.ADMINISTRATOR, "platform"], door.world.things[Status.PUBLISHED]
    for headers in ({"sec-fetch-site": "cross-site"}, {"origin": "https://evil.example"}):
        answer = door.knock(outlet, {**who, **headers}, thing)
        assert answer.status_code == 403, headers


def test_what_is_read_writes_nothing(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a full disk all pages of the desk open, but for files whose leaving is recorded."""

    def refuse(_database: Undoing, _fn: Any) -> None:
        raise UnavailableError(problem="full")

    monkeypatch.setattr(Undoing, "write", refuse)
    who, thing = door.people[Role.ADMINISTRATOR, "platform"], door.world.things[Status.PUBLISHED]
    asked = [outlet for outlet in OUTLETS if outlet.method == "GET"]
    refusing = {o.address for o in asked if door.knock(o, who, thing).status_code == 503}
    assert {address.partition("?")[0].rpartition("/")[2] for address in refusing} == {
        "desk.csv",
        "desk.geojson",
    }


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
