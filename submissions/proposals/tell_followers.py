"""Letters to those who follow a proposal."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, String, cast, literal, select
from sqlalchemy.orm import Session

from notifications import outbox
from notifications.models import Message
from notifications.outbox import MessageState, NewMessage
from submissions.participation.models import Follow
from submissions.prize_draws.models import DrawEntry, PrizeDraw
from submissions.proposals.merged_family import HEAD, HEAD_ID, family_ids
from submissions.proposals.models import Change, Proposal
from submissions.proposals.states import Status

#: A letter about a prize in these states has reached somebody, or may have.
PRIZE_TOLD = (MessageState.SENT, MessageState.SENDING, MessageState.UNCERTAIN)


class Template(StrEnum):
    """What a letter is about; ``wording.letters`` has the words."""

    CONFIRM = "confirm_follow"
    RECEIPT = "receipt"
    STATUS = "status_changed"
    STEP = "step"
    COMMENT = "comment_published"
    PRIZE = "prize_won"
    PRIZE_VOID = "prize_void"
    MOVED = "pin_moved"
    MERGED = "merged"
    UNMERGED = "unmerged"


def tell_followers(
    session: Session,
    proposal_id: int,
    template: str,
    params: Mapping[str, Any],
    *,
    event_key: str,
    author_only: bool = False,
    now: datetime,
) -> int:
    """Put a letter to each confirmed follower into the outbox; return how many.

    ``event_key`` names what happened: told twice of the same, each gets one letter. What is
    ``author_only``, goes to the author's own address alone.
    """
    ids = [proposal_id] if author_only else family_ids(session, proposal_id)
    told = tell_these(
        session, ids, template, params, event_key=event_key, author_only=author_only, now=now
    )
    return len(told)


def tell_these(
    session: Session,
    proposal_ids: Sequence[int],
    template: str,
    params: Mapping[str, Any],
    *,
    event_key: str,
    but: Collection[int] = (),
    author_only: bool = False,
    now: datetime,
) -> set[int]:
    """Put a letter to each address that follows one of these proposals into the outbox.

    Each gets one, and none those ``but`` for which it is; it speaks of the proposal that is shown.
    Returns the ids of the contacts.
    """
    request = literal("confirm:") + cast(Follow.id, String)
    wanted = _IN_FORCE & (Follow.contact_id == Proposal.contact_id) if author_only else _IN_FORCE
    rows = session.execute(
        select(Follow, HEAD, Message.params)
        .join(Proposal, Proposal.id == Follow.proposal_id)
        .join(HEAD, HEAD.id == HEAD_ID)
        .outerjoin(Message, Message.key == request)
        .where(Follow.proposal_id.in_(proposal_ids), wanted)
        .order_by(Follow.id)
        .execution_options(populate_existing=True)
    ).all()
    letters: dict[int, NewMessage] = {}
    for follow, shown, asked in rows:
        if follow.contact_id in letters or follow.contact_id in but:
            continue
        letters[follow.contact_id] = NewMessage(
            key=f"{event_key}:{follow.id}",
            contact_id=follow.contact_id,
            template=template,
            params={**params, **_params(follow, shown, (asked or {}).get("base", ""))},
            language=follow.language,
        )
    outbox.enqueue_all(session, letters.values(), now=now)
    return set(letters)


def still_wanted(session: Session, template: str, params: Mapping[str, Any]) -> bool:
    """Tell whether a waiting letter is still to be sent: it is followed, and it is still so.

    Not after the follow has ended, nor before it is confirmed; no request that was answered; no
    state that has changed again; nothing about what is not shown, but to its author; no change of
    staff's that was undone. Of what was joined with another, all is asked of that one. No prize of
    a draw that was declared void; that it was, to whom the prize was told.
    """
    if template in {Template.PRIZE, Template.PRIZE_VOID}:
        return _prize_wanted(session, template, params)
    token = params.get("follow")
    if token is None:
        return True
    row = session.execute(
        select(Follow.confirmed, Follow.ended, Follow.contact_id, HEAD.status)
        .add_columns(Proposal.contact_id.label("author"), HEAD.contact_id.label("shown_author"))
        .add_columns(Proposal.merged_into.is_not(None).label("merged"))
        .join(Proposal, Proposal.id == Follow.proposal_id)
        .join(HEAD, HEAD.id == HEAD_ID)
        .where(Follow.token == token)
    ).one_or_none()
    if row is None or row.ended is not None:
        return False
    if template == Template.CONFIRM or row.confirmed is None:
        return template == Template.CONFIRM and row.confirmed is None
    if template == Template.STATUS:
        return bool(params.get("status") == row.status)
    if template == Template.MOVED:
        return row.author == row.contact_id and _stands(session, params.get("change"))
    if template in {Template.STEP, Template.COMMENT}:
        return row.status == Status.PUBLISHED or row.shown_author == row.contact_id
    if template in {Template.MERGED, Template.UNMERGED}:
        is_so = params.get("side") == "kept" or row.merged == (template == Template.MERGED)
        return is_so and row.status == Status.PUBLISHED
    return True


def _prize_wanted(session: Session, template: str, params: Mapping[str, Any]) -> bool:
    found = select(DrawEntry.draw_id, PrizeDraw.voided_at)
    found = found.join(PrizeDraw, PrizeDraw.id == DrawEntry.draw_id)
    found = found.where(DrawEntry.name == params["entry"])
    if params.get("draw") is not None:  # the table is kept by draw
        found = found.where(DrawEntry.draw_id == params["draw"])
    row = session.execute(found).first()
    if row is None or template == Template.PRIZE:
        return row is not None and row.voided_at is None
    told = select(Message.id).where(
        Message.key == f"prize:{row.draw_id}:{params['entry']}", Message.state.in_(PRIZE_TOLD)
    )
    return session.scalar(told) is not None


def _stands(session: Session, change_id: Any) -> bool:
    change = session.get(Change, change_id)
    return change is not None and change.undone is None


_IN_FORCE: ColumnElement[bool] = (
    Follow.contact_id.is_not(None) & Follow.confirmed.is_not(None) & Follow.ended.is_(None)
)


def _params(follow: Follow, proposal: Proposal, base: str) -> dict[str, Any]:
    return {"follow": follow.token, "proposal": proposal.public_id, "base": base}
