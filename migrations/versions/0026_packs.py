"""Packs for design firms: versions, links, downloads, questions, schemes handed back.

Revision ID: 0026
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from core.database import Geometry, Identity, Json, LanguageCode, UtcDateTime

revision = "0026"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "pack",
        sa.Column("id", Identity, primary_key=True),
        sa.Column("token", sa.String(80), nullable=False, unique=True),
        sa.Column(
            "campaign_id",
            Identity,
            sa.ForeignKey("campaign.id", ondelete="CASCADE"),
            nullable=False,
        ),
        sa.Column("origin", sa.String(12), nullable=False),
        sa.Column("topic_id", Identity, sa.ForeignKey("topic.id", ondelete="CASCADE")),
        sa.Column("scenario_id", Identity, sa.ForeignKey("scenario.id", ondelete="CASCADE")),
        sa.Column("query", sa.Text(), nullable=False),
        sa.Column("title", sa.String(120), nullable=False),
        sa.Column("system", sa.String(20), nullable=False),
        sa.Column("language", LanguageCode, nullable=False),
        sa.Column("community_code", sa.String(40)),
        sa.Column("edition", sa.String(40), sa.ForeignKey("edition.name"), nullable=False),
        sa.Column("outline", Geometry(), nullable=False),
        sa.Column("account_id", Identity, sa.ForeignKey("account.id")),
        sa.Column("by", sa.String(80), nullable=False),
        sa.Column("created", UtcDateTime(), nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "pack_version",
        sa.Column("id", Identity, primary_key=True),
        sa.Column(
            "pack_id", Identity, sa.ForeignKey("pack.id", ondelete="CASCADE"), nullable=False
        ),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("progress", sa.Double(), nullable=False),
        sa.Column("problem", sa.String(200), nullable=False),
        sa.Column("file", sa.String(80), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("manifest", Json, nullable=False),
        sa.Column("counted", Json, nullable=False),
        sa.Column("held", Json, nullable=False),
        sa.Column("runner", sa.String(32)),
        sa.Column("lease", UtcDateTime()),
        sa.Column("account_id", Identity, sa.ForeignKey("account.id")),
        sa.Column("by", sa.String(80), nullable=False),
        sa.Column("created", UtcDateTime(), nullable=False),
        sa.Column("ended", UtcDateTime()),
        sa.UniqueConstraint("pack_id", "number"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "pack_link",
        sa.Column("id", Identity, primary_key=True),
        sa.Column(
            "pack_id", Identity, sa.ForeignKey("pack.id", ondelete="CASCADE"), nullable=False
        ),
        sa.Column("firm", sa.String(80), nullable=False),
        sa.Column("token_hash", sa.String(64), nullable=False, unique=True),
        sa.Column("sealed", sa.Text(), nullable=False),
        sa.Column("contact_id", Identity, sa.ForeignKey("contact.id", ondelete="SET NULL")),
        sa.Column("firm_account_id", Identity, sa.ForeignKey("account.id")),
        sa.Column("language", LanguageCode, nullable=False),
        sa.Column("base", sa.Text(), nullable=False),
        sa.Column("expires", UtcDateTime(), nullable=False),
        sa.Column("revoked", UtcDateTime()),
        sa.Column("accepted", UtcDateTime()),
        sa.Column("accepted_by", sa.String(80), nullable=False),
        sa.Column("terms", sa.String(64), nullable=False),
        sa.Column("account_id", Identity, sa.ForeignKey("account.id")),
        sa.Column("by", sa.String(80), nullable=False),
        sa.Column("created", UtcDateTime(), nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "pack_download",
        sa.Column("id", Identity, primary_key=True),
        sa.Column(
            "link_id", Identity, sa.ForeignKey("pack_link.id", ondelete="CASCADE"), nullable=False
        ),
        sa.Column(
            "version_id",
            Identity,
            sa.ForeignKey("pack_version.id", ondelete="CASCADE"),
            nullable=False,
        ),
        sa.Column("at", UtcDateTime(), nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "pack_question",
        sa.Column("id", Identity, primary_key=True),
        sa.Column(
            "link_id", Identity, sa.ForeignKey("pack_link.id", ondelete="CASCADE"), nullable=False
        ),
        sa.Column("token", sa.String(80), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("asked", UtcDateTime(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("account_id", Identity, sa.ForeignKey("account.id")),
        sa.Column("by", sa.String(80), nullable=False),
        sa.Column("answered", UtcDateTime()),
        sa.UniqueConstraint("link_id", "token"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "pack_scheme",
        sa.Column("id", Identity, primary_key=True),
        sa.Column(
            "link_id", Identity, sa.ForeignKey("pack_link.id", ondelete="CASCADE"), nullable=False
        ),
        sa.Column("topic_id", Identity, sa.ForeignKey("topic.id", ondelete="CASCADE")),
        sa.Column("layer_id", Identity, sa.ForeignKey("uploaded_layer.id")),
        sa.Column("token", sa.String(80), nullable=False),
        sa.Column("file_name", sa.String(200), nullable=False),
        sa.Column("file", sa.String(80), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("crs", sa.Text(), nullable=False),
        sa.Column("features", sa.Integer(), nullable=False),
        sa.Column("away_m", sa.Double()),
        sa.Column("area_m2", sa.Double()),
        sa.Column("length_m", sa.Double()),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("word", sa.Text(), nullable=False),
        sa.Column("account_id", Identity, sa.ForeignKey("account.id")),
        sa.Column("by", sa.String(80), nullable=False),
        sa.Column("sent", UtcDateTime(), nullable=False),
        sa.Column("decided", UtcDateTime()),
        sa.UniqueConstraint("link_id", "token"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_pack_campaign_id", "pack", ["campaign_id"])
    op.create_index("ix_pack_version_state", "pack_version", ["state", "id"])
    op.create_index("ix_pack_link_pack_id", "pack_link", ["pack_id"])
    op.create_index("ix_pack_download_link_id", "pack_download", ["link_id"])
    op.create_index("ix_pack_question_link_id", "pack_question", ["link_id"])
    op.create_index("ix_pack_scheme_link_id", "pack_scheme", ["link_id"])


def downgrade() -> None:
    op.drop_table("pack_scheme")
    op.drop_table("pack_question")
    op.drop_table("pack_download")
    op.drop_table("pack_link")
    op.drop_table("pack_version")
    op.drop_table("pack")
