"""The table of campaigns."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

import layers.models  # noqa: F401 -- its tables are named by foreign keys
from core.database import Base, Geometry, Identity, Json, UtcDateTime
from core.dialect import NEVER_REUSED


class Campaign(Base):
    """A call for proposals: its theme, dates, area, questions and words in each language.

    ``published_at`` is from when the public knows of it, None for a draft. ``phases``: see
    ``submissions.campaigns.phases``; ``former_questions``: what was asked before
    (``questions.asked_ever``); ``alike``: how like two texts are that may say the same; ``cover``
    names its picture.
    """

    __tablename__ = "campaign"
    __table_args__ = NEVER_REUSED

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
    former_questions: Mapped[list[dict[str, Any]]] = mapped_column(Json)
    alike: Mapped[float]
    cover: Mapped[str | None] = mapped_column(String(32))
    privacy: Mapped[dict[str, Any]] = mapped_column(Json)
    prize: Mapped[dict[str, Any] | None] = mapped_column(Json)
    phases: Mapped[dict[str, Any]] = mapped_column(Json)
    published_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    archived_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
