"""The residents' side: shapes, answers, photos, comments, reports, steps, follows, the post.

Revision ID: 0002
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from core.database import Identity, Json, UtcDateTime

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

FILED = sa.text("receipt IS NOT NULL")
INDEXES = {
    "newest": ["campaign_id", "status", "created", "id"],
    "supported": ["campaign_id", "status", "supports", "id"],
    "author": ["author_key", "created"],
}


def _proposal_columns() -> tuple[sa.Column, ...]:
    return (
        sa.Column("length_m", sa.Double()),
        sa.Column("area_m2", sa.Double()),
        sa.Column("answers", Json, nullable=False, server_default="{}"),
        sa.Column("entry", sa.String(10), nullable=False, server_default="self"),
        sa.Column("entered_by", sa.String(64)),
        sa.Column("language", sa.String(5)),
        sa.Column(
            "contact_id",
            Identity,
            sa.ForeignKey("contact.id", name="fk_proposal_contact_id_contact"),
        ),
        sa.Column("text_digest", sa.String(64)),
        sa.Column("held_reason", sa.String(20)),
        sa.Column("stage", sa.String(10)),
        sa.Column("published_at", UtcDateTime()),
    )


def _campaign_columns() -> tuple[sa.Column, ...]:
    return (
        sa.Column("geometry_kinds", Json, nullable=False, server_default='["point"]'),
        sa.Column("facility", Json),
        sa.Column("asks_contact", sa.Boolean(), nullable=False, server_default=sa.true()),
        sa.Column("max_photos", sa.Integer(), nullable=False, server_default="3"),
    )


def upgrade() -> None:
    _create_post()
    _widen_campaign()
    _widen_proposal()
    _create_photo()
    _create_comment()
    _create_report()
    _create_step()
    _create_follow()


def downgrade() -> None:
    for table in ("follow", "step", "report", "comment", "photo"):
        op.drop_table(table)
    for index in (*INDEXES, "text_digest"):
        op.drop_index(f"ix_proposal_{index}", "proposal")
    with op.batch_alter_table("proposal") as batch:
        for column in reversed(_proposal_columns()):
            batch.drop_column(column.name)
    if _on_postgres():
        op.execute("DELETE FROM proposal WHERE GeometryType(geometry) <> 'POINT'")
        op.execute("ALTER TABLE proposal ALTER COLUMN geometry TYPE geometry(POINT, 4326)")
    with op.batch_alter_table("campaign") as batch:
        for column in reversed(_campaign_columns()):
            batch.drop_column(column.name)
    op.drop_table("message")
    op.drop_table("contact")


def _on_postgres() -> bool:
    return op.get_context().dialect.name == "postgresql"


def _create_post() -> None:
    op.create_table(
        "contact",
        sa.Column("id", Identity, primary_key=True),
        sa.Column("kind", sa.String(5), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("lookup", sa.String(64), nullable=False, unique=True),
        sa.Column("created", UtcDateTime(), nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "message",
        sa.Column("id", Identity, primary_key=True),
        sa.Column("key", sa.String(120), nullable=False, unique=True),
        sa.Column("contact_id", Identity, sa.ForeignKey("contact.id"), nullable=False),
        sa.Column("template", sa.String(30), nullable=False),
        sa.Column("params", Json, nullable=False),
        sa.Column("language", sa.String(5), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("due", UtcDateTime(), nullable=False),
        sa.Column("created", UtcDateTime(), nullable=False),
        sa.Column("sent", UtcDateTime()),
        sa.Column("problem", sa.Text()),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_message_due", "message", ["state", "due"])


def _widen_campaign() -> None:
    with op.batch_alter_table("campaign") as batch:
        for column in _campaign_columns():
            batch.add_column(column)
    with op.batch_alter_table("campaign") as batch:
        for column in _campaign_columns():
            if column.server_default is not None:
                batch.alter_column(column.name, server_default=None)


def _widen_proposal() -> None:
    if _on_postgres():
        op.execute("ALTER TABLE proposal ALTER COLUMN geometry TYPE geometry(GEOMETRY, 4326)")
    with op.batch_alter_table("proposal") as batch:
        for column in _proposal_columns():
            batch.add_column(column)
    op.execute("UPDATE proposal SET entry = 'import' WHERE receipt IS NULL")
    op.execute("UPDATE proposal SET published_at = created WHERE status = 'published'")
    op.execute("UPDATE proposal SET held_reason = 'outside' WHERE status = 'held'")
    with op.batch_alter_table("proposal") as batch:
        for name in ("answers", "entry"):
            batch.alter_column(name, server_default=None)
    for name, columns in INDEXES.items():
        op.create_index(f"ix_proposal_{name}", "proposal", columns)
    op.create_index(
        "ix_proposal_text_digest",
        "proposal",
        ["text_digest", "created"],
        sqlite_where=FILED,
        postgresql_where=FILED,
    )


def _create_photo() -> None:
    op.create_table(
        "photo",
        sa.Column("id", Identity, primary_key=True),
        sa.Column("name", sa.String(32), nullable=False, unique=True),
        sa.Column("proposal_id", Identity, sa.ForeignKey("proposal.id")),
        sa.Column("owner_key", sa.String(64), nullable=False),
        sa.Column("status", sa.String(10), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("created", UtcDateTime(), nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_photo_proposal_id", "photo", ["proposal_id"])
    op.create_index("ix_photo_owner", "photo", ["owner_key", "created"])
    op.create_index("ix_photo_status", "photo", ["status", "created"])


def _create_comment() -> None:
    op.create_table(
        "comment",
        sa.Column("id", Identity, primary_key=True),
        sa.Column("public_id", sa.String(8), nullable=False, unique=True),
        sa.Column("proposal_id", Identity, sa.ForeignKey("proposal.id"), nullable=False),
        sa.Column("author_key", sa.String(64), nullable=False),
        sa.Column("client_token", sa.String(80), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("status", sa.String(10), nullable=False),
        sa.Column("created", UtcDateTime(), nullable=False),
        sa.Column("updated", UtcDateTime(), nullable=False),
        sa.UniqueConstraint("proposal_id", "author_key", "client_token"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_comment_status", "comment", ["status", "created"])


def _create_report() -> None:
    op.create_table(
        "report",
        sa.Column("id", Identity, primary_key=True),
        sa.Column("subject", sa.String(20), nullable=False),
        sa.Column("proposal_id", Identity, sa.ForeignKey("proposal.id"), nullable=False),
        sa.Column("comment_id", Identity, sa.ForeignKey("comment.id")),
        sa.Column("reporter_key", sa.String(64), nullable=False),
        sa.Column("reason", sa.String(12), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("created", UtcDateTime(), nullable=False),
        sa.Column("settled", UtcDateTime()),
        sa.UniqueConstraint("subject", "reporter_key"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_report_proposal_id", "report", ["proposal_id"])


def _create_step() -> None:
    op.create_table(
        "step",
        sa.Column("id", Identity, primary_key=True),
        sa.Column("proposal_id", Identity, sa.ForeignKey("proposal.id"), nullable=False),
        sa.Column("stage", sa.String(10), nullable=False),
        sa.Column("reply", sa.Text(), nullable=False),
        sa.Column("by", sa.String(80), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_step_proposal_id", "step", ["proposal_id", "at"])


def _create_follow() -> None:
    op.create_table(
        "follow",
        sa.Column("id", Identity, primary_key=True),
        sa.Column("proposal_id", Identity, sa.ForeignKey("proposal.id"), nullable=False),
        sa.Column("contact_id", Identity, sa.ForeignKey("contact.id")),
        sa.Column("device_key", sa.String(64)),
        sa.Column("token", sa.String(43), nullable=False, unique=True),
        sa.Column("language", sa.String(5), nullable=False),
        sa.Column("created", UtcDateTime(), nullable=False),
        sa.Column("confirmed", UtcDateTime()),
        sa.Column("ended", UtcDateTime()),
        sa.UniqueConstraint("proposal_id", "contact_id"),
        sa.UniqueConstraint("proposal_id", "device_key"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_follow_device", "follow", ["device_key"])
