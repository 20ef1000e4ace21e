"""A layer knows how surely its text was read, and in which rows of its file something was odd.

Revision ID: 0017
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from core.database import Json

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("uploaded_layer") as batch:
        batch.add_column(sa.Column("reading", Json, nullable=False, server_default="{}"))
    with op.batch_alter_table("uploaded_layer") as batch:
        batch.alter_column("reading", server_default=None)


def downgrade() -> None:
    with op.batch_alter_table("uploaded_layer") as batch:
        batch.drop_column("reading")
