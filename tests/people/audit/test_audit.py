"""Reading the trail: how far roles reach, filters, pages, exports; nothing of a resident leaves."""

from __future__ import annotations

import argparse
import csv
import json
from dataclasses import asdict
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.orm import Session

from core.database import Database
from core.errors import NotAllowedError
from moderation.audit_trail import campaigns_in_trail, start_export, trail_of
from people.access.actor import OPERATOR, Actor, Grant, Reach, Role, everywhere
from people.access.permissions import Act
from people.audit import hash_chain, query
from people.audit.audit_commands import add_commands
from people.audit.export import COLUMNS, Export, csv_of, exported, json_lines_of
from people.audit.hash_chain import seal_all
from people.audit.query import (
    ActorKind,
    AuditEntryView,
    AuditFilter,
    Reading,
    read_trail,
    shown_details,
)
from people.audit.record import record
from submissions.campaigns.create import create_campaign
from submissions.participation.author_edits import edit_proposal
from submissions.participation.follows import follow_here
from submissions.participation.supports import support_proposal
from submissions.proposals.models import Proposal
from submissions.proposals.queries import CampaignView, campaign_by_slug
from tests.conftest import NOW, make_campaign, new_campaign
from tests.people.acting import new_account
from tests.people.audit.tampering import tamper
from tests.submissions.acting import AUTHOR, NEIGHBOUR, act, file, moderate

HERE, THERE = "110108017", "110108018"
READERS = {
    "administrator": Grant(Role.ADMINISTRATOR),
    "officer everywhere": Grant(Role.SUBDISTRICT_OFFICER),
    "officer here": Grant(Role.SUBDISTRICT_OFFICER, Reach.SUBDISTRICT, HERE),
    "officer there": Grant(Role.SUBDISTRICT_OFFICER, Reach.SUBDISTRICT, THERE),
    "of a community": Grant(Role.SUBDISTRICT_OFFICER, Reach.COMMUNITY, f"{HERE}001", "2020"),
    "of its later edition": Grant(Role.SUBDISTRICT_OFFICER, Reach.COMMUNITY, f"{HERE}001", "2023"),
    "of nowhere": Grant(Role.SUBDISTRICT_OFFICER, Reach.SUBDISTRICT, ""),
}


def reader(name: str) -> Actor:
    return Actor("desk", frozenset({READERS[name]}), account_id=900, name=name)


@pytest.fixture
def ids(database: Database) -> dict[str, str]:
    """Give proposals of a campaign here and of one there, with what happened to them."""
    here = make_campaign(database, subdistrict=HERE)
    there = new_campaign(slug="there", subdistrict=THERE)
    act(database, create_campaign, OPERATOR, there)
    with database.reading() as session:
        other = campaign_by_slug(session, "there")
    west = file(database, here).public_id
    east = file(database, here, longitude=116.33, text="东边也停不下").public_id
    # Far from its campaign's subdistrict, yet in a community of this one.
    far = file(database, other, text="另一个街道的征集", longitude=116.33).public_id
    outside = file(database, other, text="不在任何社区", longitude=116.33, latitude=40.05).public_id
    moderate(database, west, "held")
    act(database, follow_here, NEIGHBOUR, east, language="zh_CN")
    act(database, support_proposal, NEIGHBOUR, outside)
    return {"west": west, "east": east, "far": far, "outside": outside}


def read(
    database: Database, actor: Actor, asked: AuditFilter | None = None, **more: Any
) -> list[AuditEntryView]:
    with database.reading() as session:
        return trail_of(session, actor, asked or AuditFilter(), **more).entries


def told(entries: list[AuditEntryView]) -> list[tuple[str, str, str]]:
    return [(entry.action, entry.campaign, entry.proposal) for entry in reversed(entries)]


def test_each_reads_as_far_as_the_role_reaches(database: Database, ids: dict[str, str]) -> None:
    here, there = "test-campaign", "there"
    platform = [("communities_loaded", "", "")]
    campaign_here, campaign_there = ("campaign_created", here, ""), ("campaign_created", there, "")
    west = [("filed", here, ids["west"]), ("status_changed", here, ids["west"])]
    east = [("filed", here, ids["east"]), ("followed", "", ids["east"])]
    far = [("filed", there, ids["far"])]
    outside = [("filed", there, ids["outside"]), ("supported", there, ids["outside"])]
    everything = [*platform, campaign_here, campaign_there, *west, *east, *far, *outside]
    expected = {
        "administrator": everything,
        "officer everywhere": everything,
        "officer here": [campaign_here, *west, *east, *far],
        "officer there": [campaign_there, *far, *outside],
        "of a community": west,
        "of its later edition": [],
        "of nowhere": [],
    }
    for name, wanted in expected.items():
        assert sorted(told(read(database, reader(name)))) == sorted(wanted), name


def test_whose_roles_do_not_read_the_trail_are_refused(
    database: Database, ids: dict[str, str]
) -> None:
    roles = set(Role) - {Role.SUBDISTRICT_OFFICER, Role.ADMINISTRATOR}
    limited = Actor(grants=OPERATOR.grants, limited_to=frozenset({Act.MODERATE}))
    nobodies = [Actor(), AUTHOR, limited, *(Actor("d", everywhere(role)) for role in roles)]
    for actor in nobodies:
        for call in (trail_of, campaigns_in_trail):
            with database.reading() as session, pytest.raises(NotAllowedError):
                call(session, actor, *([AuditFilter()] if call is trail_of else []))
        with pytest.raises(NotAllowedError):
            act(database, start_export, actor, AuditFilter(), kind="csv")
    allowed = Actor(grants=OPERATOR.grants, limited_to=frozenset({Act.SEE_AUDIT}))
    assert read(database, allowed)


def test_campaigns_to_choose_from_are_those_in_reach(
    database: Database, ids: dict[str, str]
) -> None:
    expected = {"administrator": ["there", "test-campaign"], "officer here": ["test-campaign"]}
    expected |= {"of a community": [], "officer there": ["there"]}
    for name, wanted in expected.items():
        with database.reading() as session:
            assert [slug for slug, _ in campaigns_in_trail(session, reader(name))] == wanted


def test_a_filter_leads_nobody_out_of_reach(database: Database, ids: dict[str, str]) -> None:
    here = reader("officer here")
    assert read(database, here, campaign="there", proposal=ids["outside"]) == []
    assert read(database, here, proposal=ids["outside"]) == []
    assert read(database, here, AuditFilter(action="communities_loaded")) == []
    assert len(read(database, here, proposal=ids["far"])) == 1
    for odd in ("none", "x" * 60, "'", "%"):
        assert read(database, here, campaign=odd) == []
        assert read(database, here, proposal=odd) == []


@pytest.fixture
def people(database: Database) -> dict[str, int]:
    """Give two accounts, and entries by each of them, by a device and by the server."""
    zhang = new_account(database, name="张100%_", login="zhang.san")
    li = new_account(database, name="李四", login="li.si")

    def go(session: Session) -> None:
        for n, (who, action, details) in enumerate(
            [
                (Actor("a", account_id=zhang), "status_changed", {"reason": "含“电话”的"}),
                (Actor("b", account_id=li), "signed_in", {"how": "Password"}),
                (Actor("device"), "filed", {}),
                (Actor(), "photos_swept", {"photos": 3}),
                (Actor("a", account_id=zhang), "edited", {"was": {"answers": {"name": "赵钱孙"}}}),
                (Actor("device"), "edited", {"was": {"text": '100%_\\ "是"'}}),
            ]
        ):
            record(session, who, action, now=NOW + n * timedelta(hours=1), details=details)

    database.write(go)
    return {"zhang": zhang, "li": li}


@pytest.mark.parametrize(
    ("asked", "wanted"),
    [
        (AuditFilter(), [0, 1, 2, 3, 4, 5]),
        (AuditFilter(person="zhang"), [0, 4]),
        (AuditFilter(person="ZHANG.S"), [0, 4]),
        (AuditFilter(person="李"), [1]),
        (AuditFilter(person="%"), [0, 4]),
        (AuditFilter(person="_"), [0, 4]),
        (AuditFilter(person="li_si"), []),
        (AuditFilter(kind=ActorKind.ACCOUNT), [0, 1, 4]),
        (AuditFilter(kind=ActorKind.DEVICE), [2, 5]),
        (AuditFilter(kind=ActorKind.SERVER), [3]),
        (AuditFilter(action="edited"), [4, 5]),
        (AuditFilter(action="edit"), []),
        (AuditFilter(since=NOW + timedelta(hours=3)), [3, 4, 5]),
        (AuditFilter(until=NOW + timedelta(hours=1)), [0]),
        (AuditFilter(since=NOW + timedelta(hours=1), until=NOW + timedelta(hours=4)), [1, 2, 3]),
        (AuditFilter(text="电话"), [0]),
        (AuditFilter(text="“电话”"), [0]),
        (AuditFilter(text="password"), [1]),
        (AuditFilter(text='"是"'), [5]),
        (AuditFilter(text="100%_\\"), [5]),
        (AuditFilter(text="1%0"), []),
        (AuditFilter(text="赵钱孙"), []),
        (AuditFilter(person="zhang", action="edited", since=NOW), [4]),
        (AuditFilter(person="zhang", kind=ActorKind.DEVICE), []),
        (AuditFilter(campaign_id=-1), []),
        (AuditFilter(proposal_id=-1), []),
    ],
)
def test_filters(
    database: Database, people: dict[str, int], asked: AuditFilter, wanted: list[int]
) -> None:
    with database.reading() as session:
        everything = read_trail(session, Reading(), AuditFilter()).entries
        found = read_trail(session, Reading(), asked).entries
    order = [entry.id for entry in reversed(everything)]
    assert [order.index(entry.id) for entry in reversed(found)] == wanted


def test_what_nobody_is_shown(database: Database, people: dict[str, int]) -> None:
    edited = read(database, OPERATOR, AuditFilter(action="edited", person="zhang"))[0]
    assert edited.details == {"was": {"answers": "…"}}
    secret = {"contact": "a", "token": "b", "from": "c", "was": {"device": "d", "text": "e"}}
    assert shown_details(secret) == {
        "contact": "…",
        "token": "…",
        "from": "c",
        "was": {"device": "…", "text": "e"},
    }


def test_nothing_of_a_resident_leaves(database: Database, ids: dict[str, str]) -> None:
    campaign = make_campaign_of_answers(database)
    answers = {"name": "赵钱孙"}
    mine = file(database, campaign, text="我要改的", answers=answers, honey="x").public_id
    with database.reading() as session:
        seen = session.query(Proposal).filter_by(public_id=mine).one().updated
    act(database, edit_proposal, AUTHOR, mine, updated=seen, text="改好了", answers={"name": "周"})
    seal_all(database, now=NOW)
    export = act(database, start_export, OPERATOR, AuditFilter(), kind="jsonl")
    out = "".join(json_lines_of(export, exported(database, export)))
    out += "".join(csv_of(exported(database, export)))
    out += json.dumps([asdict(e) for e in read(database, OPERATOR)], default=str)
    assert "我要改的" in out
    for secret in (AUTHOR.key, NEIGHBOUR.key, AUTHOR.device, "赵钱孙"):
        assert str(secret) not in out.replace("author_", "")


def make_campaign_of_answers(database: Database) -> CampaignView:
    label = {"zh_CN": "称呼", "en": "Name"}
    question = {"key": "name", "kind": "short_text", "private": True, "label": label}
    return make_campaign(database, slug="asking", questions=[question])


def test_pages_join_without_gap_or_repeat(database: Database) -> None:
    def go(session: Session) -> None:
        for n in range(130):
            record(session, OPERATOR, "odd" if n % 2 else "even", now=NOW, details={"n": n})

    database.write(go)
    seen, before, pages = [], None, 0
    while True:
        with database.reading() as session:
            page = read_trail(session, Reading(), AuditFilter(action="odd"), before=before, most=20)
        seen += [entry.details["n"] for entry in page.entries]
        pages += 1
        before = page.further
        if before is None:
            break
    assert seen == list(range(129, 0, -2))
    assert pages == 4


def test_a_long_search_stops_and_goes_on_when_asked(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    def go(session: Session) -> None:
        for n in range(40):
            record(session, OPERATOR, "rare" if n == 3 else "common", now=NOW)

    database.write(go)
    monkeypatch.setattr(query, "LOOK_BACK", 10)
    monkeypatch.setattr(query, "MOST_LOOKS", 2)
    with database.reading() as session:
        first = read_trail(session, Reading(), AuditFilter(action="rare"))
        assert first.entries == []
        assert first.further is not None
        second = read_trail(session, Reading(), AuditFilter(action="rare"), before=first.further)
        assert [entry.action for entry in second.entries] == ["rare"]
        assert second.further is None
        at_once = read_trail(session, Reading(), AuditFilter(action="rare", person="x"))
    assert (at_once.entries, at_once.further) == ([], None)


class TestExport:
    @pytest.fixture
    def export(self, database: Database, people: dict[str, int]) -> Export:
        def go(session: Session) -> None:
            details = {"from": "=1+1", "to": "@x", "reason": '-2\n三,"四"'}
            record(session, OPERATOR, "status_changed", now=NOW, details=details)

        database.write(go)
        seal_all(database, now=NOW)
        database.write(lambda session: record(session, OPERATOR, "late", now=NOW))
        return act(database, start_export, OPERATOR, AuditFilter(), kind="csv")

    def test_csv(self, database: Database, export: Export) -> None:
        text = "".join(csv_of(exported(database, export), lambda entry: entry.action.upper()))
        assert text.startswith("\ufeffid,at,who,")
        rows = list(csv.DictReader(StringIO(text.removeprefix("\ufeff"), newline="")))
        assert list(rows[0]) == [*COLUMNS, "said"]
        assert [row["action"] for row in rows][-3:] == ["edited", "status_changed", "late"]
        bad = rows[-2]
        assert (bad["from"], bad["to"], bad["why"]) == ("'=1+1", "'@x", '\'-2\n三,"四"')
        for row in rows:
            assert not [cell for cell in row.values() if cell.startswith(("=", "+", "-", "@"))]
        with database.reading() as session:
            newest = hash_chain.newest_seal(session)
        assert newest is not None
        assert {(row["seal"], row["digest"]) for row in rows[:-1]} == {("1", newest.digest)}
        assert (rows[-1]["seal"], rows[-1]["digest"], rows[-1]["said"]) == ("", "", "LATE")

    def test_json_lines(self, database: Database, export: Export) -> None:
        lines = [json.loads(x) for x in json_lines_of(export, exported(database, export))]
        assert lines[0]["trail"]["digest"] == export.digest
        assert lines[-1] == {"end": {"entries": 8, "digest": export.digest}}
        entries = lines[1:-1]
        assert [entry["id"] for entry in entries] == sorted(entry["id"] for entry in entries)
        assert tuple(entries[0]) == COLUMNS
        assert entries[-2]["from"] == "=1+1"
        assert {e["who"] for e in entries} == {"account", "device", "server"}

    def test_it_is_recorded_and_does_not_hold_itself(
        self, database: Database, export: Export
    ) -> None:
        entry = read(database, OPERATOR, AuditFilter(action="trail_exported"))[0]
        assert entry.details == {"kind": "csv", "asked": {}, "seal": 1, "digest": export.digest}
        assert "trail_exported" not in "".join(csv_of(exported(database, export)))

    def test_it_is_read_in_pieces(
        self, database: Database, export: Export, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        whole = list(exported(database, export))
        monkeypatch.setattr("people.audit.export.READ_AT_ONCE", 3)
        assert list(exported(database, export)) == whole
        assert len(whole) == 8

    def test_it_holds_what_is_in_reach_alone(self, database: Database, ids: dict[str, str]) -> None:
        for name in ("officer here", "of a community", "of nowhere"):
            export = act(database, start_export, reader(name), AuditFilter(), kind="csv")
            entries = [one.entry for one in exported(database, export)]
            assert told(list(reversed(entries))) == told(read(database, reader(name)))


def run(database: Database, *arguments: str) -> int:
    parser = argparse.ArgumentParser()
    add_commands(parser.add_subparsers(required=True))
    options = parser.parse_args(["audit", *arguments])
    code: int = options.run(database, options)
    return code


def test_commands(
    database: Database,
    people: dict[str, int],
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    assert run(database, "verify") == 0
    assert "6 entries are not sealed" in capsys.readouterr().out
    assert run(database, "seal") == 0
    digest = capsys.readouterr().out.split()[-1]
    assert run(database, "verify", "--expect", digest) == 0
    assert digest in capsys.readouterr().out
    assert run(database, "verify", "--expect", "0" * 64) == 1
    assert "TAMPERED WITH: digest missing" in capsys.readouterr().out
    assert run(database, "verify", "--expect", "abc") == 2
    assert run(database, "list", "--person", "zhang", "--action", "edited") == 0
    out = capsys.readouterr().out
    assert out.count("\n") == 1
    assert "zhang.san  edited" in out
    assert run(database, "export", "--format", "csv", "--to", str(tmp_path / "a.csv")) == 0
    assert (tmp_path / "a.csv").read_bytes().startswith(b"\xef\xbb\xbfid,")
    assert run(database, "export", "--to", str(tmp_path / "none" / "a")) == 2
    assert run(database, "export", "--kind", "server", "--since", "2020-01-01T00:00+08:00") == 0
    lines = capsys.readouterr().out.splitlines()
    assert json.loads(lines[-1])["end"]["entries"] == len(lines) - 2 == 2


def test_a_broken_trail_ends_with_an_exit_code(
    database: Database, people: dict[str, int], capsys: pytest.CaptureFixture[str]
) -> None:
    run(database, "seal")
    number = read(database, OPERATOR)[-1].id
    tamper(database, "UPDATE audit SET action = 'x' WHERE id = :id", id=number)
    assert run(database, "verify") == 1
    assert f"TAMPERED WITH: entry altered {number}" in capsys.readouterr().out
