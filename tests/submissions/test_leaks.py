"""What was taken back or hidden appears in no outlet, and comes back in all when it does."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from analysis import results
from analysis.listing import list_proposals, nearest_proposals, outcome_list, outcomes
from analysis.pin_changes import pins
from analysis.pin_feed import Pinboard, public_ids
from analysis.selection import Selection
from api import create_api
from core.database import Database
from core.errors import NotFoundError
from core.settings import Settings
from deliberation.official_steps import tell_step
from geo.cluster_index import mercator_unit
from people.access.actor import OPERATOR, Actor
from serving.context import make_context
from submissions.participation.author_edits import withdraw_proposal
from submissions.participation.comments import change_comment_status, comment_on, comments_of
from submissions.participation.my_proposals import own_proposals
from submissions.participation.supports import support_proposal, supported_by
from submissions.proposals import queries
from submissions.proposals.queries import CampaignView
from tests.analysis.counting import published_frame, published_rows, sums_of
from tests.submissions.acting import AUTHOR, NEIGHBOUR, act, file, moderate

SECRET, SAID, REPLY = "不该外传的文字", "不该外传的评论", "不该外传的答复"
PLACE = (116.31, 40.03)


def outlets(database: Database, campaign: CampaignView, name: str) -> dict[str, bool]:
    """Tell for each outlet whether the proposal, or anything said to it, appears."""
    pinboard = Pinboard(database)
    near = pinboard.near(campaign.id, *PLACE, radius_m=100, most=9).nearest
    nearest = nearest_proposals(database, campaign, *PLACE, text=SECRET).items
    counts = results.community_counts(database, Selection(campaign))
    spots = results.hotspots(database, Selection(campaign), radius_m=50, min_proposals=1)
    _, index = pinboard.current(campaign.id, "bike_parking")
    with database.reading() as session:
        frame = published_frame(session, campaign.id)
        streamed = [row.id for row in published_rows(session, campaign.id)]
        listed = list_proposals(session, campaign, text=SECRET)
        seen: dict[str, Any] = {
            "frame": name in set(frame["id"]),
            "stream": name in streamed,
            "pins": name in pins(session, campaign.id).public_ids.tolist(),
            "totals": sums_of(session, campaign.id).proposals == 2,
            "people": sums_of(session, campaign.id).people == 2,
            "by id": bool(queries.proposals_by_public_ids(session, [name])),
            "list": name in [view.public_id for view in listed.items],
            "list total": listed.total == 1,
            "list all": list_proposals(session, campaign).total == 2,
            "comments": any(each.text == SAID for each in comments_of(session, name, NEIGHBOUR)),
            "outcomes": outcomes(session, campaign.id)["decided"] == 1,
            "outcome list": any(
                each.reply == REPLY for each in outcome_list(session, campaign.id, ["decided"])
            ),
            "supported": supported_by(session, NEIGHBOUR, [name]) == {name},
        }
        try:
            queries.proposal_for(session, name, NEIGHBOUR)
            seen["for others"] = True
        except NotFoundError:
            seen["for others"] = False
    return seen | {
        "near": name in [view.public_id for view in near],
        "nearest": name in [view.public_id for view in nearest],
        "tiles": name in public_ids(index, index.inside(116.3, 40.02, 116.34, 40.06)),
        "counts": counts.frame["proposals"].sum() == 2,
        "hotspots": bool(spots.membership.get(name)),
    }


@pytest.fixture
def name(database: Database, campaign: CampaignView) -> str:
    """Give a proposal with a support, a comment and an answer, beside one of somebody else."""
    file(database, campaign, Actor("else"), longitude=116.33, text="另一条")
    name = file(database, campaign, text=SECRET).public_id
    act(database, support_proposal, NEIGHBOUR, name)
    comment = act(database, comment_on, NEIGHBOUR, name, SAID, client_token="t")
    act(database, change_comment_status, OPERATOR, comment, "published", reason="读过")
    act(database, tell_step, OPERATOR, [name], "decided", REPLY, by="清河街道")
    return name


def test_nothing_is_left_in_any_outlet(
    database: Database, campaign: CampaignView, name: str
) -> None:
    for status in ("published", "hidden", "published", "held", "published", "withdrawn"):
        if status == "withdrawn":
            act(database, withdraw_proposal, AUTHOR, name)
        elif status != "published" or outlets(database, campaign, name)["frame"] is False:
            moderate(database, name, status)
        shown = outlets(database, campaign, name)
        assert shown == dict.fromkeys(shown, status == "published"), status
    with database.reading() as session:
        mine = own_proposals(session, AUTHOR)
    assert [(view.status, view.supports) for view in mine] == [("withdrawn", 1)]


def test_the_api_says_nothing_of_what_was_withdrawn(
    database: Database, campaign: CampaignView, name: str, tmp_path: Path
) -> None:
    x, y = mercator_unit(*PLACE)  # type: ignore[arg-type]
    base = f"/campaigns/{campaign.slug}"
    addresses = [
        f"{base}/proposals.geojson",
        f"{base}/hotspots.geojson?min_proposals=3&radius_m=50",
        f"{base}/communities.geojson",
        *(
            f"{base}/clusters/{zoom}/{int(x * (1 << zoom))}/{int(y * (1 << zoom))}.json"
            for zoom in (14, 18, 21)
        ),
        f"{base}/pins.json?west=116.3&south=40.02&east=116.32&north=40.04",
        f"/proposals/{name}",
    ]
    room = make_context(database, Settings(var_dir=tmp_path / "var"))
    with TestClient(create_api(room), raise_server_exceptions=False) as client:

        def told() -> str:
            return "\n".join(client.get(address).text for address in addresses)

        before = told()
        assert SECRET in before
        assert before.count(name) > 2
        act(database, withdraw_proposal, AUTHOR, name)
        after = told()
    for secret in (SECRET, SAID, REPLY, AUTHOR.key):
        assert str(secret) not in after
    assert name not in after.replace(f'"public_id":"{name}"', "")
