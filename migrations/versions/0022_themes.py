"""Themes of proposals: what reads them, what was read, and what people corrected.

Revision ID: 0022
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from core.database import Identity, Json, UtcDateTime

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "theme_model",
        sa.Column("id", Identity, primary_key=True),
        sa.Column("digest", sa.String(40), nullable=False),
        sa.Column("taxonomy_version", sa.String(40), nullable=False),
        sa.Column("data_version", sa.String(40), nullable=False),
        sa.Column("written", sa.Integer(), nullable=False),
        sa.Column("corrections", sa.Integer(), nullable=False),
        sa.Column("last_label_id", sa.Integer(), nullable=False),
        sa.Column("figures", Json, nullable=False),
        sa.Column("trained", UtcDateTime(), nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "theme_index",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("model_id", Identity, sa.ForeignKey("theme_model.id")),
        sa.Column("proposal_id", Identity, nullable=False),
        sa.Column("read_to", Identity, nullable=False),
        sa.Column("audit_id", Identity, nullable=False),
        sa.Column("changes", Identity, nullable=False),
    )
    op.execute(
        "INSERT INTO theme_index (id, proposal_id, read_to, audit_id, changes)"
        " VALUES (1, 0, 0, 0, 0)"
    )
    op.create_table(
        "proposal_theme",
        sa.Column("proposal_id", Identity, sa.ForeignKey("proposal.id"), primary_key=True),
        sa.Column("theme", sa.String(30), primary_key=True),
        sa.Column("confidence", sa.Integer(), nullable=False),
        sa.Column("way", sa.String(10), nullable=False),
    )
    op.create_index("ix_proposal_theme_theme", "proposal_theme", ["theme", "proposal_id"])
    op.create_table(
        "theme_label",
        sa.Column("id", Identity, primary_key=True),
        sa.Column("proposal_id", Identity, sa.ForeignKey("proposal.id"), nullable=False),
        sa.Column("theme", sa.String(30), nullable=False),
        sa.Column("present", sa.Boolean(), nullable=False),
        sa.Column("text_digest", sa.String(64), nullable=False),
        sa.Column("taxonomy_version", sa.String(40), nullable=False),
        sa.Column("account_id", Identity, sa.ForeignKey("account.id")),
        sa.Column("by", sa.String(80), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_theme_label_proposal_id", "theme_label", ["proposal_id"])


def downgrade() -> None:
    for table in ("theme_label", "proposal_theme", "theme_index", "theme_model"):
        op.drop_table(table)
