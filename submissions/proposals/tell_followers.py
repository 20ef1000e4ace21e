"""Letters to those who follow a proposal."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Select, String, cast, literal, select, update
from sqlalchemy.orm import Session

from core.batches import in_parts
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
#: How long a letter that tells of many waits for what else belongs to it.
TOGETHER = timedelta(minutes=1)


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
    wanted = _IN_FORCE & (Follow.contact_id == Proposal.contact_id) if author_only else _IN_FORCE
    rows = session.execute(_by_post(Follow.proposal_id.in_(proposal_ids), wanted)).all()
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


def tell_together(
    session: Session,
    told: Mapping[int, Mapping[str, Any]],
    *,
    together: str = "",
    now: datetime,
) -> None:
    """Put one letter to each address into the outbox, however many of these it follows.

    ``told``: by the id of a proposal that is shown, what is told of it (``step``, its id, and the
    letter's ``stage``, ``reply``, ``by``). ``together`` names what is told in several calls: what
    comes later is added to a letter that has not left yet, and such letters wait a little for it.
    """
    found: dict[int, list[tuple[Follow, dict[str, Any]]]] = {}
    for follow, shown, base in _followers(session, list(told)):
        mine = found.setdefault(follow.contact_id or 0, [])
        entry = {**told[shown.id], **_params(follow, shown, base)}
        if all(one["proposal"] != entry["proposal"] for _, one in mine):
            mine.append((follow, entry))
    letters = []
    for contact_id, entries in found.items():
        follow, first = entries[0]
        all_told = [entry for _, entry in entries]
        key = f"step:{first['step']}:{follow.id}"
        if together:
            key, was = f"step:{together}:{contact_id}", key
            if _add_told(session, key, all_told, now):
                continue
            key = was if _is_known(session, key) else key
        letters.append(NewMessage(key, contact_id, Template.STEP, _of(all_told), follow.language))
    outbox.enqueue_all(session, letters, now=now, wait=TOGETHER if together else timedelta())


def _by_post(*wanted: ColumnElement[bool]) -> Select[tuple[Follow, Proposal, dict[str, Any]]]:
    """Return the query of follows by post: each, what is shown, and what its request said."""
    request = literal("confirm:") + cast(Follow.id, String)
    return (
        select(Follow, HEAD, Message.params)
        .join(Proposal, Proposal.id == Follow.proposal_id)
        .join(HEAD, HEAD.id == HEAD_ID)
        .outerjoin(Message, Message.key == request)
        .where(*wanted)
        .order_by(Follow.id)
        .execution_options(populate_existing=True)
    )


def _followers(session: Session, heads: Sequence[int]) -> Iterator[tuple[Follow, Proposal, str]]:
    """Yield each follow by post of these families, what is shown, and the server's address."""
    for part in in_parts(heads):
        rows = session.execute(_by_post(HEAD.id.in_(part), _IN_FORCE))
        for follow, shown, asked in rows.all():
            yield follow, shown, (asked or {}).get("base", "")


def _of(told: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the parameters of a letter that tells of these: of one, those of that one."""
    return told[0] if len(told) == 1 else {**told[0], "told": told}


def _add_told(session: Session, key: str, told: list[dict[str, Any]], now: datetime) -> bool:
    """Add to a letter that waits; return whether there was one."""
    waits = (Message.key == key) & (Message.state == str(MessageState.WAITING))
    params = session.scalar(select(Message.params).where(waits))
    if params is None:
        return False
    before = params.get("told") or [params]
    names = {one["proposal"] for one in before}
    all_told = [*before, *(one for one in told if one["proposal"] not in names)]
    changed = update(Message).where(waits).values(params=_of(all_told), due=now + TOGETHER)
    result = session.connection().execute(changed)
    return bool(result.rowcount)


def _is_known(session: Session, key: str) -> bool:
    return session.scalar(select(Message.id).where(Message.key == key)) is not None


def still_wanted(session: Session, template: str, params: Mapping[str, Any]) -> bool:
    """Tell whether a waiting letter is still to be sent: it is followed, and it is still so.

    Not after the follow has ended, nor before it is confirmed; no request that was answered; no
    state that has changed again; nothing about what is not shown, but to its author; no change of
    staff's that was undone. Of what was joined with another, all is asked of that one. No prize of
    a draw that was declared void; that it was, to whom the prize was told.
    """
    if template in {Template.PRIZE, Template.PRIZE_VOID}:
        return _prize_wanted(session, template, params)
    if params.get("told"):
        return any(still_wanted(session, template, {"follow": e["follow"]}) for e in params["told"])
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
