"""How a database means to find what is asked for."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, text

from core.database import Database


def plan_by(database: Database, statement: Any, index: str) -> str:
    """Return the plan of a statement on proposals; on PostgreSQL by this index or none at all.

    There tables of a few rows are read whole, whatever indexes they have.
    """
    told = statement.compile(
        dialect=database.engine.dialect, compile_kwargs={"literal_binds": True}
    )
    with database.engine.connect() as connection:
        if database.engine.dialect.name == "postgresql":
            _leave_one_index(connection, index)
            steps = [row[0] for row in connection.execute(text(f"EXPLAIN {told}"))]
        else:
            steps = [row.detail for row in connection.execute(text(f"EXPLAIN QUERY PLAN {told}"))]
        connection.rollback()
    return " | ".join(steps)


def _leave_one_index(connection: Connection, index: str) -> None:
    """Take the others away until the next rollback."""
    connection.execute(text("SET TRANSACTION READ WRITE"))
    connection.execute(text("SET LOCAL enable_seqscan = off"))
    connection.execute(text("SET LOCAL enable_bitmapscan = off"))
    all_of_them = "SELECT indexname FROM pg_indexes WHERE tablename = 'proposal'"
    for name in connection.scalars(text(all_of_them)).all():
        if name.startswith("ix_") and name != index:
            connection.execute(text(f"DROP INDEX {name}"))
