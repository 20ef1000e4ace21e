"""The audit trail: append-only, sealed.

A change of what stands in the trail is refused by the database itself; who can switch that off is
found out by the chain of seals (``people/audit/hash_chain.py``).

Revision ID: 0004
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from core.database import Identity, UtcDateTime

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

GUARDED = ("audit", "audit_seal")
ACCOUNT = sa.text("account_id IS NOT NULL")


def upgrade() -> None:
    _create_seal()
    # Partial: what residents send, nearly all of the trail, costs nothing by it.
    op.create_index(
        "ix_audit_account_id_id",
        "audit",
        ["account_id", "id"],
        sqlite_where=ACCOUNT,
        postgresql_where=ACCOUNT,
    )
    for statement in _guards():
        op.execute(statement)


def downgrade() -> None:
    for statement in _no_guards():
        op.execute(statement)
    op.drop_index("ix_audit_account_id_id", "audit")
    op.drop_table("audit_seal")


def _create_seal() -> None:
    op.create_table(
        "audit_seal",
        sa.Column("id", Identity, primary_key=True, autoincrement=False),
        sa.Column("first_id", Identity, nullable=False),
        sa.Column("last_id", Identity, nullable=False),
        sa.Column("entries", sa.Integer(), nullable=False),
        sa.Column("marks", sa.LargeBinary(), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False, unique=True),
        sa.Column("at", UtcDateTime(), nullable=False),
    )


def _guards() -> list[str]:
    if op.get_bind().dialect.name == "postgresql":
        return [_FUNCTION, *(_POSTGRES.format(table=table) for table in GUARDED)]
    return [
        statement.format(table=table, verb=verb, when=when)
        for table in GUARDED
        for verb, when, statement in (
            ("update", "", _SQLITE),
            ("delete", "", _SQLITE),
            # INSERT OR REPLACE removes a row without asking the trigger of DELETE.
            ("insert", f"WHEN EXISTS (SELECT 1 FROM {table} WHERE id = NEW.id) ", _SQLITE),
        )
    ]


def _no_guards() -> list[str]:
    if op.get_bind().dialect.name == "postgresql":
        drops = [f"DROP TRIGGER {table}_append_only ON {table}" for table in GUARDED]
        return [*drops, "DROP FUNCTION refuse_change()"]
    verbs = ("update", "delete", "insert")
    return [f"DROP TRIGGER {table}_no_{verb}" for table in GUARDED for verb in verbs]


_FUNCTION = """
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$
"""
_POSTGRES = (
    "CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
    "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
)
_SQLITE = (
    "CREATE TRIGGER {table}_no_{verb} BEFORE {verb} ON {table} {when}"
    "BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
)
