"""The database: tables' base, column types, engines, the writer; for SQLite and PostGIS.

``Database`` hands out read-only sessions and runs every change in one writer thread, which
commits what is waiting as a group: one fsync for many, and nobody starves behind a busy-wait.
"""

from __future__ import annotations

import atexit
import json
import sqlite3
import threading
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from io import StringIO
from pathlib import Path
from typing import Any, TypeVar, cast

import geoalchemy2
import psycopg
import shapely
from alembic import command
from alembic.config import Config
from geoalchemy2.shape import from_shape, to_shape
from sqlalchemy import (
    JSON,
    URL,
    BigInteger,
    Connection,
    DateTime,
    Dialect,
    Engine,
    Integer,
    LargeBinary,
    MetaData,
    String,
    create_engine,
    event,
    make_url,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Session
from sqlalchemy.types import TypeDecorator, TypeEngine

from core.dates import kept_in_calendar
from core.group_writer import WRITER_LOCK, BusyError, Writer
from core.outages import forget_stale, reported

ROOT = Path(__file__).resolve().parents[1]
WGS84_SRID = 4326
MIGRATION_LOCK = WRITER_LOCK + 1
MOST_NOTES = 100
BUSY_TIMEOUT_MS = 30_000
OPENED = "rw"  # SQLite opens a file that can only be read all the same, to be read
CONNECT_TIMEOUT_S, ANSWER_TIMEOUT_S = 5, 20

T = TypeVar("T")


class Base(DeclarativeBase):
    """Base of every table; constraint names are fixed so that migrations can name them."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


class Geometry(TypeDecorator[Any]):
    """A shapely geometry in WGS 84: WKB on SQLite, ``geometry(kind, 4326)`` on PostgreSQL."""

    impl = LargeBinary
    cache_ok = True
    spatial_index = False  # GeoAlchemy2 asks; the tables declare their GiST indexes themselves

    def __init__(self, kind: str = "GEOMETRY") -> None:
        self.kind = kind
        super().__init__()

    def load_dialect_impl(self, dialect: Dialect | None) -> TypeEngine[Any]:
        """Choose the column's type for this database; GeoAlchemy2 also asks without one."""
        if dialect is None:
            return LargeBinary()
        if dialect.name == "postgresql":
            impl = geoalchemy2.Geometry(self.kind, srid=WGS84_SRID, spatial_index=False)
            return dialect.type_descriptor(impl)
        return dialect.type_descriptor(LargeBinary())

    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:
        """Turn a shapely geometry into what the driver takes."""
        if value is None:
            return None
        if dialect.name == "postgresql":
            return from_shape(value, srid=WGS84_SRID)
        return shapely.to_wkb(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:
        """Turn what the driver gave into a shapely geometry."""
        if value is None:
            return None
        return to_shape(value) if dialect.name == "postgresql" else shapely.from_wkb(value)


class UtcDateTime(TypeDecorator[datetime]):
    """A moment: time-zone aware in and out, kept in UTC. A naive time is refused."""

    impl = DateTime
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """``timestamptz`` on PostgreSQL, ISO text on SQLite."""
        return dialect.type_descriptor(DateTime(timezone=dialect.name == "postgresql"))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Bring the moment to UTC; SQLite stores it without the offset."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"a moment needs a time zone: {value!r}")
        moment = kept_in_calendar(value).astimezone(UTC)
        return moment if dialect.name == "postgresql" else moment.replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Give the moment back in UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


Identity = BigInteger().with_variant(Integer(), "sqlite")
#: A language's code, such as ``zh_Hant``. SQLite keeps no text to a length, so its tables stay.
LanguageCode = String(16).with_variant(String(5), "sqlite")
Json = JSON().with_variant(JSONB(), "postgresql")


def normalise_url(address: str | URL) -> URL:
    """Return the address with the driver this project uses; refuse other databases.

    Raises ``ValueError`` with one clear line.
    """
    url = make_url(address)
    backend = url.get_backend_name()
    if backend == "postgresql":
        return url.set(drivername="postgresql+psycopg")
    if backend != "sqlite":
        raise ValueError(f"{backend}: only sqlite and postgresql+psycopg are known here")
    if not url.database or url.database == ":memory:":
        raise ValueError("the SQLite database needs a file: sqlite:///path/to/file.sqlite")
    return url.set(drivername="sqlite+pysqlite")


def make_engine(address: str | URL, *, writing: bool, create: bool = True) -> Engine:
    """Return an engine; without ``writing`` its connections refuse every change.

    Without ``create`` a SQLite file that is not there is an error, not an empty database.
    """
    url = normalise_url(address)
    common: dict[str, Any] = {"json_serializer": lambda x: json.dumps(x, ensure_ascii=False)}
    if url.get_backend_name() == "postgresql":
        engine = create_engine(
            url, pool_size=10, max_overflow=20, pool_pre_ping=True, **_postgres(url), **common
        )
        if writing:
            setattr(engine.dialect, "do_savepoint", _set_savepoint)  # noqa: B010
            setattr(engine.dialect, "do_release_savepoint", _leave_savepoint)  # noqa: B010
        else:
            event.listen(engine, "connect", _prepare_postgres_reader)
        return engine
    path = Path(cast(str, url.database)).absolute()
    if create:
        path.parent.mkdir(parents=True, exist_ok=True)
    connect = partial(_open_sqlite, path.as_uri(), create)
    engine = create_engine(url, creator=connect, pool_size=20, max_overflow=60, **common)
    event.listen(engine, "connect", _prepare_sqlite_writer if writing else _prepare_sqlite_reader)
    event.listen(engine, "begin", _begin_immediate if writing else _begin)
    event.listen(engine, "handle_error", forget_stale)
    return engine


def _open_sqlite(address: str, create: bool) -> sqlite3.Connection:
    mode = "rwc" if create else OPENED
    connection = sqlite3.connect(
        f"{address}?mode={mode}",
        uri=True,
        check_same_thread=False,
        timeout=BUSY_TIMEOUT_MS / 1000,
    )
    # Its own lower() knows the letters of English alone.
    connection.create_function("lj_lower", 1, _lowered, deterministic=True)
    return connection


def _lowered(value: Any) -> Any:
    return value.lower() if isinstance(value, str) else value


def _postgres(url: URL) -> dict[str, Any]:
    """Return how long a server that does not answer is waited for; the address may say otherwise.

    A host that is gone without a word would else hold a page for minutes.
    """
    waits = {"connect_timeout": CONNECT_TIMEOUT_S, "tcp_user_timeout": 1000 * ANSWER_TIMEOUT_S}
    return {"connect_args": {k: v for k, v in waits.items() if k not in url.query}}


def _prepare_postgres_writer(connection: Any, _record: Any) -> None:
    """Wait no longer for another writer than on SQLite."""
    connection.execute(f"SET lock_timeout = {BUSY_TIMEOUT_MS}")
    connection.commit()


def _prepare_postgres_reader(connection: Any, _record: Any) -> None:
    connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
    connection.read_only = True


def _set_savepoint(connection: Connection, name: str) -> None:
    """Say it to the driver itself, past what SQLAlchemy does around a statement."""
    driver = cast(psycopg.Connection[Any], connection.connection.driver_connection)
    driver.execute(f"SAVEPOINT {name}", prepare=False)


def _leave_savepoint(_connection: Connection, _name: str) -> None:
    """COMMIT releases all savepoints: saying it for each costs a round trip per change."""


_PRAGMAS = (
    "synchronous=FULL",
    "foreign_keys=ON",
    "cache_size=-32000",
)


def _prepare_sqlite_writer(connection: Any, _record: Any) -> None:
    _prepare_sqlite(connection, "journal_mode=WAL", *_PRAGMAS)


def _prepare_sqlite_reader(connection: Any, _record: Any) -> None:
    """A reader leaves the journal as it is: a file that can only be read must open."""
    _prepare_sqlite(connection, *_PRAGMAS, "query_only=ON")


def _prepare_sqlite(connection: Any, *pragmas: str) -> None:
    connection.isolation_level = None  # sqlite3 keeps its hands off BEGIN; we say it ourselves
    for pragma in (f"busy_timeout={BUSY_TIMEOUT_MS}", *pragmas):
        connection.execute(f"PRAGMA {pragma}").close()


def _begin(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN")


def _begin_immediate(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")


class Database:
    """One database of this process: many readers, one writer thread."""

    def __init__(self, address: str | URL) -> None:
        self.url = normalise_url(address)
        self.engine = make_engine(self.url, writing=False, create=False)
        self._writing_engine = make_engine(self.url, writing=True, create=False)
        if self.url.get_backend_name() == "postgresql":
            event.listen(self._writing_engine, "connect", _prepare_postgres_writer)
        self._writer = Writer(self._writing_engine)
        self._noted: set[Hashable] = set()
        self._noting = threading.Lock()
        self.closed = False

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """Give a session that sees one moment of the database and can change nothing.

        Raises ``UnavailableError`` where the database cannot be read.
        """
        with reported(reading=True), Session(self.engine, autoflush=False) as session:
            yield session

    def write(self, fn: Callable[[Session], T]) -> T:
        """Run ``fn(session)`` in the writer thread; return its result once it is durable.

        Jobs run in the order they came, each in a savepoint: when ``fn`` raises, its changes are
        undone, the others' stay, and the exception comes out here. ``fn`` returns plain values,
        never ORM objects, and must not call ``write`` itself (``RuntimeError``). A failing COMMIT
        raises ``CommitError`` for everyone in the group; a database that is away, full or held by
        another, ``UnavailableError``; a queue that stays full, ``BusyError``.
        """
        with reported():
            return self._writer.submit(fn).result()

    def note(self, key: Hashable, fn: Callable[[Session], object]) -> None:
        """Let ``fn(session)`` run some time later, without waiting: a page does not hang on it.

        It may be lost: when the database takes nothing, when much waits, or while an earlier note
        under this key has not been written. What must not be lost goes through ``write``.
        """
        with self._noting:
            if key in self._noted or len(self._noted) >= MOST_NOTES or self.closed:
                return
            self._noted.add(key)
        try:
            self._writer.submit(fn, wait_s=0).add_done_callback(lambda _: self._noted.discard(key))
        except (BusyError, RuntimeError):
            self._noted.discard(key)

    def close(self) -> None:
        """Finish the queued changes; let the connections go, those in use when they come back."""
        self._writer.close()
        self.closed = True
        for engine in (self.engine, self._writing_engine):
            event.listen(engine.pool, "checkin", _end_at_once)
            engine.dispose()
        atexit.unregister(self.close)


def _end_at_once(_connection: Any, record: Any) -> None:
    """End a connection that comes back to a pool that nobody will ask any more."""
    record.invalidate()


_opened: dict[URL, Database] = {}
_opening = threading.Lock()


def open_database(address: str | URL) -> Database:
    """Return this process's ``Database`` for the address, the same one each time."""
    url = normalise_url(address)
    with _opening:
        database = _opened.get(url)
        if database is None or database.closed:
            database = _opened[url] = Database(url)
            atexit.register(database.close)
        return database


def migrate(address: str | URL, revision: str = "head") -> None:
    """Bring the tables up to ``revision`` (creating them in an empty database)."""
    _run_alembic(address, lambda config: command.upgrade(config, revision))


def downgrade(address: str | URL, revision: str = "base") -> None:
    """Take the tables back to ``revision``; ``base`` removes all of them."""
    _run_alembic(address, lambda config: command.downgrade(config, revision))


def check_tables(address: str | URL) -> None:
    """Raise ``alembic.util.exc.AutogenerateDiffsDetected`` unless the tables are as declared."""
    _run_alembic(address, command.check)


def _let_tables_be_rebuilt(connection: Any, _record: Any) -> None:
    """SQLite alters a table by building it anew: what refers to it must not be asked meanwhile."""
    connection.execute("PRAGMA foreign_keys=OFF").close()


def _check_references(connection: Connection) -> None:
    if connection.dialect.name == "sqlite":
        broken = connection.exec_driver_sql("PRAGMA foreign_key_check").first()
        if broken is not None:
            raise RuntimeError(f"the migration would break references: {tuple(broken)}")


def _run_alembic(address: str | URL, action: Callable[[Config], None]) -> None:
    engine = make_engine(address, writing=True)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _let_tables_be_rebuilt)
    config = Config(stdout=StringIO())
    config.set_main_option("script_location", str(ROOT / "migrations").replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    try:
        with engine.begin() as connection:
            if engine.dialect.name == "postgresql":
                connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({MIGRATION_LOCK})")
            config.attributes["connection"] = connection
            action(config)
            _check_references(connection)
    finally:
        engine.dispose()
