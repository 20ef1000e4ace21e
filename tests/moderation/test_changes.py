"""What staff change in a proposal: kept, refused when stale or elsewhere, undone."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from core.database import Database
from core.errors import (
    EmptyTextError,
    InvalidError,
    LuJianError,
    NotAllowedError,
    NotFoundError,
    OutsideAreaError,
    StaleError,
    StandsOnError,
    UnchangedError,
    UnknownCategoryError,
    UnknownRelationError,
    WrongStateError,
)
from core.language import translations
from moderation.change_history import changes_of, original_of
from moderation.changes import (
    change_answers,
    change_status,
    edit_text,
    move_pin,
    recategorise,
    redact,
    redacted,
)
from moderation.undo import undo_change
from people.access.actor import OPERATOR, Actor, Grant, Reach, Role, everywhere
from people.audit.models import AuditEntry
from submissions.participation.author_edits import edit_proposal, withdraw_proposal
from submissions.proposals.merge import merge
from submissions.proposals.models import Change
from submissions.proposals.queries import CampaignView
from submissions.proposals.told_changes import told_changes
from tests.conftest import NOW, make_campaign
from tests.moderation.changing import (
    ANSWERS,
    DESK,
    OFFICER,
    PRIVATE,
    QUESTIONS,
    TEXT,
    do,
    row_of,
    state,
)
from tests.submissions.acting import AUTHOR, NEIGHBOUR, act, file, trail
from wording.changes import stale_sentence


@pytest.fixture
def asked(database: Database) -> CampaignView:
    """Give a campaign with questions, one of them private, one for a category alone."""
    return make_campaign(database, questions=QUESTIONS)


@pytest.fixture
def name(database: Database, asked: CampaignView) -> str:
    """Give a published proposal with answers and a phone number in its text."""
    return file(database, asked, text=TEXT, answers=ANSWERS).public_id


def test_each_change_is_kept_with_what_was_before(database: Database, name: str) -> None:
    start = TEXT.index(PRIVATE)
    do(database, redact, name, [(start, start + len(PRIVATE))])
    do(database, edit_text, name, "地铁口停不下车")
    do(database, recategorise, name, "public_space")
    do(database, change_answers, name, relation="works", answers={"why": "很挤", "age": ""})
    do(database, move_pin, name, 116.33, 40.03)
    do(database, change_status, name, "held")
    row = row_of(database, name)
    assert (row.text, row.category, row.relation) == ("地铁口停不下车", "public_space", "works")
    assert row.answers == {"why": "很挤"}
    assert (row.longitude, row.latitude, row.geometry.wkt) == (
        116.33,
        40.03,
        "POINT (116.33 40.03)",
    )
    assert (row.community_code, row.raw_x, row.raw_y) == ("110108017003", 116.31, 40.03)
    assert (row.status, row.held_reason) == ("held", "moderator")
    with database.reading() as session:
        original = original_of(session, DESK, name)
        views = changes_of(session, DESK, name)
    assert (original.text, original.category, original.relation) == (TEXT, "bike_parking", "lives")
    assert (original.longitude, original.latitude) == (116.31, 40.03)
    assert original.answers == {"why": "太挤", "bikes": "五辆"}
    assert [view.kind for view in views] == [
        "status", "moved", "answers", "category", "text", "redacted",
    ]  # fmt: skip
    assert {view.by for view in views} == {"李社工"}
    assert views[-1].after == {"text": "地铁口停不下车,都怪■■■"}
    assert "age" not in str([view.before for view in views])
    assert [view.undoable for view in views] == [True, True, True, False, True, False]


def test_the_trail_says_who_and_why_but_not_the_words(database: Database, name: str) -> None:
    do(database, redact, name, [(0, 3)], word="某处")
    do(database, edit_text, name, "短了")
    do(database, move_pin, name, 116.33, 40.03)
    do(database, recategorise, name, "public_space", batch="b1")
    told = trail(database, "text_redacted", "text_edited", "pin_moved", "recategorised")
    assert [entry.details for entry in told] == [
        {"parts": 1, "reason": "依据"},
        {"reason": "依据"},
        {"from": [116.31, 40.03], "to": [116.33, 40.03], "reason": "依据"},
        {"from": "bike_parking", "to": "public_space", "reason": "依据", "batch": "b1"},
    ]
    assert {entry.proposal_id for entry in told} == {row_of(database, name).id}
    with database.reading() as session:
        entries = session.scalars(select(AuditEntry)).all()
        changes = session.scalars(select(Change)).all()
    assert PRIVATE not in str([entry.details for entry in entries])
    assert len(changes) == 4


def test_spans_are_replaced_whole() -> None:
    assert redacted("abcdef", [(0, 1), (5, 6)], "x") == "xbcdex"
    assert redacted("abcdef", [(1, 4), (2, 5)], "■") == "a■f"
    assert redacted("abcdef", [(0, 2), (2, 4)], "-") == "--ef"
    for wrong in ([], [(0, 7)], [(-1, 2)], [(3, 3)], [(4, 2)]):
        with pytest.raises(InvalidError):
            redacted("abcdef", wrong, "x")


REFUSED: list[tuple[Any, tuple[Any, ...], dict[str, Any], type[LuJianError]]] = [
    (edit_text, (" ",), {}, EmptyTextError),
    (edit_text, (TEXT,), {}, UnchangedError),
    (edit_text, ("另一句",), {"reason": " "}, EmptyTextError),
    (redact, ([],), {}, InvalidError),
    (redact, ([(0, 999)],), {}, InvalidError),
    (redact, ([(0, 2)],), {"word": "长" * 21}, InvalidError),
    (recategorise, ("nothing",), {}, UnknownCategoryError),
    (recategorise, ("bike_parking",), {}, UnchangedError),
    (change_answers, (), {"relation": "neighbour"}, UnknownRelationError),
    (change_answers, (), {"relation": "lives"}, UnchangedError),
    (change_answers, (), {"answers": {"nothing": "x"}}, InvalidError),
    (change_answers, (), {"answers": {"age": "dead"}}, InvalidError),
    (move_pin, (116.5, 40.03), {}, OutsideAreaError),
    (move_pin, ("x", 40.03), {}, InvalidError),
    (move_pin, (116.31, 40.03), {}, UnchangedError),
]


@pytest.mark.parametrize(("action", "given", "named", "error"), REFUSED)
def test_what_cannot_be_is_refused_and_changes_nothing(
    database: Database,
    name: str,
    action: Any,
    given: tuple[Any, ...],
    named: dict[str, Any],
    error: type[LuJianError],
) -> None:
    before = state(database, name)
    with pytest.raises(error):
        do(database, action, name, *given, **named)
    assert state(database, name) == before
    with database.reading() as session:
        assert session.scalars(select(Change)).all() == []


ACTIONS: list[tuple[Any, tuple[Any, ...]]] = [
    (edit_text, ("另一句话",)),
    (redact, ([(0, 2)],)),
    (recategorise, ("public_space",)),
    (change_answers, ()),
    (move_pin, (116.33, 40.03)),
]
HERE, THERE = "110108017001", "110108017003"


def test_whoever_does_not_moderate_there_changes_nothing(database: Database, name: str) -> None:
    moderators = {Role.SOCIAL_WORKER, Role.SUBDISTRICT_OFFICER, Role.ADMINISTRATOR}
    actors = [Actor("x", everywhere(role)) for role in set(Role) - moderators]
    actors += [AUTHOR, NEIGHBOUR, Actor()]
    for place in (
        Grant(Role.SOCIAL_WORKER, Reach.COMMUNITY, THERE, "2020"),
        Grant(Role.SOCIAL_WORKER, Reach.COMMUNITY, HERE, "2023"),
        Grant(Role.SUBDISTRICT_OFFICER, Reach.SUBDISTRICT, "110108018"),
        Grant(Role.ADMINISTRATOR, Reach.SUBDISTRICT, ""),
    ):
        actors.append(Actor("y", frozenset({place})))
    limited = Actor("z", everywhere(Role.ADMINISTRATOR), limited_to=frozenset({"answer"}))
    change_id = do(database, edit_text, name, "改过的话")
    before = state(database, name)
    for actor in [*actors, limited]:
        for action, given in ACTIONS:
            named: dict[str, Any] = {"relation": "works"} if action is change_answers else {}
            with pytest.raises(NotAllowedError):
                do(database, action, name, *given, actor=actor, **named)
            with pytest.raises(NotFoundError if actor.roles & moderators and actor is not limited
                               else NotAllowedError):  # fmt: skip
                do(database, undo_change, change_id, actor=actor)
        with database.reading() as session:
            for read in (changes_of, original_of):
                with pytest.raises(NotAllowedError):
                    read(session, actor, name)
    assert state(database, name) == before
    own = Actor("w", frozenset({Grant(Role.SOCIAL_WORKER, Reach.COMMUNITY, HERE, "2020")}))
    do(database, undo_change, change_id, actor=own)


def test_a_hidden_one_is_known_to_nobody_elsewhere(database: Database, name: str) -> None:
    do(database, change_status, name, "hidden")
    seen = row_of(database, name).updated
    elsewhere = Grant(Role.SOCIAL_WORKER, Reach.COMMUNITY, THERE, "2020")
    for action, given in ACTIONS:
        named: dict[str, Any] = {"relation": "works"} if action is change_answers else {}
        actor = Actor("y", frozenset({elsewhere}))
        with pytest.raises(NotFoundError):
            do(database, action, name, *given, actor=actor, seen=seen, **named)


def test_a_stale_change_is_refused_and_says_who_changed_what(database: Database, name: str) -> None:
    seen = row_of(database, name).updated
    do(database, edit_text, name, "改过一次", actor=OFFICER)
    do(database, move_pin, name, 116.33, 40.03, actor=OPERATOR)
    for action, given in ACTIONS:
        named: dict[str, Any] = {"relation": "works"} if action is change_answers else {}
        with pytest.raises(StaleError) as caught:
            do(database, action, name, *given, seen=seen, **named)
    said = stale_sentence(caught.value, translations("en"))
    assert said == (
        "Someone changed this meanwhile: 王主任 changed the text. "
        "Somebody at the office changed the place. Please look again."
    )
    with pytest.raises(StaleError):
        do(database, change_status, name, "held", seen=seen)
    do(database, change_status, name, "held", seen=row_of(database, name).updated)


def test_an_author_who_edits_meanwhile_is_named_as_such(
    database: Database, campaign: CampaignView
) -> None:
    name = file(database, campaign).public_id
    do(database, change_status, name, "held")
    seen = row_of(database, name).updated
    later = NOW + timedelta(minutes=1)
    act(database, edit_proposal, AUTHOR, name, updated=seen, text="作者自己改了", now=later)
    with pytest.raises(StaleError) as caught:
        do(database, edit_text, name, "社工来改", seen=seen, now=later)
    said = stale_sentence(caught.value, translations("en"))
    assert said == "Someone changed this meanwhile: The author changed it. Please look again."


def test_a_merge_meanwhile_is_named_as_such(database: Database, campaign: CampaignView) -> None:
    kept, other = (file(database, campaign, text=text).public_id for text in ("一处", "另一处"))
    seen = {name: row_of(database, name).updated for name in (kept, other)}
    shown = do(database, change_status, other, "held", now=NOW)
    do(database, undo_change, shown)
    later = NOW + timedelta(minutes=1)
    act(database, merge, OFFICER, kept, [other], reason="同一处", now=later)
    for name, said in ((kept, "joined another proposal with it."), (other, "joined it with")):
        with pytest.raises(StaleError) as caught:
            do(database, edit_text, name, "改一改", seen=seen[name], now=later)
        assert said in str(stale_sentence(caught.value, translations("en")))


def test_nothing_is_done_to_what_its_author_took_back(database: Database, name: str) -> None:
    change_id = do(database, edit_text, name, "改过的话")
    act(database, withdraw_proposal, AUTHOR, name)
    for action, given in ACTIONS:
        named: dict[str, Any] = {"relation": "works"} if action is change_answers else {}
        with pytest.raises(WrongStateError):
            do(database, action, name, *given, **named)
    with pytest.raises(WrongStateError):
        do(database, undo_change, change_id)


def test_an_undo_waits_for_what_stands_on_it(database: Database, name: str) -> None:
    before = state(database, name)
    first = do(database, edit_text, name, "一改", actor=OFFICER)
    moved = do(database, move_pin, name, 116.33, 40.03)
    second = do(database, redact, name, [(0, 1)])
    with pytest.raises(StandsOnError) as caught:
        do(database, undo_change, first)
    assert "李社工 changed private details in the text." in str(
        stale_sentence(caught.value, translations("en"))
    )
    do(database, undo_change, second)
    do(database, undo_change, first, reason="按错了")
    for gone in (first, second):
        with pytest.raises(WrongStateError):
            do(database, undo_change, gone)
    with pytest.raises(NotFoundError):
        do(database, undo_change, 999_999)
    assert row_of(database, name).longitude == 116.33
    undone = do(database, undo_change, moved)
    with pytest.raises(WrongStateError):
        do(database, undo_change, undone)
    assert state(database, name) == before
    with database.reading() as session:
        views = {view.id: view for view in changes_of(session, DESK, name)}
        assert original_of(session, DESK, name).changed == frozenset()
        assert told_changes(session, name) == []
    assert (views[first].undone_by, views[undone].undoes) == ("李社工", moved)
    last = trail(database, "text_edited")[-1]
    assert last.details == {"reason": "按错了", "undoes": first}


def test_the_author_edits_on_top_of_a_correction(
    database: Database, campaign: CampaignView
) -> None:
    name = file(database, campaign).public_id
    do(database, change_status, name, "held")
    change_id = do(database, edit_text, name, "社工改过")
    updated = row_of(database, name).updated
    later = NOW + timedelta(minutes=1)
    act(database, edit_proposal, AUTHOR, name, updated=updated, text="作者又改", now=later)
    with pytest.raises(StandsOnError) as caught:
        do(database, undo_change, change_id, now=later)
    assert [one.by for one in caught.value.params["changes"]] == ["author"]


def test_a_batch_is_undone_one_by_one(database: Database, asked: CampaignView) -> None:
    names = [file(database, asked, answers=ANSWERS).public_id for _ in range(3)]
    before = [state(database, each) for each in names]
    for each in names:
        do(database, recategorise, each, "public_space", batch="b7")
    with database.reading() as session:
        ids = session.scalars(select(Change.id).where(Change.batch == "b7")).all()
    for change_id in ids:
        do(database, undo_change, change_id)
    assert [state(database, each) for each in names] == before
