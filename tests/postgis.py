"""A private PostGIS for tests and trials: its own cluster, on a free port of the loopback.

``python -m tests.postgis [--fast] [--if-there] -- COMMAND…`` starts one, runs COMMAND with its
address in LUJIAN_TEST_POSTGIS_URL, stops it and returns COMMAND's exit code; with an address there
already it starts none. ``--fast`` gives up durability and vacuuming. ``--if-there``: without
PostGIS, COMMAND runs all the same.
"""

from __future__ import annotations

import argparse
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import URL, create_engine

VARIABLE = "LUJIAN_TEST_POSTGIS_URL"
ADVICE = "no PostGIS on this machine: apt-get install postgresql-15-postgis-3"
_FAST = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "autovacuum=off")
_SETTINGS = ("shared_buffers=128MB", "max_connections=200", "max_locks_per_transaction=256")
_LIBRARY = "postgis-3"


class NoPostgisError(RuntimeError):
    """The programs of PostgreSQL or the PostGIS extension are not on this machine."""


def find_programs() -> Path:
    """Return the folder with initdb of the newest PostgreSQL that has PostGIS."""
    for folder in sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True):
        version = folder.parent.name
        extension = Path(f"/usr/share/postgresql/{version}/extension/postgis.control")
        if (folder / "initdb").exists() and extension.exists():
            return folder
    on_path = shutil.which("initdb")
    if on_path:
        return Path(on_path).resolve().parent
    raise NoPostgisError(ADVICE)


@contextmanager
def postgis(*, fast: bool = False) -> Iterator[str]:
    """Start a cluster, give the address of its database ``lujian``, stop and remove it."""
    programs = find_programs()
    folder = Path(tempfile.mkdtemp(prefix="lujian-postgis-"))
    as_user = _as_postgres(folder)
    cluster = folder / "cluster"
    _run([*as_user, f"{programs}/initdb", "-D", cluster, "-U", "lujian", "-A", "trust", "-N"])
    port = _free_port()
    settings = [f"port={port}", "listen_addresses=127.0.0.1", f"unix_socket_directories={folder}"]
    if (programs.parent / "lib" / f"{_LIBRARY}.so").exists():  # once, not for each connection
        settings.append(f"shared_preload_libraries={_LIBRARY}")
    options = " ".join(f"-c {s}" for s in (*settings, *_SETTINGS, *(_FAST if fast else ())))
    control = [*as_user, f"{programs}/pg_ctl", "-D", cluster, "-w"]
    try:
        _run([*control, "-l", folder / "log", "-o", options, "start"])
        try:
            address = ["-h", "127.0.0.1", "-p", str(port), "-U", "lujian"]
            _run([f"{programs}/createdb", *address, "lujian"])
            yield f"postgresql+psycopg://lujian@127.0.0.1:{port}/lujian"
        finally:
            _run([*control, "-m", "immediate", "stop"])
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def fresh_database(server: URL, name: str) -> Iterator[str]:
    """Make an empty database on a server, give its address, and drop it."""
    engine = create_engine(server, isolation_level="AUTOCOMMIT")
    drop = f"DROP DATABASE IF EXISTS {name} WITH (FORCE)"
    with engine.connect() as connection:
        connection.exec_driver_sql(drop)
        connection.exec_driver_sql(f"CREATE DATABASE {name}")
        yield server.set(database=name).render_as_string(hide_password=False)
        connection.exec_driver_sql(drop)
    engine.dispose()


def _as_postgres(folder: Path) -> list[str]:
    """PostgreSQL refuses to run as root: hand the folder to its own user."""
    if os.geteuid() != 0:
        return []
    shutil.chown(folder, "postgres")
    return ["runuser", "-u", "postgres", "--"]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _run(arguments: Sequence[object]) -> None:
    words = [str(argument) for argument in arguments]
    # pg_ctl's server keeps what it inherits, so nothing of ours may be a pipe.
    with tempfile.TemporaryFile("w+") as output:
        code = subprocess.run(
            words, stdin=subprocess.DEVNULL, stdout=output, stderr=output, cwd="/", check=False
        ).returncode
        if code:
            output.seek(0)
            raise NoPostgisError(f"{' '.join(words)} failed: {output.read().strip()}")


def main() -> int:
    """Run a command beside a fresh PostGIS."""
    parser = argparse.ArgumentParser(prog="python -m tests.postgis", description=__doc__)
    parser.add_argument("--fast", action="store_true", help="not durable, and vacuums nothing")
    parser.add_argument("--if-there", action="store_true", help="run without PostGIS, too")
    parser.add_argument("command", nargs="+")
    options = parser.parse_args()
    if os.environ.get(VARIABLE):
        return _returned(options.command)
    code = None
    try:
        with postgis(fast=options.fast) as url:
            code = _returned(options.command, **{VARIABLE: url})
    except NoPostgisError as error:
        print(error, file=sys.stderr)
        if code is None and options.if_there:
            return _returned(options.command)
    return 2 if code is None else code


def _returned(command: Sequence[str], **more: str) -> int:
    """Run a command with more in its environment, and return its exit code."""
    return subprocess.run(command, env={**os.environ, **more}, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
