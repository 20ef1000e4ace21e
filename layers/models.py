"""Tables of the communities: one set of polygons per edition."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from database import Base, Geometry, UtcDateTime


class Edition(Base):
    """One published state of the community polygons, such as ``2020``."""

    __tablename__ = "edition"

    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    source: Mapped[str] = mapped_column(Text)
    schematic: Mapped[bool]
    loaded_at: Mapped[datetime] = mapped_column(UtcDateTime)
    fingerprint: Mapped[str] = mapped_column(String(64))


class Community(Base):
    """A community (社区/村) of one edition: keyed by code and edition, never by name."""

    __tablename__ = "community"
    __table_args__ = (
        Index("ix_community_edition", "edition"),
        Index(
            "ix_community_geometry",
            "geometry",
            postgresql_using="gist",
            info={"only": "postgresql"},
        ).ddl_if(dialect="postgresql"),
    )

    code: Mapped[str] = mapped_column(String(40), primary_key=True)
    edition: Mapped[str] = mapped_column(ForeignKey("edition.name"), primary_key=True)
    name: Mapped[str] = mapped_column(String(100))
    name_en: Mapped[str | None] = mapped_column(String(200))
    subdistrict: Mapped[str | None] = mapped_column(String(100))
    population: Mapped[int | None]
    geometry: Mapped[Any] = mapped_column(Geometry())
