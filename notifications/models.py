"""Tables of the post: whom a message may reach, and the messages that wait to be sent."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from core.database import Base, Identity, Json, LanguageCode, UtcDateTime
from core.dialect import NEVER_REUSED
from core.keys import Sealed, SealedColumn


class Contact(Base):
    """An e-mail address or a phone number, sealed: nobody reads it without the key.

    ``lookup`` is a keyed hash by which the same address is found again.
    """

    __tablename__ = "contact"
    __table_args__ = NEVER_REUSED

    id: Mapped[int] = mapped_column(Identity, primary_key=True)
    kind: Mapped[str] = mapped_column(String(5))
    sealed: Mapped[Sealed] = mapped_column(SealedColumn)
    lookup: Mapped[str] = mapped_column(String(64), unique=True)
    created: Mapped[datetime] = mapped_column(UtcDateTime)


class Message(Base):
    """One message to one contact. ``key`` says what it is about: the same key is never sent twice.

    ``template`` and ``params`` hold what it says; the words are put together when it is sent.
    """

    __tablename__ = "message"
    __table_args__ = (
        Index("ix_message_due", "state", "due"),
        NEVER_REUSED,
    )

    id: Mapped[int] = mapped_column(Identity, primary_key=True)
    key: Mapped[str] = mapped_column(String(120), unique=True)
    contact_id: Mapped[int] = mapped_column(ForeignKey("contact.id"))
    template: Mapped[str] = mapped_column(String(30))
    params: Mapped[dict[str, Any]] = mapped_column(Json)
    language: Mapped[str] = mapped_column(LanguageCode)
    state: Mapped[str] = mapped_column(String(10))
    attempts: Mapped[int]
    due: Mapped[datetime] = mapped_column(UtcDateTime)
    created: Mapped[datetime] = mapped_column(UtcDateTime)
    sent: Mapped[datetime | None] = mapped_column(UtcDateTime)
    problem: Mapped[str | None] = mapped_column(Text)
