"""A client's token names one content: its digest is kept with the proposal.

Proposals of before have none: a retry of theirs is told by its words and place.

Revision ID: 0015
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("proposal", sa.Column("content_digest", sa.String(64)))


def downgrade() -> None:
    op.drop_column("proposal", "content_digest")
