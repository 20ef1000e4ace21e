"""Text that the database writes: feature for feature, cell for cell what frames say."""

from __future__ import annotations

import csv
import json
import random
from io import StringIO
from typing import Any

import pytest
import shapely
from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import Session

from analysis.export import proposal_text
from analysis.export.proposal_text import csv_blocks, feature_blocks
from analysis.export.proposals import proposal_frames
from analysis.filter import Filter
from analysis.models import ProposalTheme, ThemeIndex
from analysis.selection import Selection
from core.database import Database
from geo.writing.csv_writer import HARMLESS_FIRST, runs
from geo.writing.feature_text import collection_of, collection_text, parts_of
from geo.writing.places_table import csv_pieces
from geo.writing.target_systems import IN_WGS84, system_for, to_system
from people.access.actor import Actor
from submissions.proposals.models import Proposal
from submissions.proposals.queries import CampaignView, campaign_by_slug
from tests.analysis.export.test_export_frames import QUESTIONS
from tests.conftest import make_campaign
from tests.submissions.acting import file, moderate

#: What JSON escapes, tables quote, spreadsheets run, formats of printf take for theirs.
TEXTS = (
    'say "yes", \\ or %s %d {}',
    "两行\n第三行\t制表",
    "=1+1",
    "'=1+1",
    "  \u3000＝2+2",
    "“引号”,逗号",
    "🚲 e\u0301 \U0002070e",
    "\u2028 \x7f \x80",
    "]^-*?[a-z]",
    "字\x01g00\x02,\x01",
    "x" * 499,
)
_READ = {"model_id": None, "proposal_id": 0, "audit_id": 0, "changes": 1}
AREA = {
    "type": "Polygon",
    "coordinates": [
        [[116.3151, 40.0301], [116.3161, 40.0301], [116.3161, 40.0311], [116.3151, 40.0301]]
    ],
}
LINE = {"type": "LineString", "coordinates": [[116.3151, 40.0301], [116.3161, 40.0311]]}


@pytest.fixture
def filled(database: Database) -> CampaignView:
    """Give a campaign with proposals of every kind, another between them, one hidden."""
    asked = [
        *QUESTIONS,
        {"key": "more", "kind": "long_text", "label": {"zh_CN": "还有?", "en": "And?"}},
    ]
    kinds = ["point", "line", "area"]
    campaign = make_campaign(database, questions=asked, geometry_kinds=kinds)
    other = make_campaign(database, slug="another")
    for number, text in enumerate(TEXTS):
        answers: dict[str, Any] = {"more": text, "wishes": ["shade"]} if number % 2 else {}
        file(database, campaign, Actor(f"a {number}"), answers=answers)
        file(database, other, Actor(f"b {number}"), text="elsewhere")
    for number, shape in enumerate((LINE, AREA)):
        file(database, campaign, Actor(f"c {number}"), shape=json.dumps(shape))
    hidden = file(database, campaign, Actor("d"), text="藏起来的话")
    moderate(database, hidden.public_id, "hidden")
    database.write(_spoil)
    return campaign


def _spoil(session: Session) -> None:
    """Store what forms do not send: many digits, reasons, codes with signs, themes."""
    numbers = session.scalars(select(Proposal.id).order_by(Proposal.id)).all()
    chance = random.Random(7)
    for at, number in enumerate(numbers):
        # One in three is exactly between two numbers of seven digits.
        x = 116.3 + chance.random() / 9 if at % 3 else (1_163_100_001 + at) / 1e7 + 5e-8
        values: dict[str, Any] = {"longitude": x, "latitude": 40.0 + (at % 4) * chance.random() / 9}
        values["text"] = TEXTS[at // 2 % len(TEXTS)]
        if at % 5 == 0:
            answers = {"_why_another": TEXTS[at // 5 % len(TEXTS)], "bikes": at / 7}
            values |= {"answers": answers, "stage": "answered", "community_code": 'a"b,c'}
        session.execute(update(Proposal).where(Proposal.id == number).values(**values))
    found = [(numbers[0], "b_theme"), (numbers[0], "a_theme"), (numbers[2], "rare")]
    rows = [{"proposal_id": n, "theme": t, "confidence": 9, "way": "rule"} for n, t in found]
    session.execute(insert(ProposalTheme), rows)
    session.execute(delete(ThemeIndex))
    session.add(ThemeIndex(read_to=numbers[-4], **_READ))


def as_frames(session: Session, chosen: Selection) -> list[dict[str, Any]]:
    text = b"".join(collection_text(parts_of(proposal_frames(session, chosen)), {"n": 1}, ids="id"))
    return list(json.loads(text)["features"])


def as_text(session: Session, chosen: Selection, **options: Any) -> list[dict[str, Any]]:
    text = b"".join(collection_of(feature_blocks(session, chosen, **options), {"n": 1}))
    return list(json.loads(text)["features"])


def test_features_are_those_of_frames(
    filled: CampaignView, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(proposal_text, "_ROWS_AT_ONCE", 5)  # the last block is a part of one
    with database.reading() as session:
        for narrow in (Filter(), Filter(answered=True), Filter(relations=("nobody",))):
            chosen = Selection(filled, narrow)
            told = as_text(session, chosen)
            assert told == as_frames(session, chosen)
            assert [list(one["properties"]) for one in told] == [
                list(one["properties"]) for one in as_frames(session, chosen)
            ]
        told = as_text(session, Selection(filled))
        assert len(told) == len(TEXTS) + 2
        assert {one["geometry"]["type"] for one in told} == {"Point", "LineString", "Polygon"}
        assert {one["properties"]["themes"] for one in told} == {
            "a_theme b_theme",
            "rare",
            "",
            None,
        }
        assert len({one["properties"]["why_another"] for one in told}) > 2
        pins = as_text(session, Selection(filled), pins_only=True)
        assert {one["geometry"]["type"] for one in pins} == {"Point"}
        assert [one["properties"] for one in pins] == [one["properties"] for one in told]


def cells(text: str) -> list[list[str | float]]:
    """Return the cells of a table; numbers by their value: one may be written 116 or 116.0."""
    return [[_number(one) for one in row] for row in csv.reader(StringIO(text, newline=""))]


def _number(text: str) -> str | float:
    try:
        return float(text)
    except ValueError:
        return text


@pytest.mark.parametrize("code", ["EPSG:4326", "EPSG:4548"])
def test_tables_are_those_of_frames(filled: CampaignView, database: Database, code: str) -> None:
    system = system_for(code)
    with database.reading() as session:
        chosen = Selection(filled)
        told = b"".join(csv_blocks(session, chosen, system)).decode()
        frames = (to_system(one, system) for one in proposal_frames(session, chosen))
        wanted = "".join(csv_pieces(frames, system))
    assert told[0] == "\ufeff"
    assert len(cells(told)) == len(TEXTS) + 3
    if system == IN_WGS84:
        places = [[row[-1] for row in cells(text)][1:] for text in (told, wanted)]
        assert list(shapely.from_wkt(places[0])) == list(shapely.from_wkt(places[1]))
    assert [row[:-1] for row in cells(told)] == [row[:-1] for row in cells(wanted)]


def test_no_letter_that_is_written_unlooked_at_begins_a_formula() -> None:
    spans = HARMLESS_FIRST.replace("-", "")
    for first, last in zip(spans[::2], spans[1::2], strict=True):
        for code in range(ord(first), ord(last) + 1):
            assert not runs(chr(code)), hex(code)
            assert chr(code) != "'"


def test_a_long_reading_reads_one_state(
    filled: CampaignView, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is filed between the first look and the last is in nobody's text."""
    monkeypatch.setattr(proposal_text, "_ROWS_AT_ONCE", 2)
    with database.reading() as session:
        chosen = Selection(campaign_by_slug(session, filled.slug))
        before = as_text(session, chosen)
        file(database, filled, Actor("late"), text="来晚了")
        assert as_text(session, chosen) == before
    with database.reading() as session:
        assert len(as_text(session, chosen)) == len(before) + 1
