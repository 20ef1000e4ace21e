"""What keeps the program from starting is one line that says what to do, and exit code 2."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import URL, create_engine

import commands.submissions
import geo.__main__
import notifications.__main__
import people.__main__
import printing.__main__
from core import startup
from core.database import migrate
from core.settings import ROOT, get_settings
from core.startup import StartError, check_folder, check_port, prepare_database
from submissions.photos.storage import open_store

COMMANDS: dict[str, tuple[Callable[..., int], list[str]]] = {
    "people": (people.__main__.main, ["admin", "--login", "li.hua"]),
    "people audit": (people.__main__.main, ["audit", "list"]),
    "submissions": (commands.submissions.main, ["demo"]),
    "post": (notifications.__main__.main, ["list"]),
    "printing": (printing.__main__.main, ["poster", "x", "--base", "https://x.org", "-o", "x.pdf"]),
}


def line_of(address: object) -> str:
    """Return the one line for a database that cannot serve."""
    text = address.render_as_string(hide_password=False) if isinstance(address, URL) else address
    with pytest.raises(StartError) as raised:
        prepare_database(str(text))
    said = str(raised.value)
    assert "\n" not in said
    return said


def test_a_sqlite_file_that_cannot_serve(tmp_path: Path) -> None:
    damaged = tmp_path / "damaged.sqlite"
    damaged.write_bytes(b"no database at all" * 400)
    assert "restore a backup" in line_of(f"sqlite:///{damaged}")
    (tmp_path / "file").write_text("")
    assert "LUJIAN_VAR_DIR" in line_of(f"sqlite:///{tmp_path}/file/x.sqlite")
    assert "right to write" in line_of(f"sqlite:///{tmp_path}")
    assert "LUJIAN_DATABASE_URL" in line_of("mysql://root@host/name")
    assert "LUJIAN_DATABASE_URL" in line_of("no address")
    with pytest.raises(StartError, match=r"cannot be written.*Give this user the right"):
        check_folder(tmp_path / "file", "LUJIAN_VAR_DIR:")
    with pytest.raises(StartError, match=r"store of photos.*cannot be written"):
        open_store(tmp_path / "file")


def test_a_database_of_a_newer_version(empty_url: URL) -> None:
    migrate(empty_url)
    engine = create_engine(empty_url)
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    engine.dispose()
    assert "newer version of LuJian (revision 9999)" in line_of(empty_url)


def test_a_postgresql_server_that_cannot_serve(postgis_server: URL) -> None:
    nobody = postgis_server.set(database="lujian_no_such")
    assert "createdb lujian_no_such" in line_of(nobody)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    gone = URL.create("postgresql", "li", "geheim", host="127.0.0.1", port=port, database="x")
    said = line_of(gone)
    assert "start the database" in said
    assert "geheim" not in said


@pytest.fixture
def damaged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Give a file that is no database; it is the one that is set."""
    file = tmp_path / "damaged.sqlite"
    file.write_bytes(b"no database at all" * 400)
    monkeypatch.setenv("LUJIAN_DATABASE_URL", f"sqlite:///{file}")
    get_settings.cache_clear()
    yield str(file)
    get_settings.cache_clear()


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_says_it_in_one_line(
    damaged: str, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    main, arguments = COMMANDS[name]
    assert main(arguments) == 2
    said = capsys.readouterr().err
    assert said.startswith(damaged)
    assert said.count("\n") == 1


def test_geo_needs_no_database(damaged: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert geo.__main__.main(["hotspots", "/no/such.csv", "-o", "/no/such.geojson"]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_a_port_that_is_taken(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert startup.main(["--address", "127.0.0.1", "--port", str(port)]) == 2
        assert f"127.0.0.1:{port} is taken" in capsys.readouterr().err
    check_port("127.0.0.1", port)


def served(how: list[str], **environment: str) -> tuple[int, list[str]]:
    """Start the server; return its exit code and what it says of our own on stderr."""
    done = subprocess.run(
        [sys.executable, "-m", *how],
        cwd=ROOT,
        env={**os.environ, "LUJIAN_DEMO": "0", **environment},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert "Traceback" not in done.stdout + done.stderr, done.stderr
    usual = ("INFO", "Started server process", "Waiting for application", "Application startup")
    lines = done.stderr.splitlines()
    return done.returncode, [line for line in lines if not any(word in line for word in usual)]


STREAMLIT = ["streamlit", "run", "app.py", "--server.address", "127.0.0.1", "--server.port"]
UVICORN = ["uvicorn", "app:app", "--port"]


def test_a_server_ends_with_the_line_and_code_2(damaged: str, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
    code, said = served([*STREAMLIT, port], LUJIAN_VAR_DIR=str(tmp_path / "var"))
    assert (code, len(said)) == (2, 1), said
    assert "restore a backup" in said[0]


@pytest.mark.everything
def test_uvicorn_at_a_port_that_is_taken(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        code, said = served([*UVICORN, port], LUJIAN_VAR_DIR=str(tmp_path), LUJIAN_DATABASE_URL="")
    assert (code, len(said)) == (2, 1), said
    assert "taken by another program" in said[0]
