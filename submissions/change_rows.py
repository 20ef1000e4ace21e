"""Changes of staff as they are stored: one row with what was before, one entry in the trail.

A proposal's ``updated`` names a version of it. Whoever changes it says which version was seen; a
change of another version is refused with who changed what meanwhile.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

import shapely
from sqlalchemy import select
from sqlalchemy.orm import Session

from errors import StaleError, WrongStateError
from people.actors import Actor
from people.models import Account, AuditEntry
from submissions.drafts import clean_text
from submissions.models import Change, Proposal
from submissions.recording import record_for
from submissions.rules import Status

MOST_REASON = 1000
_TICK = timedelta(microseconds=1)


class ChangeKind(StrEnum):
    """What staff changed in a proposal."""

    STATUS = "status"
    TEXT = "text"
    REDACTED = "redacted"
    CATEGORY = "category"
    ANSWERS = "answers"
    MOVED = "moved"
    BLURRED = "blurred"


#: How the audit trail calls each kind.
ACTIONS: dict[ChangeKind, str] = {
    ChangeKind.STATUS: "status_changed",
    ChangeKind.TEXT: "text_edited",
    ChangeKind.REDACTED: "text_redacted",
    ChangeKind.CATEGORY: "recategorised",
    ChangeKind.ANSWERS: "answers_changed",
    ChangeKind.MOVED: "pin_moved",
    ChangeKind.BLURRED: "photo_blurred",
}
AUTHOR = "author"
_BY_AUTHOR = frozenset({"edited", "withdrawn"})
#: What changes a version without being a change of its fields: the author's, and joining.
_ENTRIES = (*_BY_AUTHOR, "merged", "unmerged", "joined", "parted")


@dataclass(frozen=True)
class Meanwhile:
    """One change since a version was seen: by whom (a name, or ``AUTHOR``), what, and when.

    ``what`` is a ``ChangeKind``, ``edited`` or ``withdrawn`` of the author's, or of a merge
    ``merged``, ``unmerged``, ``joined`` or ``parted``. ``by`` is empty for a command on the server.
    """

    by: str
    what: str
    at: datetime


def check_open(proposal: Proposal, wanted: str) -> None:
    """Raise ``WrongStateError`` for what its author took back: staff leave that alone."""
    if proposal.status == Status.WITHDRAWN:
        raise WrongStateError(status=proposal.status, wanted=wanted)


def check_seen(session: Session, proposal: Proposal, seen: datetime | None) -> None:
    """Raise ``StaleError`` unless ``seen`` is the version that there is; None looks at nothing."""
    if seen is not None and seen != proposal.updated:
        told = meanwhile(session, proposal, seen)
        raise StaleError(status=proposal.status, wanted="changed", changes=told)


def meanwhile(session: Session, proposal: Proposal, seen: datetime) -> list[Meanwhile]:
    """Return what happened to a proposal since the version ``seen``, in order."""
    changes = session.execute(
        select(Change.by, Change.kind, Change.at).where(
            Change.proposal_id == proposal.id, Change.at > seen
        )
    )
    entries = session.execute(
        select(AuditEntry.action, AuditEntry.at, Account.name)
        .outerjoin(Account, Account.id == AuditEntry.account_id)
        .where(
            AuditEntry.proposal_id == proposal.id,
            AuditEntry.action.in_(_ENTRIES),
            AuditEntry.at > seen,
        )
    )
    told = [Meanwhile(row.by, row.kind, row.at) for row in changes]
    for row in entries:
        by = AUTHOR if row.action in _BY_AUTHOR else row.name or ""
        told.append(Meanwhile(by, row.action, row.at))
    return sorted(told, key=lambda one: one.at)


def clean_reason(reason: str) -> str:
    """Return a reason as it is stored. Raises ``EmptyTextError``, ``LongTextError``."""
    return clean_text(reason, most=MOST_REASON)


def new_version(proposal: Proposal, now: datetime) -> datetime:
    """Set the proposal's ``updated`` to a moment that names this version alone; return it."""
    proposal.updated = max(now, proposal.updated + _TICK)
    return proposal.updated


def store_change(
    session: Session,
    actor: Actor,
    proposal: Proposal,
    kind: ChangeKind,
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    *,
    reason: str,
    details: Mapping[str, Any],
    batch: str | None = None,
    undoes: int | None = None,
    now: datetime,
) -> int:
    """Store a change that was made to the row, and its audit entry; return the change's id.

    ``before`` and ``after`` are JSON. ``details`` go into the trail beside the reason: they name
    no words that a person wrote, as what is redacted must not live on there.
    """
    at = new_version(proposal, now)
    change = Change(
        proposal_id=proposal.id,
        at=at,
        account_id=actor.account_id,
        by=actor.name,
        kind=str(kind),
        before=dict(before),
        after=dict(after),
        reason=reason,
        batch=batch,
        undoes=undoes,
    )
    session.add(change)
    session.flush()
    told = {**details, "reason": reason}
    told |= {} if batch is None else {"batch": batch}
    told |= {} if undoes is None else {"undoes": undoes}
    record_for(session, actor, ACTIONS[kind], proposal, now, told)
    return change.id


def set_fields(proposal: Proposal, wanted: Mapping[str, Any]) -> None:
    """Set the fields of a proposal from JSON; the geometry of a pin follows its place."""
    for name, value in wanted.items():
        is_moment = name == "published_at" and isinstance(value, str)
        setattr(proposal, name, datetime.fromisoformat(value) if is_moment else value)
    if "longitude" in wanted:
        proposal.geometry = shapely.Point(proposal.longitude, proposal.latitude)


def fields_of(proposal: Proposal, names: Mapping[str, Any]) -> dict[str, Any]:
    """Return the present values of these fields as JSON."""
    return {name: as_json(getattr(proposal, name)) for name in names}


def as_json(value: Any) -> Any:
    """Return a field's value as JSON holds it: a moment as ISO 8601 in UTC."""
    return value.isoformat() if isinstance(value, datetime) else value
