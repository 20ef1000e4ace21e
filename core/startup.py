"""What keeps the program from starting, in one line that says what to do; exit code 2.

For the server and the commands alike. ``python -m core.startup --port N`` tells whether a port is
free.
"""

from __future__ import annotations

import argparse
import errno
import logging
import os
import re
import socket
import sqlite3
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn

import psycopg
from alembic.util.exc import CommandError
from sqlalchemy import URL
from sqlalchemy.exc import ArgumentError, DBAPIError

from core import outages
from core.database import Database, migrate, normalise_url, open_database
from core.errors import UnavailableError
from core.outages import cause_of, one_line

EXIT_CODE = 2
_DAMAGED = (11, 26)  # SQLITE_CORRUPT, SQLITE_NOTADB
_CLOSED = (8, 14)  # SQLITE_READONLY, SQLITE_CANTOPEN
#: Rights, room, a server that takes no changes, one that starts or stops.
_OPERATORS = {"42501", "53100", "25006", "53300", "57P01", "57P03"}
_TAKEN = {errno.EADDRINUSE, errno.EACCES, errno.EADDRNOTAVAIL}
_REVISION = re.compile(r"Can't locate revision identified by '(\w+)'")


class StartError(Exception):
    """The program cannot start; the one line says why and what to do."""


def prepare_database(address: str) -> None:
    """Bring the database up to date. Raises ``StartError``."""
    with told(address):
        migrate(address)


@contextmanager
def told(address: str) -> Iterator[None]:
    """Raise ``StartError`` for whatever shows inside that the database at ``address`` cannot serve.

    A fault of ours passes unchanged.
    """
    try:
        url = normalise_url(address)
    except ValueError as error:
        raise StartError(f"LUJIAN_DATABASE_URL: {one_line(error)}") from error
    except ArgumentError as error:
        raise StartError("LUJIAN_DATABASE_URL is no address of a database.") from error
    try:
        yield
    except (DBAPIError, CommandError, OSError, UnavailableError) as error:
        line = _sentence(error, url)
        if line is None:
            raise
        raise StartError(line) from error


@contextmanager
def ready_database(address: str) -> Iterator[Database]:
    """Give a command its database, brought up to date; it is closed afterwards.

    Raises ``StartError``; ``ValueError`` for an address that is none.
    """
    prepare_database(address)
    database = open_database(address)
    try:
        with told(address):
            yield database
    finally:
        database.close()


def command(run: Callable[[], int]) -> int:
    """Run a command; what keeps it from starting is one line on stderr and exit code 2."""
    outages.log.disabled = True  # the line says it
    try:
        return run()
    except StartError as error:
        print(error, file=sys.stderr)
        return EXIT_CODE
    finally:
        outages.log.disabled = False


def check_folder(folder: Path, what: str) -> None:
    """Raise ``StartError`` unless files can be made in a folder, which is made if it is new."""
    trial = folder / f".trial-{os.getpid()}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        trial.write_bytes(b"")
        trial.unlink()
        next(folder.iterdir(), None)
    except OSError as error:
        raise StartError(
            f"{what} {folder} cannot be written: {error.strerror}. Give this user the right to, or "
            "name another folder."
        ) from error


def check_port(address: str, port: int) -> None:
    """Raise ``StartError`` unless a server can listen there: on IPv4, IPv6 or both."""
    where = f"{address}:{port}"
    try:
        found = socket.getaddrinfo(address, port, type=socket.SOCK_STREAM)
    except (OSError, OverflowError) as error:
        raise StartError(_port_line(where, error)) from error
    faults = [fault for family, *_, told in found if (fault := _fault_at(family, told))]
    taken = [fault for fault in faults if fault.errno == errno.EADDRINUSE]
    if taken or len(faults) == len(found):
        raise StartError(_port_line(where, (taken or faults)[0]))


def _fault_at(family: int, where: Any) -> OSError | None:
    try:
        with socket.socket(family, socket.SOCK_STREAM) as trial:
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            trial.bind(where)
    except OSError as error:
        return error
    return None


def leave(error: StartError) -> NoReturn:
    """End the process with the line and the exit code, whatever waits around it."""
    sys.stdout.flush()
    print(error, file=sys.stderr, flush=True)
    os._exit(EXIT_CODE)


class PortTaken(logging.Filter):
    """Ends the process for a port that is taken, which uvicorn tells in its log with code 1."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Let everything else pass."""
        error = record.msg
        if isinstance(error, OSError) and error.errno in _TAKEN:
            leave(StartError(_port_line("", error)))
        return True


def _port_line(where: str, error: Exception) -> str:
    taken = getattr(error, "errno", None) == errno.EADDRINUSE
    why = "is taken by another program" if taken else f"cannot be used ({one_line(error)})"
    told = f"The port {where}".strip()
    return f"{told} {why}: end it, or choose another port, as with `make run PORT=8600`."


def _sentence(error: Exception, url: URL) -> str | None:
    """Return the line for an error of the database at ``url``; None for a fault of ours."""
    name = url.render_as_string(hide_password=True)
    if isinstance(error, CommandError):
        newer = _REVISION.search(str(error))
        return newer and (
            f"{name} was made by a newer version of LuJian (revision {newer[1]}): start that "
            "version, or restore a backup from before."
        )
    cause = cause_of(error)
    if isinstance(cause, sqlite3.Error):
        return _sqlite_line(cause, Path(str(url.database)).absolute())
    if isinstance(cause, psycopg.Error):
        return _postgres_line(cause, name, url)
    if isinstance(cause, OSError):
        path = cause.filename or url.database
        return f"{path}: {cause.strerror}. Mend that, or name another place in LUJIAN_VAR_DIR."
    return None


def _sqlite_line(error: sqlite3.Error, path: Path) -> str | None:
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code in _DAMAGED:
        return (
            f"{path} is damaged or no SQLite database: restore a backup, or move it away to begin "
            "with an empty one."
        )
    if code in _CLOSED:
        return (
            f"{path} cannot be opened to be written: give this user the right to write to it and "
            "to its folder, or name another place in LUJIAN_VAR_DIR or LUJIAN_DATABASE_URL."
        )
    return {
        5: f"{path} is held by another program: end that one first.",
        10: f"{path} cannot be read or written ({error}): look after the disk.",
        13: f"{path}: the disk is full. Make room on it.",
    }.get(code)


def _postgres_line(error: psycopg.Error, name: str, url: URL) -> str | None:
    said = one_line(error)
    if "postgis" in said.lower():
        return (
            f"{name} has no PostGIS: install it on the server and run `CREATE EXTENSION postgis` "
            f"in {url.database} as its administrator ({said})."
        )
    if "password authentication failed" in said or "no password supplied" in said:
        return f"{name} refuses this user or password: correct LUJIAN_DATABASE_URL."
    if f'database "{url.database}" does not exist' in said:
        return (
            f"{name}: there is no such database. Make it with `createdb {url.database}`, or "
            "correct LUJIAN_DATABASE_URL."
        )
    if error.sqlstate is None and isinstance(error, psycopg.OperationalError):
        to_do = "start the database, or correct LUJIAN_DATABASE_URL"
        return f"{name} cannot be reached: {to_do} ({said})."
    return f"{name}: {said}" if error.sqlstate in _OPERATORS else None


def main(arguments: Sequence[str] | None = None) -> int:
    """Tell whether a server can listen at a port."""
    parser = argparse.ArgumentParser(prog="python -m core.startup", description=__doc__)
    parser.add_argument("--address", default="localhost")
    parser.add_argument("--port", type=int, required=True)
    options = parser.parse_args(arguments)

    def check() -> int:
        check_port(options.address, options.port)
        return 0

    return command(check)


if __name__ == "__main__":
    sys.exit(main())
