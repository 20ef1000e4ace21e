"""The demo campaigns reproduce the known numbers, and a reset takes out nothing else."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from inspect import getsource

import pytest
import shapely
from sqlalchemy import select

from analysis.listing import outcomes
from core.database import Base, Database
from core.errors import InvalidError
from data import load
from data.load import load_demo, reset_demo
from deliberation.official_steps import tell_step
from layers.communities.communities import community_frame, load_communities
from layers.models import Edition
from moderation.overview import open_queue
from people.access.actor import OPERATOR, Actor
from people.audit.hash_chain import Walk, newest_seal, seal_all
from submissions.participation.comments import change_comment_status, comment_on
from submissions.participation.filing import file_proposal
from submissions.participation.follows import follow_here
from submissions.participation.proposal_draft import DraftProposal
from submissions.participation.reports import report as report_it
from submissions.participation.supports import support_proposal
from submissions.proposals.queries import CampaignView, campaign_by_slug, list_campaigns
from tests.analysis.counting import counts_of, published_frame, sums_of
from tests.conftest import make_campaign, quarters
from tests.submissions.acting import act

NOW = datetime(2026, 5, 1, tzinfo=UTC)


def test_the_demo_has_the_numbers_of_the_two_campaigns(demo_database: Database) -> None:
    with demo_database.reading() as session:
        bikes = sums_of(session, campaign_by_slug(session, "bike-parking").id)
        park = sums_of(session, campaign_by_slug(session, "micro-park").id)
        held = open_queue(session, OPERATOR, campaign_by_slug(session, "bike-parking").id).held
        counts = counts_of(session, campaign_by_slug(session, "bike-parking").id)
    assert (bikes.proposals, bikes.people, held) == (1650, 1430, 12)
    assert bikes.by_category == {"bike_parking": 947, "public_space": 703}
    assert (park.proposals, park.people) == (1285, 1264)
    assert round(park.by_relation["lives"] / 1285, 2) == 0.76
    assert round(park.by_relation["works"] / 1285, 2) == 0.10
    assert len(counts.frame) == 29
    assert counts.frame["proposals"].sum() + counts.outside == 1650
    assert counts.people == 1430


@pytest.mark.on_both
def test_both_databases_hold_the_same_demo(demo_database: Database) -> None:
    with demo_database.reading() as session:
        frame = published_frame(session, campaign_by_slug(session, "bike-parking").id)
    placed = frame["placed_by"].value_counts()
    assert placed.index.isin(["tap", "device", "search"]).all()
    assert frame["created"].dt.tz is not None
    assert frame["created"].min().year == 2020
    assert not shapely.is_empty(frame.geometry.array).any()


def test_the_demo_is_loaded_once_and_only_into_an_empty_database(database: Database) -> None:
    assert load_demo(database)
    assert not load_demo(database)
    with database.reading() as session:
        assert [c.slug for c in list_campaigns(session)] == ["bike-parking", "micro-park"]


def test_the_demo_stays_away_from_somebodys_database(
    database: Database, campaign: CampaignView
) -> None:
    assert not load_demo(database)
    with database.reading() as session:
        assert [c.slug for c in list_campaigns(session)] == [campaign.slug]


def test_a_reset_removes_the_demo_and_says_what_else_hung_on_it(demo_to_change: Database) -> None:
    database = demo_to_change
    own = make_campaign(database, edition="own")
    draft = DraftProposal("t1", 116.31, 40.03, "bike_parking", "自己的", "lives")
    kept = database.write(lambda s: file_proposal(s, Actor("d"), own.id, draft, now=NOW))
    with database.reading() as session:
        demo = campaign_by_slug(session, "bike-parking")
    place = demo.area.representative_point()
    stray = DraftProposal("t2", place.x, place.y, "bike_parking", "演示里的", "lives")
    filed = database.write(lambda s: file_proposal(s, Actor("d"), demo.id, stray, now=NOW))
    name = filed.public_id
    act(database, support_proposal, Actor("e"), name)
    comment = act(database, comment_on, Actor("e"), name, "评论", client_token="t")
    act(database, change_comment_status, OPERATOR, comment, "published", reason="读过")
    act(database, report_it, Actor("d"), name, comment_id=comment, reason="insult")
    act(database, tell_step, OPERATOR, [name], "answered", "收到", by="清河街道")
    act(database, follow_here, Actor("e"), name, language="zh_CN")
    seal_all(database, now=NOW)
    with database.reading() as session:
        sealed = newest_seal(session)

    report = reset_demo(database)

    assert (report.campaigns, report.proposals, report.filed_since) == (2, 1662 + 1285 + 1, 1)
    with database.reading() as session:
        again = campaign_by_slug(session, "bike-parking")
        assert again.id > demo.id
        assert sums_of(session, again.id).proposals == 1650
        assert published_frame(session, demo.id).empty
        assert published_frame(session, own.id)["id"].tolist() == [kept.public_id]
    assert sealed is not None
    walk = Walk(sealed.digest)  # what was done to the demo stays in the trail
    seal_all(database, now=NOW)
    with database.reading() as session:
        walk.step(session)
        told = walk.verdict(session)
    assert (told.unbroken, told.guarded, told.unsealed) == (True, True, 0)


def test_a_reset_knows_every_table_that_hangs_on_a_campaign() -> None:
    named = set(re.findall(r"\w+", getsource(load._remove)))
    hangs_on = {"campaign", "proposal"}
    mappers = list(Base.registry.mappers)
    for _ in mappers:  # what hangs on what hangs on one …
        for mapper in mappers:
            keys = {
                key.column.table.name
                for key in mapper.local_table.foreign_keys
                if key.ondelete != "CASCADE"  # those go by themselves
            }
            if keys & hangs_on:
                hangs_on.add(mapper.local_table.name)
    missing = {
        mapper.class_.__name__
        for mapper in mappers
        if mapper.local_table.name in hangs_on and mapper.class_.__name__ not in named
    }
    assert missing == set()


@pytest.mark.everything
def test_the_demo_leaves_the_offices_own_polygons_alone(database: Database) -> None:
    offices = {"source": "office", "schematic": False, "now": NOW}
    database.write(lambda s: load_communities(s, OPERATOR, "2020", quarters(), **offices))
    load_demo(database)
    reset_demo(database)
    with database.reading() as session:
        assert session.scalar(select(Edition.source)) == "office"
        assert len(community_frame(session, "2020")) == 3


def test_a_reset_does_not_touch_a_campaign_of_the_operators_own(database: Database) -> None:
    campaign = make_campaign(database, slug="bike-parking")
    with pytest.raises(InvalidError, match="your own"):
        reset_demo(database)
    with database.reading() as session:
        assert campaign_by_slug(session, "bike-parking") == campaign


def test_some_proposals_have_been_dealt_with(demo_database: Database) -> None:
    told = {}
    with demo_database.reading() as session:
        for slug in ("bike-parking", "micro-park"):
            campaign = campaign_by_slug(session, slug)
            told[slug] = {s: n for s, n in outcomes(session, campaign.id).items() if n}
    assert told["bike-parking"] == {"answered": 3, "declined": 3, "built": 6}
    assert told["micro-park"] == {"discussed": 3, "decided": 6}
