"""Costs, a budget and what places hold: heeded by the choice, told, kept, and sent on."""

from __future__ import annotations

from dataclasses import replace

import geopandas as gpd
import numpy as np
import pytest
import shapely

from analysis.scenarios.places import NO_COST, amounts_offered
from analysis.scenarios.plan import BEGUN, Kind, Plan, read_plan
from analysis.scenarios.saved_scenarios import save_scenario, scenario_named
from analysis.scenarios.sited import Sited, sited_reading
from analysis.selection import Selection
from core.database import Database
from core.errors import InvalidError
from deliberation.topics import make_scenario_topic, topic_named
from geo.siting.problem import Model, Reason
from layers.read_upload import read_file
from layers.visibility import Shown
from people.access.actor import OPERATOR, Actor, Grant, Role
from submissions.proposals.queries import CampaignView
from tests.analysis.scenarios.conftest import English
from tests.conftest import make_campaign
from tests.layers.sending import kept
from tests.people.acting import new_account
from tests.submissions.acting import act, file
from wording.review import siting_words

#: A hundred metres apart, so that within 150 m a person reaches the places on both sides.
EAST_DEG = 0.00117
WEST, NORTH = 116.3247, 40.0359
#: What the office wrote of four plots: price, room, whom it belongs to.
PLOTS = ((10, 4, "a"), (20, None, "b"), (45, 2, "c"), (None, 3, "d"))


@pytest.fixture
def campaign(database: Database) -> CampaignView:
    """Six people at the first plot, three at the second, two at the third, one at the fourth."""
    campaign = make_campaign(database)
    for place, people in enumerate((6, 3, 2, 1)):
        for one in range(people):
            file(database, campaign, Actor(f"{place}-{one}"), longitude=_x(place), latitude=NORTH)
    return campaign


def _x(place: int) -> float:
    return WEST + place * 4 * EAST_DEG


@pytest.fixture
def layer(database: Database) -> str:
    """Return the key of a layer of the plots: anybody may see them, but not what they cost."""
    shapes = [shapely.Point(_x(place), NORTH) for place in range(len(PLOTS))]
    columns = zip(*PLOTS, strict=True)
    frame = gpd.GeoDataFrame(
        dict(zip(("price", "room", "owner"), columns, strict=True)), geometry=shapes, crs=4326
    )
    read = read_file("plots.geojson", frame.to_json(drop_id=True).encode())
    made = database.write(lambda s: kept(s, read=read, shown=Shown.PUBLIC))
    return f"u{made}"


def worked_out(
    database: Database, campaign: CampaignView, layer: str, actor: Actor = OPERATOR, **more: object
) -> Sited:
    given = {"sources": (layer,), "masks": (), "existing": "", "within_m": 150}
    plan = replace(BEGUN[Kind.MICRO_PARK], **{**given, **more})  # type: ignore[arg-type]
    return sited_reading(database, Selection(campaign, actor=actor), plan).get()


def served(found: Sited, number: int) -> list[str]:
    """Return the keys of the places that are chosen, without the layer's."""
    return sorted(one.key.partition(":")[2] for one in found.outcomes[number].chosen)


def test_a_budget_beside_or_instead_of_a_number_is_never_passed(
    database: Database, campaign: CampaignView, layer: str
) -> None:
    given = {"cost_column": "price", "budget": 60.0}
    found = worked_out(database, campaign, layer, **given)
    assert found.blocked == {NO_COST: 1}  # the fourth has no price, and none is made up
    assert [served(found, n) for n in (1, 2, 3)] == [["1"], ["1", "2"], ["1", "2"]]
    assert [found.outcomes[n].cost for n in (1, 2, 3)] == [10, 30, 30]
    # One figure for those without a price of their own: then the fourth may be built, too.
    alone = worked_out(database, campaign, layer, cost=25.0, budget_alone=True, **given)
    assert set(alone.outcomes) == {0, 3}
    assert (served(alone, 3), alone.outcomes[3].cost) == (["1", "2", "4"], 55)
    assert alone.outcomes[3].people == 10
    poor = worked_out(database, campaign, layer, cost_column="price", budget=5.0, budget_alone=True)
    assert poor.outcomes[1].chosen == ()
    fixed = worked_out(database, campaign, layer, must=(f"{layer}:3",), cost=1.0, budget=0.5)
    assert fixed.reason is Reason.MUST_EXCEED_BUDGET
    cheapest = worked_out(database, campaign, layer, model=Model.COVER, cost_column="price")
    assert [one.cost for n, one in cheapest.outcomes.items() if n] == [75]
    small = worked_out(database, campaign, layer, model=Model.COVER, **given)
    assert (small.reason, small.needed) == (Reason.COVER_NEEDS_MORE, pytest.approx(75))


def test_places_serve_no_more_than_they_hold(
    database: Database, campaign: CampaignView, layer: str
) -> None:
    found = worked_out(database, campaign, layer, capacity_column="room")
    one, four = found.outcomes[1], found.outcomes[4]
    assert (served(found, 1), one.people, one.objective) == (["1"], 4, pytest.approx(4))
    by_key = {each.key.partition(":")[2]: each for each in four.chosen}
    assert {key: each.people for key, each in by_key.items()} == {"1": 4, "2": 3, "3": 2, "4": 1}
    assert by_key["1"].full == 1.0
    assert by_key["2"].full is None  # nothing is known of it: no limit
    assert by_key["4"].full == pytest.approx(1 / 3)
    assert all(each.load <= (each.capacity or np.inf) + 1e-9 for each in four.chosen)
    # A figure for all stands in where the column says nothing; half a person is nobody.
    tight = worked_out(database, campaign, layer, capacity_column="room", capacity=1.5)
    second = next(each for each in tight.outcomes[4].chosen if each.key.endswith(":2"))
    assert (second.people, second.load, second.full) == (1, 1.5, 1.0)
    assert tight.outcomes[4].partly == 1
    assert tight.outcomes[4].people == 4 + 1 + 2 + 1
    # What is there today holds what its column says, and nothing else.
    today = worked_out(database, campaign, layer, existing=layer, capacity_column="room")
    assert today.outcomes[0].people == 4 + 3 + 2 + 1
    free = worked_out(database, campaign, layer, existing=layer, capacity=1.0)
    assert free.outcomes[0].people == 12


def test_columns_are_offered_and_read_as_the_layer_lets_one_read_them(
    database: Database, campaign: CampaignView, layer: str
) -> None:
    plan = Plan(sources=(layer, "grid"), existing="bike_parking")
    with database.reading() as session:
        assert amounts_offered(session, OPERATOR, campaign, plan) == ("capacity", "price", "room")
        assert amounts_offered(session, Actor(), campaign, plan) == ("capacity",)
    given = {"cost_column": "price", "budget": 60.0}
    assert worked_out(database, campaign, layer, **given).outcomes[1].cost == 10
    unread = worked_out(database, campaign, layer, Actor(), **given)
    assert (unread.outcomes, unread.blocked) == ({}, {NO_COST: 4})


@pytest.mark.parametrize(
    "odd",
    [
        {"budget": 5.0},
        {"cost": -1},
        {"cost": float("nan")},
        {"cost": True},
        {"capacity": "9"},
        {"cost_column": 7},
        {"cost": 1.0, "budget_alone": True},
        {"cost": 1.0, "budget": 9.0, "budget_alone": "yes"},
        {"cost": 1.0, "budget": 9.0, "model": "median"},
        {"capacity": 1.0, "model": "median"},
    ],
)
def test_what_does_not_go_together_is_refused(odd: dict[str, object]) -> None:
    assert read_plan(Plan(cost=1.0, budget=9.0, budget_alone=True).told()).budget_alone
    with pytest.raises(InvalidError):
        read_plan({**Plan().told(), **odd})


def test_what_it_costs_goes_with_a_kept_scenario_and_its_topic_and_older_ones_open(
    database: Database, campaign: CampaignView, layer: str
) -> None:
    account = new_account(database, Grant(Role.COMMUNITY_PLANNER), name="李规划师")
    author = Actor("device", frozenset({Grant(Role.COMMUNITY_PLANNER)}), account, "李规划师")
    limits = {"cost_column": "price", "budget": 60.0, "capacity_column": "room"}
    found = worked_out(database, campaign, layer, **limits)
    given = {"name": "两处", "query": "campaign=test-campaign", "token": "t"}
    first = act(database, save_scenario, author, campaign.id, found, 2, **given)
    topic = act(database, make_scenario_topic, author, first, title="建两处", token="n")
    with database.reading() as session:
        outcome = scenario_named(session, author, first).outcome
        figures = topic_named(session, author, topic).figures
    for told in (outcome, figures):
        assert (told["cost"], told["budget"], told["priced"], told["limited"]) == (
            *(30, 60, True, True),
        )
        rows = siting_words.kept_places(English(), Kind.MICRO_PARK, told)
        assert [row[4:] for row in rows] == [["10", "100% of 4"], ["20", "no limit"]]
        assert len(siting_words.kept_head(English.words, told)) == len(rows[0])
        money = "Cost: 30 of a budget of 60; not spent: 30."
        assert siting_words.kept_money(English(), told) == money
    # As scenarios were kept before costs were asked for.
    new = {"priced", "limited", "cost", "budget", "partly"}
    older = {name: value for name, value in outcome.items() if name not in new}
    older["sites"] = [
        {k: v for k, v in one.items() if k not in {"cost", "capacity", "load"}}
        for one in outcome["sites"]
    ]
    plan = {k: v for k, v in Plan().told().items() if k not in set(limits) | {"budget_alone"}}
    assert read_plan(plan) == Plan()
    assert siting_words.kept_money(English(), older) == ""
    rows = siting_words.kept_places(English(), Kind.MICRO_PARK, older)
    assert len(rows[0]) == len(siting_words.kept_head(English.words, older)) == 4
