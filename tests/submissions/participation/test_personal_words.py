"""What looks personal is held at every door, whatever the campaign shows at once."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import geopandas as gpd
import pytest
from sqlalchemy import select

from analysis.filter import Filter
from analysis.selection import Selection
from core.database import Database
from moderation.bulk import bulk_actions
from moderation.bulk.order import BulkAction, Order
from moderation.bulk.worker import JobRunner
from moderation.look_at import look_at
from people.access.actor import OPERATOR, Actor
from submissions.imports.import_table import import_proposals
from submissions.imports.row_reader import ImportColumns
from submissions.participation.author_edits import edit_proposal
from submissions.participation.filing import file_proposal
from submissions.participation.personal_words import PersonalWordsError, without_personal
from submissions.proposals.models import Proposal
from submissions.proposals.queries import CampaignView
from tests.conftest import NOW, make_campaign
from tests.submissions.acting import AUTHOR, DRAFT, MODERATOR, act, file, moderate, trail

PHONE, CLEAN = "电话13812345678", "地铁口停不下车"
QUESTIONS: list[dict[str, Any]] = [
    {"key": key, "kind": kind, "private": private, "label": {"zh_CN": "问", "en": "Q"}}
    for key, kind, private in (
        ("short", "short_text", False),
        ("long", "long_text", False),
        ("name", "short_text", True),
    )
]


@pytest.fixture
def asked(database: Database) -> CampaignView:
    return make_campaign(database, questions=QUESTIONS)


def stands(database: Database, public_id: str) -> tuple[str, str | None, bool]:
    with database.reading() as session:
        row = session.scalars(select(Proposal).where(Proposal.public_id == public_id)).one()
        return row.status, row.held_reason, row.unreviewed


@pytest.mark.parametrize(
    "said",
    [
        {"text": f"我叫张三,{PHONE},住3号楼502"},
        {"text": "有事找王建国。"},
        {"answers": {"short": PHONE}},
        {"answers": {"long": "我是王小明,住这边"}},
        {"why_another": PHONE},
    ],
)
def test_it_is_held(database: Database, asked: CampaignView, said: dict[str, Any]) -> None:
    receipt = file(database, asked, **said)
    assert stands(database, receipt.public_id) == ("held", "personal", False)
    with pytest.raises(PersonalWordsError) as found:
        file(database, asked, asks_personal=True, **said)
    assert all(part.words in str(said) for part in found.value.params["parts"])
    assert file(database, asked, Actor("machine"), honey="x", **said).status == "held"


def test_what_nobody_reads_holds_nothing(database: Database, asked: CampaignView) -> None:
    receipt = file(database, asked, answers={"name": "张三13812345678"}, asks_personal=True)
    assert stands(database, receipt.public_id) == ("published", None, True)


def test_a_retry_of_what_was_filed_is_not_asked_again(
    database: Database, asked: CampaignView
) -> None:
    draft = replace(DRAFT, text=PHONE)
    first = act(database, file_proposal, AUTHOR, asked.id, draft)
    again = act(database, file_proposal, AUTHOR, asked.id, replace(draft, asks_personal=True))
    assert (again.code, again.repeated) == (first.code, True)


def test_rows_of_an_import_are_held(database: Database, asked: CampaignView) -> None:
    points = gpd.points_from_xy([116.31, 116.31, 116.9], [40.03, 40.03, 40.03], crs="EPSG:4326")
    frame = gpd.GeoDataFrame({"text": [CLEAN, PHONE, CLEAN]}, geometry=points)
    columns = ImportColumns(text="text", category_value="bike_parking")
    report = act(database, import_proposals, OPERATOR, asked.id, frame, columns=columns)
    assert report.held_rows == ((2, "personal"), (3, "outside"))
    assert (report.held, report.personal, report.outside) == (2, 1, 1)


@pytest.mark.parametrize("at_once", [False, True])
def test_an_edit_puts_it_aside_and_takes_it_back_to_be_read(
    database: Database, at_once: bool
) -> None:
    campaign = make_campaign(database, publish_on_filing=at_once)
    name = file(database, campaign, text=PHONE if at_once else CLEAN).public_id
    wanted = [PHONE, CLEAN] if not at_once else [CLEAN]
    updated = NOW
    for text in wanted:
        updated = act(database, edit_proposal, AUTHOR, name, updated=updated, text=text, now=NOW)
        personal = text == PHONE
        found = ("held", "personal", False) if personal else ("received", None, False)
        assert stands(database, name) == found


def test_many_are_not_published_with_it_among_them(database: Database, asked: CampaignView) -> None:
    held = file(database, asked, text=PHONE).public_id
    moderate(database, file(database, asked, Actor("b"), text=CLEAN).public_id, "held")
    order = Order(BulkAction.PUBLISH, reason="看过")
    whole = Selection(asked, Filter(statuses=("held",)), OPERATOR)
    preview = bulk_actions.what_would_change(database, whole, order, now=NOW)
    assert (preview.selected, preview.changing) == (2, 1)
    assert [(one.why, one.examples) for one in preview.left_out] == [("personal", (held,))]
    moderate(database, file(database, asked, Actor("c"), text=PHONE).public_id, "hidden")
    hidden = Selection(asked, Filter(statuses=("hidden",)), OPERATOR)
    bulk_actions.start(database, hidden, order, token="t", now=NOW)
    while JobRunner(database).run_once(NOW):
        pass
    with database.reading() as session:
        states = session.scalars(select(Proposal.status).order_by(Proposal.id)).all()
    assert states == ["held", "held", "hidden"]


def test_a_look_takes_it_off_the_list(database: Database, asked: CampaignView) -> None:
    names = [file(database, asked, Actor(f"d{n}"), text=f"{CLEAN}{n}{n}").public_id for n in "abc"]
    assert act(database, look_at, MODERATOR, names[:2]) == 2
    assert act(database, look_at, MODERATOR, names) == 1
    assert [stands(database, name)[2] for name in names] == [False] * 3
    assert len(trail(database, "looked_at")) == 3
    other = file(database, asked, Actor("e"), text="另外一句话来了").public_id
    moderate(database, other, "held")
    moderate(database, other, "published")
    assert stands(database, other) == ("published", None, False)


def test_nothing_is_left_of_what_was_nothing_else() -> None:
    assert without_personal("13812345678") == ""
    assert without_personal(f"{CLEAN},{PHONE}") == f"{CLEAN},电话***"
