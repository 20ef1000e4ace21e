"""Scenarios: whom sites serve, what they ask for, who may keep one, and its way to a topic."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from analysis.filter import Filter
from analysis.scenarios import demand, saved_scenarios
from analysis.scenarios.outcome import under_served
from analysis.scenarios.plan import BEGUN, Kind, Plan, Weighing, read_plan
from analysis.scenarios.saved_scenarios import (
    archive_scenario,
    comment_on_scenario,
    save_scenario,
    scenario_comments,
    scenario_named,
    scenarios,
)
from analysis.scenarios.sited import Sited, sited_reading
from analysis.selection import Selection
from core.database import Database
from core.errors import InvalidError, NotAllowedError, NotFoundError
from data.questions import PARKS
from deliberation.topics import make_scenario_topic, members, topic_named, topics
from geo.siting.problem import Model, Reason
from people.access.actor import OPERATOR, Actor, Grant, Reach, Role
from submissions.proposals.merge import merge
from submissions.proposals.queries import CampaignView
from tests.conftest import make_campaign
from tests.people.acting import new_account
from tests.submissions.acting import act, file, moderate, trail

#: Beside idle plots of the demonstration's map: the mall, the boiler house; and far from any.
MALL, BOILER, NOWHERE = (116.3247, 40.0359), (116.3353, 40.0307), (116.3030, 40.0400)


@pytest.fixture
def parks(database: Database) -> CampaignView:
    """Six people beside the mall, two (one of them thrice) at the boiler house, one far away."""
    campaign = make_campaign(database, questions=PARKS)
    for number in range(6):
        wish = ["seats", "play"] if number < 2 else ["seats"]
        _file(database, campaign, f"mall{number}", MALL, uses=wish)
    for place in range(3):
        _file(database, campaign, "boiler", BOILER, uses=["fitness"], shift=place * 1e-4)
    _file(database, campaign, "boiler too", BOILER, uses=["fitness"])
    _file(database, campaign, "mall0", NOWHERE, uses=["other"])
    return campaign


def _file(
    database: Database,
    campaign: CampaignView,
    who: str,
    at: tuple[float, float],
    *,
    uses: list[str],
    shift: float = 0.0,
) -> str:
    return file(
        database,
        campaign,
        Actor(who),
        longitude=at[0] + shift,
        latitude=at[1],
        answers={"uses": uses},
    ).public_id


def worked_out(database: Database, campaign: CampaignView, **changes: object) -> Sited:
    plan = replace(BEGUN[Kind.MICRO_PARK], existing="", within_m=150, **changes)
    return sited_reading(database, Selection(campaign), plan).get()


def planner(database: Database, grant: Grant | Role) -> Actor:
    given = grant if isinstance(grant, Grant) else Grant(grant)
    account = new_account(database, given, name="李规划师")
    return Actor("device", frozenset({given}), account, "李规划师")


def test_people_are_counted_once_and_sites_say_what_is_asked_for(
    database: Database, parks: CampaignView
) -> None:
    found = worked_out(database, parks)
    assert (found.people, found.weight) == (8, pytest.approx(8.0))
    one, two = found.outcomes[1], found.outcomes[2]
    assert (one.people, two.people) == (6, 8)
    assert (one.proposals, two.proposals) == (6, 10)
    # mall0 spoke at two places: half of what they weigh is out of reach.
    assert (one.objective, two.objective) == (pytest.approx(5.5), pytest.approx(7.5))
    first, second = two.sites
    assert first.name["zh_CN"] == "五彩城西侧边角地"
    assert (first.people, second.people, second.proposals) == (6, 2, 4)
    wishes = {label["en"]: n for label, n in zip(found.options, first.wishes, strict=True)}
    assert wishes["Seats"] == 6
    assert wishes["A children's playground"] is None  # of two of them neither
    assert set(second.wishes) == {None}  # of two people nothing is told
    assert found.outcomes[0].people == 0
    assert not found.reached[-1]
    spoke = {row.code: (row.people, row.served) for row in one.communities}
    assert sum(people for people, _ in spoke.values()) == 9  # mall0 in two communities
    assert sum(served for _, served in spoke.values()) == 6


def test_who_was_joined_with_another_counts_where_that_one_stands(
    database: Database, parks: CampaignView
) -> None:
    kept = _file(database, parks, "kept", BOILER, uses=["seats"])
    gone = _file(database, parks, "joined", NOWHERE, uses=["seats"])
    act(database, merge, OPERATOR, kept, [gone], reason="一样")
    found = worked_out(database, parks)
    assert found.people == 10
    assert found.outcomes[2].people == 10
    assert found.outcomes[2].proposals == 11


def test_weights_masks_and_fixed_places_are_heeded(database: Database, parks: CampaignView) -> None:
    keys = {one.name["zh_CN"]: one.key for one in worked_out(database, parks).outcomes[2].sites}
    mall, boiler = keys["五彩城西侧边角地"], keys["毛纺北小区锅炉房旧址"]
    must = worked_out(database, parks, must=(boiler,))
    assert [one.key for one in must.outcomes[1].sites] == [boiler]
    never = worked_out(database, parks, must_not=(mall,))
    assert [one.key for one in never.outcomes[1].sites] == [boiler]
    assert worked_out(database, parks, weighing=Weighing.SUPPORTS).weight == pytest.approx(8.0)
    there = worked_out(database, parks, sources=("grid",), masks=("parks", "river"), spacing_m=100)
    assert there.blocked["parks"] > 0
    assert there.blocked["river"] > 0
    against = there.candidates["against"] != ""
    assert not set(there.candidates["key"][against]) & {
        one.key for outcome in there.outcomes.values() for one in outcome.sites
    }
    cover = worked_out(database, parks, model=Model.COVER)
    assert set(cover.outcomes) == {0, 2}
    assert cover.outcomes[2].people == 8
    nothing = worked_out(database, parks, sources=("parks",), masks=("parks",))
    assert (nothing.reason, nothing.outcomes) == (Reason.NO_CANDIDATES, {})
    both = sited_reading(database, Selection(parks), replace(BEGUN[Kind.MICRO_PARK])).get()
    assert both.outcomes[0].people < both.outcomes[1].people
    assert all(one.existing for one in both.outcomes[0].sites)


def test_residents_who_spoke_less_weigh_more(database: Database, parks: CampaignView) -> None:
    found = worked_out(database, parks, weighing=Weighing.RESIDENTS)
    least = under_served(found.outcomes[1])
    assert {one.served / one.people for one in least} <= {0.0}
    # 1,000 residents and half a person there, 500 and seven and a half here: nobody weighs more
    # than five, and all together weigh as many as they are, as on the page "Who is missing".
    assert found.weight == pytest.approx(8.0)
    assert found.outcomes[1].objective == pytest.approx(5.5 * (8 - 5 * 0.5) / 7.5)
    with_unknown = demand._by_residents(["a", "b", ""], np.array([1.0, 1.0, 1.0]), {"a": 3, "b": 1})
    assert with_unknown.tolist() == [1.5, 0.5, 1.0]
    assert demand._by_residents(["a"], np.ones(1), {}).tolist() == [1.0]


def test_what_a_plan_may_not_ask_is_refused_and_others_layers_are_not_there(
    database: Database, parks: CampaignView
) -> None:
    plan = BEGUN[Kind.BIKE_PARKING]
    assert read_plan(plan.told()) == plan
    for odd in (
        {"within_m": 5},
        {"sources": ["../x"]},
        {"must": ["roads:1"], "must_not": ["roads:1"]},
        {"kind": "bridge"},
        {"sources": []},
    ):
        with pytest.raises(InvalidError):
            read_plan({**plan.told(), **odd})
    with pytest.raises(NotFoundError):
        sited_reading(database, Selection(parks), Plan(sources=("u1",)))


def test_a_scenario_is_kept_commented_sent_on_and_put_away(
    database: Database, parks: CampaignView
) -> None:
    found, author = worked_out(database, parks), planner(database, Role.COMMUNITY_PLANNER)
    given = {"name": "两处微公园", "query": "campaign=test-campaign", "token": "t"}
    first = act(database, save_scenario, author, parks.id, found, 2, **given)
    assert act(database, save_scenario, author, parks.id, found, 2, **given) == first
    with pytest.raises(InvalidError):
        act(database, save_scenario, author, parks.id, found, 99, **{**given, "token": "u"})
    act(database, comment_on_scenario, author, first, text="先建第一处")
    with database.reading() as session:
        (kept,) = scenarios(session, author, parks.id)
        assert (kept.name, kept.plan, kept.removable) == ("两处微公园", found.plan, True)
        assert kept.outcome["people"] == 8
        assert kept.today["people"] == 0
        assert [one.text for one in scenario_comments(session, author, first)] == ["先建第一处"]
    topic = act(database, make_scenario_topic, author, first, title="建两处", token="n")
    assert act(database, make_scenario_topic, author, first, title="建两处", token="n") == topic
    gone = _file(database, parks, "late", MALL, uses=["seats"])
    with database.reading() as session:
        told = topic_named(session, author, topic)
        assert (told.origin, told.hotspot_id, told.figures["people"]) == ("scenario", "", 8)
        assert [one["people"] for one in told.figures["sites"]] == [6, 2]
        inside = members(session, author, topic, size=50)
        assert inside.page.total == 10  # frozen: neither who came later nor who is out of reach
        assert gone not in {one.view.public_id for one in inside.page.items if one.view}
        assert [one.id for one in topics(session, author, parks.id)] == [topic]
    act(database, archive_scenario, author, first)
    with database.reading() as session:
        assert scenarios(session, author, parks.id) == []
        with pytest.raises(NotFoundError):
            scenario_named(session, author, first)
        assert topic_named(session, author, topic).title == "建两处"
    done = trail(
        database, "scenario_saved", "scenario_commented", "topic_made", "scenario_archived"
    )
    assert [one.action for one in done] == [
        "scenario_saved",
        "scenario_commented",
        "topic_made",
        "scenario_archived",
    ]


def test_others_neither_see_nor_change_a_scenario(database: Database, parks: CampaignView) -> None:
    found, author = worked_out(database, parks), planner(database, Role.COMMUNITY_PLANNER)
    given = {"name": "方案", "query": "", "token": "t"}
    first = act(database, save_scenario, author, parks.id, found, 1, **given)
    elsewhere = planner(database, Grant(Role.COMMUNITY_PLANNER, Reach.SUBDISTRICT, "999"))
    for other in (Actor("device"), elsewhere):
        with database.reading() as session:
            assert scenarios(session, other, parks.id) == []
            with pytest.raises(NotFoundError):
                scenario_named(session, other, first)
        for deed in (save_scenario, comment_on_scenario, archive_scenario, make_scenario_topic):
            named = {
                save_scenario: (other, parks.id, found, 1),
                make_scenario_topic: (other, first),
            }.get(deed, (other, first))
            more = {
                save_scenario: {**given, "token": "x"},
                comment_on_scenario: {"text": "话"},
                make_scenario_topic: {"title": "题", "token": "y"},
            }.get(deed, {})
            with pytest.raises((NotAllowedError, NotFoundError)):
                act(database, deed, *named, **more)
    colleague = planner(database, Role.COMMUNITY_PLANNER)
    with pytest.raises(NotAllowedError):
        act(database, archive_scenario, colleague, first)


def test_a_scenario_of_what_is_not_public_is_no_topic(
    database: Database, parks: CampaignView
) -> None:
    held = _file(database, parks, "held", MALL, uses=["seats"])
    moderate(database, held, "held")
    narrow = Filter(statuses=("held",))
    desk = planner(database, Role.ADMINISTRATOR)
    plan = replace(BEGUN[Kind.MICRO_PARK], existing="", within_m=150)
    found = sited_reading(database, Selection(parks, narrow, desk), plan).get()
    assert found.people == 1
    given = {"name": "方案", "query": narrow.query(), "token": "t"}
    first = act(database, save_scenario, desk, parks.id, found, 1, **given)
    with pytest.raises(InvalidError):
        act(database, make_scenario_topic, desk, first, title="题", token="n")
    with database.reading() as session:
        assert saved_scenarios.scenario_named(session, desk, first).outcome["people"] == 1
