"""Who may do what in which state: the whole table, with more refusals than grants."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import product

import pytest

from people.actors import OPERATOR, Actor, Role
from submissions.rules import (
    TRANSITIONS,
    Status,
    is_author,
    is_open,
    may_answer,
    may_assist,
    may_change_status,
    may_comment,
    may_edit,
    may_file,
    may_follow,
    may_import,
    may_make_campaign,
    may_moderate,
    may_report,
    may_see,
    may_support,
    may_withdraw,
)

MODERATING = {Role.SOCIAL_WORKER, Role.SUBDISTRICT_OFFICER, Role.ADMINISTRATOR}
ALLOWED = {
    ("received", "published"),
    ("received", "held"),
    ("received", "hidden"),
    ("held", "published"),
    ("held", "hidden"),
    ("published", "held"),
    ("published", "hidden"),
    ("hidden", "published"),
}
#: Who may do what in which states: any role, as the author's device or as another's.
OPEN = {"received", "held", "published"}
AS_AUTHOR = {
    may_support: set(),
    may_edit: {"received", "held"},
    may_withdraw: OPEN,
    may_comment: {"published"},
    may_report: set(),
    may_follow: set(Status),
    may_see: set(Status),
}
AS_OTHER = {
    may_support: {"published"},
    may_edit: set(),
    may_withdraw: set(),
    may_comment: {"published"},
    may_report: {"published"},
    may_follow: {"published"},
    may_see: {"published"},
}
AUTHOR, OTHER, NOBODY = Actor("author"), Actor("other"), Actor()


@dataclass
class Pin:
    status: str
    author_key: str | None = AUTHOR.key


@dataclass
class Window:
    opens_at: datetime
    closes_at: datetime


def with_role(role: Role) -> Actor:
    return Actor("device", frozenset({role}))


@pytest.mark.parametrize("role", Role)
def test_role_by_state_by_wanted_state(role: Role) -> None:
    for status, wanted in product(Status, Status):
        expected = role in MODERATING and (status, wanted) in ALLOWED
        assert may_change_status(with_role(role), Pin(status), wanted) is expected


def test_refusals_outnumber_grants() -> None:
    decisions = [
        may_change_status(with_role(role), Pin(status), wanted)
        for role, status, wanted in product(Role, Status, Status)
    ]
    assert sum(decisions) == len(MODERATING) * len(ALLOWED)
    assert decisions.count(False) > 4 * decisions.count(True)


def test_every_state_but_withdrawn_has_a_way_back_to_published() -> None:
    assert set(TRANSITIONS) == set(Status)
    assert all(
        Status.PUBLISHED in TRANSITIONS[status]
        for status in set(Status) - {Status.PUBLISHED, Status.WITHDRAWN}
    )


@pytest.mark.parametrize("predicate", AS_AUTHOR, ids=lambda predicate: predicate.__name__)
def test_role_by_device_by_state(predicate: Callable[[Actor, Pin], bool]) -> None:
    decisions = []
    for role, status in product([None, *Role], Status):
        roles = frozenset({role} if role else ())
        moderates = predicate is may_see and role in MODERATING
        expected = {
            "author": moderates or status in AS_AUTHOR[predicate],
            "other": moderates or status in AS_OTHER[predicate],
            # Without a device nothing is done, whatever the role; and nobody is nobody's author.
            None: moderates or (predicate is may_see and status == "published"),
        }
        for device, wanted in expected.items():
            assert predicate(Actor(device, roles), Pin(status)) is wanted, (role, device, status)
            decisions.append(wanted)
        for device in ("author", None):
            found = predicate(Actor(device, roles), Pin(status, None))
            assert found is expected["other" if device else None]
    if predicate is not may_see:
        assert decisions.count(False) > decisions.count(True)


@pytest.mark.parametrize("status", Status)
def test_the_author_is_the_device_that_filed(status: Status) -> None:
    pin = Pin(status)
    assert is_author(Actor("author", frozenset(Role)), pin)
    assert not is_author(Actor("Author"), pin)
    assert not is_author(Actor(AUTHOR.key), pin)  # what tables hold is no pass
    for pair in ((NOBODY, Pin(status, None)), (Actor(""), Pin(status, "")), (OPERATOR, pin)):
        assert not is_author(*pair)


def test_answering_and_assisting_by_role() -> None:
    assert {role for role in Role if may_answer(with_role(role))} == {
        Role.SOCIAL_WORKER,
        Role.COMMUNITY_PLANNER,
        Role.SUBDISTRICT_OFFICER,
        Role.DEPARTMENT,
        Role.ADMINISTRATOR,
    }
    assert {role for role in Role if may_assist(with_role(role))} == {
        Role.RESIDENT_PLANNER,
        Role.SOCIAL_WORKER,
        Role.COMMUNITY_PLANNER,
        Role.SUBDISTRICT_OFFICER,
        Role.ADMINISTRATOR,
    }
    for actor in (AUTHOR, NOBODY, Actor("x", frozenset({"Department"}))):
        assert not may_answer(actor)
        assert not may_assist(actor)


@pytest.mark.parametrize("status", Status)
def test_seeing_and_supporting_by_state(status: Status) -> None:
    published = status == Status.PUBLISHED
    pin = Pin(status)
    assert may_see(OTHER, pin) is published
    assert may_see(NOBODY, pin) is published
    assert may_see(AUTHOR, pin)
    assert may_see(OPERATOR, pin)
    assert may_see(NOBODY, Pin(status, None)) is published
    assert may_support(OTHER, pin) is published
    assert not may_support(AUTHOR, pin)
    assert not may_support(NOBODY, pin)
    assert not may_support(OPERATOR, pin)


def test_filing_needs_a_device_and_nothing_else() -> None:
    assert may_file(AUTHOR)
    assert not may_file(NOBODY)
    assert not may_file(OPERATOR)
    assert not may_file(Actor(""))


def test_importing_and_making_campaigns_by_role() -> None:
    importing = {role for role in Role if may_import(with_role(role))}
    assert importing == {Role.COMMUNITY_PLANNER, Role.SUBDISTRICT_OFFICER, Role.ADMINISTRATOR}
    assert {r for r in Role if may_make_campaign(with_role(r))} == {Role.ADMINISTRATOR}
    assert not may_moderate(Actor("x", frozenset({"Administrator", "root", ""})))


def test_a_campaign_is_open_from_the_opening_until_just_before_the_closing() -> None:
    start = datetime(2026, 1, 1, tzinfo=UTC)
    window = Window(start, start + timedelta(days=1))
    tick = timedelta(microseconds=1)
    moments = (start - tick, start, window.closes_at - tick, window.closes_at)
    assert [is_open(window, moment) for moment in moments] == [False, True, True, False]
