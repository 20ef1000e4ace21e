"""What a database or a disk that is in trouble raises, as one error: ``UnavailableError``.

SQLite, psycopg, SQLAlchemy's pools and the file system each say it in their own way. What is no
trouble of theirs, such as a broken constraint or a wrong statement, passes unchanged.
"""

from __future__ import annotations

import errno
import logging
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.exc import TimeoutError as PoolTimeout

from core.errors import Outage, UnavailableError

AWAY, FULL, BUSY = Outage.AWAY, Outage.FULL, Outage.BUSY
#: SQLite's primary result codes. https://www.sqlite.org/rescode.html
_SQLITE = {
    5: BUSY,  # SQLITE_BUSY: the file is locked
    6: BUSY,  # SQLITE_LOCKED
    8: FULL,  # SQLITE_READONLY
    10: AWAY,  # SQLITE_IOERR
    11: AWAY,  # SQLITE_CORRUPT
    13: FULL,  # SQLITE_FULL
    14: AWAY,  # SQLITE_CANTOPEN
    15: BUSY,  # SQLITE_PROTOCOL: locks that several processes fight over
    26: AWAY,  # SQLITE_NOTADB
}
_SQLITE_READONLY, _SQLITE_STALE = 8, {8, 10, 11, 14, 26}
#: https://www.postgresql.org/docs/current/errcodes-appendix.html
_POSTGRES = {
    "53100": FULL,  # disk_full
    "25006": FULL,  # read_only_sql_transaction: a standby, or a server that was shut for writing
    "40P01": BUSY,  # deadlock_detected
    "55P03": BUSY,  # lock_not_available
    "53300": BUSY,  # too_many_connections
    "57014": BUSY,  # query_canceled, as by statement_timeout
    "58030": AWAY,  # io_error
}
_POSTGRES_READONLY = "25006"
#: Classes whose every code means that the server cannot serve: connections, its own shutdown.
_POSTGRES_AWAY = ("08", "53", "57", "58")
_FILES = {
    errno.ENOSPC: FULL,
    errno.EDQUOT: FULL,
    errno.EFBIG: FULL,
    errno.EROFS: FULL,
    errno.EIO: AWAY,
    errno.ESTALE: AWAY,
}
_TOLD = {
    AWAY: "The database or the disk cannot be reached: %s",
    FULL: "The database or the disk takes nothing more: %s",
    BUSY: "The database is too busy: %s",
}
_MOST_TOLD = 300
log = logging.getLogger("lujian.outages")


def problem_of(error: BaseException | None) -> Outage | None:
    """Return which outage an error comes of; None for what is none.

    Looks at what led to the error, too: SQLite undoes a whole transaction when the disk is full,
    so that what is said last is that there is no savepoint any more.
    """
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        if (found := _problem(error)) is not None:
            return found
        error = error.__cause__ or getattr(error, "orig", None) or error.__context__
    return None


@contextmanager
def reported(*, reading: bool = False) -> Iterator[None]:
    """Raise ``UnavailableError`` for an outage inside, and log it in one line.

    ``reading``: a change that a reading session refuses is a fault of ours, not of the disk.
    """
    try:
        yield
    except UnavailableError:
        raise
    except Exception as error:
        problem = problem_of(error)
        if problem is None or (reading and _is_refused_change(error)):
            raise
        log.error(_TOLD[problem], one_line(error))
        raise UnavailableError(problem=problem) from error


def one_line(error: BaseException) -> str:
    """Return what lies under an error in one line, without statements and parameters."""
    cause = cause_of(error)
    return " ".join(str(cause).split())[:_MOST_TOLD] or type(cause).__name__


def cause_of(error: BaseException) -> Any:
    """Return the driver's or the system's own error under SQLAlchemy's and ours."""
    while (inner := getattr(error, "orig", None) or error.__cause__) is not None:
        error = inner
    return error


def forget_stale(context: ExceptionContext) -> None:
    """Let connections go that were opened on a file which is away, so that the next are new.

    One that was opened while the file could only be read stays so: it goes, too.
    """
    if _sqlite_code(context.original_exception) in _SQLITE_STALE:
        context.is_disconnect = True


def _problem(error: BaseException) -> Outage | None:
    if isinstance(error, UnavailableError):
        problem: Outage = error.params.get("problem", BUSY)
        return problem
    if isinstance(error, PoolTimeout):
        return BUSY
    if isinstance(error, sqlite3.Error):
        return _SQLITE.get(_sqlite_code(error) or 0)
    if isinstance(error, psycopg.Error):
        return _postgres_problem(error)
    return _FILES.get(error.errno or 0) if isinstance(error, OSError) else None


def _sqlite_code(error: Any) -> int | None:
    code = getattr(error, "sqlite_errorcode", None)
    return code & 0xFF if isinstance(code, int) else None


def _postgres_problem(error: psycopg.Error) -> Outage | None:
    state = error.sqlstate
    if state is None:  # libpq says so before a server does, or after it is gone
        return (
            AWAY if isinstance(error, (psycopg.OperationalError, psycopg.InterfaceError)) else None
        )
    return _POSTGRES.get(state) or (AWAY if state.startswith(_POSTGRES_AWAY) else None)


def _is_refused_change(error: Exception) -> bool:
    cause = getattr(error, "orig", None)
    return _sqlite_code(cause) == _SQLITE_READONLY or (
        getattr(cause, "sqlstate", None) == _POSTGRES_READONLY
    )
