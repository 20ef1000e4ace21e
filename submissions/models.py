"""Tables of the campaigns, the proposals that residents file in them, and their supports."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from database import Base, Geometry, Identity, Json, UtcDateTime
from post.models import Contact

__all__ = [
    "Campaign",
    "Comment",
    "Contact",
    "Follow",
    "Photo",
    "Proposal",
    "Report",
    "Step",
    "Support",
]

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
    geometry_kinds: Mapped[list[str]] = mapped_column(Json)
    facility: Mapped[dict[str, Any] | None] = mapped_column(Json)
    asks_contact: Mapped[bool]
    max_photos: Mapped[int]
    subdistrict: Mapped[str] = mapped_column(String(20))


class Proposal(Base):
    """One proposal: where (as stated, and in WGS 84), what, by whom, the community it lies in.

    ``longitude`` and ``latitude`` are its pin: for a line or an area, a point on it. ``entry`` is
    how it came in (``rules.Entry``), ``stage`` the latest step of the office (``rules.Stage``).
    """

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
        Index("ix_proposal_newest", "campaign_id", "status", "created", "id"),
        Index("ix_proposal_supported", "campaign_id", "status", "supports", "id"),
        Index("ix_proposal_author", "author_key", "created"),
        Index(
            "ix_proposal_text_digest",
            "text_digest",
            "created",
            sqlite_where=_FILED,
            postgresql_where=_FILED,
        ),
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
    geometry: Mapped[Any] = mapped_column(Geometry())
    length_m: Mapped[float | None]
    area_m2: Mapped[float | None]
    answers: Mapped[dict[str, Any]] = mapped_column(Json)
    entry: Mapped[str] = mapped_column(String(10))
    entered_by: Mapped[str | None] = mapped_column(String(64))
    language: Mapped[str | None] = mapped_column(String(5))
    contact_id: Mapped[int | None] = mapped_column(ForeignKey("contact.id"))
    text_digest: Mapped[str | None] = mapped_column(String(64))
    status: Mapped[str] = mapped_column(String(10))
    held_reason: Mapped[str | None] = mapped_column(String(20))
    stage: Mapped[str | None] = mapped_column(String(10))
    published_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
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


class Photo(Base):
    """A picture, cleaned and stored under ``name``; without a proposal until one is filed."""

    __tablename__ = "photo"
    __table_args__ = (
        Index("ix_photo_proposal_id", "proposal_id"),
        Index("ix_photo_owner", "owner_key", "created"),
        Index("ix_photo_status", "status", "created"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(Identity, primary_key=True)
    name: Mapped[str] = mapped_column(String(32), unique=True)
    proposal_id: Mapped[int | None] = mapped_column(ForeignKey("proposal.id"))
    owner_key: Mapped[str] = mapped_column(String(64))
    status: Mapped[str] = mapped_column(String(10))
    width: Mapped[int]
    height: Mapped[int]
    size: Mapped[int]
    digest: Mapped[str] = mapped_column(String(64))
    created: Mapped[datetime] = mapped_column(UtcDateTime)


class Comment(Base):
    """What somebody says to a published proposal; shown once it has been read."""

    __tablename__ = "comment"
    __table_args__ = (
        UniqueConstraint("proposal_id", "author_key", "client_token"),
        Index("ix_comment_status", "status", "created"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(Identity, primary_key=True)
    public_id: Mapped[str] = mapped_column(String(8), unique=True)
    proposal_id: Mapped[int] = mapped_column(ForeignKey("proposal.id"))
    author_key: Mapped[str] = mapped_column(String(64))
    client_token: Mapped[str] = mapped_column(String(80))
    text: Mapped[str] = mapped_column(Text)
    status: Mapped[str] = mapped_column(String(10))
    created: Mapped[datetime] = mapped_column(UtcDateTime)
    updated: Mapped[datetime] = mapped_column(UtcDateTime)


class Report(Base):
    """Somebody finds a proposal or a comment improper; one a device and thing."""

    __tablename__ = "report"
    __table_args__ = (
        UniqueConstraint("subject", "reporter_key"),
        Index("ix_report_proposal_id", "proposal_id"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(Identity, primary_key=True)
    subject: Mapped[str] = mapped_column(String(20))
    proposal_id: Mapped[int] = mapped_column(ForeignKey("proposal.id"))
    comment_id: Mapped[int | None] = mapped_column(ForeignKey("comment.id"))
    reporter_key: Mapped[str] = mapped_column(String(64))
    reason: Mapped[str] = mapped_column(String(12))
    text: Mapped[str] = mapped_column(Text)
    created: Mapped[datetime] = mapped_column(UtcDateTime)
    settled: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Step(Base):
    """What the office did about a proposal, and the official reply if there is one."""

    __tablename__ = "step"
    __table_args__ = (
        Index("ix_step_proposal_id", "proposal_id", "at"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(Identity, primary_key=True)
    proposal_id: Mapped[int] = mapped_column(ForeignKey("proposal.id"))
    stage: Mapped[str] = mapped_column(String(10))
    reply: Mapped[str] = mapped_column(Text)
    by: Mapped[str] = mapped_column(String(80))
    at: Mapped[datetime] = mapped_column(UtcDateTime)


class Follow(Base):
    """Somebody wants to hear of a proposal: on a device's own list, or by post to a contact.

    By post only once ``confirmed``; ``token`` is the secret of the links in its messages.
    """

    __tablename__ = "follow"
    __table_args__ = (
        UniqueConstraint("proposal_id", "contact_id"),
        UniqueConstraint("proposal_id", "device_key"),
        Index("ix_follow_device", "device_key"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(Identity, primary_key=True)
    proposal_id: Mapped[int] = mapped_column(ForeignKey("proposal.id"))
    contact_id: Mapped[int | None] = mapped_column(ForeignKey("contact.id"))
    device_key: Mapped[str | None] = mapped_column(String(64))
    token: Mapped[str] = mapped_column(String(43), unique=True)
    language: Mapped[str] = mapped_column(String(5))
    created: Mapped[datetime] = mapped_column(UtcDateTime)
    confirmed: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ended: Mapped[datetime | None] = mapped_column(UtcDateTime)
