"""An index of the words in proposals: FTS5 on SQLite, tsvector on PostgreSQL.

Revision ID: 0008
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from core.database import Identity

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "text_index",
        sa.Column("proposal_id", Identity, nullable=False),
        sa.Column("audit_id", Identity, nullable=False),
    )
    op.execute("INSERT INTO text_index (proposal_id, audit_id) VALUES (0, 0)")
    if op.get_bind().dialect.name == "sqlite":
        op.execute("CREATE VIRTUAL TABLE proposal_text USING fts5(pieces, tokenize='ascii')")
    else:
        op.execute(
            "CREATE TABLE proposal_text (proposal_id bigint PRIMARY KEY, pieces tsvector NOT NULL)"
        )
        op.execute("CREATE INDEX ix_proposal_text_pieces ON proposal_text USING gin (pieces)")


def downgrade() -> None:
    op.drop_table("proposal_text")
    op.drop_table("text_index")
