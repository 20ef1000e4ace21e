"""The workbench: a bar rules map and table, hotspots are judged, periods are compared."""

from __future__ import annotations

import json
import re
from datetime import date, timedelta
from random import randrange
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Locator, Page, expect

from core.language import translations
from people.access.actor import Role
from tests.browser.axe import violations
from tests.browser.walking import (
    DESK,
    OpenPage,
    Server,
    look_at,
    overflow,
    settled,
    sign_in,
    tap,
    the_map,
)

SAY = translations("en").gettext
TABLET = {"width": 1024, "height": 768}


def asked(page: Page) -> dict[str, list[str]]:
    return parse_qs(urlsplit(page.url).query)


#: A point of the window where the map is seen and no pin.
BARE = """(map) => {
  const box = map.getBoundingClientRect();
  for (let y = Math.max(box.top, 0) + 8; y < Math.min(box.bottom, innerHeight); y += 16) {
    for (let x = box.left + box.width / 2; x < box.right; x += 16) {
      const there = document.elementFromPoint(x, y);
      if (map.contains(there) && !there.closest(".leaflet-marker-icon, .leaflet-control"))
        return [x, y];
    }
  }
}"""


def figure(page: Page | Locator, name: str) -> str:
    """Return a figure of the page, or of a card on it, by its name."""
    shown = page.get_by_test_id("stMetric").filter(has_text=re.compile(f"^{name}"))
    return shown.first.get_by_test_id("stMetricValue").inner_text()


def refused_files(page: Page) -> list[str]:
    """Return the addresses of files that the page offers and the API does not give."""
    links = page.locator("a[href*='/api/campaigns/']")
    links.first.wait_for(state="attached")
    offered = links.evaluate_all("(all) => all.map((it) => it.href)")
    return [address for address in offered if not page.request.get(address).ok]


def themes_of(server: Server, public_id: str) -> list[str]:
    """Return the themes of a proposal as files have them."""
    features = server.json("/api/campaigns/bike-parking/proposals.geojson")["features"]
    told = {one["id"]: one["properties"]["themes"] for one in features}
    return list(told[public_id].split())


SIZES = pytest.mark.parametrize(
    "size",
    [
        pytest.param(DESK, id="desk"),
        pytest.param(TABLET, id="tablet", marks=pytest.mark.everything),
    ],
)


def at_the_bench(open_page: OpenPage, server: Server, size: dict[str, int], address: str) -> Page:
    """Open a page of the workbench as a planner."""
    page = open_page("about:blank", size=size, lang="en")
    sign_in(page, server, Role.COMMUNITY_PLANNER, name="李规划师")
    page.goto(server.url + address)
    return page


def turn_to(page: Page, name: str) -> None:
    """Go to another page of the workbench by its name."""
    page.locator(".st-key-bench-pages").get_by_role("link", name=name).click()


def desk_opens_with_the_same(page: Page, *names: str) -> None:
    """Go to the desk; it must be asked for the same as the page was, in these parts."""
    asks = {name: asked(page)[name] for name in ("campaign", *names)}
    page.get_by_role("link", name=SAY("Save or print this view")).click()
    expect(page.get_by_role("heading", name=SAY("This view"))).to_be_visible()
    there = asked(page)
    assert {name: there[name] for name in asks} == asks


@SIZES
def test_a_planner_narrows_a_view_believes_it_and_goes_to_the_desk(
    open_page: OpenPage, server: Server, size: dict[str, int]
) -> None:
    # Nobody has asked for this day before: figures of a view that somebody has may be seconds old.
    day = f"{date(2001, 1, 1) + timedelta(days=randrange(3_000))}"
    narrowed = f"campaign=bike-parking&from={day}"
    page = at_the_bench(open_page, server, size, f"/planner?{narrowed}&lang=en")
    the_map(page).locator(".lujian-cluster").first.wait_for()
    settled(page)
    files = "/api/campaigns/bike-parking"
    filed = server.json(f"{files}/proposals.geojson")["features"]
    everything = f"{len(filed):,}"
    assert figure(page, "Proposals") == everything

    # A bar narrows the view; figures, map and files follow; going back undoes it.
    bars = page.get_by_test_id("stVegaLiteChart").nth(1)
    bars.scroll_into_view_if_needed()
    bars.click(position={"x": 230, "y": 20})
    expect(page).to_have_url(re.compile("community=110108017"))
    chip = page.get_by_role("button", name=re.compile("^Communities: "))
    expect(chip).to_be_visible()
    settled(page)
    (code,) = asked(page)["community"]
    there = server.json(f"{files}/proposals.geojson?community={code}")["features"]
    assert 0 < int(figure(page, "Proposals")) == len(there) < len(filed)
    assert overflow(page) == 0
    page.go_back()
    expect(chip).to_be_hidden()
    settled(page)
    assert figure(page, "Proposals") == everything

    # Layers and their order stand in the address without a rerun.
    page.locator(".lujian-bench summary").click()
    page.locator("[data-layer='heat'] input[type='checkbox']").check()
    expect(page.locator(".leaflet-review-heat-pane img")).to_have_count(1)
    assert "heat:80" in asked(page)["layers"][0].split(",")
    assert violations(page) == []

    # Which hotspots are more than chance, as the files say it.
    turn_to(page, "Believe")
    page.get_by_text(SAY("How sure is this?")).first.wait_for()
    settled(page)
    shown = figure(page, "More than chance")
    judged = server.json(f"{files}/hotspots.geojson?from={day}")["features"]
    sure = sum(one["properties"]["verdict"] == "significant" for one in judged)
    assert 0 < sure < len(judged)
    assert shown == str(sure)
    assert overflow(page) == 0
    desk_opens_with_the_same(page, "from")


@pytest.mark.everything
@SIZES
def test_a_planner_looks_at_a_community_takes_files_and_compares_periods(
    open_page: OpenPage, server: Server, size: dict[str, int]
) -> None:
    page = at_the_bench(open_page, server, size, "/planner?campaign=bike-parking&lang=en")
    the_map(page).locator(".lujian-cluster").first.wait_for()
    settled(page)

    # Pressing a map that is partly out of view gives it the keys, and moves no page.
    main, map_ = page.get_by_test_id("stMain"), page.locator(".lujian-bench .leaflet-container")
    shape = map_.bounding_box()
    assert shape is not None
    main.evaluate("(main, by) => { main.scrollTop += by; }", shape["y"] + shape["height"] / 3)
    before = main.evaluate("main => main.scrollTop")
    page.mouse.move(*map_.evaluate(BARE))
    page.mouse.down(button="right")
    expect(map_).to_be_focused()
    assert main.evaluate("main => main.scrollTop") == before > 0
    page.mouse.up(button="right")

    # A tap on a hotspot narrows the view to it; its chip lets it go again.
    first = server.json("/api/campaigns/bike-parking/hotspots.geojson")["features"][0]["properties"]
    page.locator(".lujian-bench summary").click()
    page.locator("[data-layer='pins'] input[type='checkbox']").uncheck()
    centre = first["centre_longitude"], first["centre_latitude"]
    look_at(page, *centre, zoom=16)
    tap(page, *centre)
    chip = page.get_by_role("button", name=re.compile("^Hotspot: "))
    expect(chip).to_be_visible()
    settled(page)
    assert asked(page)["hotspot"] == [first["hotspot_id"]]
    assert figure(page, "Proposals") == str(first["proposals"])
    chip.click()
    expect(chip).to_be_hidden()
    settled(page)

    # A community's card, by keyboard; it closes and leaves the view as it is.
    page.get_by_role("combobox", name=re.compile("^Look at a community")).focus()
    page.keyboard.type("Sijie")
    page.keyboard.press("Enter")
    card = page.get_by_role("dialog", name="Sijie (Fourth Street)")
    expect(card.get_by_role("button", name=SAY("Only this community"))).to_be_visible()
    assert int(figure(card, "Proposals")) > 0
    assert violations(page) == []
    page.keyboard.press("Escape")
    expect(card).to_be_hidden()
    assert "community" not in asked(page)

    # What can be taken away is there.
    page.get_by_role("tab", name=SAY("Take away")).click()
    drawing = page.get_by_role("link", name=SAY("For a design firm: CAD drawing (DXF)"))
    assert "crs=EPSG%3A4548" in (drawing.get_attribute("href") or "")
    assert refused_files(page) == []
    turn_to(page, "Believe")
    page.get_by_text(SAY("How sure is this?")).first.wait_for()
    settled(page)
    assert refused_files(page) == []

    # Two periods: what is new, grown and gone.
    turn_to(page, "Change")
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
    desk_opens_with_the_same(page, "from", "to", "with_from", "with_to")


@pytest.mark.everything
@SIZES
def test_a_planner_sees_who_is_missing_and_corrects_themes(
    open_page: OpenPage, server: Server, size: dict[str, int]
) -> None:
    # Who is missing: the silent first, in words and stripes; whom to ask is taken along.
    page = at_the_bench(open_page, server, size, "/missing?campaign=bike-parking&lang=en")
    expect(page.get_by_text(SAY("Silence is not satisfaction."))).to_be_visible()
    striped = "#lujian-map-missing path[fill^='url(#lujian-few-']"
    page.locator(striped).first.wait_for()
    settled(page)
    silent = int(figure(page, "Communities heard too little"))
    assert page.locator(striped).count() == silent > 0
    assert overflow(page) == 0
    page.get_by_role("tab", name=SAY("Whom to invite")).click()
    expect(page.get_by_text(re.compile(f"people in {silent} communities"))).to_be_visible()
    page.get_by_role("tab", name=SAY("Take away")).click()
    with page.expect_download() as taken:
        page.get_by_role("button", name=SAY("Communities with who is missing (GeoJSON)")).click()
    areas = json.loads(taken.value.path().read_text(encoding="utf-8"))["features"]
    assert sum(one["properties"]["heard"] == "under" for one in areas) == silent
    page.get_by_role("tab", name=SAY("Tie to the place, and what was asked")).click()
    page.get_by_text(SAY("Residents by these answers")).click()
    for name, persons in (("Under 18", "30000"), ("60 or over", "90000")):
        page.get_by_role("spinbutton", name=name).fill(persons)
    page.get_by_label(SAY("Where the figures come from")).fill("Census")
    page.get_by_role("button", name=SAY("Keep these figures")).click()
    expect(page.get_by_text(re.compile("Residents: Census"))).to_be_visible()

    # Themes: three labels are taken away with one click each, and that is seen at once.
    turn_to(page, "Themes")
    settled(page)
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


#: What has the focus, as a screen reader names it.
FOCUSED = """() => { const it = document.activeElement;
  const said = String(it.getAttribute('aria-label') || it.innerText || '');
  return said.replace(/\\s+/g, ' ').trim(); }"""


def tab_to(page: Page, name: str, most: int = 30) -> None:
    """Press Tab until what is so called has the focus, which must be seen."""
    for _ in range(most):
        page.keyboard.press("Tab")
        if re.search(name, page.evaluate(FOCUSED) or ""):
            return
    raise AssertionError(f"{name} is out of reach: {page.evaluate(FOCUSED)}")


def choose(page: Page, name: str, typed: str) -> None:
    """Choose from a list by typing, and wait for the page that comes of it."""
    tab_to(page, name)
    page.keyboard.type(typed)
    page.keyboard.press("Enter")
    settled(page)


@pytest.mark.everything
def test_all_of_it_can_be_done_with_keys_alone(open_page: OpenPage, server: Server) -> None:
    page = at_the_bench(open_page, server, TABLET, "/planner?campaign=micro-park&lang=en")
    the_map(page).locator(".lujian-cluster").first.wait_for()
    settled(page)
    choose(page, "^Campaign$", "Shared bikes")
    assert asked(page)["campaign"] == ["bike-parking"]

    # A filter is set, and its chip takes it away.
    tab_to(page, "^Words in the text$")
    page.keyboard.type("盲道")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("text="))
    settled(page)
    for _ in range(6):
        page.keyboard.press("Shift+Tab")
        if page.evaluate(FOCUSED).startswith("Words in the text: "):
            break
    page.keyboard.press("Enter")
    expect(page).not_to_have_url(re.compile("text="))
    settled(page)

    # Over the map, whose pins and areas can each have the focus, one jumps by a button.
    tab_to(page, f"^{SAY('Skip the map')}$")
    assert page.locator(".lujian-skip").bounding_box()["x"] >= 0  # type: ignore[index]
    page.keyboard.press("Enter")
    tab_to(page, f"^{SAY('Layers')}$", most=1)
    choose(page, "^Look at a hotspot", "Hotspot 3 ")
    (third,) = [
        one["properties"]
        for one in server.json("/api/campaigns/bike-parking/hotspots.geojson")["features"]
        if one["properties"]["rank"] == 3
    ]
    assert asked(page)["hotspot"] == [third["hotspot_id"]]
    assert figure(page, "Proposals") == str(third["proposals"])

    # How sure that is, on the page after this one; the view is kept.
    page.locator("a[href='#stMain']").focus()
    tab_to(page, "Believe$")
    page.keyboard.press("Enter")
    page.get_by_text(SAY("How sure is this?")).first.wait_for()
    settled(page)
    assert asked(page)["hotspot"] == [third["hotspot_id"]]

    # To the hotspot's own page, and to a topic.
    tab_to(page, f"^{SAY('Skip the map')}$")
    page.keyboard.press("Enter")
    tab_to(page, "^The hotspot's page")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Hotspot 3 · ")
    tab_to(page, f"^{SAY('Make it a topic')}$", most=120)
    page.keyboard.press("Enter")
    title = page.locator("form[action*='/topic?'] [name=title]")
    expect(title).to_be_visible()
    page.keyboard.press("Tab")
    page.keyboard.type("Keys alone")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Keys alone")

    # Two periods, a place of which is looked at; the view is taken to the desk, with its brief.
    page.goto(f"{server.url}/change?campaign=bike-parking&lang=en")
    page.get_by_role("button", name=SAY("Compare the first half of the time")).wait_for()
    settled(page)
    tab_to(page, "^Compare the first half", most=40)
    page.keyboard.press("Enter")
    page.locator("#lujian-map-difference path.leaflet-interactive").first.wait_for()
    settled(page)
    page.locator("a[href='#stMain']").focus()
    tab_to(page, f"^{SAY('Skip the map')}$", most=60)
    page.keyboard.press("Enter")
    choose(page, "^Look at a place", "Qinghe No. 1 Primary School")
    assert page.get_by_role("combobox", name=re.compile("^Look at a place")).input_value()
    page.locator("a[href='#stMain']").focus()
    tab_to(page, f"^{SAY('Save or print this view')}$", most=40)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name=SAY("This view"))).to_be_visible()
    tab_to(page, "^Brief for a meeting")


@pytest.mark.everything
@SIZES
def test_a_planner_chooses_five_places_and_compares_with_eight_and_today(
    open_page: OpenPage, server: Server, size: dict[str, int]
) -> None:
    page = at_the_bench(open_page, server, size, "/site?campaign=micro-park&lang=en")
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
    page.get_by_text(re.compile("^Five parks · 5 new places")).first.wait_for()
    page.get_by_label(SAY("Keep this choice as")).fill("The same again")
    page.get_by_role("button", name=SAY("Keep"), exact=True).click()
    page.get_by_text(re.compile("^The same again · 5 new places")).first.wait_for()

    # What was kept is compared with each other, too.
    page.get_by_role("tab", name=SAY("Compare")).click()
    beside = page.get_by_role("table").nth(1)
    expect(beside).to_contain_text("1: The same again")
    expect(beside).to_contain_text("2: Five parks")
    row = beside.get_by_role("row", name=re.compile("^People served"))
    expect(row.get_by_role("cell").last).to_have_text(f"{served:,}")
    page.get_by_role("tab", name=SAY("Keep and pass on")).click()
    page.get_by_text(re.compile("^Five parks · 5 new places")).first.click()

    # What was kept is taken away as a file of any form, or as a pack.
    files = page.locator(".lujian-files:visible")
    pack = files.get_by_role("link", name=SAY("Pack for a design firm"))
    assert (pack.get_attribute("href") or "").startswith("/w/desk/packs/new?scenario=")
    files.get_by_text(SAY("Choose the form and the coordinate system yourself")).click()
    files.get_by_label(SAY("Form of the file")).select_option("csv")
    with page.expect_download() as taken:
        files.get_by_role("button", name=SAY("Take the file")).click()
    assert taken.value.path().read_text(encoding="utf-8-sig").count(",false,") == 5
    page.get_by_role("button", name=SAY("Make it a topic")).click()
    page.get_by_role("link", name=SAY("To the topic and its brief")).click()
    expect(page.get_by_role("heading", name="Five parks")).to_be_visible()
    sites = page.get_by_role("region", name=SAY("Where it should go"))
    assert sites.get_by_role("row").filter(has_text="new").count() == 5
    brief = sites.get_by_role("link", name=SAY("Brief for a meeting (PDF)"))
    answer = page.request.get(f"{server.url}{brief.get_attribute('href')}")
    assert answer.headers["content-type"] == "application/pdf", answer.text()[:3000]
    assert answer.ok
