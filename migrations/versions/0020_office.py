"""The office that asks and answers here.

Revision ID: 0020
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from core.database import Identity, Json, UtcDateTime

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "office",
        sa.Column("id", Identity, primary_key=True, autoincrement=False),
        sa.Column("words", Json, nullable=False),
        sa.Column("plain", Json, nullable=False),
        sa.Column("logo", sa.LargeBinary()),
        sa.Column("logo_digest", sa.String(64), nullable=False),
        sa.Column("changed", UtcDateTime(), nullable=False),
    )


def downgrade() -> None:
    op.drop_table("office")
