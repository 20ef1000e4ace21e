"""Databases that are away, full, or can only be read, of both kinds, and come back."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import URL, create_engine, event

from core import database as module
from core.database import Database


@contextmanager
def away(database: Database) -> Iterator[None]:
    """Move the file, or let the server take nobody in and throw out who is there."""
    if database.engine.dialect.name == "postgresql":
        name = database.url.database
        _as_ruler(
            database.url,
            f"ALTER DATABASE {name} ALLOW_CONNECTIONS false",
            f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'",
        )
        try:
            yield
        finally:
            _as_ruler(database.url, f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")
        return
    _let_go(database)
    path = Path(str(database.url.database))
    path.rename(path.with_suffix(".away"))
    try:
        yield
    finally:
        path.with_suffix(".away").rename(path)


@contextmanager
def full(database: Database) -> Iterator[None]:
    """Let whatever needs more room be refused; PostgreSQL's error is its server's for ENOSPC."""
    if database.engine.dialect.name == "postgresql":
        refuse = "BEGIN RAISE EXCEPTION 'no space left on device' USING ERRCODE = '53100'; END"
        _run(
            database,
            f"CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $${refuse}$$",
            *(
                f"CREATE TRIGGER full_{table} BEFORE INSERT OR UPDATE ON {table}"
                " FOR EACH STATEMENT EXECUTE FUNCTION refuse()"
                for table in ("audit", "photo")
            ),
        )
        try:
            yield
        finally:
            _run(database, "DROP FUNCTION refuse() CASCADE")
        return
    event.listen(database._writing_engine, "before_cursor_execute", _refuse)
    try:
        yield
    finally:
        event.remove(database._writing_engine, "before_cursor_execute", _refuse)


def _refuse(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
    """Say what SQLite says when no page can be added to its file or its journal."""
    if statement.lstrip().startswith(("INSERT", "UPDATE", "DELETE")):
        error = sqlite3.OperationalError("database or disk is full")
        error.sqlite_errorcode = 13
        raise error


@contextmanager
def only_readable(database: Database, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Open the SQLite file as on a disk that was mounted to be read alone."""
    _let_go(database)
    monkeypatch.setattr(module, "OPENED", "ro")
    yield
    monkeypatch.setattr(module, "OPENED", "rw")
    _let_go(database)


def _let_go(database: Database) -> None:
    database.engine.dispose()
    database._writing_engine.dispose()


def _run(database: Database, *statements: str) -> None:
    for statement in statements:
        database.write(lambda s, said=statement: s.connection().exec_driver_sql(said) and None)  # type: ignore[misc]


def _as_ruler(url: URL, *statements: str) -> None:
    engine = create_engine(url.set(database="postgres"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)
    engine.dispose()
