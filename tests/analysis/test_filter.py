"""Filters in addresses: what is written is read again, what makes no sense is refused."""

from __future__ import annotations

from datetime import date
from urllib.parse import parse_qsl, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.filter import OUTSIDE, AnswerFilter, Filter, Spot, read_filter
from core.errors import InvalidError
from submissions.proposals.states import Relation, Status

KEYS = st.from_regex(r"[a-z][a-z0-9_]{0,20}", fullmatch=True)
FREE = st.text(min_size=1, max_size=40).map(lambda said: read_filter([("text", said)]).text)
CODES = st.from_regex(r"[0-9]{12}", fullmatch=True) | st.just(OUTSIDE)
DAYS = st.dates(date(2020, 1, 1), date(2030, 1, 1))
PLACES = st.tuples(
    st.floats(116, 117).map(lambda x: round(x, 6)), st.floats(39, 41).map(lambda y: round(y, 6))
)
SPOTS = st.builds(
    Spot,
    st.from_regex(r"h[0-9a-f]{12}", fullmatch=True),
    st.floats(20, 300).map(lambda m: round(m, 3)),
    st.integers(3, 100),
)


def several(values: st.SearchStrategy[str]) -> st.SearchStrategy[tuple[str, ...]]:
    return st.lists(values, max_size=4).map(tuple)


FILTERS = st.builds(
    Filter,
    categories=several(KEYS),
    relations=several(st.sampled_from([str(each) for each in Relation])),
    communities=several(CODES),
    statuses=several(st.sampled_from([str(each) for each in Status])),
    answers=st.lists(st.builds(AnswerFilter, KEYS, several(FREE.filter(bool))), max_size=3).map(
        tuple
    ),
    since=st.none() | st.dates(date(2019, 1, 1), date(2019, 12, 31)),
    until=st.none() | DAYS,
    answered=st.none() | st.booleans(),
    photo=st.none() | st.booleans(),
    supports=st.integers(0, 1000),
    text=FREE,
    area=st.just(()) | st.lists(PLACES, min_size=3, max_size=8).map(tuple),
    spot=st.none() | SPOTS,
)


@given(FILTERS)
def test_a_filter_comes_back_from_its_address(narrow: Filter) -> None:
    address = urlencode([("lang", "en"), *narrow.pairs(), ("page", "3")])
    again = read_filter(parse_qsl(address, keep_blank_values=True))
    assert again == narrow
    assert again.digest == narrow.digest
    assert (narrow.digest == "") is (narrow == Filter())
    assert read_filter(parse_qsl(narrow.query(measure="per_km2"))) == narrow


@pytest.mark.parametrize("typed", ["0 \x00 0", "a\u200b \u200b b", " x" * 400, "路" * 199 + " 口"])
def test_words_that_are_sought_are_read_again_as_they_were(typed: str) -> None:
    once = read_filter([("text", typed)])
    assert "  " not in once.text
    assert read_filter(once.pairs()) == once


def test_what_a_form_leaves_empty_narrows_nothing() -> None:
    empty = [("category", ""), ("text", "  "), ("supports", ""), ("a_when", ""), ("to", " ")]
    assert read_filter(empty) == Filter()
    assert Filter().only_category
    assert Filter(categories=("bikes",)).only_category
    assert not Filter(categories=("bikes",), photo=False).only_category


def test_the_order_in_which_things_are_asked_does_not_matter() -> None:
    one = read_filter([("category", "b"), ("category", "a"), ("a_x", "2"), ("a_x", "1")])
    other = read_filter([("a_x", "1"), ("category", "a"), ("a_x", "2"), ("category", "b")])
    assert (one, one.digest, hash(one)) == (other, other.digest, hash(other))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("category", "<script>"),
        ("relation", "owns"),
        ("status", "secret"),
        ("community", "a b"),
        ("from", "yesterday"),
        ("photo", "maybe"),
        ("supports", "-1"),
        ("supports", "many"),
        ("supports", "9" * 400),
        ("area", "116.3,40.0 116.4,40.0"),
        ("area", "116.3,40.0 116.4,40.0 nan,40.1"),
        ("area", "116.3,40.0 116.4,40.0 200,40.1"),
        ("hotspot", "h1"),
        ("a_Big", "x"),
    ],
)
def test_what_makes_no_sense_is_refused_by_its_name(name: str, value: str) -> None:
    with pytest.raises(InvalidError) as refused:
        read_filter([(name, value)])
    assert refused.value.params["field"] == name


@pytest.mark.parametrize(("name", "value"), [("radius_m", "19"), ("min_proposals", "101")])
def test_a_hotspot_is_made_within_bounds(name: str, value: str) -> None:
    with pytest.raises(InvalidError) as refused:
        read_filter([("hotspot", "h0123456789ab"), (name, value)])
    assert refused.value.params["field"] == name


def test_a_period_ends_after_it_begins() -> None:
    with pytest.raises(InvalidError):
        read_filter([("from", "2026-05-02"), ("to", "2026-05-01")])
    assert read_filter([("from", "2026-05-01"), ("to", "2026-05-01")]).until == date(2026, 5, 1)
