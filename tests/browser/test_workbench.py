"""The workbench: a bar rules map and table, hotspots are judged, periods are compared."""

from __future__ import annotations

import re
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Locator, Page, expect

from core.language import translations
from people.access.actor import Role
from tests.browser.axe import violations
from tests.browser.walking import DESK, OpenPage, Server, overflow, settled, sign_in, the_map

SAY = translations("en").gettext
TABLET = {"width": 1024, "height": 768}


def asked(page: Page) -> dict[str, list[str]]:
    return parse_qs(urlsplit(page.url).query)


def figure(page: Page | Locator, name: str) -> str:
    """Return a figure of the page, or of a card on it, by its name."""
    shown = page.get_by_test_id("stMetric").filter(has_text=re.compile(f"^{name}"))
    return shown.first.get_by_test_id("stMetricValue").inner_text()


def refused_files(page: Page) -> list[str]:
    """Return the addresses of files that the page offers and the API does not give."""
    links = page.locator("a[href*='/api/campaigns/']")
    offered = links.evaluate_all("(all) => all.map((it) => it.href)")
    assert offered
    return [address for address in offered if not page.request.get(address).ok]


def themes_of(server: Server, public_id: str) -> list[str]:
    """Return the themes of a proposal as files have them."""
    features = server.json("/api/campaigns/bike-parking/proposals.geojson")["features"]
    told = {one["id"]: one["properties"]["themes"] for one in features}
    return list(told[public_id].split())


@pytest.mark.parametrize(
    "size",
    [
        pytest.param(DESK, id="desk"),
        pytest.param(TABLET, id="tablet", marks=pytest.mark.everything),
    ],
)
def test_a_planner_explores_believes_compares_and_goes_to_the_desk(
    open_page: OpenPage, server: Server, size: dict[str, int]
) -> None:
    page = open_page("/w/desk/sign-in?lang=en", size=size, lang="en")
    sign_in(page, server, Role.COMMUNITY_PLANNER, name="李规划师")
    page.goto(f"{server.url}/planner?campaign=bike-parking&lang=en")
    the_map(page).locator(".lujian-cluster").first.wait_for()
    settled(page)
    everything = int(figure(page, "Proposals").replace(",", ""))
    assert everything == len(
        server.json("/api/campaigns/bike-parking/proposals.geojson")["features"]
    )

    # A bar narrows the view; figures, map and files follow; going back undoes it.
    bars = page.get_by_test_id("stVegaLiteChart").nth(1)
    bars.scroll_into_view_if_needed()
    bars.click(position={"x": 230, "y": 20})
    expect(page).to_have_url(re.compile("community=110108017"))
    chip = page.get_by_role("button", name=re.compile("^Communities: "))
    expect(chip).to_be_visible()
    settled(page)
    (code,) = asked(page)["community"]
    there = f"/api/campaigns/bike-parking/proposals.geojson?community={code}"
    assert int(figure(page, "Proposals")) == len(server.json(there)["features"])
    assert overflow(page) == 0
    page.go_back()
    expect(chip).to_be_hidden()
    settled(page)
    assert figure(page, "Proposals") == f"{everything:,}"

    # Layers and their order stand in the address without a rerun.
    page.locator(".lujian-bench summary").click()
    page.locator("[data-layer='heat'] input[type='checkbox']").check()
    expect(page.locator(".leaflet-review-heat-pane img")).to_have_count(1)
    assert "heat:80" in asked(page)["layers"][0].split(",")

    # A community's card, by keyboard; it closes and leaves the view as it is.
    page.get_by_role("combobox", name=re.compile("^Look at a community")).focus()
    page.keyboard.type("Sijie")
    page.keyboard.press("Enter")
    card = page.get_by_role("dialog", name="Sijie (Fourth Street)")
    expect(card.get_by_role("button", name=SAY("Only this community"))).to_be_visible()
    assert figure(card, "Proposals") == str(len(server.json(there)["features"]))
    assert violations(page) == []
    page.keyboard.press("Escape")
    expect(card).to_be_hidden()
    assert "community" not in asked(page)

    # What can be taken away is there.
    page.get_by_role("tab", name=SAY("Take away")).click()
    expect(page.get_by_role("link", name="Proposals (CSV)")).to_be_visible()
    assert refused_files(page) == []

    # Which hotspots are more than chance, and why the others are not.
    page.locator(".st-key-bench-pages").get_by_role("link", name="Believe").click()
    page.get_by_text(SAY("How sure is this?")).first.wait_for()
    settled(page)
    judged = server.json("/api/campaigns/bike-parking/hotspots.geojson")["features"]
    sure = sum(one["properties"]["verdict"] == "significant" for one in judged)
    assert 0 < sure < len(judged)
    assert figure(page, "More than chance") == str(sure)
    assert overflow(page) == 0
    assert refused_files(page) == []

    # Two periods: what is new, grown and gone.
    page.locator(".st-key-bench-pages").get_by_role("link", name="Change").click()
    page.get_by_role("button", name=SAY("Compare the first half of the time")).click()
    expect(page).to_have_url(re.compile("with_from="))
    page.locator("#lujian-map-difference path.leaflet-interactive").first.wait_for()
    settled(page)
    became = [int(figure(page, name)) for name in ("New", "Grown", "Shrunk", "Gone")]
    assert sum(became) > 0
    page.get_by_role("radio", name="Heat").click()
    for name, shown in (("difference", "heat-change.png"), ("side-a", "heat.png")):
        picture = page.locator(f"#lujian-map-{name} .leaflet-review-heat-pane img")
        expect(picture).to_have_attribute("src", re.compile(re.escape(shown)))
        assert picture.evaluate("(it) => it.decode().then(() => it.naturalWidth)") == 480
    settled(page)
    assert overflow(page) == 0

    # Themes: three labels are taken away with one click each, and that is seen at once.
    page.locator(".st-key-bench-pages").get_by_role("link", name="Themes").click()
    page.get_by_role("tab", name="Proposals", exact=True).click()
    for _each in range(3):
        first = page.locator("[class*='st-key-bench-themes-of-']:has([data-tag])").first
        first.wait_for()
        settled(page)
        name = re.search(r"bench-themes-of-(\w{8})", first.get_attribute("class") or "")
        assert name is not None
        box = page.locator(f".st-key-bench-themes-of-{name[1]}")
        before = themes_of(server, name[1])
        box.get_by_role("button", name=re.compile("^Remove ")).first.click()
        expect(box.locator("[data-tag]")).to_have_count(len(before) - 1)
        settled(page)
        assert len(themes_of(server, name[1])) == len(before) - 1
        assert set(themes_of(server, name[1])) < set(before)
    assert overflow(page) == 0
    page.get_by_role("tab", name="How sure").click()
    expect(
        page.get_by_text(re.compile("^3 newer corrections are in force already"))
    ).to_be_visible()

    # The desk opens with the same view.
    asks = {name: asked(page)[name] for name in ("campaign", "from", "to", "with_from", "with_to")}
    page.get_by_role("link", name=SAY("Save or print this view")).click()
    expect(page.get_by_role("heading", name=SAY("This view"))).to_be_visible()
    there = asked(page)
    assert {name: there[name] for name in asks} == asks
