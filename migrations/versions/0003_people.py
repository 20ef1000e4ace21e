"""Accounts, appointments, sessions, API tokens; whose change an audit entry tells of.

Revision ID: 0003
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from core.database import Identity, Json, UtcDateTime

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

TABLES = ("api_token", "sign_in", "appointment", "account")


def upgrade() -> None:
    op.add_column(
        "campaign", sa.Column("subdistrict", sa.String(20), nullable=False, server_default="")
    )
    op.add_column("audit", sa.Column("account_id", Identity))
    _create_account()
    _create_appointment()
    _create_sign_in()
    _create_api_token()


def downgrade() -> None:
    for table in TABLES:
        op.drop_table(table)
    with op.batch_alter_table("audit") as batch:
        batch.drop_column("account_id")
    with op.batch_alter_table("campaign") as batch:
        batch.drop_column("subdistrict")


def _account_id(*, nullable: bool = False, name: str = "account_id") -> sa.Column:
    return sa.Column(name, Identity, sa.ForeignKey("account.id"), nullable=nullable)


def _create_account() -> None:
    op.create_table(
        "account",
        sa.Column("id", Identity, primary_key=True),
        sa.Column("login", sa.String(80), nullable=False, unique=True),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("password_hash", sa.String(200)),
        sa.Column("must_change", sa.Boolean(), nullable=False),
        sa.Column("subject", sa.String(300), unique=True),
        sa.Column("created", UtcDateTime(), nullable=False),
        sa.Column("closed", UtcDateTime()),
        sqlite_autoincrement=True,
    )


def _create_appointment() -> None:
    op.create_table(
        "appointment",
        sa.Column("id", Identity, primary_key=True),
        _account_id(),
        sa.Column("role", sa.String(30), nullable=False),
        sa.Column("reach", sa.String(12), nullable=False),
        sa.Column("code", sa.String(40), nullable=False),
        sa.Column("edition", sa.String(60), nullable=False),
        sa.Column("starts_at", UtcDateTime(), nullable=False),
        sa.Column("ends_at", UtcDateTime()),
        sa.Column("ended", UtcDateTime()),
        sa.Column("origin", sa.String(10), nullable=False),
        _account_id(nullable=True, name="given_by"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_appointment_account_id", "appointment", ["account_id"])


def _create_sign_in() -> None:
    op.create_table(
        "sign_in",
        sa.Column("id", Identity, primary_key=True),
        sa.Column("key", sa.String(64), nullable=False, unique=True),
        _account_id(),
        sa.Column("created", UtcDateTime(), nullable=False),
        sa.Column("seen", UtcDateTime(), nullable=False),
        sa.Column("device", sa.String(200), nullable=False),
        sa.Column("ended", UtcDateTime()),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_sign_in_account_id", "sign_in", ["account_id"])


def _create_api_token() -> None:
    op.create_table(
        "api_token",
        sa.Column("id", Identity, primary_key=True),
        sa.Column("key", sa.String(64), nullable=False, unique=True),
        sa.Column("hint", sa.String(12), nullable=False),
        _account_id(),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("acts", Json, nullable=False),
        sa.Column("created", UtcDateTime(), nullable=False),
        sa.Column("ends_at", UtcDateTime()),
        sa.Column("seen", UtcDateTime()),
        sa.Column("ended", UtcDateTime()),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_api_token_account_id", "api_token", ["account_id"])
