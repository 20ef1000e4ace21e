"""Tables of saved scenarios and of what is said about them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

import people.accounts.models  # noqa: F401 -- its tables are named by foreign keys
import submissions.campaigns.models  # noqa: F401 -- its tables are named by foreign keys
from core.database import Base, Identity, Json, UtcDateTime
from core.dialect import NEVER_REUSED


class Scenario(Base):
    """A choice of sites that somebody kept, with what it came to then; never changed.

    ``query``: the view, as an address has it. ``plan``: see ``analysis.scenarios.plan``.
    ``outcome`` and ``today``: see ``analysis.scenarios.outcome.told``.
    """

    __tablename__ = "scenario"
    __table_args__ = (Index("ix_scenario_campaign_id", "campaign_id"), NEVER_REUSED)

    id: Mapped[int] = mapped_column(Identity, primary_key=True)
    token: Mapped[str] = mapped_column(String(80), unique=True)
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaign.id"))
    kind: Mapped[str] = mapped_column(String(20))
    name: Mapped[str] = mapped_column(String(80))
    query: Mapped[str] = mapped_column(Text)
    plan: Mapped[dict[str, Any]] = mapped_column(Json)
    outcome: Mapped[dict[str, Any]] = mapped_column(Json)
    today: Mapped[dict[str, Any]] = mapped_column(Json)
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    by: Mapped[str] = mapped_column(String(80))
    created: Mapped[datetime] = mapped_column(UtcDateTime)
    archived: Mapped[datetime | None] = mapped_column(UtcDateTime)


class ScenarioComment(Base):
    """What somebody at the desk says about a scenario."""

    __tablename__ = "scenario_comment"
    __table_args__ = (Index("ix_scenario_comment_scenario_id", "scenario_id"), NEVER_REUSED)

    id: Mapped[int] = mapped_column(Identity, primary_key=True)
    scenario_id: Mapped[int] = mapped_column(ForeignKey("scenario.id"))
    text: Mapped[str] = mapped_column(Text)
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    by: Mapped[str] = mapped_column(String(80))
    created: Mapped[datetime] = mapped_column(UtcDateTime)
