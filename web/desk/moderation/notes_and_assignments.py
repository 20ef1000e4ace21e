"""What colleagues want of each other: notes and assignments, beside a proposal and as a list."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from fastapi import APIRouter
from fastapi.responses import RedirectResponse, Response
from sqlalchemy.orm import Session

from core import dates, errors
from core.page import Page
from moderation import assignments, notes
from moderation.assignments import AssignmentView
from people.access.actor import Actor
from people.access.permissions import Act, may_somewhere
from serving.guards import desk
from serving.visit import Reader, Visit, now
from submissions.proposals.queries import ProposalView
from web import paging, presenters
from web.desk.moderation.queue_filter import QueueRequest
from web.desk.posted_form import Sent, account_of, identity_of
from wording import formatting

router = APIRouter(dependencies=[desk(Act.SEE_DESK)])
ON_A_PAGE, BESIDE_ON_A_PAGE = 30, 20


@router.post("/desk/mentions/read")
def read(here: Reader) -> Response:
    """Take the notes that name this person off the count."""
    here.write(notes.read_mentions, now=now())
    return RedirectResponse("/w/desk/queue?tab=mine", status_code=303)


def beside(
    here: Visit, session: Session, view: ProposalView, may: dict[Act, bool], moment: datetime
) -> dict[str, Any]:
    """Return the notes on a proposal and who is to deal with it."""
    name, actor = view.public_id, here.actor
    given = assignments.assignments_of(session, actor, name, now=moment)
    able = assignments.assignable(session, actor, name, now=moment) if may[Act.ASSIGN] else []
    return {
        "notes": notes.notes_of(session, actor, name),
        "writes": actor.account_id is not None,
        "assignments": [_shown(here, one) for one in given],
        "assigns": may[Act.ASSIGN],
        "colleagues": able,
        "today": moment.astimezone(formatting.BEIJING).date().isoformat(),
    }


def _shown(here: Visit, one: AssignmentView) -> dict[str, Any]:
    _ = here.words.gettext
    told = [_("asked by {name}").format(name=one.by)] if one.by else []
    if one.due is not None:
        told.append(_("until {day}").format(day=formatting.day(one.due, here.lang)))
    if one.done is not None:
        told.append(_("done on {day}").format(day=formatting.day(one.done, here.lang)))
    return {
        "id": one.id,
        "public_id": one.public_id,
        "name": one.name,
        "text": one.text,
        "excerpt": presenters.excerpt(one.excerpt, 110),
        "told": told,
        "overdue": one.overdue,
        "open": one.done is None,
        "mine": one.account_id == here.actor.account_id,
    }


def mine(here: Visit, session: Session, asked: QueueRequest, moment: datetime) -> dict[str, Any]:
    """Return what is assigned to this person, what colleagues ask, and what is overdue."""
    own = assignments.my_assignments(
        session, here.actor, page=paging.asked(here), size=ON_A_PAGE, now=moment
    )
    late = _late(here, session, moment)
    named = notes.mentions_of(
        session, here.actor, page=paging.asked(here, "mentions"), size=BESIDE_ON_A_PAGE
    )
    return {
        "own": [_linked(here, asked, one) for one in own.items],
        "late": [_linked(here, asked, one) for one in late.items] if late else [],
        "unread": notes.unread_mentions(session, here.actor) > 0,
        "mentions": [
            {
                "address": asked.address(f"/w/desk/queue/{one.public_id}"),
                "by": one.by,
                "text": presenters.excerpt(one.text, 110),
                "at": formatting.moment(one.created, here.lang),
                "new": not one.seen,
            }
            for one in named.items
        ],
        "pages": {
            "own": _pager(here, asked, own, "page"),
            "mentions": _pager(here, asked, named, "mentions"),
            "late": _pager(here, asked, late, "late") if late else None,
        },
    }


def _late(here: Visit, session: Session, moment: datetime) -> Page[AssignmentView] | None:
    """Return a page of what is overdue with colleagues; None for who assigns nothing."""
    if not may_somewhere(here.actor, Act.ASSIGN):
        return None
    number = paging.asked(here, "late")
    return assignments.overdue_assignments(
        session, here.actor, of_others=True, page=number, size=BESIDE_ON_A_PAGE, now=moment
    )


def _pager(here: Visit, asked: QueueRequest, page: Page[Any], name: str) -> dict[str, Any]:
    """Return the ways to the pages beside one of a list that has a parameter of its own."""
    part = "own" if name == "page" else name
    return paging.pager(here, page, lambda n: asked.address(**{name: str(n)}) + f"#{part}")


def count_mine(session: Session, actor: Actor, moment: datetime) -> int:
    """Return how much waits for this person: assignments, and notes that were not read."""
    own = assignments.my_assignments(session, actor, size=1, now=moment).total
    return own + notes.unread_mentions(session, actor)


def _linked(here: Visit, asked: QueueRequest, one: AssignmentView) -> dict[str, Any]:
    address = asked.address(f"/w/desk/queue/{one.public_id}")
    return {**_shown(here, one), "address": address}


def note(session: Session, actor: Actor, sent: Sent) -> None:
    """Keep a note on a proposal."""
    notes.add_note(session, actor, sent.public_id, sent.typed.get("note", ""), now=sent.now)


def assign(session: Session, actor: Actor, sent: Sent) -> None:
    """Give a proposal to a colleague, until the end of a day in Beijing."""
    account, due = account_of(sent.one("account")), end_of_day(sent.one("due"))
    text = sent.one("task")
    assignments.assign(session, actor, sent.public_id, account, due=due, text=text, now=sent.now)


def finish(session: Session, actor: Actor, sent: Sent) -> None:
    """Say that an assignment is dealt with."""
    number = identity_of(sent.one("assignment"), "assignment")
    assignments.finish_assignment(session, actor, number, now=sent.now)


def end_of_day(text: str) -> datetime | None:
    """Return the last moment of a day in Beijing; None for no day. Raises ``InvalidError``."""
    if not text:
        return None
    try:
        day = date.fromisoformat(text[:10])
    except ValueError:
        raise errors.InvalidError(field="due") from None
    return dates.end_of_day(day) - timedelta(seconds=1)
