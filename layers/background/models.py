"""The table of the base map: one row, or none while nobody has chosen one at the desk."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import String, Text
from sqlalchemy.orm import Mapped, mapped_column

from core.database import Base, Identity, UtcDateTime
from core.keys import Sealed, SealedColumn


class BaseMapEntry(Base):
    """Which base map was chosen: see ``layers.background.base_map.BaseMapChoice``.

    ``key``: Tianditu's, sealed. ``id`` is always 1.
    """

    __tablename__ = "base_map"

    id: Mapped[int] = mapped_column(Identity, primary_key=True, autoincrement=False)
    choice: Mapped[str] = mapped_column(String(20))
    url: Mapped[str] = mapped_column(Text)
    attribution: Mapped[str] = mapped_column(String(200))
    largest_zoom: Mapped[int]
    file: Mapped[str] = mapped_column(String(200))
    key: Mapped[Sealed | None] = mapped_column(SealedColumn)
    changed: Mapped[datetime] = mapped_column(UtcDateTime)
