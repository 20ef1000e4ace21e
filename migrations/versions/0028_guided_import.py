"""Files that wait to be confirmed; what the catalogue says of layers, and how they are drawn.

Revision ID: 0028
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from core.database import Identity, Json, UtcDateTime

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

_TEXTS = {"licence": 120, "data_date": 20, "edition": 40}


def upgrade() -> None:
    for name, length in _TEXTS.items():
        column = sa.Column(name, sa.String(length), nullable=False, server_default="")
        op.add_column("uploaded_layer", column)
    op.add_column("uploaded_layer", sa.Column("style", Json))
    op.create_table(
        "sent_file",
        sa.Column("token", sa.String(40), primary_key=True),
        sa.Column("account_id", Identity, sa.ForeignKey("account.id"), nullable=False, index=True),
        sa.Column("layer_id", Identity, sa.ForeignKey("uploaded_layer.id"), index=True),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.Column("choices", Json, nullable=False),
        sa.Column("typed", Json, nullable=False),
        sa.Column("created", UtcDateTime(), nullable=False),
    )


def downgrade() -> None:
    op.drop_table("sent_file")
    op.drop_column("uploaded_layer", "style")
    for name in reversed(_TEXTS):
        op.drop_column("uploaded_layer", name)
