"""Layers that staff upload, with their features.

Revision ID: 0010
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from core.database import Geometry, Identity, Json, UtcDateTime

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _create_layer()
    _create_feature()


def downgrade() -> None:
    op.drop_table("uploaded_feature")
    op.drop_table("uploaded_layer")


def _create_layer() -> None:
    op.create_table(
        "uploaded_layer",
        sa.Column("id", Identity, primary_key=True),
        sa.Column("token", sa.String(80), nullable=False, unique=True),
        sa.Column("subdistrict", sa.String(40), nullable=False),
        sa.Column("title_zh", sa.String(80), nullable=False),
        sa.Column("title_en", sa.String(120), nullable=False),
        sa.Column("use", sa.String(20), nullable=False),
        sa.Column("shown", sa.String(12), nullable=False),
        sa.Column("schematic", sa.Boolean(), nullable=False),
        sa.Column("colour", sa.String(7), nullable=False),
        sa.Column("name_field", sa.String(80), nullable=False),
        sa.Column("fields", Json, nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("file_name", sa.String(200), nullable=False),
        sa.Column("file_layer", sa.String(200), nullable=False),
        sa.Column("crs", sa.Text(), nullable=False),
        sa.Column("encoding", sa.String(20), nullable=False),
        sa.Column("features", sa.Integer(), nullable=False),
        sa.Column("repaired", sa.Integer(), nullable=False),
        sa.Column("left_out", Json, nullable=False),
        *(sa.Column(name, sa.Double(), nullable=False) for name in _BOX),
        sa.Column("fingerprint", sa.String(64), nullable=False),
        sa.Column("account_id", Identity, sa.ForeignKey("account.id")),
        sa.Column("by", sa.String(80), nullable=False),
        sa.Column("created", UtcDateTime(), nullable=False),
        sa.Column("updated", UtcDateTime(), nullable=False),
        sa.Column("removed", UtcDateTime()),
        sqlite_autoincrement=True,
    )


_BOX = ("west", "south", "east", "north")


def _create_feature() -> None:
    op.create_table(
        "uploaded_feature",
        sa.Column(
            "layer_id",
            Identity,
            sa.ForeignKey("uploaded_layer.id"),
            primary_key=True,
            autoincrement=False,
        ),
        sa.Column("number", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("properties", Json, nullable=False),
        sa.Column("geometry", Geometry(), nullable=False),
    )
    if op.get_bind().dialect.name == "postgresql":
        op.create_index(
            "ix_uploaded_feature_geometry",
            "uploaded_feature",
            ["geometry"],
            postgresql_using="gist",
        )
