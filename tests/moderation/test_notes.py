"""Staff among themselves: notes, mentions, assignments; never public, as far as roles reach."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from core.database import Database
from core.errors import (
    EmptyTextError,
    InvalidError,
    LongTextError,
    LuJianError,
    NotAllowedError,
    NotFoundError,
)
from moderation.assignments import (
    assign,
    assignable,
    assignments_of,
    finish_assignment,
    my_assignments,
    overdue_assignments,
)
from moderation.models import Assignment, Note
from moderation.notes import (
    add_note,
    logins_in,
    mentions_of,
    notes_of,
    read_mentions,
    unread_mentions,
)
from people.access.actor import OPERATOR, Actor, Grant, Reach, Role
from people.accounts.models import Account, Appointment
from submissions.proposals.queries import CampaignView, revision
from tests.analysis.counting import published_rows
from tests.conftest import NOW
from tests.submissions.acting import AUTHOR, NEIGHBOUR, act, file, moderate, trail

HERE, THERE = "110108017001", "110108017003"
DAY = timedelta(days=1)
Hire = Callable[..., Actor]


@pytest.fixture
def hire(database: Database) -> Hire:
    """Give a maker of accounts with one role, for the platform or a community."""

    def make(
        login: str, role: Role, community: str = "", *, closed: bool = False, ended: bool = False
    ) -> Actor:
        grant = Grant(role)
        if community:
            grant = Grant(role, Reach.COMMUNITY, community, "2020")

        def store(session: Session) -> int:
            account = Account(
                login=login,
                name=f"{login}的名字",
                must_change=False,
                created=NOW,
                closed=NOW if closed else None,
            )
            session.add(account)
            session.flush()
            session.add(
                Appointment(
                    account_id=account.id,
                    role=str(role),
                    reach=str(grant.reach),
                    code=grant.code,
                    edition=grant.edition,
                    starts_at=NOW - DAY,
                    ends_at=NOW if ended else None,
                    origin="desk",
                )
            )
            return account.id

        number = database.write(store)
        return Actor(f"device {login}", frozenset({grant}), number, f"{login}的名字")

    return make


def read(database: Database, action: Callable[..., Any], *given: Any, **named: Any) -> Any:
    with database.reading() as session:
        return action(session, *given, **named)


def test_a_note_is_read_by_staff_and_reaches_those_it_names(
    database: Database, campaign: CampaignView, hire: Hire
) -> None:
    name = file(database, campaign).public_id
    worker, planner = hire("li", Role.SOCIAL_WORKER, HERE), hire("Wang.Wu", Role.COMMUNITY_PLANNER)
    before = read(database, revision, campaign.id)
    said = "请 @wang.wu 看看，@li 我自己；@nobody 和 a@b.com、@li."
    added = act(database, add_note, worker, name, said)
    assert added.mentioned == ("Wang.Wu的名字", "li的名字")
    assert added.unknown == ("nobody",)
    act(database, add_note, planner, name, "看过了")
    notes = read(database, notes_of, worker, name)
    assert [(note.by, note.mine, note.text) for note in notes] == [
        ("li的名字", True, said),
        ("Wang.Wu的名字", False, "看过了"),
    ]
    assert notes[0].mentioned == ("Wang.Wu的名字", "li的名字")
    page = read(database, mentions_of, planner)
    assert [(one.public_id, one.by, one.text, one.seen) for one in page.items] == [
        (name, "li的名字", said, False)
    ]
    assert (page.total, read(database, unread_mentions, planner)) == (1, 1)
    elsewhere = replace(planner, limited_to=frozenset({"print"}))
    assert act(database, read_mentions, elsewhere) == 0
    assert act(database, read_mentions, planner) == 1
    assert act(database, read_mentions, planner) == 0
    assert read(database, unread_mentions, planner) == 0
    assert read(database, unread_mentions, planner) == 0
    assert read(database, mentions_of, planner).items[0].seen
    assert read(database, revision, campaign.id) == before
    assert trail(database, "noted")[0].details == {
        "note": notes[0].id,
        "mentioned": ["Wang.Wu", "li"],
    }
    assert said not in str([entry.details for entry in trail(database, "noted")])


def test_logins_are_read_as_people_write_them() -> None:
    assert logins_in("@li,@wang.wu：@a-b@x.org!") == ["li", "wang.wu", "a-b@x.org"]
    assert logins_in("a@b.com @@li @ li （@李明）@li。@li") == ["li", "李明"]
    assert len(logins_in(" ".join(f"@u{n}" for n in range(50)))) == 20


def test_notes_are_for_those_who_discuss_there(
    database: Database, campaign: CampaignView, hire: Hire
) -> None:
    name = file(database, campaign).public_id
    worker = hire("li", Role.SOCIAL_WORKER)
    act(database, add_note, worker, name, "只给同事看")
    for actor in (
        AUTHOR,
        NEIGHBOUR,
        Actor(),
        hire("c", Role.COUNCIL_MEMBER),
        hire("f", Role.DESIGN_FIRM),
    ):
        with pytest.raises(NotAllowedError):
            read(database, notes_of, actor, name)
        with pytest.raises(NotAllowedError):
            act(database, add_note, actor, name, "我也说")
    there = hire("there", Role.SOCIAL_WORKER, THERE)
    with pytest.raises(NotFoundError):
        read(database, notes_of, there, name)
    with pytest.raises(NotFoundError):
        act(database, add_note, there, name, "我也说")
    with pytest.raises(NotAllowedError):
        act(database, add_note, OPERATOR, name, "没有账号")
    with pytest.raises(EmptyTextError):
        act(database, add_note, worker, name, " ")
    with pytest.raises(LongTextError):
        act(database, add_note, worker, name, "字" * 2001)
    with pytest.raises(NotFoundError):
        act(database, add_note, worker, "nowhere2", "没有")
    with database.reading() as session:
        rows = published_rows(session, campaign.id)
    assert "只给同事看" not in str(rows)


def test_what_is_hidden_reaches_only_those_who_moderate(
    database: Database, campaign: CampaignView, hire: Hire
) -> None:
    name = file(database, campaign).public_id
    worker, department = hire("li", Role.SOCIAL_WORKER), hire("dept", Role.DEPARTMENT)
    assert act(database, add_note, worker, name, "@dept 请看").mentioned == ("dept的名字",)
    act(database, assign, worker, name, department.account_id)
    assert read(database, unread_mentions, department) == 1
    moderate(database, name, "hidden")
    assert read(database, unread_mentions, department) == 0
    assert read(database, mentions_of, department).items == ()
    assert read(database, my_assignments, department, now=NOW).total == 0
    with pytest.raises(NotFoundError):
        read(database, notes_of, department, name)
    added = act(database, add_note, worker, name, "@dept 再看")
    assert (added.mentioned, added.unknown) == ((), ("dept",))
    with pytest.raises(InvalidError):
        act(database, assign, worker, name, department.account_id)
    number = read(database, assignments_of, worker, name, now=NOW)[0].id
    with pytest.raises(NotFoundError):
        act(database, finish_assignment, department, number)


def test_a_closed_account_or_an_ended_term_is_named_in_vain(
    database: Database, campaign: CampaignView, hire: Hire
) -> None:
    name = file(database, campaign).public_id
    worker = hire("li", Role.SOCIAL_WORKER)
    gone = hire("gone", Role.SOCIAL_WORKER, closed=True)
    past = hire("past", Role.SOCIAL_WORKER, ended=True)
    added = act(database, add_note, worker, name, "@gone @past")
    assert (added.mentioned, added.unknown) == ((), ("gone", "past"))
    for actor in (gone, past):
        with pytest.raises(InvalidError):
            act(database, assign, worker, name, actor.account_id)


def test_a_proposal_is_given_finished_and_taken_up_again(
    database: Database, campaign: CampaignView, hire: Hire
) -> None:
    name, other = (file(database, campaign, text=text).public_id for text in ("一处", "另一处"))
    worker, planner = hire("li", Role.SOCIAL_WORKER), hire("wu", Role.RESIDENT_PLANNER, HERE)
    before = read(database, revision, campaign.id)
    able = read(database, assignable, worker, name, now=NOW)
    assert [one.login for one in able] == ["li", "wu"]
    late = act(database, assign, worker, other, planner.account_id, text="先看这处")
    soon = act(database, assign, worker, name, planner.account_id, due=NOW + DAY)
    assert (
        act(database, assign, worker, name, planner.account_id, due=NOW + 2 * DAY, text="量一量")
        == soon
    )
    mine = read(database, my_assignments, planner, now=NOW)
    assert [(one.id, one.public_id, one.text, one.overdue) for one in mine.items] == [
        (soon, name, "量一量", False),
        (late, other, "先看这处", False),
    ]
    later = NOW + 3 * DAY
    overdue = read(database, overdue_assignments, worker, now=later)
    assert [(one.id, one.name, one.overdue) for one in overdue.items] == [(soon, "wu的名字", True)]
    with pytest.raises(NotAllowedError):
        read(database, overdue_assignments, planner, now=later)
    act(database, finish_assignment, planner, soon, now=later)
    act(database, finish_assignment, worker, soon, now=later)
    assert read(database, overdue_assignments, worker, now=later).total == 0
    assert read(database, my_assignments, planner, done=True, now=later).total == 1
    shown = read(database, assignments_of, planner, name, now=later)
    assert [(one.done, one.done_by) for one in shown] == [(later, "wu的名字")]
    assert read(database, revision, campaign.id) == before
    actions = ("assigned", "assignment_done")
    told = [entry.action for entry in trail(database, *actions)]
    assert told == ["assigned", "assigned", "assigned", "assignment_done"]


def test_whoever_may_not_gives_nothing_and_nobody_gets_what_is_elsewhere(
    database: Database, campaign: CampaignView, hire: Hire
) -> None:
    name = file(database, campaign).public_id
    worker, there = hire("li", Role.SOCIAL_WORKER), hire("there", Role.SOCIAL_WORKER, THERE)
    planner, member = hire("wu", Role.RESIDENT_PLANNER), hire("mem", Role.COUNCIL_MEMBER)
    number = act(database, assign, worker, name, worker.account_id)
    refused: list[tuple[Actor, str, Any, dict[str, Any], type[LuJianError]]] = [
        (AUTHOR, name, worker.account_id, {}, NotAllowedError),
        (planner, name, worker.account_id, {}, NotAllowedError),
        (member, name, worker.account_id, {}, NotAllowedError),
        (there, name, there.account_id, {}, NotFoundError),
        (worker, name, there.account_id, {}, InvalidError),
        (worker, name, member.account_id, {}, InvalidError),
        (worker, name, 999_999, {}, InvalidError),
        (worker, name, worker.account_id, {"due": NOW}, InvalidError),
        (worker, name, worker.account_id, {"text": "字" * 501}, LongTextError),
        (worker, "nowhere2", worker.account_id, {}, NotFoundError),
    ]
    for actor, public_id, account_id, named, error in refused:
        with pytest.raises(error):
            act(database, assign, actor, public_id, account_id, **named)
    for actor in (there, planner, NEIGHBOUR, Actor()):
        with pytest.raises(NotFoundError):
            act(database, finish_assignment, actor, number)
    with pytest.raises(NotFoundError):
        act(database, finish_assignment, worker, 999_999)
    assert read(database, overdue_assignments, there, now=NOW).total == 0
    with database.reading() as session:
        assert len(session.scalars(select(Assignment)).all()) == 1
        assert session.scalars(select(Note)).all() == []


def test_lists_are_read_page_by_page(
    database: Database, campaign: CampaignView, hire: Hire
) -> None:
    worker = hire("li", Role.SOCIAL_WORKER)
    names = [file(database, campaign, text=f"第{n}处").public_id for n in range(5)]
    for number, name in enumerate(names):
        act(database, assign, worker, name, worker.account_id, due=NOW + (5 - number) * DAY)
        act(database, add_note, worker, name, "@li")
    pages = [read(database, my_assignments, worker, page=n, size=2, now=NOW) for n in (1, 2, 3, 9)]
    found = [[one.public_id for one in page.items] for page in pages]
    assert found == [names[:2:-1], names[2:0:-1], names[:1], names[:1]]
    assert {(page.total, page.pages) for page in pages} == {(5, 3)}
    mentions = read(database, mentions_of, worker, page=2, size=2)
    assert [one.public_id for one in mentions.items] == [names[2], names[1]]
    assert (mentions.total, mentions.pages) == (5, 3)
    assert read(database, unread_mentions, worker) == 5
