"""Campaigns, communities by edition, proposals, supports, the audit trail.

Revision ID: 0001
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from core.database import Geometry, Identity, Json, UtcDateTime

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

IMPORTED, FILED = sa.text("receipt IS NULL"), sa.text("receipt IS NOT NULL")


def upgrade() -> None:
    if _on_postgres():
        op.execute("CREATE EXTENSION IF NOT EXISTS postgis")
    _create_audit()
    _create_communities()
    _create_campaign()
    _create_proposal()
    _create_support()


def downgrade() -> None:
    for table in ("support", "proposal", "campaign", "community", "edition", "audit"):
        op.drop_table(table)


def _on_postgres() -> bool:
    return op.get_context().dialect.name == "postgresql"


def _create_audit() -> None:
    op.create_table(
        "audit",
        sa.Column("id", Identity, primary_key=True),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("actor_key", sa.String(64)),
        sa.Column("action", sa.String(40), nullable=False),
        sa.Column("campaign_id", Identity),
        sa.Column("proposal_id", Identity),
        sa.Column("details", Json, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_audit_campaign_id_id", "audit", ["campaign_id", "id"])
    op.create_index("ix_audit_proposal_id", "audit", ["proposal_id"])


def _create_communities() -> None:
    op.create_table(
        "edition",
        sa.Column("name", sa.String(40), primary_key=True),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("schematic", sa.Boolean(), nullable=False),
        sa.Column("loaded_at", UtcDateTime(), nullable=False),
        sa.Column("fingerprint", sa.String(64), nullable=False),
    )
    op.create_table(
        "community",
        sa.Column("code", sa.String(40), primary_key=True),
        sa.Column("edition", sa.String(40), sa.ForeignKey("edition.name"), primary_key=True),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("name_en", sa.String(200)),
        sa.Column("subdistrict", sa.String(100)),
        sa.Column("population", sa.Integer()),
        sa.Column("geometry", Geometry(), nullable=False),
    )
    op.create_index("ix_community_edition", "community", ["edition"])
    if _on_postgres():
        op.create_index("ix_community_geometry", "community", ["geometry"], postgresql_using="gist")


def _create_campaign() -> None:
    op.create_table(
        "campaign",
        sa.Column("id", Identity, primary_key=True),
        sa.Column("slug", sa.String(60), nullable=False, unique=True),
        sa.Column("theme", sa.String(60), nullable=False),
        sa.Column("texts", Json, nullable=False),
        sa.Column("categories", Json, nullable=False),
        sa.Column("questions", Json, nullable=False),
        sa.Column("opens_at", UtcDateTime(), nullable=False),
        sa.Column("closes_at", UtcDateTime(), nullable=False),
        sa.Column("area", Geometry(), nullable=False),
        sa.Column("edition", sa.String(40), sa.ForeignKey("edition.name"), nullable=False),
        sa.Column("publish_on_filing", sa.Boolean(), nullable=False),
        sa.Column("max_text_length", sa.Integer(), nullable=False),
        sqlite_autoincrement=True,
    )


def _create_proposal() -> None:
    op.create_table(
        "proposal",
        sa.Column("id", Identity, primary_key=True),
        sa.Column("public_id", sa.String(8), nullable=False, unique=True),
        sa.Column("receipt", sa.String(12)),
        sa.Column("campaign_id", Identity, sa.ForeignKey("campaign.id"), nullable=False),
        sa.Column("client_token", sa.String(80), nullable=False),
        sa.Column("category", sa.String(40), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("relation", sa.String(10), nullable=False),
        sa.Column("author_key", sa.String(64)),
        sa.Column("placed_by", sa.String(10), nullable=False),
        sa.Column("accuracy_m", sa.Double()),
        sa.Column("raw_x", sa.Double(), nullable=False),
        sa.Column("raw_y", sa.Double(), nullable=False),
        sa.Column("raw_crs", sa.String(40), nullable=False),
        sa.Column("longitude", sa.Double(), nullable=False),
        sa.Column("latitude", sa.Double(), nullable=False),
        sa.Column("geometry", Geometry("POINT"), nullable=False),
        sa.Column("status", sa.String(10), nullable=False),
        sa.Column("community_code", sa.String(40)),
        sa.Column("edition", sa.String(40), sa.ForeignKey("edition.name"), nullable=False),
        sa.Column("supports", sa.Integer(), nullable=False),
        sa.Column("created", UtcDateTime(), nullable=False),
        sa.Column("updated", UtcDateTime(), nullable=False),
        sa.UniqueConstraint("campaign_id", "author_key", "client_token"),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "uq_proposal_receipt",
        "proposal",
        ["receipt"],
        unique=True,
        sqlite_where=FILED,
        postgresql_where=FILED,
    )
    op.create_index(
        "uq_proposal_imported",
        "proposal",
        ["campaign_id", "client_token"],
        unique=True,
        sqlite_where=IMPORTED,
        postgresql_where=IMPORTED,
    )
    op.create_index("ix_proposal_state", "proposal", ["campaign_id", "status", "category"])
    if _on_postgres():
        op.create_index("ix_proposal_geometry", "proposal", ["geometry"], postgresql_using="gist")


def _create_support() -> None:
    op.create_table(
        "support",
        sa.Column("proposal_id", Identity, sa.ForeignKey("proposal.id"), primary_key=True),
        sa.Column("supporter_key", sa.String(64), primary_key=True),
        sa.Column("at", UtcDateTime(), nullable=False),
    )
