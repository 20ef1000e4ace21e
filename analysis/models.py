"""Tables of saved views, and of the themes that proposals have."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

import people.accounts.models  # noqa: F401 -- its tables are named by foreign keys
import submissions.campaigns.models
import submissions.proposals.models  # noqa: F401 -- its tables are named by foreign keys
from core.database import Base, Identity, Json, UtcDateTime
from core.dialect import NEVER_REUSED


class SavedView(Base):
    """A view of a campaign under a name: ``query`` holds all that its address says."""

    __tablename__ = "saved_view"
    __table_args__ = (
        Index("ix_saved_view_campaign_id", "campaign_id"),
        NEVER_REUSED,
    )

    id: Mapped[int] = mapped_column(Identity, primary_key=True)
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaign.id"))
    name: Mapped[str] = mapped_column(String(80))
    query: Mapped[str] = mapped_column(Text)
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    by: Mapped[str] = mapped_column(String(80))
    created: Mapped[datetime] = mapped_column(UtcDateTime)
    removed: Mapped[datetime | None] = mapped_column(UtcDateTime)


class ThemeModel(Base):
    """What themes are read by from a moment on: the last row is in force.

    ``digest`` names taxonomy and labels it was made from; ``figures`` tells of each theme how it is
    read and how well; ``last_label_id`` is the last correction that it learned from, of
    ``corrections`` in force, beside ``written`` sentences of version ``data_version``.
    """

    __tablename__ = "theme_model"
    __table_args__ = (NEVER_REUSED,)

    id: Mapped[int] = mapped_column(Identity, primary_key=True)
    digest: Mapped[str] = mapped_column(String(40))
    taxonomy_version: Mapped[str] = mapped_column(String(40))
    data_version: Mapped[str] = mapped_column(String(40))
    written: Mapped[int]
    corrections: Mapped[int]
    last_label_id: Mapped[int]
    figures: Mapped[list[dict[str, Any]]] = mapped_column(Json)
    trained: Mapped[datetime] = mapped_column(UtcDateTime)


class ThemeIndex(Base):
    """How far themes were read; one row. Like the index of words it follows the audit trail.

    ``model_id`` has read all up to ``proposal_id``; some model all up to ``read_to``; ``audit_id``
    is the last change that was followed; ``changes`` counts what was written.
    """

    __tablename__ = "theme_index"

    id: Mapped[int] = mapped_column(primary_key=True)
    model_id: Mapped[int | None] = mapped_column(ForeignKey("theme_model.id"))
    proposal_id: Mapped[int] = mapped_column(Identity)
    read_to: Mapped[int] = mapped_column(Identity)
    audit_id: Mapped[int] = mapped_column(Identity)
    changes: Mapped[int] = mapped_column(Identity)


class ProposalTheme(Base):
    """A theme that the present text of a proposal has; ``confidence`` in percent."""

    __tablename__ = "proposal_theme"
    __table_args__ = (Index("ix_proposal_theme_theme", "theme", "proposal_id"),)

    proposal_id: Mapped[int] = mapped_column(ForeignKey("proposal.id"), primary_key=True)
    theme: Mapped[str] = mapped_column(String(30), primary_key=True)
    confidence: Mapped[int]
    way: Mapped[str] = mapped_column(String(10))


class ThemeLabel(Base):
    """Somebody said that a text has a theme, or has it not; the latest of a theme is in force.

    It holds for the text with ``text_digest`` alone. ``taxonomy_version``: what the theme meant.
    """

    __tablename__ = "theme_label"
    __table_args__ = (
        Index("ix_theme_label_proposal_id", "proposal_id"),
        NEVER_REUSED,
    )

    id: Mapped[int] = mapped_column(Identity, primary_key=True)
    proposal_id: Mapped[int] = mapped_column(ForeignKey("proposal.id"))
    theme: Mapped[str] = mapped_column(String(30))
    present: Mapped[bool]
    text_digest: Mapped[str] = mapped_column(String(64))
    taxonomy_version: Mapped[str] = mapped_column(String(40))
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    by: Mapped[str] = mapped_column(String(80))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
