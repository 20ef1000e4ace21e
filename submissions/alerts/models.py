"""The table of alerts: who asked by letter for news of which area."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

import layers.models  # noqa: F401 -- its tables are named by foreign keys
import notifications.models  # noqa: F401 -- its tables are named by foreign keys
import submissions.campaigns.models  # noqa: F401 -- its tables are named by foreign keys
from core.database import Base, Identity, LanguageCode, UtcDateTime
from core.dialect import NEVER_REUSED


class AreaAlert(Base):
    """An address is written to about what is new in a campaign, a community or a circle.

    ``device_key`` is the device that asked, which lists it among its own.
    One of the three is given; a circle is a WGS 84 place and a radius in metres. ``label`` is the
    name of the place, where it was found by one. ``base`` is the address of this server, for links,
    as it was when the alert was asked for. Once ``ended``, contact, device and area are
    gone.
    """

    __tablename__ = "area_alert"
    __table_args__ = (
        Index("ix_area_alert_contact", "contact_id"),
        Index("ix_area_alert_device", "device_key"),
        NEVER_REUSED,
    )

    id: Mapped[int] = mapped_column(Identity, primary_key=True)
    token: Mapped[str] = mapped_column(String(43), unique=True)
    contact_id: Mapped[int | None] = mapped_column(ForeignKey("contact.id"))
    device_key: Mapped[str | None] = mapped_column(String(64))
    campaign_id: Mapped[int | None] = mapped_column(ForeignKey("campaign.id"))
    community_code: Mapped[str | None] = mapped_column(String(40))
    edition: Mapped[str | None] = mapped_column(ForeignKey("edition.name"))
    longitude: Mapped[float | None]
    latitude: Mapped[float | None]
    radius_m: Mapped[int | None]
    label: Mapped[str] = mapped_column(String(80))
    answers: Mapped[bool]
    language: Mapped[str] = mapped_column(LanguageCode)
    base: Mapped[str] = mapped_column(Text)
    created: Mapped[datetime] = mapped_column(UtcDateTime)
    confirmed: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ended: Mapped[datetime | None] = mapped_column(UtcDateTime)
