"""What staff say to each other about a proposal, and whom they name in it.

Never public: notes are read at the desk by those who may discuss the proposal there, and are in no
export. ``@login`` names somebody, who then has it on a list of mentions.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, or_, select, update
from sqlalchemy.orm import Session

from core.errors import NotAllowedError, NotFoundError
from core.page import Page, page_of_rows
from core.text import clean_text
from moderation.models import Mention, Note
from people.access.actor import Actor
from people.access.permissions import Act, check_may_somewhere, in_limits
from people.accounts.account_list import holders
from people.accounts.models import Account
from people.audit.record import record
from submissions.proposals.jurisdiction import may_for, sees, within
from submissions.proposals.models import Proposal
from submissions.proposals.states import Status
from submissions.proposals.visibility import proposal_row

MOST_CHARACTERS = 2_000
MOST_MENTIONS = 20
PAGE = 50
_LOGIN = re.compile(r"(?<![\w@.])@(?P<login>[\w.@-]{1,80})")
_AROUND_LOGIN = ".-@"


@dataclass(frozen=True)
class NoteView:
    """A note; ``mine`` by who reads it. ``mentioned``: names of those it names."""

    id: int
    by: str
    mine: bool
    text: str
    created: datetime
    mentioned: tuple[str, ...]


@dataclass(frozen=True)
class NoteAdded:
    """A new note: whom it reached, and logins it names that nobody has who may read it."""

    id: int
    mentioned: tuple[str, ...]
    unknown: tuple[str, ...]


@dataclass(frozen=True)
class MentionView:
    """A note that names the reader; ``seen``: read before."""

    note_id: int
    public_id: str
    by: str
    text: str
    created: datetime
    seen: bool


@dataclass(frozen=True)
class Colleague:
    """Somebody who may be named, or given a proposal."""

    account_id: int
    login: str
    name: str


def discussed_proposal(session: Session, actor: Actor, public_id: str) -> Proposal:
    """Return a proposal that this person may see and discuss at the desk.

    Raises ``NotAllowedError`` for whoever discusses nothing; ``NotFoundError``.
    """
    check_may_somewhere(actor, Act.DISCUSS, action="discuss")
    proposal = proposal_row(session, public_id)
    if proposal is None or not may_for(session, actor, Act.DISCUSS, proposal):
        raise NotFoundError(kind="proposal", public_id=public_id)
    if not sees(session, actor, proposal):
        raise NotFoundError(kind="proposal", public_id=public_id)
    return proposal


def add_note(
    session: Session, actor: Actor, public_id: str, text: str, *, now: datetime
) -> NoteAdded:
    """Say something to the staff about a proposal; those named hear of it, if they may read it.

    Raises ``NotAllowedError`` without an account, ``NotFoundError``, ``EmptyTextError``,
    ``LongTextError``.
    """
    proposal = discussed_proposal(session, actor, public_id)
    if actor.account_id is None:
        raise NotAllowedError(action="add_note")
    note = Note(
        proposal_id=proposal.id,
        account_id=actor.account_id,
        by=actor.name,
        text=clean_text(text, most=MOST_CHARACTERS),
        created=now,
    )
    session.add(note)
    session.flush()
    logins = logins_in(note.text)
    reached = colleagues(session, proposal, Act.DISCUSS, logins=logins, now=now)
    session.add_all(
        Mention(note_id=note.id, account_id=one.account_id, seen=None) for one in reached
    )
    session.flush()
    details = {"note": note.id, "mentioned": [one.login for one in reached]}
    record(session, actor, "noted", now=now, proposal_id=proposal.id, details=details)
    known = {one.login.casefold() for one in reached}
    unknown = tuple(login for login in logins if login.casefold() not in known)
    return NoteAdded(note.id, tuple(one.name for one in reached), unknown)


def notes_of(session: Session, actor: Actor, public_id: str) -> list[NoteView]:
    """Return the notes on a proposal, oldest first. Raises as ``discussed_proposal``."""
    proposal = discussed_proposal(session, actor, public_id)
    notes = session.scalars(
        select(Note).where(Note.proposal_id == proposal.id).order_by(Note.id)
    ).all()
    named: dict[int, list[str]] = {}
    rows = session.execute(
        select(Mention.note_id, Account.name)
        .join(Account, Account.id == Mention.account_id)
        .join(Note, Note.id == Mention.note_id)
        .where(Note.proposal_id == proposal.id)
        .order_by(Mention.note_id, Account.name)
    )
    for note_id, name in rows:
        named.setdefault(note_id, []).append(name)
    return [
        NoteView(
            id=note.id,
            by=note.by,
            mine=note.account_id == actor.account_id,
            text=note.text,
            created=note.created,
            mentioned=tuple(named.get(note.id, ())),
        )
        for note in notes
    ]


def mentions_of(
    session: Session, actor: Actor, *, page: int = 1, size: int = PAGE
) -> Page[MentionView]:
    """Return the notes that name this person, of proposals that this person may still discuss.

    The latest come first.
    """
    mine = _mine(actor)
    columns = Note.id, Proposal.public_id, Note.by, Note.text, Note.created, Mention.seen
    latest_first = _joined(*columns).where(mine).order_by(Note.id.desc())
    found = page_of_rows(session, latest_first, _count(session, mine), page, size)
    return found.showing(
        MentionView(row.id, row.public_id, row.by, row.text, row.created, row.seen is not None)
        for row in found.items
    )


def unread_mentions(session: Session, actor: Actor) -> int:
    """Return how many notes name this person and were not read yet."""
    return _count(session, and_(_mine(actor), Mention.seen.is_(None)))


def read_mentions(session: Session, actor: Actor, *, now: datetime) -> int:
    """Mark all mentions of this person as read; return how many."""
    if actor.account_id is None or not in_limits(actor, Act.DISCUSS):
        return 0
    unread = and_(Mention.account_id == actor.account_id, Mention.seen.is_(None))
    return _rowcount(session, update(Mention).where(unread).values(seen=now))


def logins_in(text: str) -> list[str]:
    """Return the logins that a text names with @, each once, at most ``MOST_MENTIONS``."""
    found = [hit["login"].strip(_AROUND_LOGIN) for hit in _LOGIN.finditer(text)]
    return list(dict.fromkeys(login for login in found if login))[:MOST_MENTIONS]


def colleagues(
    session: Session,
    proposal: Proposal,
    act: Act,
    *,
    logins: Sequence[str] | None = None,
    now: datetime,
) -> list[Colleague]:
    """Return those who may see a proposal and do something with it now, by name.

    ``logins``: among these alone, whatever their case.
    """
    return [
        Colleague(one.id, one.login, one.name)
        for one in holders(session, logins=logins, now=now)
        if _may(session, Actor(grants=one.grants, account_id=one.id), act, proposal)
    ]


def _may(session: Session, actor: Actor, act: Act, proposal: Proposal) -> bool:
    return may_for(session, actor, act, proposal) and sees(session, actor, proposal)


def readable(actor: Actor) -> ColumnElement[bool]:
    """Return the condition on ``Proposal`` that this person may discuss it, in its state."""
    public = Proposal.status == str(Status.PUBLISHED)
    return and_(within(actor, Act.DISCUSS), or_(public, within(actor, Act.MODERATE)))


def _mine(actor: Actor) -> ColumnElement[bool]:
    return and_(Mention.account_id == (actor.account_id or 0), readable(actor))


def _joined(*columns: Any) -> Select[*tuple[Any, ...]]:
    return (
        select(*columns)
        .select_from(Mention)
        .join(Note, Note.id == Mention.note_id)
        .join(Proposal, Proposal.id == Note.proposal_id)
    )


def _count(session: Session, condition: ColumnElement[bool]) -> int:
    return session.scalar(_joined(func.count()).where(condition)) or 0


def _rowcount(session: Session, statement: Any) -> int:
    return int(session.connection().execute(statement).rowcount)
