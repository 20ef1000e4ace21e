"""Tables of packs: versions, links for firms, downloads, questions, schemes handed back.

They go with their campaign, topic or scenario.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

import analysis.scenarios.models  # noqa: F401 -- its tables are named by foreign keys
import deliberation.models  # noqa: F401 -- its tables are named by foreign keys
import layers.models  # noqa: F401 -- its tables are named by foreign keys
import notifications.models  # noqa: F401 -- its tables are named by foreign keys
import people.accounts.models  # noqa: F401 -- its tables are named by foreign keys
import submissions.campaigns.models  # noqa: F401 -- its tables are named by foreign keys
from core.database import Base, Geometry, Identity, Json, LanguageCode, UtcDateTime
from core.dialect import NEVER_REUSED
from core.keys import Sealed, SealedText


class Pack(Base):
    """What firms are given of one place: a topic, a hotspot, a scenario or a view.

    ``origin``: see ``packs.packs.Origin``; ``topic_id`` and ``scenario_id`` name it, ``query`` is
    the view as an address has it. ``outline`` (WGS 84) is the place, ``system`` the coordinate
    system of its files.
    """

    __tablename__ = "pack"
    __table_args__ = (Index("ix_pack_campaign_id", "campaign_id"), NEVER_REUSED)

    id: Mapped[int] = mapped_column(Identity, primary_key=True)
    token: Mapped[str] = mapped_column(String(80), unique=True)
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaign.id", ondelete="CASCADE"))
    origin: Mapped[str] = mapped_column(String(12))
    topic_id: Mapped[int | None] = mapped_column(ForeignKey("topic.id", ondelete="CASCADE"))
    scenario_id: Mapped[int | None] = mapped_column(ForeignKey("scenario.id", ondelete="CASCADE"))
    query: Mapped[str] = mapped_column(Text)
    title: Mapped[str] = mapped_column(String(120))
    system: Mapped[str] = mapped_column(String(20))
    language: Mapped[str] = mapped_column(LanguageCode)
    community_code: Mapped[str | None] = mapped_column(String(40))
    edition: Mapped[str] = mapped_column(ForeignKey("edition.name"))
    outline: Mapped[Any] = mapped_column(Geometry())
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    by: Mapped[str] = mapped_column(String(80))
    created: Mapped[datetime] = mapped_column(UtcDateTime)


class PackVersion(Base):
    """One version of a pack, from 1; ``state``: see ``packs.versions.VersionState``.

    A process that makes it holds it by ``runner`` until ``lease``. ``manifest`` is that of its
    file; ``counted`` are the people behind each figure, as they were when it was decided what is
    told of them (``packs.told_people``), and stays with the office. ``held``: the things of each
    layer by name, with a digest of what was said of them, for what changed since.
    """

    __tablename__ = "pack_version"
    __table_args__ = (
        UniqueConstraint("pack_id", "number"),
        Index("ix_pack_version_state", "state", "id"),
        NEVER_REUSED,
    )

    id: Mapped[int] = mapped_column(Identity, primary_key=True)
    pack_id: Mapped[int] = mapped_column(ForeignKey("pack.id", ondelete="CASCADE"))
    number: Mapped[int]
    state: Mapped[str] = mapped_column(String(10))
    progress: Mapped[float]
    problem: Mapped[str] = mapped_column(String(200))
    file: Mapped[str] = mapped_column(String(80))
    size: Mapped[int]
    digest: Mapped[str] = mapped_column(String(64))
    manifest: Mapped[dict[str, Any]] = mapped_column(Json)
    counted: Mapped[dict[str, Any]] = mapped_column(Json)
    held: Mapped[dict[str, Any]] = mapped_column(Json)
    runner: Mapped[str | None] = mapped_column(String(32))
    lease: Mapped[datetime | None] = mapped_column(UtcDateTime)
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    by: Mapped[str] = mapped_column(String(80))
    created: Mapped[datetime] = mapped_column(UtcDateTime)
    ended: Mapped[datetime | None] = mapped_column(UtcDateTime)


class PackLink(Base):
    """A pack given to a named firm, until it ends or is taken back.

    Of the token in its address only a hash is kept, and ``sealed`` for letters where there is an
    address; ``base``: the address of this server then. ``firm_account_id``: the account that sees
    it after signing in. ``terms`` is the digest of the terms that ``accepted_by`` accepted.
    """

    __tablename__ = "pack_link"
    __table_args__ = (Index("ix_pack_link_pack_id", "pack_id"), NEVER_REUSED)

    id: Mapped[int] = mapped_column(Identity, primary_key=True)
    pack_id: Mapped[int] = mapped_column(ForeignKey("pack.id", ondelete="CASCADE"))
    firm: Mapped[str] = mapped_column(String(80))
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    sealed: Mapped[Sealed | None] = mapped_column(SealedText, nullable=False)
    contact_id: Mapped[int | None] = mapped_column(ForeignKey("contact.id", ondelete="SET NULL"))
    firm_account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    language: Mapped[str] = mapped_column(LanguageCode)
    base: Mapped[str] = mapped_column(Text)
    expires: Mapped[datetime] = mapped_column(UtcDateTime)
    revoked: Mapped[datetime | None] = mapped_column(UtcDateTime)
    accepted: Mapped[datetime | None] = mapped_column(UtcDateTime)
    accepted_by: Mapped[str] = mapped_column(String(80))
    terms: Mapped[str] = mapped_column(String(64))
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    by: Mapped[str] = mapped_column(String(80))
    created: Mapped[datetime] = mapped_column(UtcDateTime)


class PackDownload(Base):
    """A firm took a version; one row a download, further pieces of the same file are none."""

    __tablename__ = "pack_download"
    __table_args__ = (Index("ix_pack_download_link_id", "link_id"), NEVER_REUSED)

    id: Mapped[int] = mapped_column(Identity, primary_key=True)
    link_id: Mapped[int] = mapped_column(ForeignKey("pack_link.id", ondelete="CASCADE"))
    version_id: Mapped[int] = mapped_column(ForeignKey("pack_version.id", ondelete="CASCADE"))
    at: Mapped[datetime] = mapped_column(UtcDateTime)


class PackQuestion(Base):
    """What a firm asks about a pack, and the answer of the office."""

    __tablename__ = "pack_question"
    __table_args__ = (
        UniqueConstraint("link_id", "token"),
        Index("ix_pack_question_link_id", "link_id"),
        NEVER_REUSED,
    )

    id: Mapped[int] = mapped_column(Identity, primary_key=True)
    link_id: Mapped[int] = mapped_column(ForeignKey("pack_link.id", ondelete="CASCADE"))
    token: Mapped[str] = mapped_column(String(80))
    text: Mapped[str] = mapped_column(Text)
    asked: Mapped[datetime] = mapped_column(UtcDateTime)
    answer: Mapped[str] = mapped_column(Text)
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    by: Mapped[str] = mapped_column(String(80))
    answered: Mapped[datetime | None] = mapped_column(UtcDateTime)


class PackScheme(Base):
    """A scheme that a firm hands back: a draft layer, or a PDF that is kept as it came.

    ``away_m``: metres from the place of the pack to its nearest part, 0 within; ``area_m2`` and
    ``length_m``: how large it is. ``file`` names what is kept of a PDF. ``state``: see
    ``packs.schemes.SchemeState``.
    """

    __tablename__ = "pack_scheme"
    __table_args__ = (
        UniqueConstraint("link_id", "token"),
        Index("ix_pack_scheme_link_id", "link_id"),
        NEVER_REUSED,
    )

    id: Mapped[int] = mapped_column(Identity, primary_key=True)
    link_id: Mapped[int] = mapped_column(ForeignKey("pack_link.id", ondelete="CASCADE"))
    topic_id: Mapped[int | None] = mapped_column(ForeignKey("topic.id", ondelete="CASCADE"))
    layer_id: Mapped[int | None] = mapped_column(ForeignKey("uploaded_layer.id"))
    token: Mapped[str] = mapped_column(String(80))
    file_name: Mapped[str] = mapped_column(String(200))
    file: Mapped[str] = mapped_column(String(80))
    size: Mapped[int]
    digest: Mapped[str] = mapped_column(String(64))
    note: Mapped[str] = mapped_column(Text)
    crs: Mapped[str] = mapped_column(Text)
    features: Mapped[int]
    away_m: Mapped[float | None]
    area_m2: Mapped[float | None]
    length_m: Mapped[float | None]
    state: Mapped[str] = mapped_column(String(10))
    word: Mapped[str] = mapped_column(Text)
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    by: Mapped[str] = mapped_column(String(80))
    sent: Mapped[datetime] = mapped_column(UtcDateTime)
    decided: Mapped[datetime | None] = mapped_column(UtcDateTime)
