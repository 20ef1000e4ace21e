"""Used sign-ins by a provider no longer stand for tickets; rows of the last minutes go.

Revision ID: 0018
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from core.database import Identity, UtcDateTime

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def _columns() -> list[sa.Column[object]]:
    return [
        sa.Column("id", Identity, primary_key=True),
        sa.Column("browser", sa.String(64), nullable=False, unique=True),
        sa.Column("identity", sa.String(64), nullable=False),
        sa.Column("created", UtcDateTime(), nullable=False),
        sa.Column("provider", sa.String(40)),
        sa.Column("subject", sa.String(300)),
    ]


def upgrade() -> None:
    op.drop_table("provider_sign_in")
    op.create_table("provider_sign_in", *_columns(), sqlite_autoincrement=True)


def downgrade() -> None:
    op.drop_table("provider_sign_in")
    op.create_table(
        "provider_sign_in",
        *_columns(),
        sa.Column("ticket", sa.String(64), unique=True),
        sa.Column("issued", UtcDateTime()),
        sa.Column("account_id", Identity, sa.ForeignKey("account.id")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_provider_sign_in_account_id", "provider_sign_in", ["account_id"])
