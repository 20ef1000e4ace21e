"""The table of population figures: how many residents would give each answer to a question."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

import people.accounts.models  # noqa: F401 -- its tables are named by foreign keys
import submissions.campaigns.models  # noqa: F401 -- its tables are named by foreign keys
from core.database import Base, Json, UtcDateTime


class PopulationFigures(Base):
    """The residents by the answers to one question of a campaign, or by their tie to the place.

    ``attribute``: the side that they are of, such as ``a_age``; ``persons`` by value; ``source``
    and ``year`` say where they come from.
    """

    __tablename__ = "population_figures"

    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaign.id"), primary_key=True)
    attribute: Mapped[str] = mapped_column(String(80), primary_key=True)
    persons: Mapped[dict[str, Any]] = mapped_column(Json)
    source: Mapped[str] = mapped_column(String(200))
    year: Mapped[int]
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    by: Mapped[str] = mapped_column(String(80))
    updated: Mapped[datetime] = mapped_column(UtcDateTime)
