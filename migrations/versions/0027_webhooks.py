"""Hooks by which other programs are told of public proposals.

Revision ID: 0027
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from core.database import Identity, UtcDateTime
from core.dialect import NEVER_REUSED

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "webhook",
        sa.Column("id", Identity, primary_key=True),
        sa.Column("campaign_id", Identity, sa.ForeignKey("campaign.id")),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("url", sa.String(500), nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=False),
        sa.Column("former_secret", sa.LargeBinary()),
        sa.Column("former_until", UtcDateTime()),
        sa.Column("seen", Identity, nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("paused", UtcDateTime()),
        sa.Column("stopped", UtcDateTime()),
        sa.Column("removed", UtcDateTime()),
        sa.Column("account_id", Identity, sa.ForeignKey("account.id")),
        sa.Column("by", sa.String(80), nullable=False),
        sa.Column("created", UtcDateTime(), nullable=False),
        **NEVER_REUSED,
    )
    op.create_index("ix_webhook_campaign_id", "webhook", ["campaign_id"])
    op.create_table(
        "webhook_delivery",
        sa.Column("id", Identity, primary_key=True),
        sa.Column("name", sa.String(40), nullable=False, unique=True),
        sa.Column("webhook_id", Identity, sa.ForeignKey("webhook.id"), nullable=False),
        sa.Column("kind", sa.String(30), nullable=False),
        sa.Column("campaign_id", Identity, sa.ForeignKey("campaign.id")),
        sa.Column("proposal_id", Identity, sa.ForeignKey("proposal.id")),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("due", UtcDateTime(), nullable=False),
        sa.Column("created", UtcDateTime(), nullable=False),
        sa.Column("sent", UtcDateTime()),
        sa.Column("status", sa.Integer()),
        sa.Column("problem", sa.String(120), nullable=False),
        **NEVER_REUSED,
    )
    op.create_index("ix_webhook_delivery_due", "webhook_delivery", ["state", "due"])
    op.create_index("ix_webhook_delivery_webhook_id", "webhook_delivery", ["webhook_id", "id"])
    op.create_index("ix_webhook_delivery_proposal_id", "webhook_delivery", ["proposal_id"])
    op.create_table(
        "webhook_told",
        sa.Column("webhook_id", Identity, sa.ForeignKey("webhook.id"), primary_key=True),
        sa.Column("proposal_id", Identity, sa.ForeignKey("proposal.id"), primary_key=True),
    )
    op.create_index("ix_webhook_told_proposal_id", "webhook_told", ["proposal_id"])


def downgrade() -> None:
    for table in ("webhook_told", "webhook_delivery", "webhook"):
        op.drop_table(table)
