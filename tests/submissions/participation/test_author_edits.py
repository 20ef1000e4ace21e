"""Authors change what is not published yet, take back what is theirs, and support once."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from core.database import Database
from core.errors import (
    AnswerError,
    EmptyTextError,
    InvalidError,
    LongTextError,
    LuJianError,
    NotAllowedError,
    NotFoundError,
    OutsideAreaError,
    UnknownCategoryError,
    UnknownRelationError,
    WrongStateError,
)
from people.access.actor import OPERATOR
from submissions.participation.author_edits import edit_proposal, withdraw_proposal
from submissions.participation.filing import Receipt
from submissions.participation.models import Support
from submissions.participation.my_proposals import OwnView, own_proposal
from submissions.participation.supports import support_proposal, supported_by, unsupport_proposal
from submissions.proposals.models import Proposal
from submissions.proposals.queries import CampaignView
from tests.conftest import NOW, make_campaign
from tests.submissions.acting import (
    AUTHOR,
    MODERATOR,
    NEIGHBOUR,
    NOBODY,
    act,
    file,
    moderate,
    trail,
)

LATER = NOW + timedelta(hours=1)
QUESTIONS = [
    {
        "key": "bikes",
        "kind": "number",
        "least": 0,
        "most": 99,
        "whole": True,
        "required": True,
        "label": {"zh_CN": "几辆车?", "en": "How many bikes?"},
        "show_if": {"category": ["bike_parking"]},
    },
    {
        "key": "home",
        "kind": "short_text",
        "private": True,
        "label": {"zh_CN": "住哪?", "en": "Where do you live?"},
    },
]


@pytest.fixture
def slow(database: Database) -> CampaignView:
    """Give a campaign whose proposals wait to be read, with questions."""
    return make_campaign(database, publish_on_filing=False, questions=QUESTIONS, max_text_length=60)


@pytest.fixture
def waiting(database: Database, slow: CampaignView) -> Receipt:
    return file(database, slow, answers={"bikes": 4, "home": "三号楼"})


def own(database: Database, receipt: Receipt) -> OwnView:
    with database.reading() as session:
        return own_proposal(session, AUTHOR, receipt.public_id)


def edit(database: Database, receipt: Receipt, now: datetime = LATER, **changes: Any) -> datetime:
    given = {"updated": own(database, receipt).updated} | changes
    return act(database, edit_proposal, AUTHOR, receipt.public_id, now=now, **given)


def test_an_edit_is_kept_and_so_is_what_was_there(database: Database, waiting: Receipt) -> None:
    before = own(database, waiting)
    token = edit(
        database,
        waiting,
        text=" 新的话\r\n第二行 ",
        relation="works",
        answers={"bikes": "7"},
        longitude=116.33,
        latitude=40.03,
    )
    view = own(database, waiting)
    assert (view.text, view.relation, view.category) == ("新的话\n第二行", "works", "bike_parking")
    assert view.answers == {"bikes": 7}
    assert (view.longitude, view.community_code) == (116.33, "110108017003")
    assert (view.updated, view.created, view.status) == (token, before.created, "received")
    assert token == LATER
    entry = trail(database, "edited")[0]
    assert (entry.at, entry.actor_key) == (LATER, AUTHOR.key)
    was = entry.details["was"]
    assert (was["text"], was["relation"]) == (before.text, "lives")
    assert was["answers"] == {"bikes": 4, "home": "三号楼"}
    assert (was["longitude"], was["raw_x"], was["community_code"]) == (
        116.31,
        116.31,
        "110108017001",
    )
    with database.reading() as session:
        row = session.scalars(select(Proposal)).one()
        assert (row.geometry.x, row.geometry.y, row.raw_x) == (116.33, 40.03, 116.33)


def test_a_change_of_category_asks_that_categorys_questions(
    database: Database, waiting: Receipt
) -> None:
    edit(database, waiting, category="public_space")
    assert own(database, waiting).answers == {"home": "三号楼"}
    with pytest.raises(AnswerError):
        edit(database, waiting, category="bike_parking")
    edit(database, waiting, category="bike_parking", answers={"bikes": 2})
    assert own(database, waiting).answers == {"bikes": 2}


def test_an_edit_that_changes_nothing_leaves_no_trace(database: Database, waiting: Receipt) -> None:
    before = own(database, waiting)
    same = edit(
        database,
        waiting,
        text=before.text,
        category=before.category,
        answers=before.answers,
        longitude=before.longitude,
        latitude=before.latitude,
    )
    assert same == before.updated
    assert trail(database, "edited") == []


def test_an_edit_of_what_has_changed_since_is_refused(database: Database, waiting: Receipt) -> None:
    first = own(database, waiting).updated
    # Within one tick of the clock, too, every version has a name of its own.
    second = edit(database, waiting, now=NOW, text="第一次改")
    assert second != first
    with pytest.raises(WrongStateError):
        edit(database, waiting, text="从旧页面来", updated=first)
    assert own(database, waiting).text == "第一次改"
    edit(database, waiting, text="第二次改", updated=second)
    assert own(database, waiting).text == "第二次改"


REFUSALS: list[tuple[dict[str, Any], type[LuJianError]]] = [
    ({"text": " \u200b"}, EmptyTextError),
    ({"text": "长" * 61}, LongTextError),
    ({"category": "micro_park"}, UnknownCategoryError),
    ({"relation": "owns"}, UnknownRelationError),
    ({"answers": {"bikes": 100}}, AnswerError),
    ({"answers": {}}, AnswerError),
    ({"longitude": 116.5, "latitude": 40.03}, OutsideAreaError),
    ({"longitude": 116.31}, InvalidError),
]


def test_an_edit_is_checked_as_a_filing_is(database: Database, waiting: Receipt) -> None:
    before = own(database, waiting)
    for changes, error in REFUSALS:
        with pytest.raises(error):
            edit(database, waiting, **({"text": "别的"} | changes))
    assert own(database, waiting) == before


def test_a_drawn_line_keeps_its_place(database: Database) -> None:
    campaign = make_campaign(database, publish_on_filing=False, geometry_kinds=["point", "line"])
    line = {"type": "LineString", "coordinates": [[116.31, 40.03], [116.312, 40.03]]}
    receipt = file(database, campaign, shape=line)
    assert own(database, receipt).length_m is not None
    with pytest.raises(InvalidError):
        edit(database, receipt, longitude=116.32, latitude=40.03)
    edit(database, receipt, text="只改文字")
    assert own(database, receipt).geometry is not None


@pytest.mark.parametrize("action", ["edit", "withdraw"])
def test_others_learn_nothing_of_what_is_not_published(
    database: Database, waiting: Receipt, action: str
) -> None:
    updated = own(database, waiting).updated

    def attempt(actor: Any, public_id: str = waiting.public_id) -> None:
        if action == "edit":
            act(database, edit_proposal, actor, public_id, updated=updated, text="改")
        else:
            act(database, withdraw_proposal, actor, public_id)

    for status in ("received", "held", "hidden", "published"):
        if status != "received":
            moderate(database, waiting.public_id, status)
        expected = NotAllowedError if status == "published" else NotFoundError
        for actor in (NEIGHBOUR, NOBODY):
            with pytest.raises(expected):
                attempt(actor)
        for actor in (OPERATOR, MODERATOR):
            with pytest.raises(NotAllowedError):
                attempt(actor)
    for name in ("nowhere2", "", "\x00", "x" * 99):
        with pytest.raises(NotFoundError):
            attempt(AUTHOR, name)
    assert trail(database, "edited", "withdrawn") == []


def test_editing_ends_with_publication_and_withdrawing_with_hiding(
    database: Database, waiting: Receipt
) -> None:
    name = waiting.public_id
    for status, may in (("held", True), ("published", False), ("hidden", False)):
        moderate(database, name, status)
        view = own(database, waiting)
        assert (view.editable, view.withdrawable) == (may, status != "hidden")
        if may:
            edit(database, waiting, text="搁置时也能改")
            continue
        with pytest.raises(WrongStateError):
            edit(database, waiting, text="太晚")
    with pytest.raises(WrongStateError):
        act(database, withdraw_proposal, AUTHOR, name)
    moderate(database, name, "published")
    act(database, withdraw_proposal, AUTHOR, name, now=LATER)
    act(database, withdraw_proposal, AUTHOR, name, now=LATER)
    view = own(database, waiting)
    assert (view.status, view.editable) == ("withdrawn", False)
    assert LATER <= view.updated < LATER + timedelta(seconds=1)  # never before an earlier change
    assert view.withdrawable is False
    entry = trail(database, "withdrawn")
    assert [each.details for each in entry] == [{"from": "published"}]
    with pytest.raises(WrongStateError):
        edit(database, waiting, text="收回之后")


def test_a_second_tap_takes_a_support_back(database: Database, campaign: CampaignView) -> None:
    name = file(database, campaign).public_id
    other = file(database, campaign).public_id
    counts = [
        act(database, action, actor, name)
        for action, actor in [
            (unsupport_proposal, NEIGHBOUR),
            (support_proposal, NEIGHBOUR),
            (support_proposal, MODERATOR),
            (support_proposal, NEIGHBOUR),
            (unsupport_proposal, NEIGHBOUR),
            (unsupport_proposal, NEIGHBOUR),
            (support_proposal, NEIGHBOUR),
        ]
    ]
    assert counts == [0, 1, 2, 2, 1, 1, 2]
    done = [entry.action for entry in trail(database, "supported", "unsupported")]
    assert done == ["supported", "supported", "unsupported", "supported"]
    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Support)) == 2
        assert supported_by(session, NEIGHBOUR, [name, other, "junk"]) == {name}
        assert supported_by(session, AUTHOR, [name, other]) == set()
        assert supported_by(session, NOBODY, [name]) == set()
    for actor in (AUTHOR, NOBODY, OPERATOR):
        with pytest.raises(NotAllowedError):
            act(database, unsupport_proposal, actor, name)
    act(database, withdraw_proposal, AUTHOR, name)
    with pytest.raises(NotFoundError):
        act(database, unsupport_proposal, NEIGHBOUR, name)
    with database.reading() as session:
        assert supported_by(session, NEIGHBOUR, [name]) == set()
        assert session.scalar(select(func.count()).select_from(Support)) == 2
