"""Reviewing: narrow the map, order its layers, open a hotspot, note what is seen, print a brief."""

from __future__ import annotations

import re
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Page, expect

from core.language import translations
from people.access.actor import Role
from tests.browser.axe import too_small, violations
from tests.browser.walking import DESK, PHONE, OpenPage, Server, overflow, sign_in

SAY = translations("en").gettext


def asked(page: Page) -> dict[str, list[str]]:
    return parse_qs(urlsplit(page.url).query)


@pytest.mark.parametrize(
    "size",
    [
        pytest.param(PHONE, id="phone", marks=pytest.mark.everything),
        pytest.param(DESK, id="desk"),
    ],
)
def test_a_planner_reviews_a_hotspot_and_prints_the_brief(
    open_page: OpenPage, server: Server, size: dict[str, int]
) -> None:
    page = open_page("/w/desk/sign-in?lang=en", size=size)
    sign_in(page, server, Role.COMMUNITY_PLANNER, name="李规划师")
    page.goto(f"{server.url}/w/desk/review?campaign=bike-parking&lang=en")
    everything = len(server.json("/api/campaigns/bike-parking/proposals.geojson")["features"])
    expect(page.locator("#list-title")).to_have_text(f"{everything:,} proposals")
    page.wait_for_function("() => document.querySelectorAll('.lujian-cluster').length > 3")
    assert overflow(page) == 0

    # A filter drives list, map and files together.
    form = page.locator("form[data-filter]")
    form.get_by_label(SAY("Words in the text")).fill("盲道")
    form.get_by_role("button", name=SAY("Show")).click()
    expect(page).to_have_url(re.compile("text=%"))
    told = page.locator("#list-title").inner_text()
    narrowed = int(told.split()[0].replace(",", ""))
    assert 0 < narrowed < everything / 2
    page.wait_for_function(
        "() => document.querySelectorAll('.lujian-cluster, .lujian-pin').length > 0"
    )
    href = page.locator("a[href*='proposals.geojson']").get_attribute("href")
    assert href is not None
    assert len(server.json(href)["features"]) == narrowed

    # Layers: what is shown, in which order, how opaque, stands in the address.
    layers = page.locator("[data-layers]")
    layers.locator("[data-layer='heat'] input[type='checkbox']").check()
    layers.locator("[data-layer='heat'] [data-up]").click()
    expect(page.locator(".leaflet-review-heat-pane img")).to_have_count(1)
    shown = asked(page)["layers"][0].split(",")
    assert "heat:80" in shown
    page.reload()
    expect(page.locator("[data-layer='heat'] input[type='checkbox']")).to_be_checked()
    assert asked(page)["layers"][0].split(",") == shown

    # A hotspot, and what somebody sees there.
    page.goto(f"{server.url}/w/desk/review?campaign=bike-parking&lang=en")
    page.locator("a[href*='/hotspot/h']").first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text(re.compile(r"^Hotspot 1 · .+"))
    assert overflow(page) == 0
    page.get_by_text(SAY("Note what you see here")).click()
    seen = page.locator("form[action*='/observe?']")
    seen.get_by_label(SAY("Note")).fill(f"早高峰停满 {size}")
    seen.locator("input[name='what']").first.fill("自行车")
    seen.locator("input[name='count']").first.fill("34")
    seen.locator("input[name='day']").fill("2026-01-05")
    seen.locator("input[name='hour']").fill("08:00")
    seen.get_by_role("button", name=SAY("Keep it")).click()
    expect(page.locator("#seen")).to_contain_text("自行车: 34")

    # Which hotspots are more than chance, on the map and in the list, and why others are not.
    page.goto(f"{server.url}/w/desk/review?campaign=bike-parking&lang=en")
    spots = page.locator("#hotspots")
    expect(spots.locator(".lj-verdict b").first).to_contain_text(
        SAY("More than chance"), timeout=60_000
    )
    judged = server.json("/api/campaigns/bike-parking/hotspots.geojson")["features"]
    verdicts = [one["properties"]["verdict"] for one in judged]
    sure, doubtful = verdicts.count("significant"), len(verdicts) - verdicts.count("significant")
    expect(spots).to_contain_text(f"{SAY('More than chance')} {sure} ·")
    dashed = page.locator(".leaflet-review-hotspots-pane path[stroke-dasharray]")
    expect(dashed).to_have_count(doubtful, timeout=30_000)
    first = judged[verdicts.index("not_significant")]["properties"]
    spots.get_by_label(SAY("Only those that are more than chance")).check()
    spots.get_by_role("button", name=SAY("Show")).click()
    expect(spots.locator("#spots")).to_have_text(f"Hotspots ({sure} of {len(verdicts)})")
    page.goto(
        f"{server.url}/w/desk/review/hotspot/{first['hotspot_id']}?campaign=bike-parking&lang=en"
    )
    card = page.locator("section[aria-labelledby='sure']")
    times = f"{first['effect']:.1f}".removesuffix(".0")
    expect(card).to_contain_text(f"{times} times as many people")
    expect(card).to_contain_text("chance alone makes such places, too")
    card.get_by_text(SAY("How sure is this?")).click()
    expect(card.get_by_role("row", name=f"{SAY('Random maps')} 199")).to_be_visible()
    assert overflow(page) == 0

    # The brief is made of the view that the address names.
    page.goto(f"{server.url}/w/desk/review?campaign=bike-parking&lang=en")
    link = page.locator("a[href*='brief.pdf']").get_attribute("href")
    assert link is not None
    answer = page.request.get(server.url + link)
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.body().startswith(b"%PDF-")


@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
def test_the_review_is_usable_by_anybody(
    open_page: OpenPage, server: Server, size: dict[str, int]
) -> None:
    page = open_page("/w/desk/sign-in?lang=en", size=size)
    sign_in(page, server, Role.COMMUNITY_PLANNER)
    page.goto(f"{server.url}/w/desk/review?campaign=bike-parking&lang=en")
    page.wait_for_function("() => document.querySelector('[data-more] table')")
    assert violations(page) == []
    assert too_small(page) == []
    page.goto(f"{server.url}/w/desk/review?campaign=bike-parking&large=1&lang=en")
    assert overflow(page) == 0
    # The slider goes week by week: fewer pins, and the address of the view stays.
    slider = page.locator("[data-slider] input")
    slider.fill("0")
    expect(page.locator("[data-week]")).not_to_have_text(SAY("All the time"))
    slider.fill("-1")
    expect(page.locator("[data-week]")).to_have_text(SAY("All the time"))
