"""What was published as it was filed waits for somebody to look at it.

Proposals that stand published since they were filed, and that nobody has touched since, are marked
as not looked at: so moderators find among them what an earlier version let through.

Revision ID: 0019
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from core.dialect import only_where

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "proposal", sa.Column("unreviewed", sa.Boolean(), nullable=False, server_default=sa.false())
    )
    op.execute(
        "UPDATE proposal SET unreviewed = true WHERE status = 'published' AND receipt IS NOT NULL "
        "AND NOT EXISTS (SELECT 1 FROM change WHERE change.proposal_id = proposal.id)"
    )
    op.create_index(
        "ix_proposal_unreviewed",
        "proposal",
        ["campaign_id", "created", "id"],
        **only_where(sa.text("unreviewed")),
    )


def downgrade() -> None:
    op.drop_index("ix_proposal_unreviewed", table_name="proposal")
    op.drop_column("proposal", "unreviewed")
