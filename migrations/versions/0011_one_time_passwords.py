"""Passwords for the first sign-in run out.

Those that were given before and never changed get three days from now: whoever was promised one
yesterday still comes in, and none of them holds for ever.

Revision ID: 0011
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import sqlalchemy as sa
from alembic import op

from core.database import UtcDateTime

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

GIVEN_BEFORE = timedelta(hours=72)


def upgrade() -> None:
    op.add_column("account", sa.Column("password_until", UtcDateTime()))
    account = sa.table(
        "account",
        sa.column("must_change", sa.Boolean()),
        sa.column("password_hash", sa.String()),
        sa.column("password_until", UtcDateTime()),
    )
    waiting = account.c.must_change.is_(True) & account.c.password_hash.is_not(None)
    until = datetime.now(UTC) + GIVEN_BEFORE
    op.execute(account.update().where(waiting).values(password_until=until))


def downgrade() -> None:
    with op.batch_alter_table("account") as batch:
        batch.drop_column("password_until")
