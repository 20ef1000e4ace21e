"""Writing to the audit trail."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Table, insert
from sqlalchemy.orm import Session

from people.actors import Actor
from people.models import AuditEntry

assert isinstance(AuditEntry.__table__, Table)
_INSERT = insert(AuditEntry.__table__).inline()


def record(
    session: Session,
    actor: Actor,
    action: str,
    *,
    now: datetime,
    campaign_id: int | None = None,
    proposal_id: int | None = None,
    details: dict[str, Any] | None = None,
) -> None:
    """Add one entry, in the transaction of the change it tells of."""
    entry = {
        "at": now,
        "actor_key": actor.key,
        "action": action,
        "campaign_id": campaign_id,
        "proposal_id": proposal_id,
        "details": details or {},
    }
    session.connection().execute(_INSERT, entry)
