"""An index by which the people behind proposals are counted without reading the proposals.

Revision ID: 0014
"""

from __future__ import annotations

from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

PEOPLE = ["campaign_id", "status", "author_key", "community_code", "relation"]


def upgrade() -> None:
    op.create_index("ix_proposal_people", "proposal", PEOPLE)


def downgrade() -> None:
    op.drop_index("ix_proposal_people", "proposal")
