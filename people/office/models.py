"""The table of the office: one row, or none while nobody has filled in anything."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from core.database import Base, Identity, Json, UtcDateTime


class OfficeEntry(Base):
    """What the office says of itself. ``words``: texts by field and language.

    ``plain``: what is the same in every language, by field. ``logo`` is a PNG that was made anew
    from what was sent, ``logo_digest`` its hex SHA-256. ``id`` is always 1.
    """

    __tablename__ = "office"

    id: Mapped[int] = mapped_column(Identity, primary_key=True, autoincrement=False)
    words: Mapped[dict[str, Any]] = mapped_column(Json)
    plain: Mapped[dict[str, Any]] = mapped_column(Json)
    logo: Mapped[bytes | None] = mapped_column(LargeBinary)
    logo_digest: Mapped[str] = mapped_column(String(64))
    changed: Mapped[datetime] = mapped_column(UtcDateTime)
