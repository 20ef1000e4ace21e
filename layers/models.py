"""Tables of the communities, one set of polygons per edition, and of the layers staff uploaded."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

import people.accounts.models  # noqa: F401 -- its tables are named by foreign keys
from core.database import Base, Geometry, Identity, Json, UtcDateTime
from core.dialect import NEVER_REUSED, spatial_index


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
        spatial_index("ix_community_geometry", "geometry"),
    )

    code: Mapped[str] = mapped_column(String(40), primary_key=True)
    edition: Mapped[str] = mapped_column(ForeignKey("edition.name"), primary_key=True)
    name: Mapped[str] = mapped_column(String(100))
    name_en: Mapped[str | None] = mapped_column(String(200))
    subdistrict: Mapped[str | None] = mapped_column(String(100))
    population: Mapped[int | None]
    geometry: Mapped[Any] = mapped_column(Geometry())


class UploadedLayer(Base):
    """A layer that staff uploaded: what it is for, who sees it, what of it anybody may read.

    ``subdistrict`` is a statistical code, empty for the whole platform. ``shown`` and ``use``: see
    ``layers.visibility``. ``fields``: the columns of the file in their order, each a mapping of
    ``name`` and ``public``. ``name_field``: the column that names a feature. ``left_out``: how many
    features of the file are not in it, by reason. ``reading``: how sure
    its encoding is, rows of the file in which something was odd, and how it was chosen to be read
    (``choices``). ``licence``, ``data_date`` (as it was said: a year, a month, a day) and
    ``edition`` are for the catalogue. ``style``: see ``geo.writing.styling.LayerStyle``; None: one
    colour. ``fingerprint`` is a hash of
    its features. Its box is in WGS 84 degrees.
    """

    __tablename__ = "uploaded_layer"
    __table_args__ = NEVER_REUSED

    id: Mapped[int] = mapped_column(Identity, primary_key=True)
    token: Mapped[str] = mapped_column(String(80), unique=True)
    subdistrict: Mapped[str] = mapped_column(String(40))
    title_zh: Mapped[str] = mapped_column(String(80))
    title_en: Mapped[str] = mapped_column(String(120))
    use: Mapped[str] = mapped_column(String(20))
    shown: Mapped[str] = mapped_column(String(12))
    schematic: Mapped[bool]
    colour: Mapped[str] = mapped_column(String(7))
    name_field: Mapped[str] = mapped_column(String(80))
    fields: Mapped[list[dict[str, Any]]] = mapped_column(Json)
    source: Mapped[str] = mapped_column(Text)
    file_name: Mapped[str] = mapped_column(String(200))
    file_layer: Mapped[str] = mapped_column(String(200))
    crs: Mapped[str] = mapped_column(Text)
    encoding: Mapped[str] = mapped_column(String(20))
    features: Mapped[int]
    repaired: Mapped[int]
    left_out: Mapped[dict[str, int]] = mapped_column(Json)
    reading: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    licence: Mapped[str] = mapped_column(String(120), default="")
    data_date: Mapped[str] = mapped_column(String(20), default="")
    edition: Mapped[str] = mapped_column(String(40), default="")
    style: Mapped[dict[str, Any] | None] = mapped_column(Json)
    west: Mapped[float]
    south: Mapped[float]
    east: Mapped[float]
    north: Mapped[float]
    fingerprint: Mapped[str] = mapped_column(String(64))
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    by: Mapped[str] = mapped_column(String(80))
    created: Mapped[datetime] = mapped_column(UtcDateTime)
    updated: Mapped[datetime] = mapped_column(UtcDateTime)
    removed: Mapped[datetime | None] = mapped_column(UtcDateTime)


class UploadedFeature(Base):
    """A feature of an uploaded layer, from 1 in the order of its file; all columns of the file."""

    __tablename__ = "uploaded_feature"
    __table_args__ = (spatial_index("ix_uploaded_feature_geometry", "geometry"),)

    layer_id: Mapped[int] = mapped_column(
        ForeignKey("uploaded_layer.id"), primary_key=True, autoincrement=False
    )
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    properties: Mapped[dict[str, Any]] = mapped_column(Json)
    geometry: Mapped[Any] = mapped_column(Geometry())


class SentFile(Base):
    """A file that somebody sent and has not yet confirmed; gone after a day.

    ``layer_id``: of the layer in whose place it is to come, None for a new one. ``choices``: see
    ``layers.read_choices``. ``typed``: what was typed about the layer so far.
    """

    __tablename__ = "sent_file"

    token: Mapped[str] = mapped_column(String(40), primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), index=True)
    layer_id: Mapped[int | None] = mapped_column(ForeignKey("uploaded_layer.id"), index=True)
    name: Mapped[str] = mapped_column(String(200))
    data: Mapped[bytes] = mapped_column(LargeBinary)
    choices: Mapped[dict[str, Any]] = mapped_column(Json)
    typed: Mapped[dict[str, Any]] = mapped_column(Json)
    created: Mapped[datetime] = mapped_column(UtcDateTime)
