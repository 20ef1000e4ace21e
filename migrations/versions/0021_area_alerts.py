"""Alerts about a campaign, a community or a circle; codes of languages longer than ``zh_CN``.

SQLite keeps no text to a length: its columns stay as they are.

Revision ID: 0021
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from core.database import Identity, LanguageCode, UtcDateTime

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

_SPOKEN = ("proposal", "draw_entry", "follow", "message")
_SHORT, _LONG = sa.String(5), sa.String(16)


def upgrade() -> None:
    if _is_postgres():
        for table in _SPOKEN:
            op.alter_column(table, "language", type_=_LONG, existing_type=_SHORT)
    op.create_table(
        "area_alert",
        sa.Column("id", Identity, primary_key=True),
        sa.Column("token", sa.String(43), nullable=False, unique=True),
        sa.Column("contact_id", Identity, sa.ForeignKey("contact.id")),
        sa.Column("device_key", sa.String(64)),
        sa.Column("campaign_id", Identity, sa.ForeignKey("campaign.id")),
        sa.Column("community_code", sa.String(40)),
        sa.Column("edition", sa.String(40), sa.ForeignKey("edition.name")),
        sa.Column("longitude", sa.Double()),
        sa.Column("latitude", sa.Double()),
        sa.Column("radius_m", sa.Integer()),
        sa.Column("label", sa.String(80), nullable=False),
        sa.Column("answers", sa.Boolean(), nullable=False),
        sa.Column("language", LanguageCode, nullable=False),
        sa.Column("base", sa.Text(), nullable=False),
        sa.Column("created", UtcDateTime(), nullable=False),
        sa.Column("confirmed", UtcDateTime()),
        sa.Column("ended", UtcDateTime()),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_area_alert_contact", "area_alert", ["contact_id"])
    op.create_index("ix_area_alert_device", "area_alert", ["device_key"])
    shown = sa.text("status = 'published'")
    op.create_index(
        "ix_proposal_published",
        "proposal",
        ["published_at"],
        sqlite_where=shown,
        postgresql_where=shown,
    )
    op.create_index("ix_step_at", "step", ["at"])


def downgrade() -> None:
    op.drop_index("ix_step_at", table_name="step")
    op.drop_index("ix_proposal_published", table_name="proposal")
    op.drop_table("area_alert")
    if _is_postgres():
        for table in _SPOKEN:
            op.execute(f"UPDATE {table} SET language = 'zh_CN' WHERE length(language) > 5")
            op.alter_column(table, "language", type_=_SHORT, existing_type=_LONG)


def _is_postgres() -> bool:
    return op.get_bind().dialect.name == "postgresql"
