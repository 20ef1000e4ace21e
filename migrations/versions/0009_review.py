"""The review: site observations, topics with what was in them, saved views; an index by community.

Revision ID: 0009
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from core.database import Geometry, Identity, Json, UtcDateTime

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

BY_COMMUNITY = ["campaign_id", "status", "community_code", "category", "stage"]


def upgrade() -> None:
    op.create_index("ix_proposal_community", "proposal", BY_COMMUNITY)
    _create_observation()
    _create_topic()
    _create_saved_view()


def downgrade() -> None:
    for table in ("saved_view", "topic_proposal", "topic", "observation"):
        op.drop_table(table)
    op.drop_index("ix_proposal_community", "proposal")


def _campaign() -> sa.Column:
    return sa.Column("campaign_id", Identity, sa.ForeignKey("campaign.id"), nullable=False)


def _who() -> tuple[sa.Column, ...]:
    return (
        sa.Column("account_id", Identity, sa.ForeignKey("account.id")),
        sa.Column("by", sa.String(80), nullable=False),
        sa.Column("created", UtcDateTime(), nullable=False),
    )


def _create_observation() -> None:
    op.create_table(
        "observation",
        sa.Column("id", Identity, primary_key=True),
        sa.Column("token", sa.String(80), nullable=False, unique=True),
        _campaign(),
        sa.Column("longitude", sa.Double(), nullable=False),
        sa.Column("latitude", sa.Double(), nullable=False),
        sa.Column("community_code", sa.String(40)),
        sa.Column("edition", sa.String(40), sa.ForeignKey("edition.name"), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("counts", Json, nullable=False),
        sa.Column("observed_at", UtcDateTime(), nullable=False),
        sa.Column("photo", sa.String(32)),
        *_who(),
        sa.Column("removed", UtcDateTime()),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "ix_observation_campaign_id", "observation", ["campaign_id", "latitude", "longitude"]
    )


def _create_topic() -> None:
    op.create_table(
        "topic",
        sa.Column("id", Identity, primary_key=True),
        sa.Column("token", sa.String(80), nullable=False, unique=True),
        _campaign(),
        sa.Column("title", sa.String(120), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("hotspot_id", sa.String(24), nullable=False),
        sa.Column("query", sa.Text(), nullable=False),
        sa.Column("figures", Json, nullable=False),
        sa.Column("community_code", sa.String(40)),
        sa.Column("edition", sa.String(40), sa.ForeignKey("edition.name"), nullable=False),
        _geometry("outline"),
        *_who(),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_topic_campaign_id", "topic", ["campaign_id", "hotspot_id"])
    op.create_table(
        "topic_proposal",
        sa.Column("topic_id", Identity, sa.ForeignKey("topic.id"), primary_key=True),
        sa.Column("proposal_id", Identity, sa.ForeignKey("proposal.id"), primary_key=True),
    )
    op.create_index("ix_topic_proposal_proposal_id", "topic_proposal", ["proposal_id"])


def _geometry(name: str) -> sa.Column:
    return sa.Column(name, Geometry(), nullable=False)


def _create_saved_view() -> None:
    op.create_table(
        "saved_view",
        sa.Column("id", Identity, primary_key=True),
        _campaign(),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("query", sa.Text(), nullable=False),
        *_who(),
        sa.Column("removed", UtcDateTime()),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_saved_view_campaign_id", "saved_view", ["campaign_id"])
