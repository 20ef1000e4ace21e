"""The API over each kind of database, called in process."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient

from api import create_api
from database import Database
from settings import Settings


@pytest.fixture
def client(database: Database) -> Iterator[TestClient]:
    with TestClient(create_api(database, Settings()), raise_server_exceptions=False) as client:
        yield client


@pytest.fixture(scope="session")
def demo_client(demo_database: Database) -> Iterator[TestClient]:
    with TestClient(create_api(demo_database, Settings())) as client:
        yield client
