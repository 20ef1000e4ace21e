"""Which of the proposals nearby may be the same thing said before."""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime

import pytest

from analysis.nearby import nearby, text_likenesses
from analysis.pin_feed import Pinboard
from core.database import Database
from data.campaigns import demo_proposals
from data.sentences import MATERIAL
from moderation.changes import change_status
from people.access.actor import OPERATOR, Actor
from submissions.campaigns.campaign_draft import ALIKE
from submissions.participation.filing import file_proposal
from submissions.participation.proposal_draft import DraftProposal
from submissions.proposals.queries import CampaignView
from submissions.proposals.states import Status

NOW = datetime(2026, 5, 2, 12, tzinfo=UTC)
PLACE = (116.31, 40.03)
#: At 40.03 degrees north a ten-thousandth of a degree of latitude is 11.1036 m.
STEP = 1e-4
FULL = "五彩城南门的单车太多,把盲道都占了,请往旁边挪"
SAME = "五彩城南门单车把盲道都占了,能不能往旁边挪二十米"
LAMP = "五彩城南门路灯坏了两个月,晚上太黑,老人不敢出门"
SEAT = "希望五彩城南门外面放几把椅子,等车的人可以坐一会儿"


def file(database: Database, campaign: CampaignView, text: str, steps: float,
         category: str = "bike_parking") -> str:  # fmt: skip
    draft = DraftProposal(
        client_token=f"token-{steps}-{len(text)}",
        longitude=PLACE[0],
        latitude=PLACE[1] + steps * STEP,
        category=category,
        text=text,
        relation="lives",
    )
    actor = Actor(device=f"device-{steps}-0123456789abcdefghijkl")
    return database.write(
        lambda session: file_proposal(session, actor, campaign.id, draft, now=NOW)
    ).public_id


def test_the_same_words_next_door_come_first(database: Database, campaign: CampaignView) -> None:
    file(database, campaign, LAMP, 0)
    file(database, campaign, SEAT, 1)
    same = file(database, campaign, FULL, 2)
    like = file(database, campaign, SAME, 8)
    file(database, campaign, FULL, 10)
    board = Pinboard(database)

    found = nearby(board, campaign, *PLACE, text=FULL)
    assert found.total == 4
    assert [n.view.public_id for n in found.proposals][:2] == [same, like]
    assert [n.alike for n in found.proposals] == [True, True, False, False]
    # Identical words, 22.2 m of twice 100 m away: 3/4 + 1/4 * (1 - 22.2072 / 200).
    assert found.proposals[0].likeness == pytest.approx(0.75 + 0.25 * (1 - 22.2072 / 200), abs=1e-5)
    assert found.proposals[0].view.distance_m == pytest.approx(22.2072, abs=1e-3)


def test_without_a_text_the_nearest_come_first(database: Database, campaign: CampaignView) -> None:
    ids = [file(database, campaign, text, at) for at, text in enumerate((SEAT, FULL, LAMP, SAME))]
    board = Pinboard(database)
    for text in ("", "  ", "!!🚲"):
        found = nearby(board, campaign, *PLACE, text=text, most=3)
        assert [n.view.public_id for n in found.proposals] == ids[:3]
        assert not any(n.alike for n in found.proposals)
        assert found.total == 4


def test_another_topic_or_category_is_not_the_same(
    database: Database, campaign: CampaignView
) -> None:
    file(database, campaign, LAMP, 0)
    file(database, campaign, SEAT, 0.5)
    file(database, campaign, SAME, 1, category="public_space")
    board = Pinboard(database)
    at_all = nearby(board, campaign, *PLACE, text=FULL)
    assert [n.alike for n in at_all.proposals] == [True, False, False]
    of_bikes = nearby(board, campaign, *PLACE, text=FULL, category="bike_parking")
    assert [n.alike for n in of_bikes.proposals] == [False, False, False]
    of_space = nearby(board, campaign, *PLACE, text=FULL, category="public_space")
    assert of_space.proposals[0].alike


@pytest.mark.parametrize("status", [Status.HIDDEN, Status.HELD])
def test_what_is_not_published_is_not_told(
    database: Database, campaign: CampaignView, status: Status
) -> None:
    public_id = file(database, campaign, FULL, 0)
    board = Pinboard(database)
    assert nearby(board, campaign, *PLACE, text=FULL).total == 1
    database.write(
        lambda session: change_status(session, OPERATOR, public_id, status, reason="t", now=NOW)
    )
    assert nearby(board, campaign, *PLACE, text=FULL).proposals == []


def test_likeness_by_hand() -> None:
    # 清河 has the pieces 清, 河, 清河, which both texts hold: each weighs ln(1 + 2/2) = ln 2. Of
    # 清河站 there are also 站 and 河站, in one text of two: ln(1 + 2/1) = ln 3.
    shared, more = 3 * math.log(2), 2 * math.log(3)
    by_hand = shared / math.sqrt(shared * (shared + more))
    assert text_likenesses("清河", ["清河站"]) == [pytest.approx(by_hand)]
    assert text_likenesses("清河,站!", ["清河站"]) == [pytest.approx(1.0)]
    assert text_likenesses("清河", ["朱房", "", "🚲"]) == [0.0, 0.0, 0.0]
    assert text_likenesses("", ["清河"]) == [0.0]
    assert text_likenesses("清河", []) == []


def concern(text: str) -> tuple[str, str] | None:
    """Which sentence of the demo's material a text is made from, and about which place."""
    bikes, space = MATERIAL["bike_parking"], MATERIAL["public_space"]
    for sentence in (*bikes["where"], *bikes["manage"], *space["problem"], *space["wish"]):
        pattern = re.escape(sentence).replace(re.escape("{p}"), "(.+?)")
        if match := re.search(pattern, text):
            return sentence, match.group(1)
    return None


def test_on_the_demo_the_same_concern_is_found_and_others_are_not() -> None:
    """Among the texts about one place, with the same sentence or without."""
    told = [(text, concern(text)) for text in demo_proposals("bike-parking")["text"]]
    by_place: dict[str, list[tuple[str, str]]] = {}
    for text, found in told:
        if found is not None:
            by_place.setdefault(found[1], []).append((text, found[0]))
    same, called, right = 0, 0, 0
    for texts in by_place.values():
        for at, (text, sentence) in enumerate(texts[:20]):
            others = [other for row, other in enumerate(texts[:31]) if row != at]
            likenesses = text_likenesses(text, [words for words, _sentence in others])
            for likeness, (_words, other) in zip(likenesses, others, strict=True):
                same += other == sentence
                called += likeness >= ALIKE
                right += other == sentence and likeness >= ALIKE
    assert same > 200
    assert right / same > 0.95
    assert right / called > 0.75
