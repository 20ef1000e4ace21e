"""Markup that people type stays text: in lists, popups, tooltips and on the proposal's own page."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.test_drop_a_pin import file_one
from tests.browser.walking import DESK, OpenPage, Server, look_at, map_frame, settled, tap

PLACE = (116.3195, 40.0480)
TEXTS = (
    '<img src=x onerror="window.top.hurt=1"><script>window.top.hurt=1</script><b>粗</b>',
    "[点我](javascript:hurt=1) **星** :red[红] $x^2$ `代码` :material/home: <svg onload=hurt=1>",
)


def unhurt(page: Page) -> None:
    assert page.evaluate("() => window.hurt") is None
    assert page.locator("img[src='x']").count() == 0
    assert map_frame(page).locator("img[src='x']").count() == 0


@pytest.mark.parametrize(("at", "text"), list(enumerate(TEXTS)))
def test_markup_is_shown_as_typed(open_page: OpenPage, server: Server, at: int, text: str) -> None:
    place = (PLACE[0] + 0.0006 * at, PLACE[1])
    page = open_page("/?campaign=bike-parking")
    code = file_one(page, place, text)
    own = open_page(f"/proposal?receipt={code}")
    expect(own.get_by_text(text, exact=True)).to_be_visible()
    unhurt(own)

    page = open_page("/?campaign=bike-parking")
    look_at(page, *place, zoom=20)
    tap(page, *place)
    expect(map_frame(page).locator(".lujian-popup")).to_contain_text(text)
    link = map_frame(page).locator(".lujian-popup a").first.get_attribute("href") or ""
    assert link.startswith("/proposal?id=")
    unhurt(page)
    tap(page, place[0] + 0.0001, place[1])
    settled(page)
    shown = text if len(text) <= 90 else text[:90] + "…"
    expect(page.get_by_text(shown)).to_be_visible()
    unhurt(page)


def test_a_tooltip_of_the_desk_is_text(open_page: OpenPage) -> None:
    desk = open_page("/planner?campaign=bike-parking", size=DESK)
    look_at(desk, *PLACE, zoom=15)
    settled(desk)
    desk.wait_for_load_state("networkidle")
    box = map_frame(desk).locator(".leaflet-container").bounding_box()
    assert box is not None
    middle = box["x"] + box["width"] / 2, box["y"] + 200
    desk.mouse.move(middle[0] - 40, middle[1] - 40)
    desk.mouse.move(*middle, steps=8)
    expect(map_frame(desk).locator(".leaflet-tooltip").last).to_be_visible()
    unhurt(desk)
