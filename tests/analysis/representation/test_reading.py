"""Who took part, each person once; the population beside them; the demo's figures."""

from __future__ import annotations

import pandas as pd
import pytest

from analysis.filter import Filter
from analysis.representation.participants import attributes, participants
from analysis.representation.population_figures import (
    Figures,
    population_figures,
    set_population_figures,
)
from analysis.representation.reading import begun_who_is_missing, who_is_missing
from analysis.representation.under_represented import (
    shares_served,
    under_represented,
)
from analysis.selection import Selection
from core.database import Database
from core.errors import InvalidError, NotAllowedError
from geo.representation.representation import Heard
from layers.communities.communities import community_frame
from people.access.actor import OPERATOR, Actor
from submissions.campaigns.question_writing import AGE
from submissions.proposals.merge import merge
from submissions.proposals.queries import CampaignView, campaign_by_slug
from tests.conftest import NOW, make_campaign
from tests.submissions.acting import file

AGES = {"under_18": 100, "from_18": 300, "from_35": 400, "from_60": 200}


@pytest.fixture
def campaign(database: Database) -> CampaignView:
    return make_campaign(database, questions=[AGE])


def middles(database: Database, campaign: CampaignView) -> dict[str, tuple[float, float]]:
    """Return a point in each community, by code."""
    with database.reading() as session:
        frame = community_frame(session, campaign.edition)
    points = frame.geometry.representative_point()
    return {code: (at.x, at.y) for code, at in zip(frame["code"], points, strict=True)}


def test_a_person_is_in_one_community_and_says_one_thing(
    database: Database, campaign: CampaignView
) -> None:
    places = list(middles(database, campaign).items())
    (first, here), (second, there) = places[:2]

    def proposes(who: str, at: tuple[float, float], relation: str, age: str | None = None) -> str:
        answers = {"age": age} if age else {}
        return file(
            database,
            campaign,
            Actor(who),
            longitude=at[0],
            latitude=at[1],
            relation=relation,
            answers=answers,
        ).public_id

    proposes("often", there, "works", "from_18")
    proposes("often", here, "lives", "from_35")
    proposes("often", here, "lives", "from_35")
    proposes("tied", there, "works")
    proposes("tied", here, "lives")
    kept = proposes("kept", here, "passes")
    joined = proposes("joined", there, "other", "from_60")
    database.write(lambda s: merge(s, OPERATOR, kept, [joined], reason="测试", now=NOW))
    with database.reading() as session:
        selection = Selection(campaign)
        found = participants(session, selection, attributes(selection))
    people = found.people.astype(object).where(found.people.notna(), None)
    rows = sorted(people.itertuples(index=False, name=None), key=str)
    assert rows == sorted(
        [
            (first, "lives", "from_35"),
            (second, "works", None),
            (first, "passes", None),
            (first, "other", "from_60"),
        ],
        key=str,
    )
    assert (found.in_several, found.nameless, found.proposals) == (2, 0, 7)


def test_private_answers_are_told_of_a_whole_campaign_alone(
    database: Database, campaign: CampaignView
) -> None:
    assert [one.key for one in attributes(Selection(campaign))] == ["relation", "a_age"]
    narrowed = Selection(campaign, Filter(relations=("lives",)))
    assert [one.key for one in attributes(narrowed, {"a_age": AGES})] == ["relation"]


def test_stated_figures_are_compared_with(database: Database, campaign: CampaignView) -> None:
    for number in range(40):
        age = "from_18" if number < 30 else "from_60"
        file(database, campaign, Actor(f"d{number}"), answers={"age": age})
    planner = OPERATOR
    stated = Figures("a_age", AGES, "统计年鉴", 2020)
    before = begun_who_is_missing(database, Selection(campaign), at_most_s=0)
    database.write(lambda s: set_population_figures(s, planner, campaign, stated, now=NOW))
    with database.reading() as session:
        found = who_is_missing(session, Selection(campaign))
        assert population_figures(session, campaign.id)["a_age"].persons == AGES
    age = found.asked[1]
    assert age.figures is not None
    assert age.groups.frame["heard"].tolist() == [
        Heard.UNSURE,
        Heard.OVER,
        Heard.UNDER,
        Heard.UNSURE,
    ]
    assert age.groups.frame["index"].tolist() == [0.0, 250.0, 0.0, 125.0]
    assert found.raked is not None
    assert sorted(found.raked.unmet["a_age"]) == ["from_35", "under_18"]
    # What was kept without them is not shown any more.
    assert (
        before is None or begun_who_is_missing(database, Selection(campaign), at_most_s=0) is None
    )
    database.write(
        lambda s: set_population_figures(s, planner, campaign, Figures("a_age", {}, "", 0), now=NOW)
    )
    with database.reading() as session:
        assert population_figures(session, campaign.id) == {}


def test_figures_that_make_no_sense_are_refused(database: Database, campaign: CampaignView) -> None:
    for figures in (
        Figures("a_no_such", AGES, "x", 2020),
        Figures("a_age", {"from_90": 3}, "x", 2020),
        Figures("a_age", {"from_18": -1}, "x", 2020),
        Figures("a_age", AGES, "x", 20),
        Figures("a_age", AGES, " ", 2020),
    ):
        with pytest.raises(InvalidError):
            database.write(
                lambda s, f=figures: set_population_figures(s, OPERATOR, campaign, f, now=NOW)
            )
    fine = Figures("a_age", AGES, "x", 2020)
    with pytest.raises(NotAllowedError):
        database.write(
            lambda s: set_population_figures(s, Actor("anybody"), campaign, fine, now=NOW)
        )


def test_the_demo_is_the_campaigns_that_were(demo_database: Database) -> None:
    with demo_database.reading() as session:
        found = who_is_missing(session, Selection(campaign_by_slug(session, "micro-park")))
        bikes = who_is_missing(session, Selection(campaign_by_slug(session, "bike-parking")))
    (relation, age) = found.asked
    shares = relation.groups.frame["share"]
    assert relation.groups.people == found.communities.people == 1264
    assert (round(shares["lives"], 2), round(shares["works"], 2)) == (0.76, 0.10)
    assert 0.73 < relation.groups.frame.at["lives", "share_low"] < 0.76
    assert age.silent == 1264 - age.groups.people
    whole = found.communities.whole
    assert whole.population == 90_287 + 87_433
    assert bikes.communities.people == 1430
    frame = bikes.communities.frame
    assert len(frame) == 29
    assert frame["p_few"].is_monotonic_increasing
    assert frame.index[0] == "110108017001"
    assert frame["heard"].iloc[0] == Heard.UNDER
    assert frame.at["110108017003", "heard"] == Heard.OVER
    assert 0 < bikes.communities.whole.effective_size < 1430
    wishes = pd.Series({one.key: one.share for one in bikes.wishes})
    assert wishes["category", "bike_parking"] > wishes["category", "public_space"]


def test_which_communities_are_heard_too_little(demo_database: Database) -> None:
    with demo_database.reading() as session:
        campaign = campaign_by_slug(session, "bike-parking")
        missing = who_is_missing(session, Selection(campaign))
    under, found = under_represented(missing), missing.communities.frame
    assert len(under) == 29
    assert set(under.index[under]) == set(found.index[found["heard"] == Heard.UNDER])
    assert 0 < under.sum() < 15


def test_who_is_served_in_communities_heard_too_little() -> None:
    under = pd.Series({"a": True, "b": False, "c": False, "d": None}, dtype="boolean")
    people = pd.Series({"a": 10, "b": 10, "c": 30, "d": 50, "elsewhere": 7})
    served = pd.Series({"a": 2, "b": 10, "c": 20, "d": 50, "elsewhere": 7})
    assert shares_served(people, served, under) == (0.2, 0.75)
    assert shares_served(people[["b", "c"]], served[["b", "c"]], under) is None
