"""Changing the audit trail in tests, as somebody would who rules the database."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from core.database import Database, make_engine


@contextmanager
def unguarded(database: Database, *, keep: bool = True) -> Iterator[Session]:
    """Give a session in which the database does not refuse changes of the trail.

    The guards are back afterwards. Without ``keep`` nothing of it stays.
    """
    engine = make_engine(database.url, writing=True)
    try:
        with Session(engine) as session:
            guards = _lift(session)
            yield session
            if keep:
                for guard in guards:
                    session.execute(text(guard))
                session.commit()
    finally:
        engine.dispose()


def tamper(database: Database, statement: str, **values: Any) -> None:
    """Run one statement in spite of the guards."""
    with unguarded(database) as session:
        session.execute(text(statement), values)


def _lift(session: Session) -> list[str]:
    """Take the guards off; return what puts them back."""
    if session.connection().dialect.name == "postgresql":
        session.execute(text("SET LOCAL session_replication_role = replica"))
        return []
    rows = session.execute(text("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")).all()
    guards = [row for row in rows if row.name.startswith("audit")]
    for row in guards:
        session.execute(text(f"DROP TRIGGER {row.name}"))
    return [row.sql for row in guards]
