"""What people say to a published proposal: shown to others once a moderator has read it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.errors import InvalidError, NotAllowedError, NotFoundError, WrongStateError
from core.text import clean_text
from people.access.actor import Actor
from people.access.idempotency_key import token_for
from people.access.permissions import Act, check_may_somewhere
from submissions.participation import proposal_draft
from submissions.participation.models import Comment
from submissions.proposals.audit import record_for
from submissions.proposals.jurisdiction import may_for, within
from submissions.proposals.merged_family import family_ids, head_of
from submissions.proposals.models import Proposal
from submissions.proposals.receipt_codes import is_public_id, new_public_id
from submissions.proposals.states import (
    Status,
    follows,
    is_author,
    may_comment,
    may_see,
    may_withdraw,
)
from submissions.proposals.tell_followers import tell_followers
from submissions.proposals.visibility import check_now, proposal_row, published_proposal

MOST_CHARACTERS = 500
_WAITING = (str(Status.RECEIVED), str(Status.HELD))
_TICK = timedelta(microseconds=1)


@dataclass(frozen=True)
class CommentView:
    """A comment without its author; ``waiting`` ones are shown to nobody but their author."""

    public_id: str
    text: str
    created: datetime
    mine: bool
    waiting: bool


@dataclass(frozen=True)
class CommentToRead:
    """A comment as a moderator gets it: with the proposal that it speaks of."""

    public_id: str
    proposal_id: str
    proposal_text: str
    text: str
    status: str
    created: datetime


def comment_on(
    session: Session,
    actor: Actor,
    public_id: str,
    text: str,
    *,
    client_token: str,
    now: datetime,
) -> str:
    """Say something to a published proposal and return the comment's public id.

    At most ``MOST_CHARACTERS``. The same words again under one token are the
    same comment. Raises
    ``NotFoundError`` unless the proposal is published; ``NotAllowedError`` without a device;
    ``NotNowError``; ``InvalidError`` for the token; ``EmptyTextError`` and ``LongTextError``.
    """
    proposal = published_proposal(session, public_id)
    if not may_comment(actor, proposal):
        raise NotAllowedError(action="comment_on")
    check_now(session, proposal, Act.COMMENT, now)
    said = clean_text(text, most=MOST_CHARACTERS)
    token = token_for(proposal_draft.check_client_token(client_token), said)
    same = (Comment.author_key == actor.key) & (Comment.client_token == token)
    before = select(Comment.public_id).where(Comment.proposal_id == proposal.id, same)
    if (known := session.scalar(before)) is not None:
        return known
    comment = Comment(
        public_id=new_public_id(),
        proposal_id=proposal.id,
        author_key=actor.key,
        client_token=token,
        text=said,
        status=str(Status.RECEIVED),
        created=now,
        updated=now,
    )
    session.add(comment)
    session.flush()
    _record(session, actor, "commented", comment, now)
    return comment.public_id


def withdraw_comment(session: Session, actor: Actor, comment_id: str, *, now: datetime) -> None:
    """Take one's comment back; withdrawn already, nothing happens.

    Raises ``NotFoundError`` for one that this actor must not learn of; ``NotAllowedError`` for
    another's; ``WrongStateError`` for one that is hidden.
    """
    comment = comment_row(session, comment_id)
    if not is_author(actor, comment):
        if not _is_shown(session, actor, comment):
            raise NotFoundError(kind="comment", public_id=comment_id)
        raise NotAllowedError(action="withdraw_comment")
    if comment.status == Status.WITHDRAWN:
        return
    if not may_withdraw(actor, comment):
        raise WrongStateError(status=comment.status, wanted=str(Status.WITHDRAWN))
    details = {"from": comment.status}
    comment.status, comment.updated = str(Status.WITHDRAWN), max(now, comment.updated + _TICK)
    session.flush()
    _record(session, actor, "comment_withdrawn", comment, now, details)


def change_comment_status(
    session: Session, actor: Actor, comment_id: str, status: str, *, reason: str, now: datetime
) -> None:
    """Take a comment to another state; those who follow the proposal hear of a published one.

    Raises ``NotAllowedError``; ``NotFoundError``; ``InvalidError`` for an unknown state or a
    missing reason; ``WrongStateError`` when the state may not follow.
    """
    check_may_somewhere(actor, Act.MODERATE, action="change_comment_status")
    comment = comment_row(session, comment_id)
    proposal = session.get_one(Proposal, comment.proposal_id)
    if not may_for(session, actor, Act.MODERATE, proposal):
        raise NotFoundError(kind="comment", public_id=comment_id)
    if status not in set(Status):
        raise InvalidError(field="status")
    if not follows(comment.status, Status(status)):
        raise WrongStateError(status=comment.status, wanted=str(status))
    why = clean_text(reason, most=1000)
    details = {"from": comment.status, "to": str(status), "reason": why}
    comment.status, comment.updated = str(status), max(now, comment.updated + _TICK)
    session.flush()
    _record(session, actor, "comment_status_changed", comment, now, details)
    shown = head_of(session, proposal)
    if comment.status == shown.status == Status.PUBLISHED:
        params = {"comment": comment.public_id}
        key = f"comment:{comment.public_id}"
        tell_followers(session, shown.id, "comment_published", params, event_key=key, now=now)


def comments_of(session: Session, public_id: str, actor: Actor | None = None) -> list[CommentView]:
    """Return the comments of a published proposal, oldest first; none for any other.

    Published ones, and those of this device that wait to be read; also what was said to proposals
    that were joined with it.
    """
    proposal = proposal_row(session, public_id)
    if proposal is None or proposal.status != Status.PUBLISHED:
        return []
    key = actor.key if actor is not None else None
    shown = Comment.status == str(Status.PUBLISHED)
    if key is not None:
        shown |= (Comment.author_key == key) & Comment.status.in_(_WAITING)
    rows = session.scalars(
        select(Comment)
        .where(Comment.proposal_id.in_(family_ids(session, proposal.id)), shown)
        .order_by(Comment.created, Comment.id)
    )
    return [
        CommentView(
            public_id=row.public_id,
            text=row.text,
            created=row.created,
            mine=key is not None and row.author_key == key,
            waiting=row.status in _WAITING,
        )
        for row in rows
    ]


def comments_to_read(
    session: Session, actor: Actor, *, status: str = Status.RECEIVED, most: int = 200
) -> list[CommentToRead]:
    """Return the comments in this state, oldest first, for a moderator.

    Raises ``NotAllowedError`` for anybody else.
    """
    check_may_somewhere(actor, Act.MODERATE, action="comments_to_read")
    rows = session.execute(
        select(
            Comment.public_id,
            Proposal.public_id,
            Proposal.text,
            Comment.text,
            Comment.status,
            Comment.created,
        )
        .join(Proposal, Proposal.id == Comment.proposal_id)
        .where(Comment.status == str(status), within(actor, Act.MODERATE))
        .order_by(Comment.created, Comment.id)
        .limit(most)
    )
    return [CommentToRead(*row) for row in rows]


def comment_row(session: Session, comment_id: str) -> Comment:
    """Return the comment with this public id, in any state. Raises ``NotFoundError``."""
    comment = None
    if is_public_id(comment_id):
        comment = session.scalar(
            select(Comment)
            .where(Comment.public_id == comment_id)
            .execution_options(populate_existing=True)
        )
    if comment is None:
        raise NotFoundError(kind="comment", public_id=comment_id)
    return comment


def _is_shown(session: Session, actor: Actor, comment: Comment) -> bool:
    proposal = session.get_one(Proposal, comment.proposal_id)
    moderates = may_for(session, actor, Act.MODERATE, proposal)
    shown = head_of(session, proposal)
    return moderates or (may_see(actor, comment) and may_see(actor, shown))


def _record(
    session: Session,
    actor: Actor,
    action: str,
    comment: Comment,
    now: datetime,
    details: dict[str, Any] | None = None,
) -> None:
    proposal = session.get_one(Proposal, comment.proposal_id)
    told = {"comment": comment.public_id} | (details or {})
    record_for(session, actor, action, proposal, now, told)
