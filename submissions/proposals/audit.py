"""The audit entry of something that was done to one proposal."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from people.access.actor import Actor
from people.audit.record import record
from submissions.proposals.models import Proposal


def record_for(
    session: Session,
    actor: Actor,
    action: str,
    proposal: Proposal,
    now: datetime,
    details: dict[str, Any] | None = None,
) -> None:
    """Add an entry that speaks of this proposal, in the transaction of the change."""
    record(
        session,
        actor,
        action,
        now=now,
        campaign_id=proposal.campaign_id,
        proposal_id=proposal.id,
        details=details,
    )
