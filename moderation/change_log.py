"""Changes of staff as they are stored: one row with what was before, one entry in the trail.

A proposal's ``updated`` names a version of it. Whoever changes it says which version was seen; a
change of another version is refused with who changed what meanwhile.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import shapely
from sqlalchemy.orm import Session

from people.access.actor import Actor
from submissions.proposals.audit import record_for
from submissions.proposals.models import Change, Proposal
from submissions.proposals.states import ChangeKind
from submissions.proposals.version import new_version

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
