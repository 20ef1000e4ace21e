"""The light pages over each kind of database, called in process and mounted as in ``app.py``."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import Mount

from api import create_api
from api.context import Context, make_context
from database import Database
from people.visitors import VisitorMiddleware
from settings import Settings
from tests.web.browsing import Browser
from web import create_web

#: For tests alone.
SECRET = "a secret of the tests which is long enough"
PUBLIC = "https://lujian.example.org"

MakeRoom = Callable[..., Context]


@pytest.fixture
def make_room(database: Database, tmp_path: Path) -> MakeRoom:
    """Give a maker of a process's rooms over the test's database, set up as told."""

    def make(**settings: object) -> Context:
        values = {"var_dir": tmp_path / "var", "secret_key": SECRET, **settings}
        return make_context(database, Settings(**values))  # type: ignore[arg-type]

    return make


@pytest.fixture
def room(make_room: MakeRoom) -> Context:
    return make_room()


def site(room: Context) -> Starlette:
    """Return the application as it is served, but for the Streamlit pages."""
    return Starlette(
        routes=[Mount("/api", create_api(room)), Mount("/w", create_web(room))],
        middleware=[Middleware(VisitorMiddleware)],
    )


@pytest.fixture
def open_browser(room: Context) -> Callable[..., Browser]:
    """Give a maker of browsers: each is a device of its own."""
    served = site(room)
    return lambda **told: Browser(served, **told)


@pytest.fixture
def resident(open_browser: Callable[..., Browser]) -> Browser:
    return open_browser()


@pytest.fixture
def neighbour(open_browser: Callable[..., Browser]) -> Browser:
    return open_browser()
