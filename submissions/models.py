"""Tables of the campaigns, the proposals that residents file in them, and their supports."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from database import Base, Geometry, Identity, Json, UtcDateTime

_IMPORTED, _FILED = text("receipt IS NULL"), text("receipt IS NOT NULL")


class Campaign(Base):
    """A call for proposals: its theme, dates, area, questions and words in each language."""

    __tablename__ = "campaign"
    __table_args__ = ({"sqlite_autoincrement": True},)

    id: Mapped[int] = mapped_column(Identity, primary_key=True)
    slug: Mapped[str] = mapped_column(String(60), unique=True)
    theme: Mapped[str] = mapped_column(String(60))
    texts: Mapped[dict[str, Any]] = mapped_column(Json)
    categories: Mapped[list[dict[str, Any]]] = mapped_column(Json)
    questions: Mapped[list[dict[str, Any]]] = mapped_column(Json)
    opens_at: Mapped[datetime] = mapped_column(UtcDateTime)
    closes_at: Mapped[datetime] = mapped_column(UtcDateTime)
    area: Mapped[Any] = mapped_column(Geometry())
    edition: Mapped[str] = mapped_column(ForeignKey("edition.name"))
    publish_on_filing: Mapped[bool]
    max_text_length: Mapped[int]


class Proposal(Base):
    """One pin: where (as stated, and in WGS 84), what, by whom, and the community it lies in."""

    __tablename__ = "proposal"
    __table_args__ = (
        UniqueConstraint("campaign_id", "author_key", "client_token"),
        # Partial, so that no planner looks up all imports by their missing receipt.
        Index(
            "uq_proposal_receipt",
            "receipt",
            unique=True,
            sqlite_where=_FILED,
            postgresql_where=_FILED,
        ),
        Index(
            "uq_proposal_imported",
            "campaign_id",
            "client_token",
            unique=True,
            sqlite_where=_IMPORTED,
            postgresql_where=_IMPORTED,
        ),
        Index("ix_proposal_state", "campaign_id", "status", "category"),
        Index(
            "ix_proposal_geometry",
            "geometry",
            postgresql_using="gist",
            info={"only": "postgresql"},
        ).ddl_if(dialect="postgresql"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(Identity, primary_key=True)
    public_id: Mapped[str] = mapped_column(String(8), unique=True)
    receipt: Mapped[str | None] = mapped_column(String(12))
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaign.id"))
    client_token: Mapped[str] = mapped_column(String(80))
    category: Mapped[str] = mapped_column(String(40))
    text: Mapped[str] = mapped_column(Text)
    relation: Mapped[str] = mapped_column(String(10))
    author_key: Mapped[str | None] = mapped_column(String(64))
    placed_by: Mapped[str] = mapped_column(String(10))
    accuracy_m: Mapped[float | None]
    raw_x: Mapped[float]
    raw_y: Mapped[float]
    raw_crs: Mapped[str] = mapped_column(String(40))
    longitude: Mapped[float]
    latitude: Mapped[float]
    geometry: Mapped[Any] = mapped_column(Geometry("POINT"))
    status: Mapped[str] = mapped_column(String(10))
    community_code: Mapped[str | None] = mapped_column(String(40))
    edition: Mapped[str] = mapped_column(ForeignKey("edition.name"))
    supports: Mapped[int]
    created: Mapped[datetime] = mapped_column(UtcDateTime)
    updated: Mapped[datetime] = mapped_column(UtcDateTime)


class Support(Base):
    """One device stands behind one proposal."""

    __tablename__ = "support"

    proposal_id: Mapped[int] = mapped_column(ForeignKey("proposal.id"), primary_key=True)
    supporter_key: Mapped[str] = mapped_column(String(64), primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
