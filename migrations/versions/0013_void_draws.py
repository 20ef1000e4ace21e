"""A published prize draw can be declared void, and another list follow it.

Going back removes what was declared void, as there was one draw a campaign.

Revision ID: 0013
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from core.database import UtcDateTime

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

STANDS = sa.text("voided_at IS NULL")
ONE_EACH = "uq_prize_draw_campaign_id"
VOID = "SELECT id FROM prize_draw WHERE voided_at IS NOT NULL"


def upgrade() -> None:
    with op.batch_alter_table("prize_draw") as batch:
        batch.add_column(sa.Column("voided_at", UtcDateTime()))
        batch.add_column(sa.Column("void_reason", sa.String(500)))
        batch.drop_constraint(ONE_EACH, type_="unique")
    op.create_index("ix_prize_draw_campaign_id", "prize_draw", ["campaign_id"])
    op.create_index(
        "ix_prize_draw_in_force",
        "prize_draw",
        ["campaign_id"],
        unique=True,
        sqlite_where=STANDS,
        postgresql_where=STANDS,
    )


def downgrade() -> None:
    for table in ("draw_proposal", "draw_entry"):
        op.execute(f"DELETE FROM {table} WHERE draw_id IN ({VOID})")
    op.execute("DELETE FROM prize_draw WHERE voided_at IS NOT NULL")
    op.drop_index("ix_prize_draw_in_force", "prize_draw")
    op.drop_index("ix_prize_draw_campaign_id", "prize_draw")
    with op.batch_alter_table("prize_draw") as batch:
        batch.drop_column("void_reason")
        batch.drop_column("voided_at")
        batch.create_unique_constraint(ONE_EACH, ["campaign_id"])
