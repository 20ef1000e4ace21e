"""Tables of what people add to a proposal or a place, from supports to observations."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

import layers.models  # noqa: F401 -- its tables are named by foreign keys
import notifications.models  # noqa: F401 -- its tables are named by foreign keys
import people.accounts.models  # noqa: F401 -- its tables are named by foreign keys
import submissions.campaigns.models
import submissions.proposals.models  # noqa: F401 -- its tables are named by foreign keys
from core.database import Base, Identity, Json, LanguageCode, UtcDateTime
from core.dialect import NEVER_REUSED


class Support(Base):
    """One device stands behind one proposal."""

    __tablename__ = "support"

    proposal_id: Mapped[int] = mapped_column(ForeignKey("proposal.id"), primary_key=True)
    supporter_key: Mapped[str] = mapped_column(String(64), primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)


class Photo(Base):
    """A picture, cleaned and stored under ``name``; without a proposal until one is filed.

    ``file`` is the ``PhotoVersion`` that is shown in its place once a part of it is blurred;
    ``size`` and ``digest`` are those of what is shown.
    """

    __tablename__ = "photo"
    __table_args__ = (
        Index("ix_photo_proposal_id", "proposal_id"),
        Index("ix_photo_owner", "owner_key", "created"),
        Index("ix_photo_status", "status", "created"),
        NEVER_REUSED,
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
    file: Mapped[str | None] = mapped_column(String(32))
    phash: Mapped[str | None] = mapped_column(String(16))


class Comment(Base):
    """What somebody says to a published proposal; shown once it has been read."""

    __tablename__ = "comment"
    __table_args__ = (
        UniqueConstraint("proposal_id", "author_key", "client_token"),
        Index("ix_comment_status", "status", "created"),
        NEVER_REUSED,
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
        NEVER_REUSED,
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


class Follow(Base):
    """Somebody wants to hear of a proposal: on a device's own list, or by post to a contact.

    By post only once ``confirmed``; ``token`` is the secret of the links in its messages.
    """

    __tablename__ = "follow"
    __table_args__ = (
        UniqueConstraint("proposal_id", "contact_id"),
        UniqueConstraint("proposal_id", "device_key"),
        Index("ix_follow_device", "device_key"),
        NEVER_REUSED,
    )

    id: Mapped[int] = mapped_column(Identity, primary_key=True)
    proposal_id: Mapped[int] = mapped_column(ForeignKey("proposal.id"))
    contact_id: Mapped[int | None] = mapped_column(ForeignKey("contact.id"))
    device_key: Mapped[str | None] = mapped_column(String(64))
    token: Mapped[str] = mapped_column(String(43), unique=True)
    language: Mapped[str] = mapped_column(LanguageCode)
    created: Mapped[datetime] = mapped_column(UtcDateTime)
    confirmed: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ended: Mapped[datetime | None] = mapped_column(UtcDateTime)


class PhotoVersion(Base):
    """A photo with a part of it blurred, stored under ``name``; shown where ``Photo.file`` says."""

    __tablename__ = "photo_version"
    __table_args__ = (Index("ix_photo_version_photo_id", "photo_id"),)

    name: Mapped[str] = mapped_column(String(32), primary_key=True)
    photo_id: Mapped[int] = mapped_column(ForeignKey("photo.id"))
    created: Mapped[datetime] = mapped_column(UtcDateTime)


class Observation(Base):
    """What somebody of the staff saw at a place: a note, counts, perhaps a photo. Never public.

    ``counts``: ``[{"what": "bikes", "count": 34, "kind": "parked"}, …]``, as seen at
    ``observed_at``; ``kind`` (see ``analysis.count_kinds``) where one was chosen. ``photo`` names
    its picture. ``token`` is that of the form: sent twice it is stored once.
    """

    __tablename__ = "observation"
    __table_args__ = (
        Index("ix_observation_campaign_id", "campaign_id", "latitude", "longitude"),
        NEVER_REUSED,
    )

    id: Mapped[int] = mapped_column(Identity, primary_key=True)
    token: Mapped[str] = mapped_column(String(80), unique=True)
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaign.id"))
    longitude: Mapped[float]
    latitude: Mapped[float]
    community_code: Mapped[str | None] = mapped_column(String(40))
    edition: Mapped[str] = mapped_column(ForeignKey("edition.name"))
    note: Mapped[str] = mapped_column(Text)
    counts: Mapped[list[dict[str, Any]]] = mapped_column(Json)
    observed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    photo: Mapped[str | None] = mapped_column(String(32))
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    by: Mapped[str] = mapped_column(String(80))
    created: Mapped[datetime] = mapped_column(UtcDateTime)
    removed: Mapped[datetime | None] = mapped_column(UtcDateTime)
