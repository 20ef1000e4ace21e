"""A job keeps the limits of the API token that started it.

Jobs of before have none noted: those that are still open go on as they began.

Revision ID: 0012
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from core.database import Identity, Json

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    token = sa.ForeignKey("api_token.id", name="fk_job_token_id_api_token")
    with op.batch_alter_table("job") as batch:
        batch.add_column(sa.Column("limited_to", Json))
        batch.add_column(sa.Column("token_id", Identity, token))


def downgrade() -> None:
    with op.batch_alter_table("job") as batch:
        batch.drop_column("token_id")
        batch.drop_column("limited_to")
