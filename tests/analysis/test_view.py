"""Views in addresses: what is written is read again, and old addresses keep their meaning."""

from __future__ import annotations

from datetime import date
from urllib.parse import parse_qsl

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.filter import Filter, Spot
from analysis.hotspots.hotspot_list import MOST_PRINTED, ORDERS, HotspotList
from analysis.view import MEASURES, SORTS, Comparison, View
from tests.analysis.test_filter import DAYS, FILTERS
from tests.examples import examples

SLUGS = st.just("") | st.from_regex(r"[a-z0-9][a-z0-9-]{0,40}", fullmatch=True)
LAYER = st.from_regex(r"[a-z_]{1,20}|u[0-9]{1,18}", fullmatch=True).filter(lambda k: k != "none")
PLACES = st.tuples(st.floats(-180, 180), st.floats(-85, 85), st.integers(3, 20)).map(
    lambda place: f"{place[0]:.5f},{place[1]:.5f},{place[2]}"
)
VIEWS = st.builds(
    View,
    campaign=SLUGS,
    narrow=FILTERS,
    measure=st.sampled_from(MEASURES),
    radius_m=st.floats(20, 300).map(lambda m: round(m, 3)),
    min_proposals=st.integers(3, 100),
    layers=st.none()
    | st.dictionaries(LAYER, st.integers(5, 100), max_size=30).map(lambda d: tuple(d.items())),
    at=st.just("") | PLACES,
    sort=st.sampled_from(SORTS),
    page=st.integers(1, 1_000_000),
    spots=st.builds(
        HotspotList,
        st.sampled_from(ORDERS),
        st.just("") | st.from_regex(r"[0-9]{12}", fullmatch=True),
        st.just("") | st.from_regex(r"[a-z_]{1,20}", fullmatch=True),
        st.integers(1, MOST_PRINTED),
        st.booleans(),
    ),
    beside=st.none()
    | st.builds(
        Comparison,
        SLUGS,
        st.none() | st.dates(date(2019, 1, 1), date(2019, 12, 31)),
        st.none() | DAYS,
    ),
)


def read(query: str) -> View:
    return View.read(parse_qsl(query, keep_blank_values=True))


@settings(max_examples=examples(60), deadline=None)
@given(VIEWS)
def test_a_view_comes_back_from_its_address(view: View) -> None:
    path, _, query = view.address("/w/desk/review/views").partition("?")
    assert path == "/w/desk/review/views"
    again = read(query)
    assert (again, again.problems) == (view, ())
    assert again.query() == query
    assert read(view.query(page="", lang="en")).page == 1


def test_addresses_of_before_mean_what_they_meant() -> None:
    view = read(
        "campaign=bikes&category=public_space&text=%E5%BA%A7&measure=per_km2&radius_m=80"
        "&min_proposals=7&layers=heat%3A60%2Cu12%2Cnothing%3A900%2C%3A&at=116.31,40.03,17.0"
        "&sort=supported&page=3&with=parks&with_from=2026-05-09&lang=en"
    )
    assert view == View(
        campaign="bikes",
        narrow=Filter(categories=("public_space",), text="座"),
        measure="per_km2",
        radius_m=80.0,
        min_proposals=7,
        layers=(("heat", 60), ("u12", 100), ("nothing", 100)),
        at="116.31000,40.03000,17",
        sort="supported",
        page=3,
        beside=Comparison("parks", date(2026, 5, 9)),
    )
    assert read("layers=none").layers == ()
    assert read("with=&with_from=&measure=&page=") == View() == read("")
    spot = read("hotspot=h0123456789ab&radius_m=33.5&min_proposals=4")
    assert (spot.radius_m, spot.min_proposals) == (33.5, 4)
    assert spot.narrow.spot == Spot("h0123456789ab", 33.5, 4)


@pytest.mark.parametrize(
    "odd",
    [
        *("measure=weight", "radius_m=near", "radius_m=nan", "radius_m=1e2", "min_proposals=-4"),
        *("at=1,2", "at=200,40,12", "at=nan,40,12", "sort=random", "page=0x1", "page=%00"),
        *("layers=", "spots_by=rank", "spots_in=%3Cb%3E", "spots_printed=all", "spots_sure=yes"),
    ],
)
def test_what_shows_something_else_only_is_as_if_it_had_not_been_given(odd: str) -> None:
    view = read(odd)
    assert (view, view.problems) == (View(), ())


def test_what_lies_beyond_its_bounds_is_taken_back_into_them() -> None:
    view = read("radius_m=9999&min_proposals=1&page=99999999&layers=pins:1,heat:900")
    assert (view.radius_m, view.min_proposals, view.page) == (300.0, 3, 1_000_000)
    assert view.layers == (("pins", 5), ("heat", 100))


@pytest.mark.parametrize(
    ("odd", "field"),
    [
        ("category=<b>", "category"),
        ("from=x", "from"),
        ("with_from=x", "from"),
        ("with_from=2026-05-02&with_to=2026-05-01", "to"),
        ("hotspot=h1", "hotspot"),
    ],
)
def test_a_filter_that_makes_no_sense_is_a_problem_and_narrows_nothing(
    odd: str, field: str
) -> None:
    view = read(f"measure=per_km2&{odd}")
    assert view == View(measure="per_km2")
    assert [problem.params["field"] for problem in view.problems] == [field]


def test_files_are_of_the_view() -> None:
    view = read("campaign=bikes&category=racks&hotspot=h0123456789ab&radius_m=60&min_proposals=9")
    base = "/api/campaigns/bikes"
    assert view.file("hotspots.geojson") == (
        f"{base}/hotspots.geojson?category=racks&radius_m=60&min_proposals=9"
    )
    assert view.file("proposals.geojson") == f"{base}/proposals.geojson?{view.narrow.query()}"
    assert View("bikes").file("pins.json") == f"{base}/pins.json"
