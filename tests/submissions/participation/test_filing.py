"""Filing: what is refused, what is kept as typed, and that once is once."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import URL, func, select, update

from core.database import Database
from core.errors import (
    BadCoordinateError,
    CampaignClosedError,
    EmptyTextError,
    InvalidError,
    LongTextError,
    LuJianError,
    NotAllowedError,
    NotFoundError,
    OutsideAreaError,
    UnknownCategoryError,
    UnknownRelationError,
)
from core.text import clean_text
from moderation.changes import change_status
from notifications.contacts import Sealer
from people.access.actor import OPERATOR, Actor
from people.audit.models import AuditEntry
from submissions.participation import filing
from submissions.participation.filing import Receipt, file_proposal
from submissions.participation.models import Support
from submissions.participation.proposal_draft import DraftProposal
from submissions.participation.supports import support_proposal
from submissions.proposals import receipt_codes
from submissions.proposals.models import Proposal
from submissions.proposals.queries import (
    CampaignView,
    proposal_by_public_id,
    proposal_by_receipt,
    proposals_by_public_ids,
)
from tests.conftest import CLOSES, NOW, OPENS, make_campaign
from tests.forked_programs import start_program
from tests.web.acting import QUESTIONS

ROOT = Path(__file__).resolve().parents[3]
RESIDENT, NEIGHBOUR = Actor("resident"), Actor("neighbour")
DRAFT = DraftProposal("token-1", 116.31, 40.03, "bike_parking", "地铁口停不下车", "lives")


def file(
    database: Database,
    campaign: CampaignView,
    actor: Actor = RESIDENT,
    now: datetime = NOW,
    sealer: Sealer | None = None,
    **changes: Any,
) -> Receipt:
    draft = replace(DRAFT, **changes)
    return database.write(
        lambda s: file_proposal(s, actor, campaign.id, draft, sealer=sealer, now=now)
    )


def count(database: Database, table: type) -> int:
    with database.reading() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def proposal(database: Database, receipt: Receipt) -> dict[str, Any]:
    with database.reading() as session:
        row = session.scalars(select(Proposal).where(Proposal.public_id == receipt.public_id)).one()
        return {column.key: getattr(row, column.key) for column in Proposal.__table__.columns}


def test_a_filing_keeps_all_that_was_said(database: Database, campaign: CampaignView) -> None:
    receipt = file(
        database,
        campaign,
        placed_by="device",
        accuracy_m=12.5,
        raw_x=116.3162,
        raw_y=40.0313,
        raw_crs="gcj02",
        text="  第一行\r\n<b>第二行</b> 🚲 'x'\r尾\t ",
    )
    row = proposal(database, receipt)
    assert row["text"] == "第一行\n<b>第二行</b> 🚲 'x'\n尾"
    assert (row["raw_x"], row["raw_y"], row["raw_crs"]) == (116.3162, 40.0313, "GCJ-02")
    assert (row["longitude"], row["latitude"]) == (116.31, 40.03)
    assert (row["geometry"].x, row["geometry"].y) == (116.31, 40.03)
    assert (row["placed_by"], row["accuracy_m"], row["relation"]) == ("device", 12.5, "lives")
    assert (row["community_code"], row["edition"]) == ("110108017001", "2020")
    assert (row["author_key"], row["status"], row["created"]) == (RESIDENT.key, "published", NOW)
    assert receipt == Receipt(
        row["receipt"], row["public_id"], "published", "110108017001", NOW, False
    )
    assert receipt_codes.normalise_receipt(receipt.code) == receipt.code


def test_a_filing_and_its_audit_entry_are_one(database: Database, campaign: CampaignView) -> None:
    receipt = file(database, campaign)
    with database.reading() as session:
        entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "filed")).one()
    row = proposal(database, receipt)
    assert (entry.proposal_id, entry.campaign_id) == (row["id"], campaign.id)
    assert (entry.actor_key, entry.at, entry.details) == (RESIDENT.key, NOW, {})


REFUSALS: list[tuple[dict[str, Any], type[LuJianError]]] = [
    ({"longitude": 116.35}, OutsideAreaError),
    ({"latitude": 39.0}, OutsideAreaError),
    ({"longitude": 40.03, "latitude": 116.31}, BadCoordinateError),
    ({"longitude": float("nan")}, BadCoordinateError),
    ({"latitude": float("inf")}, BadCoordinateError),
    ({"longitude": None}, BadCoordinateError),
    ({"longitude": "here"}, BadCoordinateError),
    ({"longitude": True}, BadCoordinateError),
    ({"text": ""}, EmptyTextError),
    ({"text": " \r\n\t\u3000"}, EmptyTextError),
    ({"text": "\x00\x07"}, EmptyTextError),
    ({"text": "\u200b\ufeff"}, EmptyTextError),
    ({"text": "\ud83d"}, EmptyTextError),
    ({"text": None}, EmptyTextError),
    ({"text": "长" * 1001}, LongTextError),
    ({"category": "micro_park"}, UnknownCategoryError),
    ({"category": ""}, UnknownCategoryError),
    ({"relation": "owns"}, UnknownRelationError),
    ({"relation": ""}, UnknownRelationError),
    ({"placed_by": "import"}, InvalidError),
    ({"placed_by": "magic"}, InvalidError),
    ({"accuracy_m": -1}, InvalidError),
    ({"accuracy_m": float("nan")}, InvalidError),
    ({"raw_x": 1.0}, BadCoordinateError),
    ({"raw_x": 1.0, "raw_y": 2.0, "raw_crs": "MARS"}, InvalidError),
    ({"client_token": ""}, InvalidError),
    ({"client_token": "import:1"}, InvalidError),
    ({"client_token": "x" * 65}, InvalidError),
]


def test_what_cannot_be_accepted_is_refused_and_leaves_nothing(
    database: Database, campaign: CampaignView
) -> None:
    for changes, error in REFUSALS:
        with pytest.raises(error):
            file(database, campaign, **changes)
    assert count(database, Proposal) == 0


def test_closed_or_unknown_campaigns_and_missing_devices_are_refused(
    database: Database, campaign: CampaignView
) -> None:
    for now in (OPENS - timedelta(seconds=1), CLOSES):
        with pytest.raises(CampaignClosedError) as caught:
            file(database, campaign, now=now)
        assert caught.value.params == {"opens_at": OPENS, "closes_at": CLOSES}
    with pytest.raises(NotAllowedError):
        file(database, campaign, actor=OPERATOR)
    with pytest.raises(NotFoundError):
        file(database, replace(campaign, id=987_654))
    assert count(database, Proposal) == 0


def test_the_longest_text_and_every_border_are_still_in(
    database: Database, campaign: CampaignView
) -> None:
    assert file(database, campaign, text=" 车位" + "🚲" * 998 + "\n").status == "published"
    corners = {
        (116.30, 40.02): "110108017001",
        (116.34, 40.02): "110108017003",
        (116.34, 40.06): None,
        (116.32, 40.04): "110108017001",
    }
    for number, ((lon, lat), code) in enumerate(corners.items()):
        token = f"corner-{number}"
        receipt = file(database, campaign, client_token=token, longitude=lon, latitude=lat)
        assert receipt.community_code == code


def test_moderation_first_when_the_campaign_says_so(database: Database) -> None:
    campaign = make_campaign(database, publish_on_filing=False)
    receipt = file(database, campaign)
    assert receipt.status == "received"
    with database.reading() as session:
        with pytest.raises(NotFoundError):
            proposal_by_public_id(session, receipt.public_id)
        assert proposals_by_public_ids(session, [receipt.public_id]) == []
        seen = proposal_by_receipt(session, receipt_codes.format_receipt(receipt.code).lower())
    assert seen is not None
    assert (seen.public_id, seen.status) == (receipt.public_id, "received")


def test_sent_again_it_is_the_same_proposal(database: Database, campaign: CampaignView) -> None:
    first = file(database, campaign)
    again = file(database, campaign, text=f"{DRAFT.text}\r\n", now=NOW + timedelta(hours=1))
    elsewhere = file(database, campaign, language="en", placed_by="device", accuracy_m=9.0)
    late = file(database, campaign, now=CLOSES + timedelta(days=1))
    assert again == elsewhere == late == replace(first, repeated=True)
    assert count(database, Proposal) == 1
    assert file(database, campaign, actor=NEIGHBOUR).public_id != first.public_id
    assert file(database, campaign, client_token="token-2").public_id != first.public_id
    assert count(database, Proposal) == 3
    with database.reading() as session:
        filed = select(func.count()).where(AuditEntry.action == "filed")
        assert session.scalar(filed) == 3


OTHER_CONTENT: list[dict[str, Any]] = [
    {"text": "换一句话"},
    {"longitude": 116.311},
    {"category": "public_space"},
    {"relation": "works"},
    {"why_another": "那边太远"},
    {"contact": "li@example.org", "consent": True},
    {"contact": "wang@example.org", "consent": True},
    {"answers": {"wishes": ["seats"]}},
]


def test_the_same_token_with_another_content_is_another_proposal(database: Database) -> None:
    campaign, sealer = make_campaign(database, questions=QUESTIONS[1:]), Sealer(["k" * 40])

    def told(**changes: Any) -> Receipt:
        return file(database, campaign, sealer=sealer, **changes)

    first = told()
    others = [told(**changes) for changes in OTHER_CONTENT]
    assert not any(receipt.repeated for receipt in others)
    assert len({receipt.code for receipt in [first, *others]}) == len(OTHER_CONTENT) + 1
    for changes, receipt in zip([{}, *OTHER_CONTENT], [first, *others], strict=True):
        assert told(**changes) == replace(receipt, repeated=True)
    with pytest.raises(EmptyTextError):
        told(text="")
    assert count(database, Proposal) == len(OTHER_CONTENT) + 1


@pytest.mark.on_both
def test_two_contents_at_once_under_one_token_make_two(
    database: Database, campaign: CampaignView
) -> None:
    found = together(lambda n: file(database, campaign, text=f"内容 {n % 2}"), times=12)
    assert len({receipt.code for receipt in found}) == count(database, Proposal) == 2
    assert sum(receipt.repeated for receipt in found) == 10


def test_one_filed_before_digests_were_kept_is_known_by_its_words_and_place(
    database: Database, campaign: CampaignView
) -> None:
    first = file(database, campaign)
    database.write(lambda session: session.execute(update(Proposal).values(content_digest=None)))
    assert file(database, campaign) == replace(first, repeated=True)
    assert not file(database, campaign, text="换一句话").repeated


@pytest.mark.on_both
def test_two_at_once_make_one(database: Database, campaign: CampaignView) -> None:
    found = together(lambda _: file(database, campaign), times=16)
    assert len({receipt.code for receipt in found}) == 1
    assert sorted(receipt.repeated for receipt in found) == [False] + [True] * 15
    assert count(database, Proposal) == 1


@pytest.mark.on_both
def test_two_at_once_make_one_across_processes(
    database_url: URL, database: Database, campaign: CampaignView
) -> None:
    other = Database(database_url)
    found = together(lambda n: file((database, other)[n % 2], campaign), times=8)
    other.close()
    assert len({receipt.code for receipt in found}) == 1
    assert count(database, Proposal) == 1


@pytest.mark.on_both
def test_a_receipt_that_is_taken_is_not_given_twice(
    database: Database, campaign: CampaignView, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = file(database, campaign)
    codes = iter([first.code, first.code, receipt_codes.new_receipt()])
    monkeypatch.setattr(filing, "new_receipt", lambda: next(codes))
    names = iter(["aaaaaaaa", first.public_id, "bbbbbbbb"])
    monkeypatch.setattr(filing, "new_public_id", lambda: next(names))
    second = file(database, campaign, client_token="token-2")
    assert (second.public_id, second.repeated) == ("bbbbbbbb", False)
    assert count(database, Proposal) == 2


def together(job: Callable[[int], Any], *, times: int) -> list[Any]:
    ready, found = threading.Barrier(times), []

    def run(number: int) -> None:
        ready.wait()
        found.append(job(number))

    threads = [threading.Thread(target=run, args=(n,)) for n in range(times)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == times
    return found


@pytest.mark.on_both
def test_supports_count_each_device_once_also_all_at_once(
    database: Database, campaign: CampaignView
) -> None:
    receipt = file(database, campaign)

    def support(number: int) -> int:
        actor = Actor(f"device-{number % 10}")
        return database.write(lambda s: support_proposal(s, actor, receipt.public_id, now=NOW))

    found = together(support, times=30)
    assert max(found) == 10
    assert set(found) == set(range(1, 11))
    with database.reading() as session:
        assert proposal_by_public_id(session, receipt.public_id).supports == 10
    assert count(database, Support) == 10


def test_support_is_refused_where_it_does_not_belong(
    database: Database, campaign: CampaignView
) -> None:
    receipt = file(database, campaign)

    def support(actor: Actor, public_id: str) -> None:
        database.write(lambda s: support_proposal(s, actor, public_id, now=NOW))

    for actor in (RESIDENT, Actor(), OPERATOR):
        with pytest.raises(NotAllowedError):
            support(actor, receipt.public_id)
    with pytest.raises(NotFoundError):
        support(NEIGHBOUR, "nowhere1")
    hide = {"reason": "测试", "now": NOW}
    database.write(lambda s: change_status(s, OPERATOR, receipt.public_id, "hidden", **hide))
    for actor in (NEIGHBOUR, RESIDENT, Actor()):
        with pytest.raises(NotFoundError):
            support(actor, receipt.public_id)
    assert count(database, Support) == 0


@given(st.text(max_size=60))
def test_any_text_comes_out_clean_or_empty(text: str) -> None:
    try:
        kept = clean_text(text, most=60)
    except EmptyTextError:
        return
    assert kept == kept.strip()
    assert kept == clean_text(kept, most=60)
    assert "\r" not in kept
    assert "\x00" not in kept
    kept.encode("utf-8")


CHILD = """
import sys
from datetime import UTC, datetime
from uuid import uuid4
from core.database import Database
from people.access.actor import Actor
from submissions.participation.filing import file_proposal
from submissions.participation.proposal_draft import DraftProposal
import threading
database, campaign_id = Database(sys.argv[1]), int(sys.argv[2])
lock = threading.Lock()
def resident(number):
    actor = Actor(str(number))
    while True:
        draft = DraftProposal(uuid4().hex, 116.31, 40.03, "bike_parking", "xy" * 25, "lives")
        def fn(session):
            return file_proposal(session, actor, campaign_id, draft, now=datetime.now(UTC))
        receipt = database.write(fn)
        with lock:
            sys.stdout.write(receipt.code + "\\n")
            sys.stdout.flush()
for number in range(8):
    threading.Thread(target=resident, args=(number,)).start()
"""


@pytest.mark.on_both
def test_killed_in_mid_run_nothing_acknowledged_is_lost(
    database: Database, campaign: CampaignView, database_url: URL
) -> None:
    address = database_url.render_as_string(hide_password=False)
    reading, writing = os.pipe()
    with open(reading) as told:
        with open(writing, "wb") as output:
            child = start_program(["-c", CHILD, address, str(campaign.id)], output=output)
        acknowledged = [told.readline().strip() for _ in range(300)]
        child.kill()
        rest = told.read().split("\n")
    assert child.wait() == -signal.SIGKILL
    acknowledged += [line for line in rest if len(line) == 12]
    with database.reading() as session:
        stored = set(session.scalars(select(Proposal.receipt)))
        entries = session.scalar(select(func.count()).where(AuditEntry.action == "filed"))
    assert len(acknowledged) >= 300
    assert set(acknowledged) <= stored
    assert entries == len(stored)
    assert file(database, campaign).status == "published"
