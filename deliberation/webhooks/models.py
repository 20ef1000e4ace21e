"""Tables of hooks: where they lead, what was handed to them, which proposals they know of."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

import submissions.campaigns.models
import submissions.proposals.models  # noqa: F401 -- its tables are named by foreign keys
from core.database import Base, Identity, UtcDateTime
from core.dialect import NEVER_REUSED
from core.keys import Sealed, SealedColumn


class Webhook(Base):
    """An address that is told of a campaign's proposals, or of those of all of them.

    Both secrets are sealed; the former one signs beside the new one until ``former_until``.
    ``seen`` is the last entry of the audit trail that it was told of. ``failures`` counts those in
    a row that could not be delivered for good; too many of them stop it.
    """

    __tablename__ = "webhook"
    __table_args__ = (Index("ix_webhook_campaign_id", "campaign_id"), NEVER_REUSED)

    id: Mapped[int] = mapped_column(Identity, primary_key=True)
    campaign_id: Mapped[int | None] = mapped_column(ForeignKey("campaign.id"))
    name: Mapped[str] = mapped_column(String(80))
    url: Mapped[str] = mapped_column(String(500))
    secret: Mapped[Sealed] = mapped_column(SealedColumn)
    former_secret: Mapped[Sealed | None] = mapped_column(SealedColumn)
    former_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    seen: Mapped[int] = mapped_column(Identity)
    failures: Mapped[int]
    paused: Mapped[datetime | None] = mapped_column(UtcDateTime)
    stopped: Mapped[datetime | None] = mapped_column(UtcDateTime)
    removed: Mapped[datetime | None] = mapped_column(UtcDateTime)
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    by: Mapped[str] = mapped_column(String(80))
    created: Mapped[datetime] = mapped_column(UtcDateTime)


class WebhookDelivery(Base):
    """One event for one hook. ``name`` is the same at each attempt; the body is made when sent."""

    __tablename__ = "webhook_delivery"
    __table_args__ = (
        Index("ix_webhook_delivery_due", "state", "due"),
        Index("ix_webhook_delivery_webhook_id", "webhook_id", "id"),
        Index("ix_webhook_delivery_proposal_id", "proposal_id"),
        NEVER_REUSED,
    )

    id: Mapped[int] = mapped_column(Identity, primary_key=True)
    name: Mapped[str] = mapped_column(String(40), unique=True)
    webhook_id: Mapped[int] = mapped_column(ForeignKey("webhook.id"))
    kind: Mapped[str] = mapped_column(String(30))
    campaign_id: Mapped[int | None] = mapped_column(ForeignKey("campaign.id"))
    proposal_id: Mapped[int | None] = mapped_column(ForeignKey("proposal.id"))
    state: Mapped[str] = mapped_column(String(10))
    attempts: Mapped[int]
    due: Mapped[datetime] = mapped_column(UtcDateTime)
    created: Mapped[datetime] = mapped_column(UtcDateTime)
    sent: Mapped[datetime | None] = mapped_column(UtcDateTime)
    status: Mapped[int | None]
    problem: Mapped[str] = mapped_column(String(120))


class WebhookTold(Base):
    """A hook has been told of a proposal, so it is told when it is shown no more."""

    __tablename__ = "webhook_told"
    __table_args__ = (Index("ix_webhook_told_proposal_id", "proposal_id"),)

    webhook_id: Mapped[int] = mapped_column(ForeignKey("webhook.id"), primary_key=True)
    proposal_id: Mapped[int] = mapped_column(ForeignKey("proposal.id"), primary_key=True)
