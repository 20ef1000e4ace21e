"""Verdicts of a view: whose data they are of, computed once, seen while they come, ended."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sqlalchemy import func, select

from analysis.filter import Filter
from analysis.frames import community_counts
from analysis.hotspots.clustering import gathered
from analysis.results import hotspots
from analysis.selection import Selection, chosen
from analysis.significance import hotspot_verdicts as readings
from analysis.significance.cells import communities_reading, hexes_reading
from analysis.significance.hotspot_verdicts import (
    begun_hotspot_verdicts,
    hotspot_verdicts,
    verdicts_reading,
)
from core.cache import WorkCancelled
from core.database import Database
from geo.significance.hotspot_scan import JudgedHotspots, judge_hotspots
from geo.significance.local_gi import judge_communities, judge_hexes
from geo.significance.verdicts import MethodCard
from people.access.actor import Actor
from submissions.proposals.merge import merge
from submissions.proposals.models import Proposal
from submissions.proposals.queries import CampaignView, list_campaigns
from tests.conftest import NOW
from tests.submissions.acting import MODERATOR, act, file, moderate

WAY: dict[str, Any] = {"radius_m": 50, "min_proposals": 3}
WAIT_S = 60.0


def demo(database: Database) -> Selection:
    with database.reading() as session:
        return Selection(next(one for one in list_campaigns(session) if one.slug == "micro-park"))


@pytest.fixture
def crowd(database: Database, campaign: CampaignView) -> CampaignView:
    """Give a campaign with six proposals at one place, of four people; one is merged."""
    made = [
        file(
            database,
            campaign,
            Actor(f"device {n % 4}"),
            now=NOW + n * timedelta(minutes=1),
            longitude=116.31 + n * 1e-5,
            latitude=40.03,
            text=f"这里停不下车{n}",
        )
        for n in range(6)
    ]
    act(database, merge, MODERATOR, made[3].public_id, [made[0].public_id], reason="一样")
    return campaign


def spied(monkeypatch: pytest.MonkeyPatch, judge: Callable[..., Any]) -> list[dict[str, Any]]:
    """Let a function judge instead; return what it is called with."""
    calls: list[dict[str, Any]] = []

    def judged(proposals: Any, spots: Any, communities: Any, **named: Any) -> JudgedHotspots:
        calls.append({"proposals": proposals, "spots": spots, **named})
        judge(named["progress"])
        columns = {"people": 1, "effect": 2.0, "p_value": 0.5, "verdict": "not_significant"}
        index = pd.Index(spots.frame["hotspot_id"])
        return JudgedHotspots(pd.DataFrame(columns, index=index), MethodCard("none", {}, {}, {}))

    monkeypatch.setattr(readings, "judge_hotspots", judged)
    return calls


def test_all_who_look_at_a_view_compute_once_until_it_changes(
    database: Database, crowd: CampaignView, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = spied(monkeypatch, lambda tell: tell(0.5))
    anybody, moderator = Selection(crowd), Selection(crowd, actor=MODERATOR)
    first = hotspot_verdicts(database, anybody, **WAY)
    assert hotspot_verdicts(database, moderator, **WAY) is first
    assert begun_hotspot_verdicts(database, anybody, **WAY) is first
    assert len(calls) == 1
    told = calls[0]
    assert told["person_column"] == "person"
    assert told["proposals"].index.equals(told["spots"].membership.index)
    assert len(told["proposals"]) == 5  # one of six was merged
    assert len(told["further_people"]) == 1
    assert first.card.parameters["revision"]
    with database.reading() as session:
        name = session.scalar(
            select(func.max(Proposal.public_id)).where(Proposal.text.contains("5"))
        )
    moderate(database, str(name), "hidden")
    again = hotspot_verdicts(database, anybody, **WAY)
    assert len(calls) == 2
    assert len(calls[1]["proposals"]) == 4
    assert again.card.parameters["revision"] != first.card.parameters["revision"]
    # What is hidden is judged for whoever may see it, and kept apart from what anybody gets.
    hidden = replace(moderator, narrow=Filter(statuses=("published", "hidden")))
    assert hotspot_verdicts(database, hidden, **WAY) is not again
    assert len(calls[2]["proposals"]) == 5


def test_a_page_does_not_wait_and_sees_how_far_it_is(
    database: Database, crowd: CampaignView, monkeypatch: pytest.MonkeyPatch
) -> None:
    half, go_on = threading.Event(), threading.Event()

    def slowly(tell: Callable[[float], None]) -> None:
        tell(0.5)
        half.set()
        assert go_on.wait(WAIT_S)

    spied(monkeypatch, slowly)
    view = Selection(crowd)
    reading = verdicts_reading(database, view, **WAY)
    assert begun_hotspot_verdicts(database, view, **WAY) is None
    assert half.wait(WAIT_S)
    assert reading.share() == 0.5
    assert reading.current(wait_s=0) is None
    assert begun_hotspot_verdicts(database, view, **WAY) is None
    go_on.set()
    found = reading.get()
    assert (reading.is_ready(), reading.share()) == (True, None)
    assert begun_hotspot_verdicts(database, view, **WAY) is found is reading.current(wait_s=0)


def test_what_nobody_wants_any_more_is_ended_and_can_be_begun_anew(
    database: Database, crowd: CampaignView, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, ended, go_on = threading.Event(), threading.Event(), threading.Event()

    def until_cancelled(tell: Callable[[float], None]) -> None:
        if go_on.is_set():
            return
        begun.set()
        assert go_on.wait(WAIT_S)
        try:
            tell(0.9)
        except WorkCancelled:
            ended.set()
            raise

    calls = spied(monkeypatch, until_cancelled)
    reading = verdicts_reading(database, Selection(crowd), **WAY)
    assert not reading.cancel()
    assert reading.begun(at_most_s=1) is None
    assert begun.wait(WAIT_S)
    assert reading.cancel()
    go_on.set()
    assert ended.wait(WAIT_S)
    assert reading.get().card.method == "none"
    assert len(calls) == 2


def test_verdicts_on_hotspots_are_those_on_the_published_proposals(
    demo_database: Database,
) -> None:
    view = demo(demo_database)
    with demo_database.reading() as session:
        data = gathered(session, view.campaign, chosen(session, view))
    spots = hotspots(demo_database, view, radius_m=50, min_proposals=5)
    expected = judge_hotspots(
        data.proposals,
        spots,
        data.communities,
        person_column="person",
        further_people=data.further,
    )
    found = hotspot_verdicts(demo_database, view, radius_m=50, min_proposals=5)
    pd.testing.assert_frame_equal(found.frame, expected.frame)
    assert found.frame.index.tolist() == spots.frame["hotspot_id"].tolist()
    assert {"significant", "not_significant"} <= set(found.frame["verdict"])


def test_cells_are_judged_by_people_who_count_once(demo_database: Database) -> None:
    view = demo(demo_database)
    with demo_database.reading() as session:
        data = gathered(session, view.campaign, chosen(session, view))
        counts = community_counts(session, view.campaign.id, chosen(session, view)).frame
    found = communities_reading(demo_database, view).get()
    expected = judge_communities(counts["people"], counts)
    pd.testing.assert_frame_equal(found.frame, expected.frame)
    assert found.frame["people"].tolist() == counts["people"].tolist()
    hexes = hexes_reading(demo_database, view, hexes_m=400).get()
    alike = judge_hexes(
        data.proposals,
        data.communities,
        hexes_m=400,
        person_column="person",
        further_people=data.further,
    )
    pd.testing.assert_frame_equal(hexes.frame, alike.frame)
    assert np.isfinite(hexes.frame["z"]).all()
    assert hexes_reading(demo_database, view, hexes_m=400).get() is hexes
