"""The system's Chromium for benchmarks, as the journeys start it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, sync_playwright

from tests.browser.walking import CHROMIUM, NO_CHROMIUM, launch


@contextmanager
def chromium() -> Iterator[Browser]:
    """Start Chromium; where it is missing, say how to get it and end the benchmark there."""
    if not CHROMIUM.exists():
        print(f"  skipped: {NO_CHROMIUM}")
        raise SystemExit(0)
    with sync_playwright() as playwright:
        browser = launch(playwright)
        yield browser
        browser.close()
