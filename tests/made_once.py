"""What costs the same in hundreds of tests is made once: engines, filled files, readers of themes.

A new engine has a new dialect, and with it forgets how each statement is written in SQL; on PostGIS
its connections have to load PostGIS anew. That took a fifth of the tests' time. What a test is told
of a database stays as it is: files, transactions, settings of connections.
"""

from __future__ import annotations

import atexit
import fcntl
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import URL, Engine
from sqlalchemy.dialects import registry
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite

from analysis.themes import training
from analysis.themes.labelled_texts import Example
from analysis.themes.taxonomy import Taxonomy
from analysis.themes.theme_reader import ThemeReader, train
from core import database as database_module
from core.database import Database, make_engine, migrate, normalise_url
from data.load import load_demo


class OneSqlite(SQLiteDialect_pysqlite):
    """The dialect of SQLite, the same for all engines of a process."""

    supports_statement_cache = True
    _the_one: OneSqlite | None = None
    _known = False

    def __new__(cls, *_args: Any, **_options: Any) -> OneSqlite:
        if cls._the_one is None:
            cls._the_one = super().__new__(cls)
        return cls._the_one

    def __init__(self, **options: Any) -> None:
        if not self.__dict__:
            super().__init__(**options)

    def initialize(self, connection: Any) -> None:
        if not self._known:
            super().initialize(connection)
            self._known = True


#: How statements are written in SQL, by dialect.
_WRITTEN: dict[Any, Any] = {}
_ON_SERVERS: dict[tuple[URL, bool], Engine] = {}


def shared_engine(address: str | URL, *, writing: bool, create: bool = True) -> Engine:
    """Return an engine as ``core.database.make_engine`` does; of a server, the same each time."""
    url = normalise_url(address)
    if url.get_backend_name() == "sqlite":
        engine = make_engine(url, writing=writing, create=create)
        engine.update_execution_options(compiled_cache=_WRITTEN)
        return engine
    if (url, writing) not in _ON_SERVERS:
        _ON_SERVERS[url, writing] = make_engine(url, writing=writing)
    return _ON_SERVERS[url, writing]


def close_but_keep(database: Database, close: Callable[[Database], None]) -> None:
    """Close a database; connections to a server stay for the next."""
    if database.url.get_backend_name() == "sqlite":
        close(database)
        return
    database._writer.close()
    database.closed = True
    atexit.unregister(database.close)


def share_engines(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let databases that are opened from now on share what ``shared_engine`` shares."""
    close = Database.close
    monkeypatch.setitem(registry.impls, "sqlite.pysqlite", lambda: OneSqlite)
    monkeypatch.setattr(database_module, "make_engine", shared_engine)
    monkeypatch.setattr(Database, "close", lambda database: close_but_keep(database, close))


def made_file(file: Path, make: Callable[[Path], None]) -> Path:
    """Return a file that the first process of a run makes which asks for it; the others wait."""
    with file.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not file.exists():
            part = file.with_suffix(".part")
            make(part)
            part.replace(file)
    return file


def fill_tables(file: Path) -> None:
    """Make a database of a file, with tables and without rows."""
    migrate(URL.create("sqlite", database=str(file)))


def fill_demo(file: Path) -> None:
    """Make a database of a file, with the demo campaigns."""
    fill_tables(file)
    database = Database(URL.create("sqlite", database=str(file)))
    load_demo(database)
    database.close()


#: Readers of themes, by what they learned.
_READERS: dict[tuple[str, tuple[Example, ...]], ThemeReader] = {}


def shared_reader(taxonomy: Taxonomy, examples: Sequence[Example]) -> ThemeReader:
    """Return what ``train`` returns: the same examples give the same reader."""
    learned = taxonomy.digest, tuple(examples)
    if learned not in _READERS:
        _READERS[learned] = train(taxonomy, examples)
    return _READERS[learned]


def share_readers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let databases share the readers that are made for them."""
    monkeypatch.setattr(training, "train", shared_reader)
