"""Tables of what moderators do: notes, assignments, doubts that were dismissed."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

import people.accounts.models  # noqa: F401 -- its tables are named by foreign keys
import submissions.campaigns.models
import submissions.proposals.models  # noqa: F401 -- its tables are named by foreign keys
from core.database import Base, Identity, UtcDateTime
from core.dialect import NEVER_REUSED


class Note(Base):
    """What staff say to each other about a proposal; never public."""

    __tablename__ = "note"
    __table_args__ = (
        Index("ix_note_proposal_id", "proposal_id", "id"),
        NEVER_REUSED,
    )

    id: Mapped[int] = mapped_column(Identity, primary_key=True)
    proposal_id: Mapped[int] = mapped_column(ForeignKey("proposal.id"))
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    by: Mapped[str] = mapped_column(String(80))
    text: Mapped[str] = mapped_column(Text)
    created: Mapped[datetime] = mapped_column(UtcDateTime)


class Mention(Base):
    """A note names somebody (@login); ``seen`` once that person has read it."""

    __tablename__ = "mention"
    __table_args__ = (Index("ix_mention_account_id", "account_id", "seen", "note_id"),)

    note_id: Mapped[int] = mapped_column(ForeignKey("note.id"), primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), primary_key=True)
    seen: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Assignment(Base):
    """A proposal is given to somebody of the staff, to be dealt with by ``due``."""

    __tablename__ = "assignment"
    __table_args__ = (
        Index("ix_assignment_account_id", "account_id", "done", "due"),
        Index("ix_assignment_proposal_id", "proposal_id"),
        Index("ix_assignment_due", "done", "due"),
        NEVER_REUSED,
    )

    id: Mapped[int] = mapped_column(Identity, primary_key=True)
    proposal_id: Mapped[int] = mapped_column(ForeignKey("proposal.id"))
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    given_by: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    by: Mapped[str] = mapped_column(String(80))
    text: Mapped[str] = mapped_column(Text)
    due: Mapped[datetime | None] = mapped_column(UtcDateTime)
    created: Mapped[datetime] = mapped_column(UtcDateTime)
    done: Mapped[datetime | None] = mapped_column(UtcDateTime)
    done_by: Mapped[str | None] = mapped_column(String(80))


class DismissedDoubt(Base):
    """Somebody looked at a doubtful location and found it right; ``key`` names the doubt."""

    __tablename__ = "dismissed_doubt"

    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaign.id"), primary_key=True)
    key: Mapped[str] = mapped_column(String(120), primary_key=True)
    by: Mapped[str] = mapped_column(String(80))
    reason: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
