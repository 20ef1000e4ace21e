"""Tests that share what is costly run in one process, one after the other."""

from __future__ import annotations

from collections import OrderedDict
from types import SimpleNamespace
from typing import Any

import pytest

from core.settings import ROOT
from tests.sharing_out import LONG, WORLDS, InGroups, group_of, in_order

JOURNEY = "tests/browser/test_list.py::test_a"
LOOKED_AT = "tests/browser/test_accessible.py::test_a"
DOOR, LEAKS = ("tests/web/desk/test_desk_permissions.py::test_a", "tests/web/test_leaks.py::test_b")


def test_what_is_named_is_there() -> None:
    assert [name for name in (*WORLDS, *LONG) if not (ROOT / name).is_file()] == []


@pytest.mark.parametrize(
    ("one", "other", "together"),
    [
        (JOURNEY, "tests/browser/test_list.py::test_b[en]", True),
        (JOURNEY, "tests/browser/test_cards.py::test_a", False),
        (f"{LOOKED_AT}[one]", f"{LOOKED_AT}[other]", True),
        (f"{LOOKED_AT}[one]", f"{LOOKED_AT}_b[one]", False),
        (f"{DOOR}[sqlite-a]", f"{LEAKS}[sqlite]", True),
        (f"{DOOR}[sqlite-a]", f"{LEAKS}[postgis]", False),
        ("tests/geo/test_crs.py::test_a", "tests/geo/test_crs.py::test_b", False),
    ],
)
def test_who_runs_with_whom(one: str, other: str, together: bool) -> None:
    assert (group_of(one) == group_of(other)) is together
    scheduled: Any = InGroups.__new__(InGroups)
    assert scheduled._split_scope(one) == group_of(one)


def test_journeys_come_first_worlds_last_and_kinds_of_database_follow_each_other() -> None:
    alone = "tests/people/test_a.py::test_a"
    names = [f"{DOOR}[sqlite-a]", f"{alone}[postgis]", f"{alone}[sqlite]", JOURNEY]
    names += [f"{LEAKS}[sqlite]", f"{DOOR}[postgis-a]", f"{LEAKS}[postgis]", f"{JOURNEY}_b"]
    items: Any = [SimpleNamespace(nodeid=name) for name in names]
    assert [item.nodeid for item in in_order(items)] == [
        *(JOURNEY, f"{JOURNEY}_b", f"{alone}[sqlite]", f"{alone}[postgis]"),
        *(f"{DOOR}[postgis-a]", f"{LEAKS}[postgis]", f"{DOOR}[sqlite-a]", f"{LEAKS}[sqlite]"),
    ]


class Process:
    """Notes the numbers of the tests that it is given."""

    def __init__(self) -> None:
        self.given: list[int] = []

    def send_runtest_some(self, numbers: list[int]) -> None:
        self.given += numbers


def test_every_second_process_begins_at_the_end() -> None:
    first, second = Process(), Process()
    names = [JOURNEY, "tests/a.py::test_a", "tests/b.py::test_b", DOOR, LEAKS]
    scheduled: Any = InGroups.__new__(InGroups)
    scheduled.assigned_work = {first: {}, second: {}}
    scheduled.registered_collections = {first: names, second: names}
    scheduled.workqueue = OrderedDict()
    for name in names:
        scheduled.workqueue.setdefault(group_of(f"{name}[sqlite]"), {})[name] = False
    for process in (first, second, second, first):
        scheduled._assign_work_unit(process)
    assert (first.given, second.given) == ([0, 1], [3, 4, 2])
    assert not scheduled.workqueue
