"""Who may do what in which state: the whole table, with more refusals than grants."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import product

import pytest

from people.access.actor import OPERATOR, Actor, Role, everywhere
from submissions.proposals.states import (
    TRANSITIONS,
    Status,
    follows,
    is_author,
    is_open,
    may_comment,
    may_edit,
    may_follow,
    may_report,
    may_see,
    may_support,
    may_withdraw,
)

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
    may_withdraw: OPEN | {"merged"},
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


def test_which_state_follows_which() -> None:
    found = {pair for pair in product(Status, Status) if follows(*pair)}
    assert found == ALLOWED


def test_every_state_but_withdrawn_has_a_way_back_to_published() -> None:
    """Out of ``merged`` leads ``unmerge`` alone."""
    assert set(TRANSITIONS) == set(Status)
    assert all(
        Status.PUBLISHED in TRANSITIONS[status]
        for status in set(Status) - {Status.PUBLISHED, Status.WITHDRAWN, Status.MERGED}
    )


@pytest.mark.parametrize("predicate", AS_AUTHOR, ids=lambda predicate: predicate.__name__)
def test_role_by_device_by_state(predicate: Callable[[Actor, Pin], bool]) -> None:
    """No role helps: what staff may see and do is said elsewhere, with where it is."""
    decisions = []
    for role, status in product([None, *Role], Status):
        grants = everywhere(role) if role else frozenset()
        expected = {
            "author": status in AS_AUTHOR[predicate],
            "other": status in AS_OTHER[predicate],
            # Without a device nothing is done, whatever the role; and nobody is nobody's author.
            None: predicate is may_see and status == "published",
        }
        for device, wanted in expected.items():
            assert predicate(Actor(device, grants), Pin(status)) is wanted, (role, device, status)
            decisions.append(wanted)
        for device in ("author", None):
            found = predicate(Actor(device, grants), Pin(status, None))
            assert found is expected["other" if device else None]
    assert decisions.count(False) > decisions.count(True)


@pytest.mark.parametrize("status", Status)
def test_the_author_is_the_device_that_filed(status: Status) -> None:
    pin = Pin(status)
    assert is_author(Actor("author", everywhere(*Role)), pin)
    assert not is_author(Actor("Author"), pin)
    assert not is_author(Actor(AUTHOR.key), pin)  # what tables hold is no pass
    for pair in ((NOBODY, Pin(status, None)), (Actor(""), Pin(status, "")), (OPERATOR, pin)):
        assert not is_author(*pair)


@pytest.mark.parametrize("status", Status)
def test_seeing_and_supporting_by_state(status: Status) -> None:
    published = status == Status.PUBLISHED
    pin = Pin(status)
    assert may_see(OTHER, pin) is published
    assert may_see(NOBODY, pin) is published
    assert may_see(AUTHOR, pin)
    assert may_see(NOBODY, Pin(status, None)) is published
    assert may_support(OTHER, pin) is published
    assert not may_support(AUTHOR, pin)
    assert not may_support(NOBODY, pin)
    assert not may_support(OPERATOR, pin)


def test_a_campaign_is_open_from_the_opening_until_just_before_the_closing() -> None:
    start = datetime(2026, 1, 1, tzinfo=UTC)
    window = Window(start, start + timedelta(days=1))
    tick = timedelta(microseconds=1)
    moments = (start - tick, start, window.closes_at - tick, window.closes_at)
    assert [is_open(window, moment) for moment in moments] == [False, True, True, False]
