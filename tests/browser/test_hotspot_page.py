"""A hotspot at the desk: how sure one is, what is seen there, and the brief; a view is saved."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from core.language import translations
from people.access.actor import Role
from tests.browser.axe import too_small, violations
from tests.browser.walking import DESK, PHONE, OpenPage, Server, overflow, sign_in

SAY = translations("en").gettext
ASKED = "campaign=bike-parking&lang=en"


@pytest.mark.everything
@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
def test_a_planner_notes_what_is_at_a_hotspot_and_prints_the_brief(
    open_page: OpenPage, server: Server, size: dict[str, int]
) -> None:
    page = open_page("/w/desk/sign-in?lang=en", size=size)
    sign_in(page, server, Role.COMMUNITY_PLANNER, name="李规划师")
    judged = server.json("/api/campaigns/bike-parking/hotspots.geojson")["features"]
    first = next(
        one["properties"] for one in judged if one["properties"]["verdict"] == "not_significant"
    )
    # Who has a bookmark of a hotspot comes by it to its page, and from there to the map.
    page.goto(f"{server.url}/w/desk/review/hotspot/{first['hotspot_id']}?{ASKED}")
    expect(page.get_by_role("heading", level=1)).to_have_text(
        re.compile(rf"^Hotspot {first['rank']} · .+")
    )
    expect(page.locator(".leaflet-review-hotspots-pane path")).to_have_count(len(judged))
    assert overflow(page) == 0
    assert violations(page) == []
    assert too_small(page) == []
    card = page.locator("section[aria-labelledby='sure']")
    times = f"{first['effect']:.1f}".removesuffix(".0")
    expect(card).to_contain_text(f"{times} times as many people")
    expect(card).to_contain_text("chance alone makes such places, too")
    card.get_by_text(SAY("How sure is this?")).click()
    expect(card.get_by_role("row", name=f"{SAY('Random maps')} 199")).to_be_visible()

    page.get_by_text(SAY("Note what you see here")).click()
    seen = page.locator("form[action*='/observe?']")
    seen.get_by_label(SAY("Note")).fill(f"早高峰停满 {size}")
    seen.locator("input[name='what']").first.fill("自行车")
    seen.locator("input[name='count']").first.fill("34")
    seen.locator("input[name='day']").fill("2026-01-05")
    seen.locator("input[name='hour']").fill("08:00")
    seen.get_by_role("button", name=SAY("Keep it")).click()
    expect(page.locator("#seen")).to_contain_text("自行车: 34")
    alone = page.get_by_role("link", name=SAY("Only this hotspot on the map"))
    href = alone.get_attribute("href") or ""
    assert href.startswith("/planner?campaign=bike-parking&hotspot=")

    # A view at the desk: it is saved, renamed, and printed.
    page.goto(f"{server.url}/w/desk/review/views?{ASKED}&text=盲道")
    assert violations(page) == []
    assert too_small(page) == []
    assert overflow(page) == 0
    expect(page.get_by_text("Words in the text: 盲道")).to_be_visible()
    name = f"Tactile paving {size['width']}"
    page.get_by_label(SAY("Save this view as")).fill(name)
    page.get_by_role("button", name=SAY("Save")).click()
    expect(page.get_by_role("status").first).to_contain_text("The view is saved.")
    row = page.locator("li", has=page.get_by_role("link", name=name))
    row.get_by_text(SAY("Rename or remove")).click()
    row.get_by_label(SAY("New name")).fill(f"{name} again")
    row.get_by_role("button", name=SAY("Rename")).click()
    saved = page.get_by_role("link", name=f"{name} again")
    assert (saved.get_attribute("href") or "").startswith("/planner?campaign=bike-parking&text=")
    brief = page.get_by_role("link", name=SAY("Brief for a meeting (PDF)")).get_attribute("href")
    answer = page.request.get(server.url + str(brief))
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.body().startswith(b"%PDF-")
