"""Devices that signed in to an account before; ways in by a provider, each once.

Revision ID: 0016
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from core.database import Identity, UtcDateTime

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("sign_in", sa.Column("device_key", sa.String(64)))
    op.create_table(
        "known_device",
        sa.Column("id", Identity, primary_key=True),
        sa.Column("account_id", Identity, sa.ForeignKey("account.id"), nullable=False),
        sa.Column("key", sa.String(64), nullable=False),
        sa.Column("seen", UtcDateTime(), nullable=False),
        sa.UniqueConstraint("account_id", "key"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "provider_sign_in",
        sa.Column("id", Identity, primary_key=True),
        sa.Column("browser", sa.String(64), nullable=False, unique=True),
        sa.Column("identity", sa.String(64), nullable=False),
        sa.Column("created", UtcDateTime(), nullable=False),
        sa.Column("ticket", sa.String(64), unique=True),
        sa.Column("issued", UtcDateTime()),
        sa.Column("account_id", Identity, sa.ForeignKey("account.id")),
        sa.Column("provider", sa.String(40)),
        sa.Column("subject", sa.String(300)),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_provider_sign_in_account_id", "provider_sign_in", ["account_id"])


def downgrade() -> None:
    op.drop_table("provider_sign_in")
    op.drop_table("known_device")
    with op.batch_alter_table("sign_in") as batch:
        batch.drop_column("device_key")
