"""Proposals given to somebody of the staff, to be dealt with by a day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Select, and_, func, select
from sqlalchemy.orm import Session

from core.errors import EmptyTextError, InvalidError, NotAllowedError, NotFoundError
from core.page import Page, page_of_rows
from core.text import clean_text
from moderation.models import Assignment
from moderation.notes import PAGE, Colleague, colleagues, discussed_proposal, readable
from people.access.actor import Actor
from people.access.permissions import Act, check_may_somewhere
from people.accounts.models import Account
from people.audit.record import record
from submissions.proposals.jurisdiction import may_for, within
from submissions.proposals.models import Proposal

MOST_CHARACTERS = 500


@dataclass(frozen=True)
class AssignmentView:
    """Who is to deal with what by when, asked by whom; ``done`` when it was, ``overdue``: not yet.

    ``text`` says what is to be done, and may be empty. ``excerpt`` is the proposal's text.
    """

    id: int
    public_id: str
    campaign_id: int
    excerpt: str
    account_id: int
    name: str
    by: str
    text: str
    due: datetime | None
    created: datetime
    done: datetime | None
    done_by: str | None
    overdue: bool


def assignable(session: Session, actor: Actor, public_id: str, *, now: datetime) -> list[Colleague]:
    """Return those to whom a proposal may be given: who may act on it at the desk.

    Raises as ``assign``.
    """
    proposal = _assignable_proposal(session, actor, public_id)
    return colleagues(session, proposal, Act.DISCUSS, now=now)


def assign(
    session: Session,
    actor: Actor,
    public_id: str,
    account_id: int,
    *,
    due: datetime | None = None,
    text: str = "",
    now: datetime,
) -> int:
    """Give a proposal to somebody who may act on it; return the assignment's id.

    Given to the same person again while it is open, the day and the words are changed. Raises
    ``NotAllowedError``, ``NotFoundError``; ``InvalidError``: ``account`` for somebody who may not
    act there, ``due`` for a day that is past; ``LongTextError``.
    """
    proposal = _assignable_proposal(session, actor, public_id)
    able = colleagues(session, proposal, Act.DISCUSS, now=now)
    if account_id not in {one.account_id for one in able}:
        raise InvalidError(field="account")
    if due is not None and due <= now:
        raise InvalidError(field="due")
    words = _optional(text)
    row = session.scalar(
        select(Assignment).where(
            Assignment.proposal_id == proposal.id,
            Assignment.account_id == account_id,
            Assignment.done.is_(None),
        )
    )
    if row is None:
        row = Assignment(proposal_id=proposal.id, account_id=account_id, created=now)
        session.add(row)
    row.given_by, row.by, row.text, row.due = actor.account_id, actor.name, words, due
    session.flush()
    details = {"assignment": row.id, "to": account_id, "due": due.isoformat() if due else None}
    record(session, actor, "assigned", now=now, proposal_id=proposal.id, details=details)
    return row.id


def finish_assignment(session: Session, actor: Actor, assignment_id: int, *, now: datetime) -> None:
    """Say that it is dealt with: whoever has it, or who may assign there; done already, nothing.

    Raises ``NotFoundError``.
    """
    row, proposal = _known(session, actor, assignment_id)
    if row.done is not None:
        return
    row.done, row.done_by = now, actor.name
    session.flush()
    details = {"assignment": row.id}
    record(session, actor, "assignment_done", now=now, proposal_id=proposal.id, details=details)


def assignments_of(
    session: Session, actor: Actor, public_id: str, *, now: datetime
) -> list[AssignmentView]:
    """Return who is or was to deal with a proposal, the open ones first.

    Raises as ``notes.discussed_proposal``.
    """
    proposal = discussed_proposal(session, actor, public_id)
    rows = session.execute(
        _selected()
        .where(Assignment.proposal_id == proposal.id)
        .order_by(Assignment.done.is_not(None), Assignment.id.desc())
    )
    return [_view(row, about, name, now) for row, about, name in rows]


def my_assignments(
    session: Session,
    actor: Actor,
    *,
    done: bool = False,
    page: int = 1,
    size: int = PAGE,
    now: datetime,
) -> Page[AssignmentView]:
    """Return what this person is to deal with, or has dealt with, on proposals still in reach."""
    own = Assignment.account_id == (actor.account_id or 0)
    return _page(session, and_(own, _is_done(done), readable(actor)), page, size, now)


def overdue_assignments(
    session: Session,
    actor: Actor,
    *,
    of_others: bool = False,
    page: int = 1,
    size: int = PAGE,
    now: datetime,
) -> Page[AssignmentView]:
    """Return everybody's that should be done by now, as far as this person may assign.

    ``of_others``: without this person's own. Raises ``NotAllowedError`` for whoever assigns
    nothing.
    """
    check_may_somewhere(actor, Act.ASSIGN, action="assign")
    reach = and_(within(actor, Act.ASSIGN), readable(actor))
    late = and_(Assignment.due <= now, _is_done(False), reach)
    if of_others:
        late = and_(late, Assignment.account_id != (actor.account_id or 0))
    return _page(session, late, page, size, now)


def _page(
    session: Session, condition: ColumnElement[bool], page: int, size: int, now: datetime
) -> Page[AssignmentView]:
    """Return one page, what is due first comes first; those without a day come last."""
    counted = select(func.count()).select_from(Assignment)
    total = session.scalar(counted.join(Proposal).where(condition)) or 0
    in_order = (
        _selected()
        .where(condition)
        .order_by(Assignment.due.is_(None), Assignment.due, Assignment.id)
    )
    found = page_of_rows(session, in_order, total, page, size)
    return found.showing(_view(row, about, name, now) for row, about, name in found.items)


def _selected() -> Select[Assignment, Proposal, str]:
    return (
        select(Assignment, Proposal, Account.name)
        .join(Proposal, Proposal.id == Assignment.proposal_id)
        .join(Account, Account.id == Assignment.account_id)
        .execution_options(populate_existing=True)
    )


def _view(row: Assignment, proposal: Proposal, name: str, now: datetime) -> AssignmentView:
    return AssignmentView(
        id=row.id,
        public_id=proposal.public_id,
        campaign_id=proposal.campaign_id,
        excerpt=proposal.text[:200],
        account_id=row.account_id,
        name=name,
        by=row.by,
        text=row.text,
        due=row.due,
        created=row.created,
        done=row.done,
        done_by=row.done_by,
        overdue=row.done is None and row.due is not None and row.due <= now,
    )


def _is_done(done: bool) -> ColumnElement[bool]:
    return Assignment.done.is_not(None) if done else Assignment.done.is_(None)


def _assignable_proposal(session: Session, actor: Actor, public_id: str) -> Proposal:
    check_may_somewhere(actor, Act.ASSIGN, action="assign")
    proposal = discussed_proposal(session, actor, public_id)
    if not may_for(session, actor, Act.ASSIGN, proposal):
        raise NotAllowedError(action="assign")
    return proposal


def _known(session: Session, actor: Actor, assignment_id: int) -> tuple[Assignment, Proposal]:
    """Return an assignment of this person's, or one that this person may change."""
    row = session.get(Assignment, assignment_id, populate_existing=True)
    if row is None:
        raise NotFoundError(kind="assignment", id=assignment_id)
    proposal = session.get_one(Proposal, row.proposal_id)
    own = actor.account_id is not None and row.account_id == actor.account_id
    if not own and not may_for(session, actor, Act.ASSIGN, proposal):
        raise NotFoundError(kind="assignment", id=assignment_id)
    discussed_proposal(session, actor, proposal.public_id)
    return row, proposal


def _optional(text: str) -> str:
    try:
        return clean_text(text, most=MOST_CHARACTERS)
    except EmptyTextError:
        return ""
