"""Residents by the answers to a campaign's questions, as planners state them.

Revision ID: 0024
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from core.database import Identity, Json, UtcDateTime

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "population_figures",
        sa.Column("campaign_id", Identity, sa.ForeignKey("campaign.id"), primary_key=True),
        sa.Column("attribute", sa.String(80), primary_key=True),
        sa.Column("persons", Json, nullable=False),
        sa.Column("source", sa.String(200), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("account_id", Identity, sa.ForeignKey("account.id")),
        sa.Column("by", sa.String(80), nullable=False),
        sa.Column("updated", UtcDateTime(), nullable=False),
    )


def downgrade() -> None:
    op.drop_table("population_figures")
