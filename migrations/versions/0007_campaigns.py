"""Campaigns: drafts, phases, cover, privacy and prize rules; the record of prize draws.

Revision ID: 0007
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from core.database import Identity, Json, UtcDateTime

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

TABLES = ("draw_proposal", "draw_entry", "prize_draw")
COLUMNS = (
    "former_questions",
    "alike",
    "cover",
    "privacy",
    "prize",
    "phases",
    "published_at",
    "archived_at",
)


def upgrade() -> None:
    for name, empty in (("former_questions", "[]"), ("privacy", "{}"), ("phases", "{}")):
        op.add_column("campaign", sa.Column(name, Json, nullable=False, server_default=empty))
    op.add_column(
        "campaign", sa.Column("alike", sa.Double(), nullable=False, server_default="0.42")
    )
    op.add_column("campaign", sa.Column("cover", sa.String(32)))
    op.add_column("campaign", sa.Column("prize", Json))
    op.add_column("campaign", sa.Column("published_at", UtcDateTime()))
    op.add_column("campaign", sa.Column("archived_at", UtcDateTime()))
    # What there is has been public since it was set up, which no column tells.
    op.execute("UPDATE campaign SET published_at = '1970-01-01 00:00:00'")
    _create_draw()
    _create_draw_entry()
    _create_draw_proposal()


def downgrade() -> None:
    for table in TABLES:
        op.drop_table(table)
    with op.batch_alter_table("campaign") as batch:
        for name in COLUMNS:
            batch.drop_column(name)


def _create_draw() -> None:
    op.create_table(
        "prize_draw",
        sa.Column("id", Identity, primary_key=True),
        sa.Column(
            "campaign_id", Identity, sa.ForeignKey("campaign.id"), nullable=False, unique=True
        ),
        sa.Column("rules", Json, nullable=False),
        sa.Column("excluded", Json, nullable=False),
        sa.Column("entries", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("committed_at", UtcDateTime(), nullable=False),
        sa.Column("seed", sa.String(200)),
        sa.Column("drawn_at", UtcDateTime()),
        sqlite_autoincrement=True,
    )


def _create_draw_entry() -> None:
    op.create_table(
        "draw_entry",
        sa.Column("draw_id", Identity, sa.ForeignKey("prize_draw.id"), primary_key=True),
        sa.Column("name", sa.String(20), primary_key=True),
        sa.Column("contact_id", Identity, sa.ForeignKey("contact.id")),
        sa.Column("language", sa.String(5)),
        sa.Column("rank", sa.Integer()),
    )


def _create_draw_proposal() -> None:
    op.create_table(
        "draw_proposal",
        sa.Column("draw_id", Identity, sa.ForeignKey("prize_draw.id"), primary_key=True),
        sa.Column("proposal_id", Identity, sa.ForeignKey("proposal.id"), primary_key=True),
        sa.Column("entry", sa.String(20)),
        sa.Column("reason", sa.String(12)),
    )
    op.create_index("ix_draw_proposal_proposal_id", "draw_proposal", ["proposal_id"])
    op.create_index("ix_draw_proposal_entry", "draw_proposal", ["draw_id", "entry"])
