"""Duplicates and merges, bulk jobs, reply templates.

Revision ID: 0006
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from core.database import Identity, Json, UtcDateTime

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

TABLES = ("job_item", "job", "reply_template", "not_duplicate", "merge")
MERGED = sa.text("merged_into IS NOT NULL")
IN_FORCE = sa.text("undone IS NULL")
SEPARATE = """
    UPDATE proposal SET merged_into = NULL, (status, held_reason) = (
        SELECT former_status, former_held_reason FROM merge
        WHERE merge.proposal_id = proposal.id AND merge.undone IS NULL
    ) WHERE status = 'merged'
"""


def upgrade() -> None:
    merged_into = sa.ForeignKey("proposal.id", name="fk_proposal_merged_into_proposal")
    with op.batch_alter_table("proposal") as batch:
        batch.add_column(sa.Column("merged_into", Identity, merged_into))
    op.create_index(
        "ix_proposal_merged_into",
        "proposal",
        ["merged_into"],
        sqlite_where=MERGED,
        postgresql_where=MERGED,
    )
    op.create_index("ix_proposal_place", "proposal", ["campaign_id", "latitude", "longitude"])
    op.add_column("photo", sa.Column("phash", sa.String(16)))
    _create_merge()
    _create_not_duplicate()
    _create_reply_template()
    _create_job()


def downgrade() -> None:
    op.execute(SEPARATE)
    for table in TABLES:
        op.drop_table(table)
    with op.batch_alter_table("photo") as batch:
        batch.drop_column("phash")
    for index in ("ix_proposal_place", "ix_proposal_merged_into"):
        op.drop_index(index, "proposal")
    with op.batch_alter_table("proposal") as batch:
        batch.drop_column("merged_into")


def _reference(
    table: str, name: str = "", *, nullable: bool = False, key: bool = False
) -> sa.Column:
    column = name or f"{table}_id"
    return sa.Column(
        column, Identity, sa.ForeignKey(f"{table}.id"), nullable=nullable, primary_key=key
    )


def _create_merge() -> None:
    op.create_table(
        "merge",
        sa.Column("id", Identity, primary_key=True),
        _reference("proposal"),
        _reference("proposal", "kept_id"),
        sa.Column("former_status", sa.String(10), nullable=False),
        sa.Column("former_held_reason", sa.String(20)),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("undone", UtcDateTime()),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_merge_kept_id", "merge", ["kept_id"])
    op.create_index(
        "uq_merge_in_force",
        "merge",
        ["proposal_id"],
        unique=True,
        sqlite_where=IN_FORCE,
        postgresql_where=IN_FORCE,
    )


def _create_not_duplicate() -> None:
    op.create_table(
        "not_duplicate",
        _reference("proposal", "first_id", key=True),
        _reference("proposal", "second_id", key=True),
        sa.Column("at", UtcDateTime(), nullable=False),
    )
    op.create_index("ix_not_duplicate_second_id", "not_duplicate", ["second_id"])


def _create_reply_template() -> None:
    op.create_table(
        "reply_template",
        sa.Column("id", Identity, primary_key=True),
        _reference("campaign", nullable=True),
        sa.Column("subdistrict", sa.String(20), nullable=False),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("stage", sa.String(10), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("created", UtcDateTime(), nullable=False),
        sa.Column("updated", UtcDateTime(), nullable=False),
        sa.Column("removed", UtcDateTime()),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_reply_template_campaign_id", "reply_template", ["campaign_id"])


def _create_job() -> None:
    op.create_table(
        "job",
        sa.Column("id", Identity, primary_key=True),
        sa.Column("token", sa.String(80), nullable=False, unique=True),
        sa.Column("action", sa.String(20), nullable=False),
        _reference("campaign"),
        _reference("account", nullable=True),
        sa.Column("by", sa.String(80), nullable=False),
        sa.Column("grants", Json, nullable=False),
        sa.Column("selection", Json, nullable=False),
        sa.Column("params", Json, nullable=False),
        _reference("job", "undoes_id", nullable=True),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("created", UtcDateTime(), nullable=False),
        sa.Column("ended", UtcDateTime()),
        sa.Column("runner", sa.String(32)),
        sa.Column("lease", UtcDateTime()),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_job_state", "job", ["state", "id"])
    op.create_index("ix_job_campaign_id", "job", ["campaign_id", "id"])
    op.create_table(
        "job_item",
        _reference("job", key=True),
        _reference("proposal", key=True),
        sa.Column("seen", UtcDateTime(), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("problem", sa.String(200)),
    )
    op.create_index("ix_job_item_state", "job_item", ["job_id", "state", "proposal_id"])
