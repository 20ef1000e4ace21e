"""Real servers and a real Chromium; page errors and foreign requests fail a test."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Playwright, expect, sync_playwright
from sqlalchemy import URL

from tests.browser.residents import Ground
from tests.browser.walking import (
    CHROMIUM,
    DATABASE,
    NO_CHROMIUM,
    WINDOWLESS,
    Demo,
    OpenPage,
    Server,
    launch,
    start_server,
    watched_pages,
)
from tests.conftest import of_the_whole_run
from tests.lacking import all_is_required, lacks
from tests.notifications.conftest import KEY, Mailbox, serving
from tests.postgis import fresh_database

expect.set_options(timeout=15_000)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.browser)
            # A finger that Chromium plays on a busy machine sometimes misses; the summary tells.
            item.add_marker(pytest.mark.flaky(reruns=2))


@pytest.fixture(scope="session")
def letters() -> Mailbox:
    """What the servers have sent by mail."""
    return Mailbox()


@pytest.fixture(scope="session")
def mail(letters: Mailbox) -> Iterator[dict[str, str]]:
    """Run a mail server on this machine; what a program must be told to use it."""
    with serving(letters) as port:
        yield {
            "LUJIAN_SMTP_URL": f"smtp://127.0.0.1:{port}",
            "LUJIAN_MAIL_FROM": "路见 <lujian@example.org>",
            "LUJIAN_SECRET_KEY": KEY,
        }


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory, mail: dict[str, str]) -> Iterator[Server]:
    """The program with its demo campaigns on SQLite, shared by the journeys."""
    Demo.make(of_the_whole_run(tmp_path_factory) / f"demo-{DATABASE}")
    running = start_server(tmp_path_factory.mktemp("var"), **mail)
    yield running
    Demo.file = None
    running.stop()


@pytest.fixture(scope="session")
def postgis_program(
    postgis_server: URL, tmp_path_factory: pytest.TempPathFactory, mail: dict[str, str]
) -> Iterator[Server]:
    """The same on PostGIS."""
    with fresh_database(postgis_server, f"lujian_journeys_{os.getpid()}") as address:
        folder = tmp_path_factory.mktemp("var")
        running = start_server(folder, LUJIAN_DATABASE_URL=address, **mail)
        assert running.json("/api/health")["database"] == "postgresql"
        yield running
        running.stop()


@pytest.fixture(params=["sqlite", pytest.param("postgis", marks=pytest.mark.everything)])
def either(request: pytest.FixtureRequest) -> Server:
    """The shared program on each kind of database in turn."""
    name = "server" if request.param == "sqlite" else "postgis_program"
    running: Server = request.getfixturevalue(name)
    return running


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    """Give what drives browsers, where there are any."""
    if not CHROMIUM.exists() or (all_is_required() and not WINDOWLESS.exists()):
        lacks(NO_CHROMIUM)
    with sync_playwright() as running:
        yield running


@pytest.fixture(scope="session")
def chromium(playwright: Playwright, everything: bool) -> Iterator[Browser]:
    """Give the browser of most journeys: without windows, but for full products."""
    browser = launch(playwright, whole=everything)
    yield browser
    browser.close()


@pytest.fixture
def open_page(server: Server, chromium: Browser) -> Iterator[OpenPage]:
    """Open a page of the shared server, watched."""
    with watched_pages(server, chromium) as opener:
        yield opener


@pytest.fixture
def open_either(either: Server, chromium: Browser) -> Iterator[OpenPage]:
    """Open a page of the server on each kind of database, watched."""
    with watched_pages(either, chromium) as opener:
        yield opener


@pytest.fixture(scope="session")
def ground(server: Server) -> Ground:
    """Places of the demonstration where nobody has tapped yet."""
    return Ground(server)
