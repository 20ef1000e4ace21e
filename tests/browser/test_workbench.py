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

    # The desk opens with the same view.
    asks = {name: asked(page)[name] for name in ("campaign", "from", "to", "with_from", "with_to")}
    page.get_by_role("link", name=SAY("This view at the desk")).click()
    expect(page.locator("#list-title")).to_be_visible()
    there = asked(page)
    assert {name: there[name] for name in asks} == asks

    site_of_five_parks(page, server)


def site_of_five_parks(page: Page, server: Server) -> None:
    """Choose five places for micro-parks, compare with eight and today, pass the choice on."""
    page.goto(f"{server.url}/site?campaign=micro-park&lang=en")
    expect(page.get_by_text("Proven: no other 5 places serve more.")).to_be_visible()
    settled(page)
    chosen = page.locator(".lujian-site b")
    expect(chosen).to_have_count(5)
    served = int(figure(page, "People served").replace(",", ""))
    today = int(figure(page, "Served today").replace(",", ""))
    assert 0 < today < served

    # A tap fixes a place, and stands in the address.
    page.locator(".lujian-site:has(b)").first.click()
    expect(page).to_have_url(re.compile("must%22"))
    expect(page.get_by_text("Proven: no other 5 places serve more.")).to_be_visible()
    settled(page)
    assert int(figure(page, "People served").replace(",", "")) == served

    page.get_by_role("tab", name=SAY("Compare")).click()
    expect(page.get_by_text("8 new places")).to_be_visible()
    settled(page)
    row = page.get_by_test_id("stTable").locator("tr", has_text="People served").first
    shown = [int(one.replace(",", "")) for one in row.locator("td").all_inner_texts()[-3:]]
    assert shown[:2] == [today, served], shown
    assert shown[2] > served
    assert overflow(page) == 0
    assert violations(page) == []

    page.get_by_role("tab", name=SAY("Keep and pass on")).click()
    page.get_by_label(SAY("Keep this choice as")).fill("Five parks")
    page.get_by_role("button", name=SAY("Keep"), exact=True).click()
    page.get_by_text(re.compile("^Five parks · 5 new places")).first.click()
    page.get_by_role("button", name=SAY("Make it a topic")).click()
    page.get_by_role("link", name=SAY("To the topic and its brief")).click()
    expect(page.get_by_role("heading", name="Five parks")).to_be_visible()
    sites = page.get_by_role("region", name=SAY("Where it should go"))
    assert sites.get_by_role("row").filter(has_text="new").count() == 5
    brief = sites.get_by_role("link", name=SAY("Brief for a meeting (PDF)"))
    answer = page.request.get(f"{server.url}{brief.get_attribute('href')}")
    assert answer.headers["content-type"] == "application/pdf", answer.text()[:3000]
    assert answer.ok
