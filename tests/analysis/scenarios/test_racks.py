"""Racks by what staff counted near a place: matched by kind, once each, and what was left out."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from analysis.count_kinds import CountKind, kind_named
from analysis.scenarios.plan import BEGUN, Kind
from analysis.scenarios.racks import CountedRacks, counted_racks
from analysis.scenarios.saved_scenarios import save_scenario, scenario_named
from analysis.scenarios.sited import Sited, sited_reading
from analysis.selection import Selection
from analysis.site_observations import Count, NewObservation, keep_observation
from core.database import Database
from core.errors import InvalidError
from people.access.actor import OPERATOR, Actor
from submissions.proposals.queries import CampaignView
from tests.analysis.scenarios.conftest import English
from tests.conftest import NOW, make_campaign
from tests.submissions.acting import act, file
from wording.review import siting_words

#: Two crowds 600 m apart, and a degree of longitude for a metre there.
WEST, EAST, NORTH, METRE = 116.315, 116.322, 40.04, 1 / 85_300
DAY = timedelta(days=1)


@pytest.fixture
def campaign(database: Database) -> CampaignView:
    """Six people in the west, three in the east."""
    campaign = make_campaign(database)
    for place, people in ((WEST, 6), (EAST, 3)):
        for one in range(people):
            file(database, campaign, Actor(f"{place}-{one}"), longitude=place, latitude=NORTH)
    return campaign


def worked_out(database: Database, campaign: CampaignView) -> Sited:
    given = {"sources": ("grid",), "masks": (), "existing": "", "spacing_m": 100}
    plan = replace(BEGUN[Kind.BIKE_PARKING], **given)  # type: ignore[arg-type]
    return sited_reading(database, Selection(campaign), plan).get()


def observe(
    database: Database, campaign: CampaignView, x: float, days: int, *counts: Count
) -> None:
    new = NewObservation(
        f"{x}-{days}-{counts}", x, NORTH, NOW - days * DAY, counts=counts, note="早高峰"
    )
    act(database, keep_observation, OPERATOR, campaign.id, new)


def counted(
    database: Database, campaign: CampaignView, found: Sited, actor: Actor = OPERATOR
) -> CountedRacks:
    with database.reading() as session:
        return counted_racks(session, actor, campaign, found, found.outcomes[2])


@pytest.mark.parametrize(
    ("what", "kind"),
    [
        ("自行车", CountKind.PARKED),
        ("Bikes parked at 08:00", CountKind.PARKED),
        ("８点停车", CountKind.PARKED),
        ("停車位", CountKind.STANDS),
        ("乱停的车", CountKind.OUTSIDE),
        ("bikes outside stands, 6 pm", CountKind.OUTSIDE),
        ("空车位", None),  # free ones are not all of them
        ("broken bikes", None),
        ("汽车", None),
        ("", None),
    ],
)
def test_names_tell_a_kind_where_they_are_a_known_one_alone(
    what: str, kind: CountKind | None
) -> None:
    assert kind_named(what) is kind


def test_bikes_count_once_beyond_the_stands_by_day_and_spot(
    database: Database, campaign: CampaignView
) -> None:
    found = worked_out(database, campaign)
    west, east = found.outcomes[2].sites
    assert (west.people, east.people) == (6, 3)
    # One spot in the west on three days, twice on the first: 30, 10, 20 beyond 14 stands.
    observe(database, campaign, WEST, 3, Count("自行车", 44), Count("停车位", 14))
    observe(database, campaign, WEST + 5 * METRE, 3, Count("自行车 18:00", 20))
    observe(database, campaign, WEST, 2, Count("", 24, "parked"))
    observe(database, campaign, WEST, 1, Count("早上", 34, "parked"), Count("broken bikes", 7))
    # Another spot 60 m from it: outside stands goes before all that were parked.
    observe(database, campaign, WEST + 60 * METRE, 1, Count("", 50, "parked"), Count("乱停", 8))
    # In the east no stands were counted; in the middle nobody is near; a note alone is nothing.
    observe(database, campaign, EAST, 1, Count("bikes", 9))
    observe(database, campaign, (WEST + EAST) / 2, 1, Count("bikes", 99))
    told = counted(database, campaign, found)
    there = told.by_place[west.key]
    assert (there.racks, there.observations, there.spots, there.without_stands) == (20 + 8, 5, 2, 0)
    assert (there.first, there.last) == (NOW - 3 * DAY, NOW - DAY)
    other = told.by_place[east.key]
    assert (other.racks, other.observations, other.without_stands) == (9, 1, 1)
    assert (told.other, told.far) == (("broken bikes",), 1)
    said = siting_words.racks(English(), there)
    assert said.startswith("28 more racks, by 5 observations on site (")
    rule = siting_words.racks_rule(English(), told)
    assert "At 1 spot no stands were counted" in rule
    assert "tell no kind: broken bikes." in rule
    assert "1 observation of bikes that is near no place" in rule


def test_racks_are_for_who_reads_observations_and_are_kept_as_they_were(
    database: Database, campaign: CampaignView
) -> None:
    found = worked_out(database, campaign)
    observe(database, campaign, WEST, 1, Count("", 12, "outside"))
    assert counted(database, campaign, found, Actor()) == CountedRacks({})
    parks = replace(found, plan=replace(found.plan, kind=Kind.MICRO_PARK))
    assert counted(database, campaign, parks) == CountedRacks({})
    given = {"name": "两处", "query": "", "token": "t"}
    first = act(database, save_scenario, OPERATOR, campaign.id, found, 2, **given)
    observe(database, campaign, WEST, 0, Count("", 90, "outside"))
    with database.reading() as session:
        kept = scenario_named(session, OPERATOR, first).outcome
    rows = siting_words.kept_places(English(), Kind.BIKE_PARKING, kept)
    assert rows[0][3].startswith("12 more racks, by 1 observation on site (")
    assert rows[1][3] == "fewer than 5 answers"
    with pytest.raises(InvalidError):
        observe(database, campaign, WEST, 0, Count("", 1, "cars"))
