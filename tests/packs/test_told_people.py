"""What packs tell of people gives nobody away, in one version or in the differences of several."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from packs.told_people import LEAST, Counted, CountedPeople, decided, from_json, to_json

#: Who stands behind a figure, version by version: sets of people.
COURSES = st.lists(st.sets(st.integers(0, 30), max_size=25), min_size=2, max_size=8)


@given(COURSES)
def test_a_figure_changes_by_five_people_or_not_at_all(
    course: list[set[int]],
) -> None:
    told: list[CountedPeople] = []
    before: Counted = {}
    for number, people in enumerate(course, start=1):
        before = from_json(to_json(decided({"theme:x": len(people)}, before, version=number)))
        told.append(before["theme:x"])
    for earlier, later in pairwise(told):
        assert earlier == later or abs(earlier.people - later.people) >= LEAST
    assert all(one.told is None or (one.told >= LEAST and one.told % LEAST == 0) for one in told)


def test_one_person_more_or_less_never_changes_what_is_told() -> None:
    for number in range(40):
        first = decided({"a": number}, {}, version=1)
        for change in range(-LEAST + 1, LEAST):
            second = decided({"a": max(number + change, 0)}, first, version=2)
            assert second == first, (number, change)
        assert decided({"a": number + LEAST}, first, version=2)["a"].version == 2


def test_what_is_new_is_told_from_five_on_and_what_is_gone_stays_until_five_went() -> None:
    first = decided({"a": 9, "b": 4}, {}, version=1)
    assert (first["a"].told, first["b"].told) == (5, None)
    later = decided({"b": 8, "c": 4, "d": 5}, first, version=2)
    assert later == {
        "a": CountedPeople(0, 2),
        "b": CountedPeople(4, 1),
        "c": CountedPeople(0, 0),
        "d": CountedPeople(5, 2),
    }
    assert decided({"b": 9}, later, version=3)["b"].told == 5
    assert decided({"a": 5}, first, version=2)["a"] == first["a"]
