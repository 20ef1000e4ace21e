"""A layer is loaded, seen on the maps, and shown; a part of the map is drawn, and drives all."""

from __future__ import annotations

import json
import re
from pathlib import Path
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import pytest
import shapely
from playwright.sync_api import Page, expect
from sqlalchemy import select

from core.language import translations
from layers.background.base_map import FOLDER
from people.access.actor import Role
from submissions.campaigns.models import Campaign
from tests.browser.axe import too_small, violations
from tests.browser.walking import DESK, PHONE, OpenPage, Server, overflow, sign_in, tap
from tests.layers.background.tile_files import vector_tiles
from tests.layers.sending import geojson, kept, zipped

SAY = translations("zh_CN").gettext
#: Near Qinghe, with markup where a name should be.
PLOT = shapely.box(116.325, 40.040, 116.328, 40.042)
MARKUP = "<img src=x onerror=\"document.title='ran'\">"


#: Are the colours of water and of green among what canvases of the base map show?
COLOURS_DRAWN = """wanted => {
  const seen = new Set();
  for (const one of document.querySelectorAll(".leaflet-tile-pane canvas")) {
    if (!one.width) continue;
    const data = one.getContext("2d").getImageData(0, 0, one.width, one.height).data;
    for (let i = 0; i < data.length; i += 4) {
      seen.add([data[i], data[i + 1], data[i + 2]].map(n => n.toString(16)).join());
    }
  }
  return wanted.every(colour => seen.has(colour));
}"""


def send(page: Page, path: Path) -> None:
    page.set_input_files("input[name=file]", path)
    page.get_by_role("button", name=SAY("Read the file")).first.click()


def layer_paths(page: Page) -> int:
    return page.locator("[class*='leaflet-review-u'] path").count()


@pytest.mark.parametrize(
    "size",
    [
        pytest.param(PHONE, id="phone", marks=pytest.mark.everything),
        pytest.param(DESK, id="desk"),
    ],
)
def test_an_officer_loads_a_layer_of_a_file_and_sees_what_is_in_it(
    open_page: OpenPage, server: Server, size: dict[str, int], tmp_path: Path
) -> None:
    page = open_page("about:blank", size=size, forgive=("/w/desk/layers/new",))
    sign_in(page, server, Role.SUBDISTRICT_OFFICER, name="王主任")
    page.goto(f"{server.url}/w/desk/layers")
    assert violations(page) == []
    page.get_by_role("link", name=SAY("Load a layer")).click()
    assert violations(page) == []
    assert too_small(page) == []
    title = f"停放区普查 {size['width']}"

    # What is refused keeps the file.
    bad = tmp_path / "bad.geojson"
    bad.write_bytes(b"{")
    send(page, bad)
    expect(page.get_by_role("alert")).to_contain_text(
        SAY("This file cannot be read. Is it damaged, or of another kind?")
    )
    assert page.evaluate("() => document.querySelector('input[name=file]').files.length") == 1
    good = tmp_path / "plots.zip"
    plots = geojson(PLOT, shapely.Point(116.32, 40.045), 车位=12, 说明=MARKUP)
    good.write_bytes(zipped({"一/线路.geojson": geojson(PLOT), "一/停放区.geojson": plots}))
    send(page, good)

    # What was detected is looked at; of several layers one is chosen; looking again loses nothing.
    expect(page.locator("svg.lj-where")).to_be_visible()
    assert violations(page) == []
    assert too_small(page) == []
    assert overflow(page) == 0
    page.get_by_label(SAY("Name in Chinese")).fill(title)
    page.locator("label.lj-chip", has_text="线路").click()
    page.locator("label.lj-chip", has_text="停放区").click()
    page.get_by_role("button", name=SAY("Look again with these choices")).click()
    expect(page.get_by_role("cell", name=MARKUP).first).to_be_visible()
    assert page.get_by_label(SAY("Name in Chinese")).input_value() == title
    page.get_by_role("button", name=SAY("Keep it as a layer")).click()
    expect(page).to_have_url(re.compile(r"/layers/\d+\?done=loaded"))
    expect(page.locator("[class*='leaflet-review-u'] path")).to_have_count(2)
    assert violations(page) == []
    assert overflow(page) == 0

    # What stands in its cells is text.
    page.locator("[class*='leaflet-review-u'] path").first.dispatch_event("click")
    card = page.locator(".lujian-popup")
    expect(card).to_contain_text("车位")
    expect(card).to_contain_text(MARKUP)
    assert page.title() != "ran"


@pytest.mark.everything
@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
def test_a_layer_of_the_desk_is_seen_on_the_workbench(
    open_page: OpenPage, server: Server, size: dict[str, int]
) -> None:
    title = f"空地普查 {uuid4().hex[:8]}"
    with server.database() as database:
        made = database.write(lambda s: kept(s, title_zh=title, token=uuid4().hex))
    page = open_page("about:blank", size=size)
    sign_in(page, server, Role.SUBDISTRICT_OFFICER, name="王主任")
    page.goto(f"{server.url}/w/desk/layers/{made}")
    page.get_by_label(SAY("Everybody at the desk"), exact=True).check()
    page.locator("#show button").click()
    expect(page.get_by_role("status").first).to_have_text(SAY("Saved who sees it."))
    page.goto(f"{server.url}/planner?campaign=bike-parking")
    page.locator(".lujian-bench summary").click()
    row = page.locator(".lujian-layers li", has_text=title)
    row.get_by_role("checkbox").check()
    paths = page.locator("[class*='leaflet-review-u'] path")
    expect(paths).to_have_count(2)
    assert re.search(r"u\d+:80", page.url.replace("%3A", ":"))
    paths.first.dispatch_event("click")
    expect(page.locator(".lujian-popup")).to_contain_text("南角")
    row.get_by_role("checkbox").uncheck()
    expect(paths).to_have_count(0)
    assert overflow(page) == 0


def test_a_base_map_of_vector_tiles_is_drawn_with_names_and_no_foreign_request(
    open_page: OpenPage, server: Server
) -> None:
    with server.database() as database, database.reading() as session:
        newest = select(Campaign.area).order_by(Campaign.id.desc()).limit(1)
        around = session.scalars(newest).one().representative_point().coords[0]
    # Down to the last zoom: the map opens on the newest campaign, which may be small.
    vector_tiles(server.var_dir / FOLDER / "osm.pmtiles", around=around, last=19)
    page = open_page("about:blank", size=DESK)
    sign_in(page, server, Role.ADMINISTRATOR)
    page.goto(f"{server.url}/w/desk/base-map")
    assert violations(page) == []
    assert too_small(page) == []
    page.locator("input[name=choice][value=file]").check()
    page.get_by_role("button", name=SAY("Try it and look at it")).click()
    expect(page.get_by_role("status")).to_have_text(SAY("It was tried: tiles come."))
    expect(page.get_by_role("button", name=SAY("Use it on all maps"))).to_be_visible()
    expect(page.locator(".leaflet-control-attribution")).to_contain_text("© OpenStreetMap")
    page.wait_for_function(COLOURS_DRAWN, arg=["b3,da,f2", "d5,eb,cf"])
    assert violations(page) == []


@pytest.mark.everything
@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
def test_a_drawn_part_of_the_map_drives_list_figures_and_files(
    open_page: OpenPage, server: Server, size: dict[str, int]
) -> None:
    page = open_page("about:blank", size=size)
    sign_in(page, server, Role.COMMUNITY_PLANNER)
    page.goto(f"{server.url}/planner?campaign=bike-parking&category=bike_parking&tab=away")
    page.wait_for_function("() => document.querySelectorAll('.lujian-cluster').length > 3")
    page.get_by_role("button", name=SAY("Draw a part of the map")).click()
    for place in ((116.31, 40.03), (116.33, 40.03), (116.325, 40.045)):
        tap(page, *place)
    page.get_by_role("button", name=SAY("Show what lies in it")).click()
    expect(page).to_have_url(re.compile("area="))
    assert "category=bike_parking" in page.url
    link = page.locator("a[href*='proposals.geojson'][href*='area=']").first
    expect(link).to_be_visible()
    href = link.get_attribute("href")
    assert href is not None
    features = server.json(href)["features"]
    corners = parse_qs(urlsplit(page.url).query)["area"][0].split()
    drawn = shapely.Polygon([tuple(map(float, corner.split(","))) for corner in corners])
    everything = server.json("/api/campaigns/bike-parking/proposals.geojson?category=bike_parking")
    inside = [
        f["id"]
        for f in everything["features"]
        if shapely.intersects_xy(drawn, f["properties"]["longitude"], f["properties"]["latitude"])
    ]
    assert 0 < len(inside) < len(everything["features"])
    assert sorted(f["id"] for f in features) == sorted(inside)
    figure = page.get_by_test_id("stMetric").first.get_by_test_id("stMetricValue")
    expect(figure).to_have_text(f"{len(inside):,}")
    expect(page.locator(".leaflet-lujian-draw-pane path")).to_have_count(1)
    assert overflow(page) == 0

    # It can be changed by keys alone, and taken off.
    page.get_by_role("button", name=SAY("Change the drawn part")).press("Enter")
    page.get_by_role("button", name=SAY("Undo")).press("Enter")
    page.get_by_role("button", name=SAY("Cancel")).press("Enter")
    page.get_by_role("button", name=re.compile(f"^{SAY('Area')}")).press("Enter")
    expect(figure).to_have_text(f"{len(everything['features']):,}")


@pytest.mark.everything
def test_many_features_are_thinned_and_that_is_said(
    open_page: OpenPage, server: Server, tmp_path: Path
) -> None:
    page = open_page("about:blank", size=DESK)
    sign_in(page, server, Role.SUBDISTRICT_OFFICER)
    page.goto(f"{server.url}/w/desk/layers/new")
    many = [
        {"type": "Point", "coordinates": [116.30 + (n % 80) * 6e-4, 40.02 + (n // 80) * 6e-4]}
        for n in range(5_000)
    ]
    path = tmp_path / "many.json"
    path.write_bytes(geojson(*many))
    assert json.loads(path.read_text())
    send(page, path)
    page.get_by_role("button", name=SAY("Keep it as a layer")).click()
    expect(page).to_have_url(re.compile("done=loaded"))
    note = page.locator("[data-thinned]")
    expect(note).to_contain_text("5000")
    assert 100 < layer_paths(page) <= 3_000
    for _ in range(3):
        page.locator(".leaflet-control-zoom-in").click()
        page.wait_for_timeout(400)
    expect(note).to_be_empty()
