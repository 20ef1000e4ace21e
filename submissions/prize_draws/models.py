"""Tables of prize draws."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

import notifications.models  # noqa: F401 -- its tables are named by foreign keys
import submissions.campaigns.models  # noqa: F401 -- its tables are named by foreign keys
from core.database import Base, Identity, Json, LanguageCode, UtcDateTime
from core.dialect import NEVER_REUSED, only_where
from submissions.proposals.models import _STANDS


class PrizeDraw(Base):
    """A prize draw of a campaign: one in force, beside those that were declared void.

    See ``submissions.prize_draws.draw_prizes`` and ``submissions.prize_draws.void_draw``. A row is
    never removed.

    ``digest`` is the hex SHA-256 of the published list of its entries with its ``rules``.
    ``excluded``: how many proposals take no part, by reason.
    """

    __tablename__ = "prize_draw"
    __table_args__ = (
        Index("ix_prize_draw_campaign_id", "campaign_id"),
        Index(
            "ix_prize_draw_in_force",
            "campaign_id",
            unique=True,
            **only_where(_STANDS),
        ),
        NEVER_REUSED,
    )

    id: Mapped[int] = mapped_column(Identity, primary_key=True)
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaign.id"))
    rules: Mapped[dict[str, Any]] = mapped_column(Json)
    excluded: Mapped[dict[str, Any]] = mapped_column(Json)
    entries: Mapped[int]
    digest: Mapped[str] = mapped_column(String(64))
    committed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    seed: Mapped[str | None] = mapped_column(String(200))
    drawn_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    voided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    void_reason: Mapped[str | None] = mapped_column(String(500))


class DrawEntry(Base):
    """One person in a draw, under a name that says nothing; ``rank`` from 1 for who has won."""

    __tablename__ = "draw_entry"

    draw_id: Mapped[int] = mapped_column(ForeignKey("prize_draw.id"), primary_key=True)
    name: Mapped[str] = mapped_column(String(20), primary_key=True)
    contact_id: Mapped[int | None] = mapped_column(ForeignKey("contact.id"))
    language: Mapped[str | None] = mapped_column(LanguageCode)
    rank: Mapped[int | None]


class DrawProposal(Base):
    """The entry that a proposal gave its author in a draw, or the reason why it gave none."""

    __tablename__ = "draw_proposal"
    __table_args__ = (
        Index("ix_draw_proposal_proposal_id", "proposal_id"),
        Index("ix_draw_proposal_entry", "draw_id", "entry"),
    )

    draw_id: Mapped[int] = mapped_column(ForeignKey("prize_draw.id"), primary_key=True)
    proposal_id: Mapped[int] = mapped_column(ForeignKey("proposal.id"), primary_key=True)
    entry: Mapped[str | None] = mapped_column(String(20))
    reason: Mapped[str | None] = mapped_column(String(12))
