"""Scenarios of siting, what is said about them, and where a topic comes from.

Revision ID: 0023
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from core.database import Identity, Json, UtcDateTime

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "scenario",
        sa.Column("id", Identity, primary_key=True),
        sa.Column("token", sa.String(80), nullable=False, unique=True),
        sa.Column("campaign_id", Identity, sa.ForeignKey("campaign.id"), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("query", sa.Text(), nullable=False),
        sa.Column("plan", Json, nullable=False),
        sa.Column("outcome", Json, nullable=False),
        sa.Column("today", Json, nullable=False),
        sa.Column("account_id", Identity, sa.ForeignKey("account.id")),
        sa.Column("by", sa.String(80), nullable=False),
        sa.Column("created", UtcDateTime(), nullable=False),
        sa.Column("archived", UtcDateTime()),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_scenario_campaign_id", "scenario", ["campaign_id"])
    op.create_table(
        "scenario_comment",
        sa.Column("id", Identity, primary_key=True),
        sa.Column("scenario_id", Identity, sa.ForeignKey("scenario.id"), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("account_id", Identity, sa.ForeignKey("account.id")),
        sa.Column("by", sa.String(80), nullable=False),
        sa.Column("created", UtcDateTime(), nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_scenario_comment_scenario_id", "scenario_comment", ["scenario_id"])
    op.add_column(
        "topic", sa.Column("origin", sa.String(12), nullable=False, server_default="hotspot")
    )


def downgrade() -> None:
    op.execute(
        "DELETE FROM topic_proposal WHERE topic_id IN"
        " (SELECT id FROM topic WHERE origin != 'hotspot')"
    )
    op.execute("DELETE FROM topic WHERE origin != 'hotspot'")
    op.drop_column("topic", "origin")
    op.drop_table("scenario_comment")
    op.drop_table("scenario")
