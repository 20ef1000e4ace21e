"""Tables of bulk jobs and their items."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

import people.accounts.models  # noqa: F401 -- its tables are named by foreign keys
import submissions.campaigns.models
import submissions.proposals.models  # noqa: F401 -- its tables are named by foreign keys
from core.database import Base, Identity, Json, UtcDateTime
from core.dialect import NEVER_REUSED


class Job(Base):
    """One action on many proposals, done in pieces; ``token`` is the button that was pressed.

    ``grants`` are the roles by which it was started; ``limited_to`` and ``token_id`` are those of
    the API token that a program started it with (``Actor``). A process that runs it holds it by
    ``runner`` until ``lease``, and longer with each piece. ``undoes_id`` is the job that it takes
    back.
    """

    __tablename__ = "job"
    __table_args__ = (
        Index("ix_job_state", "state", "id"),
        Index("ix_job_campaign_id", "campaign_id", "id"),
        NEVER_REUSED,
    )

    id: Mapped[int] = mapped_column(Identity, primary_key=True)
    token: Mapped[str] = mapped_column(String(80), unique=True)
    action: Mapped[str] = mapped_column(String(20))
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaign.id"))
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    by: Mapped[str] = mapped_column(String(80))
    grants: Mapped[list[list[str]]] = mapped_column(Json)
    limited_to: Mapped[list[str] | None] = mapped_column(Json)
    token_id: Mapped[int | None] = mapped_column(ForeignKey("api_token.id"))
    selection: Mapped[dict[str, Any]] = mapped_column(Json)
    params: Mapped[dict[str, Any]] = mapped_column(Json)
    undoes_id: Mapped[int | None] = mapped_column(ForeignKey("job.id"))
    state: Mapped[str] = mapped_column(String(12))
    total: Mapped[int]
    created: Mapped[datetime] = mapped_column(UtcDateTime)
    ended: Mapped[datetime | None] = mapped_column(UtcDateTime)
    runner: Mapped[str | None] = mapped_column(String(32))
    lease: Mapped[datetime | None] = mapped_column(UtcDateTime)


class JobItem(Base):
    """One proposal of a job, as it was ``seen``: whether its turn has come, what came of it."""

    __tablename__ = "job_item"
    __table_args__ = (Index("ix_job_item_state", "job_id", "state", "proposal_id"),)

    job_id: Mapped[int] = mapped_column(ForeignKey("job.id"), primary_key=True)
    proposal_id: Mapped[int] = mapped_column(ForeignKey("proposal.id"), primary_key=True)
    seen: Mapped[datetime] = mapped_column(UtcDateTime)
    state: Mapped[str] = mapped_column(String(10))
    problem: Mapped[str | None] = mapped_column(String(200))
