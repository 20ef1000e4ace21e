"""A prize draw: who takes part, against hand-worked cases; who wins, against hashlib alone."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from commands.submissions import main
from core.database import Database
from core.errors import BadFileError, DrawError, InvalidError, NotAllowedError, NotFoundError
from notifications.contacts import Sealer
from notifications.models import Message
from people.access.actor import OPERATOR, Actor, Grant, Reach, Role, everywhere
from people.access.permissions import Act
from people.audit.models import AuditEntry
from submissions.campaigns.lifecycle import close_campaign, create_draft
from submissions.participation.author_edits import withdraw_proposal
from submissions.participation.filing import file_proposal
from submissions.prize_draws import lottery
from submissions.prize_draws.draw_prizes import commit_draw, draw_prizes
from submissions.prize_draws.draw_views import DrawView, draw_of, entry_of
from submissions.prize_draws.models import DrawEntry
from submissions.proposals.models import Proposal
from submissions.proposals.queries import CampaignView
from submissions.proposals.tell_followers import still_wanted
from tests.conftest import CLOSES, NOW, make_campaign, new_campaign
from tests.notifications.conftest import KEY
from tests.submissions.acting import DRAFT, act, file, moderate, trail
from wording.letters.proposal_letters import letter

OFFICER = Actor("desk", everywhere(Role.SUBDISTRICT_OFFICER), account_id=7, name="王")
SEALER = Sealer([KEY])
CLOSED = NOW + timedelta(days=1)
KNOWN = CLOSED + timedelta(days=2)
SOURCE = "双色球 2027001 期，七个号码，空格隔开"
CLAIM = {"zh_CN": "凭回执到街道办领取。", "en": "Come to the office with your receipt."}
PRIZE = {"winners": 3, "claim": CLAIM, "earlier": False, "merged": False}


@pytest.fixture
def campaign(database: Database) -> CampaignView:
    return make_campaign(database, prize=PRIZE, publish_on_filing=True)


def people(database: Database, campaign: CampaignView, count: int) -> list[str]:
    """Let so many people file one proposal each; return the public ids."""
    return [
        file(database, campaign, Actor(f"person {n}"), text=f"第{n}条建议在这里").public_id
        for n in range(count)
    ]


def with_contact(database: Database, campaign: CampaignView, device: str, contact: str) -> str:
    draft = replace(
        DRAFT,
        client_token=f"{device}-{contact}".replace("@", "."),
        text=f"{device} {contact.partition('@')[0][-4:]} 的建议",
        contact=contact,
        consent=True,
        language="en",
    )
    made = act(database, file_proposal, Actor(device), campaign.id, draft, sealer=SEALER)
    return str(made.public_id)


def committed(database: Database, campaign: CampaignView) -> DrawView:
    act(database, close_campaign, OPERATOR, campaign.slug, now=CLOSED)
    commit(database, campaign)
    return drawn(database, campaign)


def commit(database: Database, campaign: CampaignView, **changes: Any) -> str:
    given = {"source": SOURCE, "known_from": KNOWN, "now": CLOSED} | changes
    return str(act(database, commit_draw, OFFICER, campaign.slug, **given))


def drawn(database: Database, campaign: CampaignView) -> DrawView:
    with database.reading() as session:
        found = draw_of(session, campaign.id)
    assert found is not None
    return found


def own(database: Database, public_id: str) -> Any:
    with database.reading() as session:
        return entry_of(session, public_id)


def test_anybody_can_compute_the_draw_anew(
    database: Database, campaign: CampaignView, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ids = people(database, campaign, 12)
    before = committed(database, campaign)
    published = before.text.encode()
    assert before.seed is None
    assert hashlib.sha256(published).hexdigest() == before.digest
    seed = "03 08 12 19 22 31 07"
    won = act(database, draw_prizes, OFFICER, campaign.slug, " 03  08 12\n19 22 31 ０7 ", now=KNOWN)
    after = drawn(database, campaign)
    assert (after.text.encode(), after.digest, after.seed) == (published, before.digest, seed)
    # By hand, from the published text alone.
    head, _, names = published.decode().partition("\n\n")
    assert head.splitlines() == [
        "lujian-draw-1",
        "campaign: test-campaign",
        "winners: 3",
        f"source: {SOURCE}",
        f"known_from: {KNOWN.isoformat()}",
    ]
    numbers = {
        hashlib.sha256(f"{seed}|{name}".encode()).hexdigest(): name for name in names.split()
    }
    assert [numbers[number] for number in sorted(numbers)][:3] == won == list(after.drawn)
    told = [own(database, public_id) for public_id in ids]
    assert sorted(one.entry for one in told) == names.split()
    assert sorted(one.rank for one in told if one.rank) == [1, 2, 3]
    assert [one.entry for rank in (1, 2, 3) for one in told if one.rank == rank] == won
    file_ = tmp_path / "record.json"
    file_.write_text(json.dumps(after.record), encoding="utf-8")
    assert main(["draw", "verify", str(file_)]) == 0
    assert won[0] in capsys.readouterr().out
    program = tmp_path / "check.py"
    program.write_text(lottery.SCRIPT, encoding="utf-8")
    said = subprocess.run(
        [sys.executable, str(program), str(file_)], capture_output=True, text=True, check=True
    ).stdout
    assert said.count("True") == 2
    assert "False" not in said


@pytest.mark.parametrize(
    "change",
    [
        {"seed": "another"},
        {"drawn": ["0" * 16]},
        {"winners": 4},
        {"source": "another"},
        {"digest": "0" * 64},
        {"method": "lujian-draw-0"},
    ],
)
def test_a_record_that_was_changed_is_found_out(
    database: Database, campaign: CampaignView, tmp_path: Path, change: dict[str, Any]
) -> None:
    people(database, campaign, 6)
    committed(database, campaign)
    act(database, draw_prizes, OFFICER, campaign.slug, "03 08 12 19 22 31 07", now=KNOWN)
    record = drawn(database, campaign).record
    assert lottery.verify(record) == []
    if "seed" in change:  # one seed in 120 draws the same three of six
        seeds, names = map(str, range(100)), record["entries"]
        other = (one for one in seeds if lottery.ranked(names, one)[:3] != record["drawn"])
        change = {"seed": next(other)}
    assert len(lottery.verify(record | change)) >= 1
    assert len(lottery.verify(record | {"entries": record["entries"][1:]})) >= 1
    assert len(lottery.verify(record | {"entries": [*record["entries"], "f" * 16]})) >= 1
    bad = tmp_path / "bad.json"
    bad.write_text(json.dumps(record | change), encoding="utf-8")
    assert main(["draw", "verify", str(bad)]) == 2
    for broken in (b"", b"[]", b"{}", b"\xff"):
        bad.write_bytes(broken)
        assert main(["draw", "verify", str(bad)]) == 2
    with pytest.raises(BadFileError):
        lottery.verify({})


def test_a_person_has_one_entry(database: Database, campaign: CampaignView) -> None:
    for n in range(3):
        file(database, campaign, Actor("often"), text=f"同一台设备第{n}条")
    # a - x - b - y: one person by two contacts and two devices; c alone.
    with_contact(database, campaign, "a", "x@example.org")
    with_contact(database, campaign, "b", "x@example.org")
    with_contact(database, campaign, "b", "y@example.org")
    with_contact(database, campaign, "c", "z@example.org")
    found = committed(database, campaign)
    assert (len(found.entries), found.proposals, found.excluded) == (3, 7, {})


def test_who_takes_no_part_is_counted_by_reason(database: Database, campaign: CampaignView) -> None:
    ids = people(database, campaign, 6)
    staff = Actor("a phone of the office", everywhere(Role.SOCIAL_WORKER), account_id=9)
    at_desk = file(database, campaign, Actor("a phone of the office"), text="工作人员自己写的")
    slip = file(database, campaign, staff, entry="paper", text="老人写在纸上的建议")
    moderate(database, ids[0], "held")
    moderate(database, ids[1], "hidden")
    act(database, withdraw_proposal, Actor("person 2"), ids[2])

    def otherwise(session: Any) -> None:
        row = session.scalars(select(Proposal).where(Proposal.public_id == ids[3])).one()
        row.status = "merged"
        row = session.scalars(select(Proposal).where(Proposal.public_id == ids[4])).one()
        row.receipt = None

    database.write(otherwise)
    found = committed(database, campaign)
    reasons = ("held", "hidden", "withdrawn", "merged", "imported", "staff")
    assert found.excluded == dict.fromkeys(sorted(reasons), 1)
    told = [own(database, public_id) for public_id in [*ids[:5], at_desk.public_id]]
    assert [(one.entry, one.reason) for one in told] == [(None, reason) for reason in reasons]
    assert len(found.entries) == found.proposals == 2
    assert own(database, slip.public_id).entry in found.entries
    assert own(database, ids[5]).entry in found.entries
    total = sum(found.excluded.values()) + found.proposals
    assert total == 8


def test_merged_ones_take_part_where_the_rules_say_so(database: Database) -> None:
    campaign = make_campaign(database, prize=PRIZE | {"merged": True})
    (one,) = people(database, campaign, 1)

    def merge(session: Any) -> None:
        session.scalars(select(Proposal)).one().status = "merged"

    database.write(merge)
    assert len(committed(database, campaign).entries) == 1
    assert own(database, one).entry is not None


@pytest.mark.parametrize("earlier", [False, True])
def test_earlier_winners_by_device_and_by_contact(
    database: Database, campaign: CampaignView, earlier: bool
) -> None:
    with_contact(database, campaign, "first", "li@example.org")
    committed(database, campaign)
    act(database, draw_prizes, OFFICER, campaign.slug, "1", now=KNOWN)
    again = make_campaign(database, slug="again", prize=PRIZE | {"earlier": earlier})
    same_device = file(database, again, Actor("first"), text="这次换个地方说").public_id
    same_contact = with_contact(database, again, "second", "li@example.org")
    people(database, again, 2)
    found = committed(database, again)
    assert found.excluded == ({} if earlier else {"earlier": 2})
    assert (own(database, same_device).reason is None) is earlier
    assert (own(database, same_contact).reason is None) is earlier
    assert len(found.entries) == (4 if earlier else 2)


def test_a_draw_is_never_done_twice(database: Database, campaign: CampaignView) -> None:
    with pytest.raises(DrawError, match="collecting"):
        commit(database, campaign, now=NOW)
    act(database, close_campaign, OPERATOR, campaign.slug, now=CLOSED)
    with pytest.raises(DrawError, match="no_entries"):
        commit(database, campaign)
    with pytest.raises(DrawError, match="not_committed"):
        act(database, draw_prizes, OFFICER, campaign.slug, "1", now=KNOWN)
    with pytest.raises(DrawError, match="source_known"):
        commit(database, campaign, known_from=CLOSED)
    for source in ("", " \n", "长" * 201):
        with pytest.raises(InvalidError):
            commit(database, campaign, source=source)


def test_the_seed_stands_and_so_does_the_list(database: Database, campaign: CampaignView) -> None:
    people(database, campaign, 5)
    before = committed(database, campaign)
    for again in ({}, {"source": "another"}):
        with pytest.raises(DrawError, match="committed"):
            commit(database, campaign, **again)
    with pytest.raises(DrawError, match="too_early"):
        act(
            database,
            draw_prizes,
            OFFICER,
            campaign.slug,
            "1",
            now=KNOWN - timedelta(microseconds=1),
        )
    for seed in ("", "  ", "9" * 201):
        with pytest.raises(InvalidError):
            act(database, draw_prizes, OFFICER, campaign.slug, seed, now=KNOWN)
    won = act(database, draw_prizes, OFFICER, campaign.slug, "1 2 3", now=KNOWN)
    again = act(database, draw_prizes, OFFICER, campaign.slug, "1  2 3", now=CLOSES)
    assert again == won
    with pytest.raises(DrawError, match="drawn"):
        act(database, draw_prizes, OFFICER, campaign.slug, "1 2 4", now=CLOSES)
    with pytest.raises(DrawError, match="committed"):
        commit(database, campaign, now=CLOSES, known_from=CLOSES + timedelta(days=1))
    after = drawn(database, campaign)
    assert (list(after.drawn), after.digest, after.seed) == (won, before.digest, "1 2 3")
    assert len(trail(database, "prizes_drawn")) == len(trail(database, "draw_committed")) == 1


def test_without_rules_nothing_is_drawn(database: Database) -> None:
    campaign = make_campaign(database)
    people(database, campaign, 1)
    act(database, close_campaign, OPERATOR, campaign.slug, now=CLOSED)
    with pytest.raises(DrawError, match="no_rules"):
        commit(database, campaign)


HERE = Grant(Role.SUBDISTRICT_OFFICER, Reach.SUBDISTRICT, "110108017")
THERE = Grant(Role.SUBDISTRICT_OFFICER, Reach.SUBDISTRICT, "110108018")


@pytest.mark.parametrize("role", [*Role, HERE, THERE, None])
def test_who_draws(database: Database, role: Any) -> None:
    campaign = make_campaign(database, prize=PRIZE, subdistrict="110108017")
    people(database, campaign, 1)
    act(database, close_campaign, OPERATOR, campaign.slug, now=CLOSED)
    grants = frozenset([role]) if isinstance(role, Grant) else everywhere(*[role] if role else [])
    actor = Actor("somebody", grants)
    may = role in {Role.SUBDISTRICT_OFFICER, Role.ADMINISTRATOR, HERE}
    given = {"source": SOURCE, "known_from": KNOWN, "now": CLOSED}
    if may:
        act(database, commit_draw, actor, campaign.slug, **given)
        act(database, draw_prizes, actor, campaign.slug, "1", now=KNOWN)
        return
    with pytest.raises(NotAllowedError):
        act(database, commit_draw, actor, campaign.slug, **given)
    act(database, commit_draw, OFFICER, campaign.slug, **given)
    with pytest.raises(NotAllowedError):
        act(database, draw_prizes, actor, campaign.slug, "1", now=KNOWN)
    limited = Actor(
        "token", everywhere(Role.ADMINISTRATOR), limited_to=frozenset({str(Act.ANSWER)})
    )
    with pytest.raises(NotAllowedError):
        act(database, draw_prizes, limited, campaign.slug, "1", now=KNOWN)


def test_of_a_draft_there_is_no_draw(database: Database, campaign: CampaignView) -> None:
    act(database, create_draft, OPERATOR, new_campaign(slug="draft", prize=PRIZE))
    for slug in ("draft", "none"):
        with pytest.raises(NotFoundError):
            act(database, commit_draw, OFFICER, slug, source=SOURCE, known_from=KNOWN)


def test_winners_with_a_contact_get_a_letter_in_their_language(
    database: Database, campaign: CampaignView
) -> None:
    with_contact(database, campaign, "a", "li@example.org")
    people(database, campaign, 2)
    committed(database, campaign)
    base = "https://lujian.example.org"
    for _ in range(2):
        act(database, draw_prizes, OFFICER, campaign.slug, "7", base=base, now=KNOWN)
    with database.reading() as session:
        messages = list(session.scalars(select(Message)))
        reached = session.scalars(select(DrawEntry).where(DrawEntry.contact_id.is_not(None))).one()
        assert all(still_wanted(session, each.template, each.params) for each in messages)
    assert [(each.template, each.language) for each in messages] == [("prize_won", "en")]
    for lang in ("en", "zh_CN"):
        said = letter("prize_won", messages[0].params, lang)
        assert reached.name in said.body
        assert reached.name in said.sms
        assert CLAIM[lang] in said.body
        assert f"{base}/w/c/test-campaign/draw?lang={lang}" in said.body
        assert said.end_link == ""
        assert len(said.subject) < 60


def test_nothing_of_a_person_is_in_the_record_or_the_trail(
    database: Database, campaign: CampaignView
) -> None:
    with_contact(database, campaign, "a", "li@example.org")
    found = committed(database, campaign)
    act(database, draw_prizes, OFFICER, campaign.slug, "7", now=KNOWN)
    with database.reading() as session:
        row = session.scalars(select(Proposal)).one()
        entries = session.scalars(
            select(AuditEntry).where(AuditEntry.action.in_(["draw_committed", "prizes_drawn"]))
        )
        told = json.dumps([each.details for each in entries])
    told += json.dumps(found.record) + found.text
    for secret in ("li@example.org", row.author_key, row.receipt, row.public_id, row.text):
        assert str(secret) not in told
