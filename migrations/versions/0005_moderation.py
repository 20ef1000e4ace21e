"""Moderation: changes with what was before, blurred photos, notes, assignments, doubts.

Revision ID: 0005
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from core.database import Identity, Json, UtcDateTime

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

BROUGHT = sa.text("import_key IS NOT NULL")
TABLES = (
    "dismissed_doubt",
    "assignment",
    "mention",
    "note",
    "photo_version",
    "change",
)


def upgrade() -> None:
    op.add_column("proposal", sa.Column("import_key", sa.String(12)))
    op.create_index(
        "ix_proposal_import_key",
        "proposal",
        ["import_key", "id"],
        sqlite_where=BROUGHT,
        postgresql_where=BROUGHT,
    )
    op.add_column("photo", sa.Column("file", sa.String(32)))
    _create_change()
    _create_photo_version()
    _create_note()
    _create_assignment()
    _create_dismissed_doubt()


def downgrade() -> None:
    for table in TABLES:
        op.drop_table(table)
    with op.batch_alter_table("photo") as batch:
        batch.drop_column("file")
    op.drop_index("ix_proposal_import_key", "proposal")
    with op.batch_alter_table("proposal") as batch:
        batch.drop_column("import_key")


def _reference(table: str, name: str = "", *, nullable: bool = False) -> sa.Column:
    column = name or f"{table}_id"
    return sa.Column(column, Identity, sa.ForeignKey(f"{table}.id"), nullable=nullable)


def _create_change() -> None:
    op.create_table(
        "change",
        sa.Column("id", Identity, primary_key=True),
        _reference("proposal"),
        sa.Column("at", UtcDateTime(), nullable=False),
        _reference("account", nullable=True),
        sa.Column("by", sa.String(80), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("before", Json, nullable=False),
        sa.Column("after", Json, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("batch", sa.String(40)),
        _reference("change", "undoes", nullable=True),
        sa.Column("undone", UtcDateTime()),
        sa.Column("undone_by", sa.String(80)),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_change_proposal_id", "change", ["proposal_id", "id"])
    op.create_index("ix_change_batch", "change", ["batch", "proposal_id"])


def _create_photo_version() -> None:
    op.create_table(
        "photo_version",
        sa.Column("name", sa.String(32), primary_key=True),
        _reference("photo"),
        sa.Column("created", UtcDateTime(), nullable=False),
    )
    op.create_index("ix_photo_version_photo_id", "photo_version", ["photo_id"])


def _create_note() -> None:
    op.create_table(
        "note",
        sa.Column("id", Identity, primary_key=True),
        _reference("proposal"),
        _reference("account"),
        sa.Column("by", sa.String(80), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("created", UtcDateTime(), nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_note_proposal_id", "note", ["proposal_id", "id"])
    op.create_table(
        "mention",
        sa.Column("note_id", Identity, sa.ForeignKey("note.id"), primary_key=True),
        sa.Column("account_id", Identity, sa.ForeignKey("account.id"), primary_key=True),
        sa.Column("seen", UtcDateTime()),
    )
    op.create_index("ix_mention_account_id", "mention", ["account_id", "seen", "note_id"])


def _create_assignment() -> None:
    op.create_table(
        "assignment",
        sa.Column("id", Identity, primary_key=True),
        _reference("proposal"),
        _reference("account"),
        _reference("account", "given_by", nullable=True),
        sa.Column("by", sa.String(80), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("due", UtcDateTime()),
        sa.Column("created", UtcDateTime(), nullable=False),
        sa.Column("done", UtcDateTime()),
        sa.Column("done_by", sa.String(80)),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_assignment_account_id", "assignment", ["account_id", "done", "due"])
    op.create_index("ix_assignment_proposal_id", "assignment", ["proposal_id"])
    op.create_index("ix_assignment_due", "assignment", ["done", "due"])


def _create_dismissed_doubt() -> None:
    op.create_table(
        "dismissed_doubt",
        sa.Column("campaign_id", Identity, sa.ForeignKey("campaign.id"), primary_key=True),
        sa.Column("key", sa.String(120), primary_key=True),
        sa.Column("by", sa.String(80), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
    )
