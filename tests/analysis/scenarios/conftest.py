"""What tests of scenarios share: solving in this process, and somebody who reads English."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from analysis.scenarios import sited
from core.cache import CACHE
from core.language import translations
from geo.siting.child import solve_numbers


class English:
    """A reader of English."""

    lang, words = "en", translations("en")

    @staticmethod
    def said(texts: dict[str, str]) -> str:
        """Pick a text."""
        return texts["en"]


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Solve in this process; tests of ``geo.siting`` try the other."""
    monkeypatch.setattr(sited, "solve_in_child", solve_numbers)
    yield
    CACHE.clear()
