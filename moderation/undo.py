"""Taking back what staff did to a proposal, as long as nothing later stands on it.

An undo is a change of its own: it stands in the trail and in the list of changes. It is not undone
in turn; what it took back can be done again.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from core.errors import (
    EmptyTextError,
    NotFoundError,
    StandsOnError,
    WrongStateError,
)
from moderation.change_log import fields_of, set_fields, store_change
from moderation.changes import placed, tell_moved, tell_status
from people.access.actor import Actor
from people.access.permissions import Act, check_may_somewhere
from submissions.campaigns.models import Campaign
from submissions.participation.models import Photo
from submissions.proposals.jurisdiction import may_for
from submissions.proposals.models import Change, Proposal
from submissions.proposals.states import ChangeKind
from submissions.proposals.version import Meanwhile, check_open, check_seen, clean_reason, meanwhile
from submissions.proposals.visibility import moderated_proposal

#: What must be as the change left it, for the change to be taken back.
_STANDS_ON: dict[ChangeKind, tuple[str, ...]] = {
    ChangeKind.STATUS: ("status",),
    ChangeKind.TEXT: ("text",),
    ChangeKind.REDACTED: ("text",),
    ChangeKind.CATEGORY: ("category", "answers"),
    ChangeKind.ANSWERS: ("relation", "answers"),
    ChangeKind.MOVED: ("longitude", "latitude"),
}


def undo_change(
    session: Session,
    actor: Actor,
    change_id: int,
    *,
    reason: str = "",
    seen: datetime | None = None,
    now: datetime,
) -> int:
    """Put back what was before a change; return the id of the change that does so.

    A pin gets the community in which it lies in the present edition. Those who heard of the change
    hear of this. Raises ``NotFoundError``; ``NotAllowedError``; ``WrongStateError`` for one that is
    undone, or is an undo, and for what its author took back; ``StaleError``; ``StandsOnError`` with
    what came later.
    """
    change, proposal = _taken_up(session, actor, change_id)
    check_seen(session, proposal, seen)
    if change.undone is not None or change.undoes is not None:
        raise WrongStateError(status="undone", wanted="undone")
    check_open(proposal, "undone")
    _check_nothing_stands_on(session, proposal, change)
    before, after = _put_back(session, proposal, change)
    kind = ChangeKind(change.kind)
    undo_id = store_change(
        session,
        actor,
        proposal,
        kind,
        before,
        after,
        reason=_optional(reason),
        details=_told(kind, before, after),
        batch=change.batch,
        undoes=change.id,
        now=now,
    )
    change.undone, change.undone_by = proposal.updated, actor.name
    session.flush()
    if kind is ChangeKind.STATUS:
        tell_status(session, proposal, now=now)
    if kind is ChangeKind.MOVED:
        tell_moved(session, proposal, undo_id, reason=_optional(reason), back=True, now=now)
    return undo_id


def later_changes(session: Session, proposal: Proposal, change: Change) -> list[Meanwhile]:
    """Return what staff changed since, of the same things, and was not taken back."""
    rows = session.scalars(
        select(Change)
        .where(Change.proposal_id == proposal.id, Change.id > change.id)
        .where(Change.undone.is_(None), Change.undoes.is_(None))
        .order_by(Change.id)
    )
    touched = _touched(change)
    return [Meanwhile(row.by, row.kind, row.at) for row in rows if touched & _touched(row)]


def is_as_left(session: Session, proposal: Proposal, change: Change) -> bool:
    """Tell whether what a change made is still so."""
    if change.kind == ChangeKind.BLURRED:
        shown = session.scalar(select(Photo.file).where(Photo.name == change.after["photo"]))
        return shown == change.after["file"]
    names = [name for name in _STANDS_ON[ChangeKind(change.kind)] if name in change.after]
    return all(getattr(proposal, name) == change.after[name] for name in names)


def _taken_up(session: Session, actor: Actor, change_id: int) -> tuple[Change, Proposal]:
    check_may_somewhere(actor, Act.MODERATE, action="moderate")
    change = session.get(Change, change_id, populate_existing=True)
    if change is None:
        raise NotFoundError(kind="change", id=change_id)
    proposal = session.get_one(Proposal, change.proposal_id)
    if not may_for(session, actor, Act.MODERATE, proposal):
        raise NotFoundError(kind="change", id=change_id)
    return change, moderated_proposal(session, actor, proposal.public_id)


def _check_nothing_stands_on(session: Session, proposal: Proposal, change: Change) -> None:
    later = later_changes(session, proposal, change)
    if not later and not is_as_left(session, proposal, change):
        later = meanwhile(session, proposal, change.at) or [Meanwhile("", change.kind, change.at)]
    if later:
        raise StandsOnError(status=proposal.status, wanted="undone", changes=later)


def _touched(change: Change) -> set[str]:
    """Return what a change is about; each photo is a thing of its own."""
    if change.kind == ChangeKind.BLURRED:
        return {f"photo {change.after['photo']}"}
    return set(_STANDS_ON[ChangeKind(change.kind)]) & set(change.after)


def _put_back(
    session: Session, proposal: Proposal, change: Change
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Set what was before; return what was there now and is now, as JSON."""
    if change.kind == ChangeKind.BLURRED:
        shown = {name: change.before[name] for name in ("file", "size", "digest")}
        session.execute(update(Photo).where(Photo.name == change.before["photo"]).values(**shown))
        return dict(change.after), dict(change.before)
    wanted: Mapping[str, Any] = change.before
    if change.kind == ChangeKind.MOVED:
        campaign = session.get_one(Campaign, proposal.campaign_id)
        wanted = placed(session, campaign, wanted["longitude"], wanted["latitude"])
    before = fields_of(proposal, wanted)
    set_fields(proposal, wanted)
    return before, fields_of(proposal, wanted)


def _told(kind: ChangeKind, before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    """Return from what to what, for the trail; no words that a person wrote."""
    if kind is ChangeKind.MOVED:
        return {
            name: [fields["longitude"], fields["latitude"]]
            for name, fields in (("from", before), ("to", after))
        }
    name = {ChangeKind.STATUS: "status", ChangeKind.CATEGORY: "category"}.get(kind)
    name = "relation" if kind is ChangeKind.ANSWERS and "relation" in after else name
    if kind is ChangeKind.BLURRED:
        return {"photo": after["photo"]}
    return {} if name is None else {"from": before[name], "to": after[name]}


def _optional(reason: str) -> str:
    try:
        return clean_reason(reason)
    except EmptyTextError:
        return ""
