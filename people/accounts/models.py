"""Accounts and what they hold; the audit trail: who did what, when, in the order of commits."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from core.database import Base, Identity, Json, UtcDateTime
from core.dialect import NEVER_REUSED

_BY_ACCOUNT = text("account_id IS NOT NULL")


class Account(Base):
    """Somebody who signs in: by ``login`` and password, or by an OpenID Connect ``subject``.

    Never removed, as the audit trail names it; ``closed`` ends it. ``password_hash`` is Argon2id
    in PHC form; ``must_change``: the password was given by somebody else, and lets nobody in from
    ``password_until`` on (None: it has no end, as its owner chose it).
    """

    __tablename__ = "account"
    __table_args__ = NEVER_REUSED

    id: Mapped[int] = mapped_column(Identity, primary_key=True)
    login: Mapped[str] = mapped_column(String(80), unique=True)
    name: Mapped[str] = mapped_column(String(80))
    password_hash: Mapped[str | None] = mapped_column(String(200))
    must_change: Mapped[bool]
    password_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    subject: Mapped[str | None] = mapped_column(String(300), unique=True)
    created: Mapped[datetime] = mapped_column(UtcDateTime)
    closed: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Appointment(Base):
    """A role that an account holds, how far it reaches, and its term.

    In force from ``starts_at`` until before ``ends_at`` (None: open) unless it was ``ended``
    before. ``origin`` is ``desk``, or ``claim`` for what an identity provider says.
    """

    __tablename__ = "appointment"
    __table_args__ = (
        Index("ix_appointment_account_id", "account_id"),
        NEVER_REUSED,
    )

    id: Mapped[int] = mapped_column(Identity, primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    role: Mapped[str] = mapped_column(String(30))
    reach: Mapped[str] = mapped_column(String(12))
    code: Mapped[str] = mapped_column(String(40))
    edition: Mapped[str] = mapped_column(String(60))
    starts_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ends_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ended: Mapped[datetime | None] = mapped_column(UtcDateTime)
    origin: Mapped[str] = mapped_column(String(10))
    given_by: Mapped[int | None] = mapped_column(ForeignKey("account.id"))


class SignIn(Base):
    """A session of an account on one device; ``key`` is the hash of what its cookie holds."""

    __tablename__ = "sign_in"
    __table_args__ = (
        Index("ix_sign_in_account_id", "account_id"),
        NEVER_REUSED,
    )

    id: Mapped[int] = mapped_column(Identity, primary_key=True)
    key: Mapped[str] = mapped_column(String(64), unique=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    created: Mapped[datetime] = mapped_column(UtcDateTime)
    seen: Mapped[datetime] = mapped_column(UtcDateTime)
    device: Mapped[str] = mapped_column(String(200))
    device_key: Mapped[str | None] = mapped_column(String(64))
    ended: Mapped[datetime | None] = mapped_column(UtcDateTime)


class KnownDevice(Base):
    """A device that signed in to an account by its password: see ``people.accounts.known_devices``.

    ``key`` is a keyed hash of the device's token, the same for each account on this device.
    """

    __tablename__ = "known_device"
    __table_args__ = (UniqueConstraint("account_id", "key"), NEVER_REUSED)

    id: Mapped[int] = mapped_column(Identity, primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    key: Mapped[str] = mapped_column(String(64))
    seen: Mapped[datetime] = mapped_column(UtcDateTime)


class ProviderSignIn(Base):
    """A sign-in by an identity provider that was used, so that it is not used again.

    ``browser`` is the hash of its state, ``identity`` that of whom the provider named.
    """

    __tablename__ = "provider_sign_in"
    __table_args__ = (NEVER_REUSED,)

    id: Mapped[int] = mapped_column(Identity, primary_key=True)
    browser: Mapped[str] = mapped_column(String(64), unique=True)
    identity: Mapped[str] = mapped_column(String(64))
    created: Mapped[datetime] = mapped_column(UtcDateTime)
    provider: Mapped[str | None] = mapped_column(String(40))
    subject: Mapped[str | None] = mapped_column(String(300))


class ApiToken(Base):
    """A token by which a program acts for an account, within ``acts``; only its hash is kept.

    ``hint`` is how it begins, by which its owner tells it from others.
    """

    __tablename__ = "api_token"
    __table_args__ = (
        Index("ix_api_token_account_id", "account_id"),
        NEVER_REUSED,
    )

    id: Mapped[int] = mapped_column(Identity, primary_key=True)
    key: Mapped[str] = mapped_column(String(64), unique=True)
    hint: Mapped[str] = mapped_column(String(12))
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    name: Mapped[str] = mapped_column(String(80))
    acts: Mapped[list[str]] = mapped_column(Json)
    created: Mapped[datetime] = mapped_column(UtcDateTime)
    ends_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    seen: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ended: Mapped[datetime | None] = mapped_column(UtcDateTime)
