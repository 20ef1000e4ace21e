"""Tables of the audit trail: its entries, and the seals that prove them unchanged."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from core.database import Base, Identity, Json, UtcDateTime
from core.dialect import NEVER_REUSED, only_where
from people.accounts.models import _BY_ACCOUNT


class AuditEntry(Base):
    """One change. The database refuses to alter or remove one; no foreign keys, as it outlives all.

    Ids rise in the order of the commits; the largest one of a campaign is the campaign's revision.
    An entry without ``proposal_id`` speaks of the campaign as a whole; without ``campaign_id``, of
    the platform. ``account_id`` is who did it; without one, a device or a command on the server.
    """

    __tablename__ = "audit"
    __table_args__ = (
        Index("ix_audit_campaign_id_id", "campaign_id", "id"),
        Index("ix_audit_proposal_id", "proposal_id"),
        Index(
            "ix_audit_account_id_id",
            "account_id",
            "id",
            **only_where(_BY_ACCOUNT),
        ),
        NEVER_REUSED,
    )

    id: Mapped[int] = mapped_column(Identity, primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    actor_key: Mapped[str | None] = mapped_column(String(64))
    account_id: Mapped[int | None] = mapped_column(Identity)
    action: Mapped[str] = mapped_column(String(40))
    campaign_id: Mapped[int | None] = mapped_column(Identity)
    proposal_id: Mapped[int | None] = mapped_column(Identity)
    details: Mapped[dict[str, Any]] = mapped_column(Json)


class AuditSeal(Base):
    """A link of the chain over the audit trail: see ``people.audit.hash_chain``. Numbered 1, 2, 3 …

    It covers the entries after those of the seal before it, up to ``last_id``. ``marks``: four
    bytes for each id from ``first_id`` on, by which an altered entry is named. ``digest`` is hex
    SHA-256.
    """

    __tablename__ = "audit_seal"

    id: Mapped[int] = mapped_column(Identity, primary_key=True, autoincrement=False)
    first_id: Mapped[int] = mapped_column(Identity)
    last_id: Mapped[int] = mapped_column(Identity)
    entries: Mapped[int]
    marks: Mapped[bytes] = mapped_column(LargeBinary)
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
