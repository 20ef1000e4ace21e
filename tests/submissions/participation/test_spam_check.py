"""Doubtful filings are found by an index, and no text makes the check fail."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import update

from core.database import Database
from people.access.actor import Actor, Grant, Role, everywhere
from submissions.participation.filing import file_proposal
from submissions.participation.proposal_draft import DraftProposal
from submissions.participation.spam_check import (
    count_links,
    doubt_of,
    repeated_statement,
    text_digest,
)
from submissions.proposals.models import Proposal
from submissions.proposals.queries import CampaignView
from submissions.proposals.states import HeldReason
from tests.conftest import NOW
from tests.query_plans import plan_by

WORDS = "希望在地铁口增加共享单车停放点"
ANY_TEXT = st.text(st.characters(exclude_categories=()))


def file(
    database: Database,
    campaign: CampaignView,
    device: str,
    at: datetime,
    *,
    words: str = WORDS,
    status: str = "published",
) -> None:
    draft = DraftProposal(uuid4().hex, 116.31, 40.03, "bike_parking", words, "works")
    receipt = database.write(lambda s: file_proposal(s, Actor(device), campaign.id, draft, now=NOW))
    stored = {"text_digest": text_digest(words), "created": at, "status": status}
    database.write(
        lambda s: (
            s.execute(
                update(Proposal).where(Proposal.public_id == receipt.public_id).values(stored)
            )
            and None
        )
    )


def doubt(
    database: Database,
    words: str = WORDS,
    device: str | None = "a",
    *,
    honey: str = "",
    proven: bool | None = None,
    grants: frozenset[Grant] = frozenset(),
) -> HeldReason | None:
    with database.reading() as session:
        actor = Actor(device, grants)
        return doubt_of(session, words, actor, honey=honey, proven=proven, now=NOW)


def test_what_only_a_machine_does(database: Database) -> None:
    assert doubt(database) is None
    assert doubt(database, honey=" \n") is None
    assert doubt(database, proven=True) is None
    assert doubt(database, honey="http://shop") is HeldReason.MACHINE
    assert doubt(database, proven=False) is HeldReason.MACHINE
    two = "请看 https://a.cn 和 www.b.cn"
    assert doubt(database, two) is None
    assert doubt(database, f"{two} HTTP://C.CN") is HeldReason.MACHINE
    assert doubt(database, honey="x", grants=everywhere(Role.SOCIAL_WORKER)) is None
    assert doubt(database, honey="x", grants=everywhere(Role.COUNCIL_MEMBER)) is HeldReason.MACHINE


@pytest.mark.parametrize(
    ("words", "links"),
    [
        ("http://www.a.cn/x?u=1", 1),
        ("http://a.cn看http://b.cn,https://c.cn", 3),
        ("www.a.cn www.b.cn", 2),
        ("awww.a.cn 一二三", 0),
        ("http://a.cn", 1),
    ],
)
def test_links_are_counted(words: str, links: int) -> None:
    assert count_links(words) == links


def test_the_same_device_says_it_again(database: Database, campaign: CampaignView) -> None:
    file(database, campaign, "a", NOW - timedelta(days=29))
    assert doubt(database) is HeldReason.REPEATED
    assert doubt(database, "希望,在地铁口 增加“共享单车”停放点!!") is HeldReason.REPEATED
    assert doubt(database, device="b") is None
    assert doubt(database, device=None) is None
    assert doubt(database, WORDS + "两处") is None
    assert doubt(database, grants=everywhere(Role.RESIDENT_PLANNER)) is None


def test_long_ago_taken_back_or_short_is_no_repetition(
    database: Database, campaign: CampaignView
) -> None:
    file(database, campaign, "a", NOW - timedelta(days=30))
    file(database, campaign, "a", NOW - timedelta(days=1), status="withdrawn")
    file(database, campaign, "a", NOW, words="加座椅!!!!!!!!")
    assert doubt(database) is None
    assert doubt(database, "加座椅!!!!!!!!") is None


def test_three_devices_say_it_in_a_day(database: Database, campaign: CampaignView) -> None:
    for device, hours in (("a", 1), ("a", 2), ("b", 3), ("c", 24)):
        file(database, campaign, device, NOW - timedelta(hours=hours))
    assert doubt(database, device="d") is None
    file(database, campaign, "e", NOW - timedelta(hours=23), status="hidden")
    assert doubt(database, device="d") is HeldReason.REPEATED
    assert doubt(database, device=None) is HeldReason.REPEATED


def test_imports_are_no_repetition(database: Database, campaign: CampaignView) -> None:
    for device in "abc":
        file(database, campaign, device, NOW)
    database.write(lambda s: s.execute(update(Proposal).values(receipt=None)) and None)
    assert doubt(database) is None


def test_the_index_finds_the_repeated(database: Database, campaign: CampaignView) -> None:
    file(database, campaign, "a", NOW)
    for key in (None, "k"):
        asked = {"digest": "d", "recent": NOW, "longer": NOW, "author_key": key}
        statement = repeated_statement(by_device=key is not None).params(**asked)
        plan = plan_by(database, statement, "ix_proposal_text_digest")
        assert "ix_proposal_text_digest" in plan, plan
        assert "Seq Scan" not in plan, plan
        assert "SCAN proposal" not in plan, plan


@given(ANY_TEXT)
def test_no_text_makes_it_fail(words: str) -> None:
    digest = text_digest(words)
    assert digest is None or len(digest) == 64
    assert text_digest(f"  {words}…!") == digest
    assert count_links(words) >= 0


@given(ANY_TEXT)
def test_any_text_is_looked_up(words: str) -> None:
    class Nothing:
        def scalar(self, _statement: object, _asked: object) -> None:
            return None

    for honey in ("", words):
        doubt_of(Nothing(), words, Actor(words), honey=honey, proven=None, now=NOW)  # type: ignore[arg-type]


@given(st.text(st.characters(categories=("L", "N"))))
def test_case_and_width_do_not_matter(words: str) -> None:
    wide = "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in words)
    assert text_digest(wide) == text_digest(words)
    spaced = " ".join(words)
    if words.isascii():
        assert text_digest(spaced.upper()) == text_digest(words.lower())
