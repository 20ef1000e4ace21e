"""The API over each kind of database, called in process."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from api import create_api, open_data
from core.database import Database
from core.settings import Settings
from serving.context import Context, make_context
from tests.shared_routes import sharing_routes

#: For tests alone.
SECRET = "a secret of the tests which is long enough"


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let files wait for verdicts, however busy the machine is."""
    monkeypatch.setattr(open_data, "VERDICTS_S", 60.0)


@pytest.fixture
def room(database: Database, tmp_path: Path) -> Context:
    """Give the rooms of a process over an empty database, with a key for contacts."""
    return make_context(database, Settings(var_dir=tmp_path / "var", secret_key=SECRET))


@pytest.fixture
def client(room: Context) -> Iterator[TestClient]:
    with TestClient(sharing_routes(create_api(room)), raise_server_exceptions=False) as client:
        yield client


@pytest.fixture(scope="session")
def demo_client(
    demo_database: Database, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[TestClient]:
    settings = Settings(var_dir=tmp_path_factory.mktemp("var"))
    with TestClient(create_api(make_context(demo_database, settings))) as client:
        yield client
