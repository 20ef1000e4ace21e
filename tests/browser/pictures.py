"""Takes the pictures of the README anew: ``python -m tests.browser.pictures``."""

from __future__ import annotations

import tempfile
from pathlib import Path

from playwright.sync_api import expect, sync_playwright

from tests.browser.walking import (
    DESK,
    PHONE,
    ROOT,
    launch,
    look_at,
    map_frame,
    settled,
    start_server,
    tap,
    watched_pages,
)

FOLDER = ROOT / "docs" / "pictures"
GATE = (116.3236, 40.0451)


def main() -> None:
    """Start the program on a fresh demo, walk to each picture and save it."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        server = start_server(Path(folder))
        browser = launch(playwright)
        try:
            with watched_pages(server, browser) as opener:
                phone = opener("/?campaign=bike-parking", size=PHONE)
                look_at(phone, *GATE, zoom=16)
                tap(phone, GATE[0] + 0.0004, GATE[1] - 0.0006)
                expect(map_frame(phone).locator(".lujian-drop")).to_be_visible()
                settled(phone)
                phone.screenshot(path=FOLDER / "resident-phone.png")
                desk = opener("/planner?campaign=bike-parking", size=DESK)
                map_frame(desk).locator(".lujian-label-hotspot").first.wait_for(state="attached")
                settled(desk)
                desk.wait_for_load_state("networkidle")
                desk.screenshot(path=FOLDER / "planner-desk.png")
        finally:
            browser.close()
            server.stop()


if __name__ == "__main__":
    main()
