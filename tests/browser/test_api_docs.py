"""The API's documentation opens with nothing from another host."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.walking import DESK, OpenPage


@pytest.mark.everything
def test_the_documentation_of_the_api_opens(open_page: OpenPage) -> None:
    page = open_page("/api/docs", size=DESK)
    expect(page.get_by_role("heading", name="路见 LuJian")).to_be_visible()
    expect(page.get_by_text("/campaigns/{slug}/hotspots.geojson")).to_be_visible()
