"""The way of a proposal, worked out by hand: what happened, what comes next, what stays private."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from analysis.results import hotspots
from analysis.selection import Selection
from core.cache import CACHE
from core.database import Database
from core.language import translations
from deliberation import timeline as module
from deliberation.official_steps import tell_step
from deliberation.timeline import Moment, timeline
from people.access.actor import OPERATOR, Actor
from submissions.participation.author_edits import withdraw_proposal
from submissions.proposals.queries import CampaignView, ProposalView, campaign_by_slug, proposal_for
from tests.analysis.counting import published_frame
from tests.conftest import NOW, make_campaign
from tests.submissions.acting import AUTHOR, MODERATOR, NEIGHBOUR, act, file, moderate
from wording.timeline import told_moments

#: About 4 m apart.
STEP_DEG = 0.00004


def at(hours: int) -> datetime:
    return NOW + timedelta(hours=hours)


def way(
    database: Database, campaign: CampaignView, name: str, actor: Actor = AUTHOR
) -> list[Moment]:
    with database.reading() as session:
        view: ProposalView = proposal_for(session, name, actor)
    return timeline(database, campaign, view, actor)


def shape(moments: list[Moment]) -> list[tuple[str, datetime | None]]:
    return [(str(moment.kind), moment.at) for moment in moments]


def crowd(database: Database, campaign: CampaignView, count: int, first: int = 0) -> list[str]:
    """File proposals beside each other, an hour apart, each from a device of its own."""
    return [
        file(
            database,
            campaign,
            Actor(f"r{number}"),
            now=at(number),
            longitude=116.31 + number * STEP_DEG,
        ).public_id
        for number in range(first, first + count)
    ]


def test_the_whole_way_of_a_proposal(database: Database, campaign: CampaignView) -> None:
    names = crowd(database, campaign, 6)
    file(database, campaign, Actor("far"), longitude=116.33)
    start, joined = [("received", at(0)), ("published", at(0))], ("hotspot", at(4))
    to_come = [("discussed", None), ("decided", None), ("built", None)]
    assert shape(way(database, campaign, names[0], Actor("x"))) == [*start, joined, *to_come]
    spot = way(database, campaign, names[0], Actor("x"))[2].details
    name = spot.pop("hotspot_id")
    assert spot == {"rank": 1, "proposals": 6, "people": 6, "hotspots": 1}
    last = way(database, campaign, names[5], Actor("x"))
    assert shape(last)[:3] == [("received", at(5)), ("published", at(5)), ("hotspot", at(5))]
    assert last[2].details["hotspot_id"] == name

    def tell(stage: str, reply: str, hours: int) -> None:
        act(database, tell_step, OPERATOR, names[:1], stage, reply, by="清河街道", now=at(hours))

    tell("answered", "收到", 2)
    tell("discussed", "", 6)
    moments = way(database, campaign, names[0], Actor("x"))
    assert shape(moments)[2:5] == [("answered", at(2)), joined, ("discussed", at(6))]
    assert (moments[2].reply, moments[2].by) == ("收到", "清河街道")
    assert (moments[4].reply, moments[4].by) == (None, "清河街道")
    assert shape(moments)[5:] == to_come[1:]
    tell("declined", "管线", 7)
    assert shape(way(database, campaign, names[0], Actor("x")))[-1] == ("declined", at(7))
    tell("decided", "改线了,可以做", 8)
    assert shape(way(database, campaign, names[0], Actor("x")))[-2:] == [
        ("decided", at(8)),
        ("built", None),
    ]
    tell("built", "完工", 9)
    assert shape(way(database, campaign, names[0], Actor("x")))[-1] == ("built", at(9))


def test_in_a_large_campaign_nobody_waits_for_the_hotspots(
    database: Database, campaign: CampaignView, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST_AT_ONCE", 3)
    names = crowd(database, campaign, 6)
    first = way(database, campaign, names[0])[2]
    assert (first.kind, first.at, first.details) == ("hotspot", at(4), {})
    told = [one["told"] for one in told_moments([first], translations("en"), "en")]
    assert told == ["Others ask for something close by; how many is being counted."]
    CACHE._beside.submit(lambda: None).result(30)
    later = way(database, campaign, names[0])[2]
    assert (later.at, later.details["people"]) == (at(4), 6)


def test_alone_it_is_told_what_a_hotspot_takes(
    database: Database, campaign: CampaignView, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = crowd(database, campaign, 4)
    monkeypatch.setattr(module, "hotspots", None)  # nothing is clustered for it
    moments = way(database, campaign, names[0])
    assert shape(moments)[1:] == [
        ("published", at(0)),
        ("hotspot", None),
        ("discussed", None),
        ("decided", None),
        ("built", None),
    ]
    assert moments[2].details == {"least": 5, "radius_m": 50.0}


def test_a_hotspot_counts_from_when_its_proposals_were_shown(database: Database) -> None:
    campaign = make_campaign(database, publish_on_filing=False)
    names = crowd(database, campaign, 5)
    assert shape(way(database, campaign, names[0], Actor("r0"))) == [
        ("received", at(0)),
        ("published", None),
        ("hotspot", None),
        ("discussed", None),
        ("decided", None),
        ("built", None),
    ]
    for number, name in enumerate(names):
        moderate(database, name, "published", now=at(20 - number))
    for number, name in enumerate(names):
        assert shape(way(database, campaign, name, Actor("x")))[:3] == [
            ("received", at(number)),
            ("published", at(20 - number)),
            ("hotspot", at(20)),
        ]
    # One that leaves takes the hotspot with it; back again, it is told as if it had never left.
    moderate(database, names[4], "hidden", now=at(30))
    assert ("hotspot", None) in shape(way(database, campaign, names[0], Actor("x")))
    moderate(database, names[4], "published", now=at(31))
    assert ("hotspot", at(20)) in shape(way(database, campaign, names[0], Actor("x")))


def test_what_is_put_aside_says_so_and_only_moderators_read_the_words(
    database: Database, campaign: CampaignView
) -> None:
    name = file(database, campaign).public_id
    moderate(database, name, "held", now=at(1))
    author, desk = way(database, campaign, name), way(database, campaign, name, MODERATOR)
    held = [("received", at(0)), ("published", at(0)), ("held", at(1))]
    assert shape(author) == shape(desk)
    assert shape(author)[:4] == [*held, ("published", None)]
    assert author[2].details == {"held_reason": "moderator"}
    assert desk[2].details == {"held_reason": "moderator", "reason": "测试"}
    moderate(database, name, "published", now=at(2))
    assert shape(way(database, campaign, name, NEIGHBOUR))[:3] == [*held[:2], ("hotspot", None)]
    moderate(database, name, "hidden", now=at(3))
    assert shape(way(database, campaign, name)) == [*held[:2], ("hidden", at(3))]
    moderate(database, name, "published", now=at(4))
    act(database, withdraw_proposal, AUTHOR, name, now=at(5))
    assert shape(way(database, campaign, name)) == [*held[:2], ("withdrawn", at(5))]


def test_it_agrees_with_the_hotspots_of_the_demo(demo_database: Database) -> None:
    with demo_database.reading() as session:
        campaign = campaign_by_slug(session, "bike-parking")
        frame = published_frame(session, campaign.id).set_index("id")
    spots = hotspots(demo_database, Selection(campaign), radius_m=50.0, min_proposals=5)
    for name in frame.index[::40]:
        found = [m for m in way(demo_database, campaign, name, NEIGHBOUR) if m.kind == "hotspot"]
        spot = spots.membership[name]
        assert (found[0].at is None) == (spot is None), name
        if spot is None:
            continue
        mates = frame[spots.membership == spot]
        assert found[0].details["hotspot_id"] == spot
        assert found[0].details["proposals"] == len(mates)
        assert found[0].at is not None
        assert frame.loc[name, "created"] <= found[0].at <= mates["created"].max()
