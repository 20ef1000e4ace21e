"""The audit trail: who did what, when. It is also the feed of changes of a campaign."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from database import Base, Identity, Json, UtcDateTime


class AuditEntry(Base):
    """One change. Never altered or removed, so it outlives what it speaks of: no foreign keys.

    Ids rise in the order of the commits; the largest one of a campaign is the campaign's revision.
    An entry without ``proposal_id`` speaks of the campaign as a whole.
    """

    __tablename__ = "audit"
    __table_args__ = (
        Index("ix_audit_campaign_id_id", "campaign_id", "id"),
        Index("ix_audit_proposal_id", "proposal_id"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(Identity, primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    actor_key: Mapped[str | None] = mapped_column(String(64))
    action: Mapped[str] = mapped_column(String(40))
    campaign_id: Mapped[int | None] = mapped_column(Identity)
    proposal_id: Mapped[int | None] = mapped_column(Identity)
    details: Mapped[dict[str, Any]] = mapped_column(Json)
