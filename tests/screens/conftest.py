"""Streamlit's pages without a browser, on every database."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache

import pytest
from streamlit.components.v2 import manifest_scanner
from streamlit.testing.v1 import AppTest

import screens.parts.visitor as visitor_part
from core.database import Database
from core.settings import ROOT
from tests.screens.opening import OpenApp


@pytest.fixture(scope="session", autouse=True)
def known_components() -> Iterator[None]:
    """Look through all installed packages for components of Streamlit once, not for each page."""
    with pytest.MonkeyPatch.context() as patch:
        once = cache(manifest_scanner.scan_component_manifests)
        patch.setattr(manifest_scanner, "scan_component_manifests", once)
        yield


@pytest.fixture
def open_app(database: Database, monkeypatch: pytest.MonkeyPatch) -> Iterator[OpenApp]:
    monkeypatch.setattr(visitor_part, "open_database", lambda _url: database)

    def opener(page: Callable[[], None] | None = None, **address: str) -> AppTest:
        app = (
            AppTest.from_function(page, default_timeout=30)
            if page
            else AppTest.from_file(str(ROOT / "screens" / "main.py"), default_timeout=30)
        )
        for name, value in address.items():
            app.query_params[name] = value
        return app.run()

    return opener
