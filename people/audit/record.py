"""Writing to the audit trail."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Insert, Select, Table, insert
from sqlalchemy.orm import Session

from people.access.actor import Actor
from people.audit.models import AuditEntry

_AUDIT: Table = AuditEntry.__table__  # type: ignore[assignment]
_INSERT = insert(_AUDIT).inline()


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
        "account_id": actor.account_id,
        "action": action,
        "campaign_id": campaign_id,
        "proposal_id": proposal_id,
        "details": details or {},
    }
    session.connection().execute(_INSERT, entry)


def recording(changed: Select[*tuple[Any, ...]]) -> Insert:
    """Return a statement that adds an entry for each row of ``changed``.

    Its columns are at, actor_key, action, campaign_id, proposal_id, details. It serves databases
    that take a change and its entry in one statement: one round trip instead of two.
    """
    columns = ["at", "actor_key", "action", "campaign_id", "proposal_id", "details"]
    return insert(_AUDIT).from_select(columns, changed)
