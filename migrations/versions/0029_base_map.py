"""The base map that was chosen at the desk.

Revision ID: 0029
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from core.database import Identity, UtcDateTime

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "base_map",
        sa.Column("id", Identity, primary_key=True, autoincrement=False),
        sa.Column("choice", sa.String(20), nullable=False),
        sa.Column("url", sa.Text, nullable=False),
        sa.Column("attribution", sa.String(200), nullable=False),
        sa.Column("largest_zoom", sa.Integer, nullable=False),
        sa.Column("file", sa.String(200), nullable=False),
        sa.Column("key", sa.LargeBinary()),
        sa.Column("changed", UtcDateTime(), nullable=False),
    )


def downgrade() -> None:
    op.drop_table("base_map")
