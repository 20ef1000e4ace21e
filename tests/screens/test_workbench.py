"""The workbench without a browser: the address is its state; it shows what a visitor may see."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from shapely import Point
from streamlit.testing.v1 import AppTest

from analysis import results
from analysis.scenarios import sited
from analysis.selection import Selection
from analysis.significance.hotspot_verdicts import hotspot_verdicts
from core.cache import CACHE
from core.database import Database
from geo.siting.child import solve_numbers
from layers.communities.communities import community_frame
from layers.visibility import Shown
from moderation.changes import change_status
from people.access.actor import OPERATOR, Actor, Grant, Role
from screens.parts import visitor
from screens.parts.markdown import plain
from screens.workbench import bench
from screens.workbench import explore as explore_page
from screens.workbench.missing import figures
from submissions.proposals.states import Status
from tests.conftest import NOW, make_campaign
from tests.layers.sending import kept
from tests.screens.opening import SECRET, OpenApp, filed, words_on


def explore() -> None:
    from screens.workbench import explore

    explore.show()


def believe() -> None:
    from screens.workbench import believe

    believe.show()


def change() -> None:
    from screens.workbench import change

    change.show()


def site() -> None:
    from screens.workbench.site import page

    page.show()


def themes() -> None:
    from screens.workbench.themes import page

    page.show()


def missing() -> None:
    from screens.workbench.missing import page

    page.show()


PAGES = [explore, believe, change, themes, missing, site]
Page = Callable[[], None]


def _one(app: AppTest, name: str) -> str:
    """Return a parameter of the address, which AppTest gives as a list or as what was set."""
    value = app.query_params[name]
    return value[0] if isinstance(value, list) else value


def maps_of(app: AppTest) -> list[dict[str, Any]]:
    """Return what the maps of a page are told."""
    told = [json.loads(one.proto.json) for one in app.get("bidi_component")]
    return [data for data in told if "review" in data]


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let pages wait for what a worker makes."""
    monkeypatch.setattr(bench, "GRACE_S", 30.0)


@pytest.mark.parametrize("page", PAGES)
def test_there_is_a_page_without_a_campaign_and_with_an_empty_one(
    open_app: OpenApp, database: Database, page: Page
) -> None:
    app = open_app(page)
    assert not app.exception
    assert "目前还没有活动" in words_on(app)
    make_campaign(database)
    CACHE.clear()
    app = open_app(page)
    assert not app.exception
    assert {one.value for one in app.metric} <= {"0", "0%"}
    # Change asks first what to compare; without proposals there is nothing to site.
    assert app.metric or page in {change, site}


@pytest.mark.parametrize(
    ("page", "name", "value", "warns"),
    [
        (explore, "campaign", "nonsense\x00", False),
        (explore, "from", "yesterday", True),
        (explore, "category", "no_such", True),
        (explore, "status", "held", True),
        (explore, "hotspot", "h000000000000", False),
        (believe, "status", "held", True),
        (change, "with", "no_such", False),
        (missing, "status", "held", True),
    ],
)
def test_an_odd_address_is_answered_and_shows_nothing_that_is_not_public(
    open_app: OpenApp, database: Database, page: Page, name: str, value: str, warns: bool
) -> None:
    campaign = make_campaign(database)
    public_id, _code = filed(database, campaign)
    database.write(
        lambda s: change_status(s, OPERATOR, public_id, Status.HELD, reason="test", now=NOW)
    )
    app = open_app(page, **{name: value})
    assert not app.exception
    assert SECRET not in words_on(app)
    assert bool(app.warning) == warns


def test_the_figures_and_the_bars_are_those_of_the_address(
    open_app: OpenApp, database: Database
) -> None:
    campaign = make_campaign(database)
    for at in range(6):
        filed(database, campaign, f"建议 {at}", device=f"device-{at}-" + "x" * 30)
    app = open_app(explore, lang="en")
    assert [one.value for one in app.metric] == ["6", "6", "1", "1", "0%"]
    app = open_app(explore, lang="en", text="建议 3")
    assert [one.value for one in app.metric] == ["1", "1", "1", "0", "0%"]
    # Each part of the filter has a way out, and so has the whole of it.
    (chip,) = [one for one in app.button if "建议 3" in one.label.replace("\\", "")]
    app = chip.click().run()
    assert "text" not in app.query_params
    assert app.metric[0].value == "6"


def test_what_was_filed_in_a_hotspot_stands_in_its_list_as_it_was_typed(
    open_app: OpenApp, database: Database
) -> None:
    campaign = make_campaign(database)
    for at in range(5):
        filed(database, campaign, f"建议 {at}", device=f"device-{at}-" + "x" * 30)
    spots = results.hotspots(database, Selection(campaign), radius_m=50, min_proposals=5)
    name = str(spots.frame.iloc[0]["hotspot_id"])
    typed = "停不下 **星** :red[红] $x^2$ <b>粗</b> [点](javascript:hurt=1)（热点）。"
    filed(database, campaign, typed)
    filed(database, campaign, "很远", device="far-" + "x" * 30, longitude=116.33)
    app = open_app(explore, hotspot=name, tab="proposals")
    assert not app.exception
    assert [one.value for one in app.metric[:2]] == ["6", "6"]
    labels = [one.label.replace("\\", "") for one in app.button]
    assert [label for label in labels if label.startswith("热点: 热点 1")]
    (said,) = [one.value for one in app.markdown if "（热点）" in one.value]
    assert said.endswith(plain(typed))
    assert not re.search(r"(?<!\\)[*\[<$]", said)
    assert "很远" not in words_on(app)


def test_what_a_widget_says_stands_in_the_address(open_app: OpenApp, database: Database) -> None:
    make_campaign(database)
    app = open_app(explore, lang="en", kept="as it is")
    app.selectbox(key="bench-measure").set_value("per_km2").run()
    app.slider(key="bench-radius").set_value(80).run()
    app.text_input(key="bench-text").set_value("座椅").run()
    assert not app.exception
    told = {name: _one(app, name) for name in ("measure", "radius_m", "text", "kept")}
    assert told == {
        "measure": "per_km2",
        "radius_m": "80",
        "text": "座椅",
        "kept": "as it is",
    }


def test_a_moderator_is_told_of_pins_that_wait_and_where_they_are_decided_on(
    open_app: OpenApp, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_campaign(database)
    moderator = Actor("device", frozenset({Grant(Role.SOCIAL_WORKER)}), 1)
    monkeypatch.setattr(visitor, "_actor", lambda: moderator)
    app = open_app(explore, lang="en", status="received")
    assert not app.exception
    assert not app.warning
    (pins,) = [one for one in maps_of(app)[0]["review"]["layers"] if one["kind"] == "pins"]
    assert pins["states"]["received"] == "New"
    assert pins["desk"] == "/w/desk/queue/"
    assert pins["proposal"].endswith("/pins/{id}.json?status=received")


def test_uploaded_layers_stand_in_the_panel_as_far_as_they_are_shown(
    open_app: OpenApp, database: Database
) -> None:
    make_campaign(database)
    shown = database.write(lambda s: kept(s, shown=Shown.PUBLIC, token="one-token"))
    for place, state in enumerate((Shown.DRAFT, Shown.DESK)):
        name, token = f"没人看的{place}", f"two-token-{place}"
        database.write(partial(kept, shown=state, title_zh=name, token=token))
    app = open_app(explore, layers=f"u{shown}:40,pins")
    (data,) = maps_of(app)
    rows = {one["key"]: one for one in data["panel"] if one["key"].startswith("u")}
    assert {key: (one["shown"], one["opacity"]) for key, one in rows.items()} == {
        f"u{shown}": (True, 40)
    }
    assert "没人看的" not in json.dumps(data, ensure_ascii=False)


def test_the_table_of_hotspots_has_its_verdicts_once_they_are_there(
    open_app: OpenApp, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    campaign = make_campaign(database)
    for at in range(8):
        filed(database, campaign, f"建议 {at}", device=f"device-{at}-" + "x" * 30)
    told, later = explore_page.begun_hotspot_verdicts, "is being worked out"
    monkeypatch.setattr(explore_page, "begun_hotspot_verdicts", lambda *given, **named: None)
    app = open_app(explore, lang="en", tab="hotspots")
    assert later in str([one.value for one in app.caption])
    assert set(app.dataframe[0].value["More than chance?"]) == {"Being worked out"}
    monkeypatch.setattr(explore_page, "begun_hotspot_verdicts", told)
    hotspot_verdicts(database, Selection(campaign), radius_m=50, min_proposals=5)
    app.run()
    assert later not in str([one.value for one in app.caption])
    assert set(app.dataframe[0].value["More than chance?"]) == {"Mostly on one point"}
    # Without a pointer a hotspot is chosen from a list, and let go of.
    spots = app.selectbox(key="bench-spot")
    spots.select(spots.options[0]).run()
    assert _one(app, "hotspot").startswith("h")
    app.selectbox(key="bench-spot").set_value(None).run()
    assert "hotspot" not in app.query_params


def test_a_hotspot_is_judged_and_says_why(open_app: OpenApp, database: Database) -> None:
    campaign = make_campaign(database)
    for at in range(8):
        filed(database, campaign, f"建议 {at}", device=f"device-{at}-" + "x" * 30)
    app = open_app(believe, lang="en")
    assert not app.exception
    table = app.dataframe[0].value
    assert table["Rank"].tolist() == [1]
    # All eight are on one coordinate: nothing can be said of this very spot.
    assert table["More than chance?"].tolist() == ["Mostly on one point"]
    assert "looked up" in table["Why"][0]
    assert "How sure is this?" in str([one.label for one in app.expander])


def test_two_periods_are_compared_and_the_address_says_which(
    open_app: OpenApp, database: Database
) -> None:
    campaign = make_campaign(database)
    for at in range(12):
        later = NOW + timedelta(days=14 if at % 2 else 0)
        filed(database, campaign, f"建议 {at}", device=f"device-{at}-" + "x" * 30, now=later)
    for at in range(5):
        later = NOW + timedelta(days=14)
        where = 116.33 + at * 1e-5
        filed(
            database,
            campaign,
            f"新的座椅 {at}",
            f"newer-{at}-" + "x" * 30,
            now=later,
            longitude=where,
        )
    app = open_app(change, lang="en")
    app.button(key="bench-begin").click().run()
    assert not app.exception
    named = ("from", "to", "with_from", "with_to")
    first, last, then, until = (_one(app, name) for name in named)
    assert first < last < then < until
    assert [one.value for one in app.metric] == ["6", "11", "1", "0", "1", "0", "0"]

    # What lies below can be communities or heat, and A and B then show the same.
    def layers() -> list[set[str]]:
        return [{one["key"] for one in data["review"]["layers"]} for data in maps_of(app)]

    assert layers() == [{"areas", "places"}, *[{"communities", "hotspots"}] * 2]
    assert [data["acts"] for data in maps_of(app)] == [[], ["community"], ["community"]]
    app.query_params["layers"] = "heat:80,pins:50"
    app.run()
    assert layers() == [{"areas", "places"}, *[{"communities", "hotspots", "pins"}] * 2]
    del app.query_params["layers"]
    # A place is chosen from a list, too: the map goes there.
    (place,) = app.selectbox(key="bench-change-list").options[:1]
    app.selectbox(key="bench-change-list").select(place).run()
    assert maps_of(app)[0]["review"]["bounds"]
    # Each side has its own card.
    with database.reading() as session:
        frame = community_frame(session, campaign.edition).to_crs(4326)
    code = str(frame["code"][frame.contains(Point(116.33, 40.03))].iloc[0])
    for side, counted in (("a", "0"), ("b", "5")):
        app.selectbox(key=f"bench-card-of-test-campaign-{side}").set_value(code).run()
        assert app.metric[-3].value == counted
    app.segmented_control(key="bench-change-ground").set_value("heat").run()
    assert layers() == [{"heat", "places"}, *[{"heat", "hotspots"}] * 2]
    table = app.dataframe[0].value
    assert sorted(table["Change"]) == ["As many people as before", "Newly there"]
    assert table["People in B"].sum() == 11


def test_two_ways_to_find_hotspots_are_compared(open_app: OpenApp, database: Database) -> None:
    campaign = make_campaign(database)
    for at in range(5):
        device = f"device-{at}-" + "x" * 30
        filed(database, campaign, f"建议 {at}", device, longitude=116.31 + at * 9e-4)
    asked = {"with_radius_m": "100", "min_proposals": "3", "radius_m": "50"}
    app = open_app(change, lang="en", **asked)
    assert not app.exception
    assert app.metric[2].value == "1"  # what only the larger distance finds is new
    assert "Both sides have the same proposals" in app.dataframe[0].value["Why"][0]


def test_a_community_has_a_card_and_the_way_to_it_alone(
    open_app: OpenApp, database: Database
) -> None:
    campaign = make_campaign(database)
    with database.reading() as session:
        frame = community_frame(session, campaign.edition)
    inside = frame.to_crs(4326)[frame.to_crs(4326).contains(Point(116.31, 40.03))]
    assert len(inside) == 1
    code = str(inside["code"].iloc[0])
    other = next(one for one in frame["code"] if one != code)
    for at in range(3):
        device = f"device-{at % 2}-" + "x" * 30
        filed(database, campaign, f"建议 {at}", device, now=NOW + timedelta(days=7 * at))
    app = open_app(explore, lang="en", text="建议")
    card = app.selectbox(key="bench-card-of-test-campaign")
    card.set_value(other).run()
    assert [one.value for one in app.metric[-3:]] == ["0", "0", "0%"]
    app.selectbox(key="bench-card-of-test-campaign").set_value(code).run()
    assert not app.exception
    assert [one.value for one in app.metric[-3:]] == ["3", "2", "0%"]
    (weeks,) = [one.proto.body for one in app.get("html") if "lujian-weeks" in one.proto.body]
    assert weeks.count("<i ") == 3
    app.button(key="bench-card-only").click().run()
    assert (_one(app, "community"), _one(app, "text")) == (code, "建议")
    assert not [one for one in app.button if one.key == "bench-card-only"]


def test_the_silent_come_first_and_few_people_are_not_told(
    open_app: OpenApp, database: Database
) -> None:
    campaign = make_campaign(database)
    with database.reading() as session:
        frame = community_frame(session, campaign.edition)
    middles = frame.geometry.representative_point().x.tolist()
    at_30 = [
        x
        for x, shape in zip(middles, frame.geometry, strict=True)
        if shape.intersects(Point(x, 40.03))
    ]
    for place, (longitude, people) in enumerate(zip(at_30, (60, 3), strict=False)):
        for number in range(people):
            device = f"device-{place}-{number}-" + "x" * 30
            filed(database, campaign, "一个座椅", device=device, longitude=longitude)
    app = open_app(missing, lang="en")
    assert not app.exception
    assert "Silence is not satisfaction" in words_on(app)
    assert app.metric[0].value == str(60 + 3)
    table = app.dataframe[0].value
    assert not {"1", "2", "3", "4"} & set(table["People"])
    assert "<5" in table["People"].tolist()
    chances = table["So few by chance"].tolist()
    assert chances[0] == "<0.1%"
    assert table["Verdict"][0].startswith("Heard too little")
    assert "“<5”" in words_on(app).replace("\\", "")


def test_a_budget_is_heeded_and_told_in_figures_tables_and_the_comparison(
    open_app: OpenApp, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sited, "solve_in_child", solve_numbers)
    campaign = make_campaign(database)
    for at in range(12):
        device = f"device-{at}-" + "x" * 30
        filed(database, campaign, "一个座椅", device, longitude=116.302 + at * 0.003)
    told = {"kind": "micro_park", "sources": ["grid"], "masks": [], "cost": 30, "budget": 100}
    app = open_app(site, lang="en", sites="5", plan=json.dumps({**told, "capacity": 2}))
    assert not app.exception
    shown = {one.label: one.value for one in app.metric}
    assert (shown["New places"], shown["Cost"], shown["Not spent"]) == ("3", "90", "10")
    places = app.dataframe[0].value
    assert set(places["Cost"][places["State"] == "new"]) == {"30"}
    assert "100% of 2" in places["How full"].tolist()
    app.session_state["bench-site-tabs"] = "Compare"
    app.run()
    assert not app.exception
    assert app.table[0].value.loc["Not spent"].tolist() == ["100", "10", "10"]
    assert app.table[0].value.columns[1:].tolist() == [
        "at most 5 new places",
        "at most 8 new places",
    ]
    # What a budget leaves room for, whatever the number; and what does not go with a median goes.
    app.toggle(key="bench-site-part-budget_alone").set_value(True).run()
    assert [one.label for one in app.slider if "How many" in one.label] == []
    app.number_input(key="bench-site-part-budget").set_value(61.0).run()
    assert {one.label: one.value for one in app.metric}["New places"] == "2"
    app.selectbox(key="bench-site-part-model").set_value("median").run()
    assert not app.exception
    kept = json.loads(_one(app, "plan"))
    assert (kept["cost"], kept["model"]) == (30, "median")
    assert not {"budget", "capacity"} & set(kept)
    assert "without a budget" in words_on(app)


def test_ages_are_stated_in_the_bands_that_one_types(
    open_app: OpenApp, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    years = {"key": "years", "kind": "number", "least": 0, "most": 120, "whole": True}
    words = {"label": {"zh_CN": "您多大年纪？", "en": "How old are you?"}, "private": True}
    campaign = make_campaign(database, questions=[years | words])
    for number in range(6):
        filed(database, campaign, f"建议 {number}", device=f"device-{number}-" + "x" * 30)
    monkeypatch.setattr(figures, "may_set_figures", lambda *_who: True)
    app = open_app(missing, lang="en")
    app.session_state["bench-missing-tabs"] = "Tie to the place, and what was asked"
    app.run()
    assert not app.exception

    def bands(typed: str) -> list[str]:
        app.text_input(key="bench-bands-test-campaign-years").set_value(typed).run()
        assert not app.exception
        return [one.label for one in app.number_input if "bench-figure-" in str(one.key)]

    assert bands("0，18 60") == ["0–17", "18–59", "60 and over"]
    assert bands("18, 0") == []
    assert "two to 20 rising numbers from 0 to 120" in words_on(app)
    assert bands("young") == []
    # Who may not state them is told so once more when it is sent.
    assert bands("0, 65") == ["0–64", "65 and over"]
    app.number_input(key="bench-figure-test-campaign-a_years-0..65").set_value(10)
    next(one for one in app.button if one.label == "Keep these figures").click().run()
    assert not app.exception
    assert app.warning
