"""Tables of topics and of the templates of official replies."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

import layers.models  # noqa: F401 -- its tables are named by foreign keys
import people.accounts.models  # noqa: F401 -- its tables are named by foreign keys
import submissions.campaigns.models
import submissions.proposals.models  # noqa: F401 -- its tables are named by foreign keys
from core.database import Base, Geometry, Identity, Json, UtcDateTime
from core.dialect import NEVER_REUSED


class ReplyTemplate(Base):
    """An official reply with placeholders, for one campaign, a subdistrict's, or all of them."""

    __tablename__ = "reply_template"
    __table_args__ = (
        Index("ix_reply_template_campaign_id", "campaign_id"),
        NEVER_REUSED,
    )

    id: Mapped[int] = mapped_column(Identity, primary_key=True)
    campaign_id: Mapped[int | None] = mapped_column(ForeignKey("campaign.id"))
    subdistrict: Mapped[str] = mapped_column(String(20))
    name: Mapped[str] = mapped_column(String(80))
    stage: Mapped[str] = mapped_column(String(10))
    text: Mapped[str] = mapped_column(Text)
    created: Mapped[datetime] = mapped_column(UtcDateTime)
    updated: Mapped[datetime] = mapped_column(UtcDateTime)
    removed: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Topic(Base):
    """A hotspot or a scenario that was made a topic: figures and members as they were then.

    ``origin``: see ``deliberation.topics.Origin``; ``hotspot_id`` is empty for other origins.
    ``query`` is the filter and how the hotspot was made, as an address has them; ``figures``: see
    ``deliberation.topics``.
    """

    __tablename__ = "topic"
    __table_args__ = (
        Index("ix_topic_campaign_id", "campaign_id", "hotspot_id"),
        NEVER_REUSED,
    )

    id: Mapped[int] = mapped_column(Identity, primary_key=True)
    token: Mapped[str] = mapped_column(String(80), unique=True)
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaign.id"))
    title: Mapped[str] = mapped_column(String(120))
    note: Mapped[str] = mapped_column(Text)
    origin: Mapped[str] = mapped_column(String(12), server_default="hotspot")
    hotspot_id: Mapped[str] = mapped_column(String(24))
    query: Mapped[str] = mapped_column(Text)
    figures: Mapped[dict[str, Any]] = mapped_column(Json)
    community_code: Mapped[str | None] = mapped_column(String(40))
    edition: Mapped[str] = mapped_column(ForeignKey("edition.name"))
    outline: Mapped[Any] = mapped_column(Geometry())
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    by: Mapped[str] = mapped_column(String(80))
    created: Mapped[datetime] = mapped_column(UtcDateTime)


class TopicProposal(Base):
    """A proposal that was in a hotspot when it was made a topic; rows are never changed."""

    __tablename__ = "topic_proposal"
    __table_args__ = (Index("ix_topic_proposal_proposal_id", "proposal_id"),)

    topic_id: Mapped[int] = mapped_column(ForeignKey("topic.id"), primary_key=True)
    proposal_id: Mapped[int] = mapped_column(ForeignKey("proposal.id"), primary_key=True)
