"""Tables of the campaigns, the proposals that residents file in them, and their supports."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint, false, text
from sqlalchemy.orm import Mapped, mapped_column

import layers.models  # noqa: F401 -- its tables are named by foreign keys
import notifications.models  # noqa: F401 -- its tables are named by foreign keys
import people.accounts.models  # noqa: F401 -- its tables are named by foreign keys
import submissions.campaigns.models  # noqa: F401 -- its tables are named by foreign keys
from core.database import Base, Geometry, Identity, Json, LanguageCode, UtcDateTime
from core.dialect import NEVER_REUSED, only_where, spatial_index

_BROUGHT = text("import_key IS NOT NULL")
_IMPORTED, _FILED = text("receipt IS NULL"), text("receipt IS NOT NULL")
_UNREVIEWED = text("unreviewed")
_SHOWN = text("status = 'published'")
_STANDS = text("voided_at IS NULL")
_MERGED, _IN_FORCE = text("merged_into IS NOT NULL"), text("undone IS NULL")


class Proposal(Base):
    """One proposal: where (as stated, and in WGS 84), what, by whom, the community it lies in.

    ``longitude`` and ``latitude`` are its pin: for a line or an area, a point on it. ``entry`` is
    how it came in (``rules.Entry``), ``stage`` the latest step of the office (``rules.Stage``).
    ``import_key`` is shared by all that one import brought. ``merged_into`` is the proposal that
    is shown in the place of a merged one: the one at the end, where that was merged itself.
    ``content_digest`` is what was filed under its ``client_token``: see ``filed_content``.
    ``unreviewed``: it was published as it was filed, and nobody has looked at it yet.
    """

    __tablename__ = "proposal"
    __table_args__ = (
        UniqueConstraint("campaign_id", "author_key", "client_token"),
        # Partial, so that no planner looks up all imports by their missing receipt.
        Index(
            "uq_proposal_receipt",
            "receipt",
            unique=True,
            **only_where(_FILED),
        ),
        Index(
            "uq_proposal_imported",
            "campaign_id",
            "client_token",
            unique=True,
            **only_where(_IMPORTED),
        ),
        Index("ix_proposal_state", "campaign_id", "status", "category"),
        Index("ix_proposal_newest", "campaign_id", "status", "created", "id"),
        # Read on from one of them, in the order of filing.
        Index("ix_proposal_filed", "campaign_id", "status", "id"),
        Index("ix_proposal_supported", "campaign_id", "status", "supports", "id"),
        # What is new, of all campaigns.
        Index("ix_proposal_published", "published_at", **only_where(_SHOWN)),
        Index("ix_proposal_author", "author_key", "created"),
        Index(
            "ix_proposal_community", "campaign_id", "status", "community_code", "category", "stage"
        ),
        # People are counted from it alone, in its order.
        Index(
            "ix_proposal_people",
            "campaign_id",
            "status",
            "author_key",
            "community_code",
            "relation",
        ),
        Index(
            "ix_proposal_import_key",
            "import_key",
            "id",
            **only_where(_BROUGHT),
        ),
        Index("ix_proposal_place", "campaign_id", "latitude", "longitude"),
        Index(
            "ix_proposal_unreviewed",
            "campaign_id",
            "created",
            "id",
            **only_where(_UNREVIEWED),
        ),
        Index(
            "ix_proposal_merged_into",
            "merged_into",
            **only_where(_MERGED),
        ),
        Index(
            "ix_proposal_text_digest",
            "text_digest",
            "created",
            **only_where(_FILED),
        ),
        spatial_index("ix_proposal_geometry", "geometry"),
        NEVER_REUSED,
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
    language: Mapped[str | None] = mapped_column(LanguageCode)
    contact_id: Mapped[int | None] = mapped_column(ForeignKey("contact.id"))
    text_digest: Mapped[str | None] = mapped_column(String(64))
    content_digest: Mapped[str | None] = mapped_column(String(64))
    status: Mapped[str] = mapped_column(String(10))
    held_reason: Mapped[str | None] = mapped_column(String(20))
    stage: Mapped[str | None] = mapped_column(String(10))
    published_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    unreviewed: Mapped[bool] = mapped_column(server_default=false())
    community_code: Mapped[str | None] = mapped_column(String(40))
    edition: Mapped[str] = mapped_column(ForeignKey("edition.name"))
    supports: Mapped[int]
    created: Mapped[datetime] = mapped_column(UtcDateTime)
    updated: Mapped[datetime] = mapped_column(UtcDateTime)
    import_key: Mapped[str | None] = mapped_column(String(12))
    merged_into: Mapped[int | None] = mapped_column(ForeignKey("proposal.id"))


class Step(Base):
    """What the office did about a proposal, and the official reply if there is one."""

    __tablename__ = "step"
    __table_args__ = (
        Index("ix_step_proposal_id", "proposal_id", "at"),
        Index("ix_step_at", "at"),
        NEVER_REUSED,
    )

    id: Mapped[int] = mapped_column(Identity, primary_key=True)
    proposal_id: Mapped[int] = mapped_column(ForeignKey("proposal.id"))
    stage: Mapped[str] = mapped_column(String(10))
    reply: Mapped[str] = mapped_column(Text)
    by: Mapped[str] = mapped_column(String(80))
    at: Mapped[datetime] = mapped_column(UtcDateTime)


class Change(Base):
    """What staff did to a proposal: the fields as they were, and as they became.

    ``at`` is the proposal's ``updated`` that it brought; ``kind`` a ``change_rows.ChangeKind``.
    ``batch`` is shared by what was done to many at once. ``undoes`` is the change that this one
    takes back; ``undone`` is when, and ``undone_by`` by whom, this one was taken back.
    """

    __tablename__ = "change"
    __table_args__ = (
        Index("ix_change_proposal_id", "proposal_id", "id"),
        Index("ix_change_batch", "batch", "proposal_id"),
        NEVER_REUSED,
    )

    id: Mapped[int] = mapped_column(Identity, primary_key=True)
    proposal_id: Mapped[int] = mapped_column(ForeignKey("proposal.id"))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    by: Mapped[str] = mapped_column(String(80))
    kind: Mapped[str] = mapped_column(String(20))
    before: Mapped[dict[str, Any]] = mapped_column(Json)
    after: Mapped[dict[str, Any]] = mapped_column(Json)
    reason: Mapped[str] = mapped_column(Text)
    batch: Mapped[str | None] = mapped_column(String(40))
    undoes: Mapped[int | None] = mapped_column(ForeignKey("change.id"))
    undone: Mapped[datetime | None] = mapped_column(UtcDateTime)
    undone_by: Mapped[str | None] = mapped_column(String(80))


class Merge(Base):
    """A proposal was joined with another, ``kept_id``; what it was before; ``undone`` once parted.

    ``kept_id`` may have been joined with a third since; ``Proposal.merged_into`` says with which
    one it is shown.
    """

    __tablename__ = "merge"
    __table_args__ = (
        Index("ix_merge_kept_id", "kept_id"),
        Index(
            "uq_merge_in_force",
            "proposal_id",
            unique=True,
            **only_where(_IN_FORCE),
        ),
        NEVER_REUSED,
    )

    id: Mapped[int] = mapped_column(Identity, primary_key=True)
    proposal_id: Mapped[int] = mapped_column(ForeignKey("proposal.id"))
    kept_id: Mapped[int] = mapped_column(ForeignKey("proposal.id"))
    former_status: Mapped[str] = mapped_column(String(10))
    former_held_reason: Mapped[str | None] = mapped_column(String(20))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    reason: Mapped[str] = mapped_column(Text)
    undone: Mapped[datetime | None] = mapped_column(UtcDateTime)


class NotDuplicate(Base):
    """Somebody found two proposals that are alike not to be the same. The lower id first."""

    __tablename__ = "not_duplicate"
    __table_args__ = (Index("ix_not_duplicate_second_id", "second_id"),)

    first_id: Mapped[int] = mapped_column(ForeignKey("proposal.id"), primary_key=True)
    second_id: Mapped[int] = mapped_column(ForeignKey("proposal.id"), primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
