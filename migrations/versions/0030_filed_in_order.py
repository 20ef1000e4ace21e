"""Published proposals are read on from one of them, in the order of filing, without sorting all.

Revision ID: 0030
"""

from __future__ import annotations

from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_proposal_filed", "proposal", ["campaign_id", "status", "id"])


def downgrade() -> None:
    op.drop_index("ix_proposal_filed", "proposal")
