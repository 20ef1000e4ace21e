"""A published list is declared void: in public, for a reason, and never so that nobody sees it."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from commands.submissions import main
from core.database import Database
from core.errors import DrawError, InvalidError, LongTextError, NotAllowedError, NotFoundError
from notifications.models import Message
from notifications.outbox import MessageState
from people.access.actor import Actor, Grant, Reach, Role, everywhere
from submissions.prize_draws import lottery
from submissions.prize_draws.draw_prizes import draw_prizes
from submissions.prize_draws.draw_views import (
    DrawView,
    draw_numbered,
    draw_of,
    latest_draw,
    void_draws,
)
from submissions.prize_draws.models import PrizeDraw
from submissions.prize_draws.void_draw import void_draw
from submissions.proposals.queries import CampaignView
from submissions.proposals.tell_followers import still_wanted
from tests.conftest import CLOSES, make_campaign
from tests.submissions.acting import act, file, trail
from tests.submissions.prize_draws.test_draw_prizes import (
    CLOSED,
    KNOWN,
    OFFICER,
    PRIZE,
    commit,
    committed,
    drawn,
    own,
    people,
    with_contact,
)
from wording.letters.proposal_letters import letter

WHY = "纸质建议\n还没有录入"
SAID = "纸质建议 还没有录入"
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
BASE = "https://lujian.example.org"


@pytest.fixture
def campaign(database: Database) -> CampaignView:
    return make_campaign(database, prize=PRIZE, publish_on_filing=True)


def void(
    database: Database,
    campaign: CampaignView,
    digest: str,
    *,
    now: datetime = CLOSED + HOUR,
    actor: Actor = OFFICER,
    **named: Any,
) -> None:
    given = {"digest": digest, "reason": WHY, "base": BASE, "now": now} | named
    act(database, void_draw, actor, campaign.slug, **given)


def all_void(database: Database, campaign: CampaignView) -> list[DrawView]:
    with database.reading() as session:
        return void_draws(session, campaign.id)


def in_force(database: Database, campaign: CampaignView) -> DrawView | None:
    with database.reading() as session:
        return draw_of(session, campaign.id)


def draw(database: Database, campaign: CampaignView, seed: str = "7", now: datetime = KNOWN) -> Any:
    return act(database, draw_prizes, OFFICER, campaign.slug, seed, base=BASE, now=now)


def messages(database: Database, template: str) -> list[Message]:
    with database.reading() as session:
        found = select(Message).where(Message.template == template).order_by(Message.id)
        return list(session.scalars(found))


def sent(database: Database, state: MessageState, which: int = 0) -> None:
    """Let the post office have come so far with one of the letters."""
    number = messages(database, "prize_won")[which].id
    changed = update(Message).where(Message.id == number).values(state=str(state))
    database.write(lambda session: session.execute(changed) and None)


def wanted(database: Database, message: Message) -> bool:
    with database.reading() as session:
        return still_wanted(session, message.template, message.params)


def test_a_void_list_stays_and_the_next_one_names_it(
    database: Database, campaign: CampaignView, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ids = people(database, campaign, 3)
    first = committed(database, campaign)
    void(database, campaign, first.digest)
    assert in_force(database, campaign) is None
    (kept,) = all_void(database, campaign)
    assert (kept.number, kept.digest, kept.reason, kept.stage) == (
        1,
        first.digest,
        SAID,
        "published",
    )
    assert kept.voided_at == CLOSED + HOUR
    with database.reading() as session:
        found = draw_numbered(session, campaign.id, 1)
        assert found == latest_draw(session, campaign.id)
        assert draw_numbered(session, campaign.id, 2) is None
    assert found is not None
    assert found.text == first.text
    assert found.record["void"] == {
        "at": (CLOSED + HOUR).isoformat(),
        "stage": "published",
        "reason": SAID,
    }
    commit(database, campaign, now=CLOSED + 2 * HOUR)
    second = drawn(database, campaign)
    assert (second.number, second.rules["replaces"]) == (2, first.digest)
    head, _, names = second.text.partition("\n\n")
    assert head.splitlines()[0] == "lujian-draw-2"
    assert head.splitlines()[-1] == f"replaces: {first.digest}"
    assert not set(names.split()) & set(first.entries)
    assert hashlib.sha256(second.text.encode()).hexdigest() == second.digest
    won = draw(database, campaign)
    assert [own(database, one).entry in second.entries for one in ids] == [True] * 3
    record = drawn(database, campaign).record
    assert lottery.verify(record) == []
    for changed in ({"replaces": "0" * 64}, {"method": "lujian-draw-1"}, {"replaces": ""}):
        assert lottery.verify(record | changed)
    assert lottery.verify({name: said for name, said in record.items() if name != "replaces"})
    kept_in = tmp_path / "record.json"
    kept_in.write_text(json.dumps(record), encoding="utf-8")
    assert main(["draw", "verify", str(kept_in)]) == 0
    told = capsys.readouterr().out
    assert f"takes the place of a void one: {first.digest}" in told
    assert won[0] in told
    void(database, campaign, second.digest, now=KNOWN + HOUR, knowing=True)
    commit(database, campaign, now=KNOWN + 2 * HOUR, known_from=KNOWN + DAY)
    assert drawn(database, campaign).rules["replaces"] == second.digest
    assert [one.number for one in all_void(database, campaign)] == [1, 2]


def test_verification_says_that_a_record_is_void(
    database: Database, campaign: CampaignView, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    people(database, campaign, 4)
    digest = committed(database, campaign).digest
    won = draw(database, campaign)
    void(database, campaign, digest, now=KNOWN + HOUR, knowing=True)
    with database.reading() as session:
        found = draw_numbered(session, campaign.id, 1)
    assert found is not None
    assert lottery.verify(found.record) == []
    file_ = tmp_path / "record.json"
    file_.write_text(json.dumps(found.record, ensure_ascii=False), encoding="utf-8")
    assert main(["draw", "verify", str(file_)]) == 2
    told = capsys.readouterr()
    assert won[0] in told.out
    assert "VOID since" in told.err
    assert "after prizes were drawn" in told.err
    assert SAID in told.err
    program = tmp_path / "check.py"
    program.write_text(lottery.SCRIPT, encoding="utf-8")
    said = subprocess.run(
        [sys.executable, str(program), str(file_)], capture_output=True, text=True, check=True
    ).stdout
    assert said.count("True") == 2
    assert "VOID, nobody has won by it" in said
    assert SAID in said
    for broken in ("yes", {}, {"at": "x"}, [1]):
        file_.write_text(json.dumps(found.record | {"void": broken}), encoding="utf-8")
        assert main(["draw", "verify", str(file_)]) == 2


def test_the_public_program_reads_a_list_from_which_nothing_was_drawn(
    database: Database, campaign: CampaignView, tmp_path: Path
) -> None:
    people(database, campaign, 2)
    found = committed(database, campaign)
    file_, program = tmp_path / "record.json", tmp_path / "check.py"
    file_.write_text(json.dumps(found.record), encoding="utf-8")
    program.write_text(lottery.SCRIPT, encoding="utf-8")
    said = subprocess.run(
        [sys.executable, str(program), str(file_)], capture_output=True, text=True, check=True
    ).stdout
    assert said == "list as published before: True\n"


@pytest.mark.parametrize(
    ("now", "seed", "stage"),
    [
        (KNOWN - timedelta(microseconds=1), "", "published"),
        (KNOWN, "", "known"),
        (KNOWN + DAY, "7", "drawn"),
    ],
)
def test_what_follows_must_be_known_once_the_seed_may_be(
    database: Database, campaign: CampaignView, now: datetime, seed: str, stage: str
) -> None:
    people(database, campaign, 2)
    digest = committed(database, campaign).digest
    if seed:
        draw(database, campaign, seed)
    if stage != "published":
        with pytest.raises(DrawError, match="unsure"):
            void(database, campaign, digest, now=now)
        assert all_void(database, campaign) == []
    void(database, campaign, digest, now=now, knowing=stage != "published")
    (kept,) = all_void(database, campaign)
    assert (kept.stage, kept.seed) == (stage, seed or None)
    (entry,) = trail(database, "draw_voided")
    assert entry.account_id == OFFICER.account_id
    assert entry.campaign_id == campaign.id
    assert entry.details == {"digest": digest, "reason": SAID, "stage": stage, "letters": 0}


def test_what_cannot_be_declared_void(database: Database, campaign: CampaignView) -> None:
    people(database, campaign, 2)
    with pytest.raises(DrawError, match="not_committed"):
        void(database, campaign, "0" * 64)
    first = committed(database, campaign).digest
    for reason, wanted_error in (
        ("", InvalidError),
        (" \n\u200b", InvalidError),
        ("长" * 501, LongTextError),
    ):
        with pytest.raises(wanted_error):
            void(database, campaign, first, reason=reason)
    for digest in ("", "0" * 64, first.upper()):
        with pytest.raises(DrawError, match="another"):
            void(database, campaign, digest)
    assert trail(database, "draw_voided") == []
    void(database, campaign, first, reason="长" * 500)
    with pytest.raises(DrawError, match="not_committed"):
        void(database, campaign, first)
    with pytest.raises(DrawError, match="not_committed"):
        draw(database, campaign)
    commit(database, campaign, now=CLOSED + 2 * HOUR)
    with pytest.raises(DrawError, match="another"):
        void(database, campaign, first)
    void(database, campaign, drawn(database, campaign).digest)
    with pytest.raises(DrawError, match="source_known"):
        commit(database, campaign, now=KNOWN)
    assert len(trail(database, "draw_voided")) == 2


def test_one_list_at_most_is_in_force(database: Database, campaign: CampaignView) -> None:
    people(database, campaign, 1)
    committed(database, campaign)

    def another(session: Any) -> None:
        row = session.scalars(select(PrizeDraw)).one()
        session.add(
            PrizeDraw(
                campaign_id=row.campaign_id,
                rules=row.rules,
                excluded={},
                entries=0,
                digest="0" * 64,
                committed_at=CLOSED,
            )
        )
        session.flush()

    with pytest.raises(IntegrityError):
        database.write(another)
    with pytest.raises(DrawError, match="committed"):
        commit(database, campaign, now=CLOSED + HOUR)


HERE = Grant(Role.SUBDISTRICT_OFFICER, Reach.SUBDISTRICT, "110108017")
THERE = Grant(Role.SUBDISTRICT_OFFICER, Reach.SUBDISTRICT, "110108018")


@pytest.mark.parametrize("role", [*Role, HERE, THERE, None])
def test_who_declares_void(database: Database, role: Any) -> None:
    campaign = make_campaign(database, prize=PRIZE, subdistrict="110108017")
    people(database, campaign, 1)
    digest = committed(database, campaign).digest
    grants = frozenset([role]) if isinstance(role, Grant) else everywhere(*[role] if role else [])
    actor = Actor("somebody", grants)
    if role in {Role.SUBDISTRICT_OFFICER, Role.ADMINISTRATOR, HERE}:
        with pytest.raises(NotFoundError):
            act(database, void_draw, actor, "none", digest=digest, reason=WHY, now=CLOSED)
        limited = Actor("token", grants, limited_to=frozenset({"make_campaign", "moderate"}))
        with pytest.raises(NotAllowedError):
            void(database, campaign, digest, actor=limited)
        void(database, campaign, digest, actor=actor)
        return
    with pytest.raises(NotAllowedError):
        void(database, campaign, digest, actor=actor)
    assert all_void(database, campaign) == []


def test_winners_who_were_written_to_are_told_and_no_one_else(
    database: Database, campaign: CampaignView
) -> None:
    for n in range(3):
        with_contact(database, campaign, f"d{n}", f"d{n}@example.org")
    digest = committed(database, campaign).digest
    draw(database, campaign)
    prizes = messages(database, "prize_won")
    assert len(prizes) == 3
    sent(database, MessageState.SENT, 0)
    sent(database, MessageState.UNCERTAIN, 1)
    void(database, campaign, digest, now=KNOWN + HOUR, knowing=True)
    told = messages(database, "prize_void")
    assert [one.params["entry"] for one in told] == [one.params["entry"] for one in prizes[:2]]
    assert [one.contact_id for one in told] == [one.contact_id for one in prizes[:2]]
    assert [wanted(database, one) for one in told] == [True, True]
    # The third prize was told to nobody yet, and is not told any more.
    assert [wanted(database, one) for one in prizes] == [False] * 3
    assert trail(database, "draw_voided")[0].details["letters"] == 2
    said = letter("prize_void", told[0].params, told[0].language)
    assert SAID in said.body
    assert f"{BASE}/w/c/test-campaign/draw?lang=en" in said.body
    # The new draw writes to its own winners.
    commit(database, campaign, now=KNOWN + 2 * HOUR, known_from=KNOWN + DAY)
    draw(database, campaign, "8", now=KNOWN + 2 * DAY)
    fresh = messages(database, "prize_won")[3:]
    assert [wanted(database, one) for one in fresh] == [True] * 3


@pytest.mark.parametrize(
    ("state", "told"),
    [
        (MessageState.WAITING, False),
        (MessageState.FAILED, False),
        (MessageState.CANCELLED, False),
        (MessageState.SENDING, True),
        (MessageState.UNCERTAIN, True),
        (MessageState.SENT, True),
    ],
)
def test_a_letter_takes_back_only_what_may_have_been_read(
    database: Database, campaign: CampaignView, state: MessageState, told: bool
) -> None:
    with_contact(database, campaign, "a", "li@example.org")
    digest = committed(database, campaign).digest
    draw(database, campaign)
    sent(database, state)
    void(database, campaign, digest, now=KNOWN + HOUR, knowing=True)
    letters = messages(database, "prize_void")
    assert len(letters) == told
    if letters:
        sent(database, MessageState.FAILED)  # it was being sent, and did not arrive
        assert not wanted(database, letters[0])


def test_the_author_reads_what_became_of_the_entry(
    database: Database, campaign: CampaignView
) -> None:
    ids = people(database, campaign, 4)
    digest = committed(database, campaign).digest
    draw(database, campaign)
    ranks = {one: own(database, one).rank for one in ids}
    void(database, campaign, digest, now=KNOWN + HOUR, knowing=True)
    for one in ids:
        told = own(database, one)
        assert (told.void, told.rank) == (SAID, ranks[one])
    commit(database, campaign, now=KNOWN + 2 * HOUR, known_from=CLOSES)
    for one in ids:
        told = own(database, one)
        assert (told.void, told.rank, told.is_drawn) == (None, None, False)


def test_who_won_by_a_void_list_has_not_won_before(
    database: Database, campaign: CampaignView
) -> None:
    file(database, campaign, Actor("first"), text="第一次的建议")
    digest = committed(database, campaign).digest
    draw(database, campaign)
    void(database, campaign, digest, now=KNOWN + HOUR, knowing=True)
    commit(database, campaign, now=KNOWN + 2 * HOUR, known_from=CLOSES)
    found = drawn(database, campaign)
    assert (found.people, found.excluded) == (1, {})
