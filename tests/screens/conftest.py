"""Streamlit's pages without a browser, on every database."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from streamlit.testing.v1 import AppTest

import screens.parts.visitor as visitor_part
from core.database import Database
from core.settings import ROOT
from tests.screens.opening import OpenApp


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
