"""Words are found wherever they stand in a text, on both databases, and nothing else is."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from analysis.text.bigrams import phrase, pieces, terms
from analysis.text.text_search import catch_up, says
from core.database import Database
from core.folded_text import folded
from people.access.actor import Actor
from people.audit.record import record
from submissions.proposals.models import Proposal
from submissions.proposals.queries import CampaignView
from tests.conftest import NOW
from tests.submissions.acting import AUTHOR, act, file

TEXTS = {
    "gate": "地铁口停不下车，共享单车堆满了盲道",
    "bus": "478路公交站旁边，请画线。Bus Stop ４７８！",
    "short": "停啊",
    "latin": "Please put BIKE racks here",
    "gap": "停。车",
}


def found(database: Database, asked: str) -> set[str]:
    with database.reading() as session:
        texts = session.scalars(select(Proposal.text).where(says(session, asked))).all()
    return {name for name, text in TEXTS.items() if text in texts}


@pytest.fixture
def filed(database: Database, campaign: CampaignView) -> dict[str, str]:
    return {name: file(database, campaign, text=text).public_id for name, text in TEXTS.items()}


@pytest.mark.parametrize(
    ("asked", "wanted"),
    [
        ("单车", {"gate"}),
        ("共享单车", {"gate"}),
        ("单 车道", set()),
        ("盲道 单车", {"gate"}),
        ("盲道，公交", set()),
        ("停", {"gate", "short", "gap"}),
        ("道", {"gate"}),
        ("停车", set()),
        ("车共", set()),
        ("４７８", {"bus"}),
        ("478 bus", {"bus"}),
        ("BIKE", {"latin"}),
        ("bike rack", {"latin"}),
        ("biker", set()),
        ("", set()),
        (" ，。' OR \" * : & | ! \\ -- %", set()),
        ("NEAR(停 车)", set()),
    ],
)
def test_what_is_found(
    database: Database, filed: dict[str, str], asked: str, wanted: set[str]
) -> None:
    """Before the index has seen it, and afterwards."""
    assert found(database, asked) == wanted
    assert catch_up(database) == 0
    assert found(database, asked) == wanted


def test_the_index_follows_what_changes(database: Database, filed: dict[str, str]) -> None:
    assert catch_up(database) == 0

    def change(session: Session, actor: Actor, *, now: datetime) -> None:
        row = session.scalars(select(Proposal).where(Proposal.text == TEXTS["short"])).one()
        row.text = "换成别的话"
        record(session, actor, "edited", now=now, proposal_id=row.id, campaign_id=row.campaign_id)

    act(database, change, AUTHOR, now=NOW + timedelta(hours=1))
    for _ in range(2):
        assert found(database, "停") == {"gate", "gap"}
        with database.reading() as session:
            assert session.scalars(select(Proposal.text).where(says(session, "别的"))).all()
        assert catch_up(database) == 0


WORDS = st.text(alphabet="停车单道ab1 ，。Ａ\u0301", max_size=12)


@given(text=WORDS, asked=WORDS)
def test_a_phrase_of_pieces_stands_where_the_words_stand(text: str, asked: str) -> None:
    """The oracle looks for each folded term in the folded text."""
    have = pieces(text)
    for term in filter(None, terms(asked)):
        whole, begins = phrase(term)
        if begins:
            hit = any(piece.startswith(begins) for piece in have)
        else:
            rows = range(len(have) - len(whole) + 1)
            hit = any(have[row : row + len(whole)] == whole for row in rows)
        assert hit == (term in folded(text))


def test_no_word_of_a_query_is_left_out() -> None:
    asked = " ".join("一二三四五六七八九十甲乙丙丁")
    assert terms(asked) == asked.split()
