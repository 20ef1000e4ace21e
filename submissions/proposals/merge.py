"""Joining proposals that say the same, without loss and with a way back.

One is kept and shown; the others are ``merged`` into it. What people gave to each of them stays
stored where it was: supports, comments, photos and follows are read for the whole family
(``submissions.proposals.merged_family``), so that a merge moves nothing and ``unmerge`` only gives
the state back.

What comes in while they are joined belongs to the kept one, as that is what people saw: it stays
there when they part. Somebody who takes a support back meanwhile takes it from all of the family.
What was said in a form (answers, relation) and what was replied to a merged one stays with it, and
counts again when it stands on its own; the kept one's counts meanwhile.
A proposal that has taken in others may itself be merged; each can be taken out again, in any order,
and takes with it what had been joined with it before.

Authors keep their rights: whoever filed a merged one may withdraw it, which takes it out of the
family; when the author of the kept one withdraws, those joined with it stand on their own again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from core.errors import BadMergeError, InvalidError, MergeProblem, NotAllowedError, WrongStateError
from people.access.actor import Actor
from people.access.permissions import Act
from submissions.proposals.audit import record_for
from submissions.proposals.jurisdiction import may_for, within
from submissions.proposals.merged_family import count_supports, family_ids, head_of
from submissions.proposals.models import Merge, Proposal
from submissions.proposals.states import MERGEABLE, Status
from submissions.proposals.tell_followers import Template, tell_these
from submissions.proposals.version import check_seen, clean_reason, new_version
from submissions.proposals.visibility import proposal_row, proposal_to

MOST_AT_ONCE = 50


@dataclass(frozen=True)
class Merged:
    """What a merge made: the kept proposal, those joined with it, supports and people together.

    ``people`` are the distinct authors of the whole family.
    """

    kept: str
    joined: tuple[str, ...]
    supports: int
    people: int


@dataclass(frozen=True)
class PartView:
    """A proposal that was joined with another, for those who merge.

    ``status`` is what it was before and will be again; ``supports`` those of its own; ``into`` is
    what it was joined with, which may have been joined with a third since.
    """

    public_id: str
    text: str
    category: str
    status: str
    supports: int
    created: datetime
    at: datetime
    reason: str
    into: str


def merge(
    session: Session,
    actor: Actor,
    keep_id: str,
    other_ids: Sequence[str],
    *,
    reason: str,
    seen: Mapping[str, datetime] | None = None,
    now: datetime,
) -> Merged:
    """Join proposals of one campaign with a published one that is kept; tell all concerned.

    ``seen``: the ``updated`` of each, as the moderator saw it, by public id.

    Raises ``NotAllowedError`` and ``NotFoundError`` unless this person may merge every one of them;
    ``BadMergeError``; ``WrongStateError`` with the ``public_id`` that cannot be joined or kept,
    also for one that is merged already; ``StaleError``; ``InvalidError`` for none or more than
    ``MOST_AT_ONCE``; ``EmptyTextError`` without a reason.
    """
    wanted = list(dict.fromkeys(other_ids))
    kept = proposal_to(session, actor, Act.MERGE, keep_id)
    others = [proposal_to(session, actor, Act.MERGE, public_id) for public_id in wanted]
    _check(kept, others)
    for proposal in (kept, *others):
        check_seen(session, proposal, (seen or {}).get(proposal.public_id))
    why = clean_reason(reason)
    told: list[tuple[int, list[int]]] = []
    for proposal in others:
        family = family_ids(session, proposal.id)
        told.append((_join(session, actor, proposal, kept, why, now), family))
    before = [i for i in family_ids(session, kept.id) if all(i not in part for _, part in told)]
    _recount(session, kept)
    new_version(kept, now)
    session.flush()
    record_for(session, actor, "joined", kept, now, {"others": wanted, "reason": why})
    _tell_joined(session, told, before, now)
    return Merged(kept.public_id, tuple(wanted), kept.supports, _people(session, kept.id))


def unmerge(
    session: Session,
    actor: Actor,
    public_ids: Sequence[str],
    *,
    reason: str,
    seen: Mapping[str, datetime] | None = None,
    now: datetime,
) -> None:
    """Take merged proposals out again: each is what it was before, with all that was its own.

    Raises ``NotAllowedError`` and ``NotFoundError`` unless this person may merge each of them and
    what it is shown with; ``WrongStateError`` for one that is not merged; ``StaleError``;
    ``InvalidError`` for none; ``EmptyTextError`` without a reason.
    """
    wanted = list(dict.fromkeys(public_ids))
    if not wanted or len(wanted) > MOST_AT_ONCE:
        raise InvalidError(field="public_ids")
    why = clean_reason(reason)
    for public_id in wanted:
        proposal = proposal_to(session, actor, Act.MERGE, public_id)
        if proposal.status != Status.MERGED:
            status, name = proposal.status, proposal.public_id
            raise WrongStateError(status=status, wanted="unmerged", public_id=name)
        check_seen(session, proposal, (seen or {}).get(public_id))
        head = head_of(session, proposal)
        if not may_for(session, actor, Act.MERGE, head):
            raise NotAllowedError(action="merge", public_id=head.public_id)
        _separate(session, actor, proposal, head, why, now)


def leave(session: Session, actor: Actor, proposal: Proposal, *, now: datetime) -> None:
    """Take a proposal that its author withdraws out of its family; the caller sets its state.

    Those that were joined with a merged one stay with what that was joined with; those joined with
    a kept one stand on their own again.
    """
    if proposal.status == Status.MERGED:
        head, row = head_of(session, proposal), _row_in_force(session, proposal.id)
        row.undone = now
        session.execute(
            update(Merge)
            .where(Merge.kept_id == proposal.id, Merge.undone.is_(None))
            .values(kept_id=row.kept_id)
            .execution_options(synchronize_session=False)
        )
        proposal.merged_into = None
        session.flush()
        _recount(session, proposal)
        _recount(session, head)
        record_for(session, actor, "part_left", head, now, {"part": proposal.public_id})
        return
    direct = select(Merge.proposal_id).where(Merge.kept_id == proposal.id, Merge.undone.is_(None))
    for part_id in session.scalars(direct.order_by(Merge.id)).all():
        part = session.get_one(Proposal, part_id, populate_existing=True)
        _separate(session, actor, part, proposal, "withdrawn", now)


def joined_with(session: Session, public_id: str) -> str | None:
    """Return the public id under which a merged proposal is shown now, for anybody who asks.

    None unless it is merged, was shown once itself, and what it was joined with is shown.
    """
    proposal = proposal_row(session, public_id)
    if proposal is None or proposal.merged_into is None or proposal.published_at is None:
        return None
    head = head_of(session, proposal)
    return head.public_id if head.status == Status.PUBLISHED else None


def parts_of(session: Session, actor: Actor, public_id: str) -> list[PartView]:
    """Return what was joined with a proposal, the latest first, for those who may merge it.

    Only what lies where they may. Raises ``NotAllowedError``, ``NotFoundError``.
    """
    head = proposal_to(session, actor, Act.MERGE, public_id)
    kept = select(Proposal.public_id).where(Proposal.id == Merge.kept_id)
    rows = session.execute(
        select(
            Proposal.public_id,
            Proposal.text,
            Proposal.category,
            Merge.former_status,
            Proposal.supports,
            Proposal.created,
            Merge.at,
            Merge.reason,
            kept.correlate(Merge).scalar_subquery(),
        )
        .join(Merge, (Merge.proposal_id == Proposal.id) & Merge.undone.is_(None))
        .where(Proposal.merged_into == head.id, within(actor, Act.MERGE))
        .order_by(Merge.id.desc())
    )
    return [PartView(*row) for row in rows]


def _check(kept: Proposal, others: Sequence[Proposal]) -> None:
    if not others or len(others) > MOST_AT_ONCE:
        raise InvalidError(field="other_ids")
    for proposal in others:
        name = proposal.public_id
        if proposal.id == kept.id:
            raise BadMergeError(problem=MergeProblem.ITSELF, public_id=name)
        if proposal.campaign_id != kept.campaign_id:
            raise BadMergeError(problem=MergeProblem.CAMPAIGN, public_id=name)
        if proposal.status not in MERGEABLE:
            raise WrongStateError(status=proposal.status, wanted="merged", public_id=name)
    if kept.status != Status.PUBLISHED:
        raise WrongStateError(status=kept.status, wanted="kept", public_id=kept.public_id)


def _join(
    session: Session, actor: Actor, proposal: Proposal, kept: Proposal, why: str, now: datetime
) -> int:
    """Merge one into the kept one, with all that is shown with it; return the merge's id."""
    row = Merge(
        proposal_id=proposal.id,
        kept_id=kept.id,
        former_status=proposal.status,
        former_held_reason=proposal.held_reason,
        at=now,
        reason=why,
    )
    session.add(row)
    details = {"from": proposal.status, "into": kept.public_id, "reason": why}
    _show_with(session, family_ids(session, proposal.id), kept.id)
    proposal.status, proposal.held_reason = str(Status.MERGED), None
    proposal.merged_into = kept.id
    new_version(proposal, now)
    session.flush()
    record_for(session, actor, "merged", proposal, now, details)
    return row.id


def _separate(
    session: Session, actor: Actor, proposal: Proposal, head: Proposal, why: str, now: datetime
) -> None:
    """Give a merged proposal its former state back, with what had been joined with it."""
    row = _row_in_force(session, proposal.id)
    row.undone = now
    proposal.status, proposal.held_reason = row.former_status, row.former_held_reason
    proposal.merged_into = None
    new_version(proposal, now)
    session.flush()
    _show_with(session, _joined_below(session, proposal.id), proposal.id)
    _recount(session, proposal)
    _recount(session, head)
    new_version(head, now)
    session.flush()
    details = {"to": proposal.status, "out_of": head.public_id, "reason": why}
    record_for(session, actor, "unmerged", proposal, now, details)
    record_for(session, actor, "parted", head, now, {"part": proposal.public_id, "reason": why})
    params = {"part": proposal.public_id}
    ids = family_ids(session, proposal.id)
    tell_these(session, ids, Template.UNMERGED, params, event_key=f"unmerge:{row.id}", now=now)


def _row_in_force(session: Session, proposal_id: int) -> Merge:
    in_force = select(Merge).where(Merge.proposal_id == proposal_id, Merge.undone.is_(None))
    return session.scalars(in_force.execution_options(populate_existing=True)).one()


def _joined_below(session: Session, proposal_id: int) -> list[int]:
    """Return all that was joined with a proposal, or with what was joined with it, and so on."""
    found: list[int] = []
    level = [proposal_id]
    while level:
        rows = select(Merge.proposal_id).where(Merge.kept_id.in_(level), Merge.undone.is_(None))
        level = list(session.scalars(rows))
        found += level
    return found


def _show_with(session: Session, ids: Iterable[int], head_id: int) -> None:
    """Let merged proposals be shown with this one; the one at the top is set by the caller."""
    session.execute(
        update(Proposal)
        .where(Proposal.id.in_(list(ids)), Proposal.merged_into.is_not(None))
        .values(merged_into=head_id)
        .execution_options(synchronize_session=False)
    )


def _recount(session: Session, head: Proposal) -> None:
    head.supports = count_supports(session, family_ids(session, head.id))
    session.flush()


def _people(session: Session, head_id: int) -> int:
    ids = family_ids(session, head_id)
    authors = select(func.count(Proposal.author_key.distinct())).where(Proposal.id.in_(ids))
    return session.scalar(authors) or 0


def _tell_joined(
    session: Session, told: Sequence[tuple[int, list[int]]], before: list[int], now: datetime
) -> None:
    """Tell those who follow what was joined, then those who follow the kept one; each once."""
    reached: set[int] = set()
    for merge_id, ids in told:
        key = f"merge:{merge_id}"
        params = {"side": "joined"}
        reached |= tell_these(
            session, ids, Template.MERGED, params, event_key=key, but=reached, now=now
        )
    key, params = f"merge:{told[0][0]}:kept", {"side": "kept"}
    tell_these(session, before, Template.MERGED, params, event_key=key, but=reached, now=now)
