"""Takes the pictures of the README anew: ``python -m tests.browser.pictures``."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from secrets import token_urlsafe

from playwright.sync_api import Page, expect, sync_playwright

from people.access.actor import Role
from tests.browser.residents import Form
from tests.browser.walking import (
    DESK,
    PHONE,
    ROOT,
    OpenPage,
    Server,
    launch,
    settled,
    sign_in,
    start_server,
    the_map,
    watched_pages,
)

#: What a proposal of the demo says where many say the same.
HELD = "清河公交站便道本来就窄"
FOLDER = ROOT / "docs" / "pictures"
GATE = (116.3236, 40.0451)
#: What the workbench shows, in a window that ends below the slider of weeks.
WORKBENCH = "campaign=bike-parking&layers=communities:75,hotspots:100"
BENCH = {"width": 1440, "height": 1496}
_GARDEN = ((-5e-4, -2e-4), (5e-4, -2e-4), (6e-4, 4e-4), (-3e-4, 5e-4), (-5e-4, -2e-4))
HERE = (GATE[0] + 0.0004, GATE[1] - 0.0006)


def main() -> None:
    """Start the program on a fresh demo, walk to each picture and save it."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        server = start_server(Path(folder), LUJIAN_SECRET_KEY=token_urlsafe(48))
        browser = launch(playwright)
        try:
            with watched_pages(server, browser) as opener:
                take_resident(opener("/w/c/bike-parking", size=PHONE))
                take_full_map(opener("/?campaign=bike-parking&full=1", size=DESK))
                take_planner(opener(f"/planner?{WORKBENCH}", size=BENCH))
                take_moderation(opener("/w/", size=DESK), server)
                take_firm(opener, server)
        finally:
            browser.close()
            server.stop()


def take_resident(page: Page) -> None:
    """Take the form with a pin and a neighbour read, then the receipt."""
    form = Form(page)
    form.place(*HERE, zoom=17)
    neighbour = form.box.locator("details.lj-neighbour").first
    neighbour.locator("summary").click()
    expect(neighbour.locator("button")).to_be_visible()
    page.evaluate("() => scrollTo(0, 0)")
    page.wait_for_load_state("networkidle")
    top, bottom = the_map(page).bounding_box(), neighbour.bounding_box()
    assert top is not None
    assert bottom is not None
    height = bottom["y"] + bottom["height"] - top["y"] + 24
    clip = {"x": 0, "y": top["y"] - 8, "width": PHONE["width"], "height": height}
    page.screenshot(path=FOLDER / "resident-phone.png", full_page=True, clip=clip)  # type: ignore[arg-type]
    form.say("地铁口出来就是一片单车，老人走路要绕到马路上，请在路边画好停车线。")
    form.send()
    page.evaluate("() => scrollTo(0, 0)")
    page.wait_for_load_state("networkidle")
    page.screenshot(path=FOLDER / "receipt-phone.png")


def take_full_map(page: Page) -> None:
    """Take the full map with a pin, and the form beside it."""
    form = Form(page)
    form.place(HERE[0] + 0.0009, HERE[1] - 0.0004, zoom=17)
    settled(page)
    page.evaluate("() => scrollTo(0, 0)")
    page.wait_for_load_state("networkidle")
    page.screenshot(path=FOLDER / "resident-desk.png")


def take_planner(page: Page) -> None:
    """Take the workbench: the map, its filters, and the charts that rule it."""
    the_map(page).locator(".lujian-label-hotspot").first.wait_for(state="attached")
    page.get_by_test_id("stVegaLiteChart").nth(1).locator("canvas, svg").first.wait_for()
    settled(page)
    page.wait_for_load_state("networkidle")
    page.screenshot(path=FOLDER / "planner-desk.png")


def take_moderation(page: Page, server: Server) -> None:
    """Take a proposal of the demo at the desk, held to be looked at, among its neighbours."""
    sign_in(page, server, Role.SOCIAL_WORKER, name="李社工")
    every = server.json("/api/campaigns/bike-parking/proposals.geojson")["features"]
    held = next(one["properties"] for one in every if HELD in one["properties"]["text"])
    reason = "看看是不是和旁边的重复"
    server.command("submissions", "status", held["id"], "held", "--reason", reason)
    page.goto(f"{server.url}/w/desk/queue?tab=held&campaign=bike-parking")
    page.get_by_role("link", name=HELD).first.click()
    expect(page.locator("h1.lj-text")).to_contain_text(HELD)
    page.locator(".lujian-cluster").first.wait_for()
    page.wait_for_load_state("networkidle")
    page.screenshot(path=FOLDER / "moderation-desk.png")


def take_firm(opener: OpenPage, server: Server) -> None:
    """Take a firm's room with a scheme handed back, and the scheme at the desk."""
    desk = opener("/w/", size=DESK)
    sign_in(desk, server, Role.COMMUNITY_PLANNER, name="李规划师")
    address = "/api/campaigns/micro-park/hotspots.geojson?answers=no&verdicts=now"
    spot = server.json(address)["features"][0]
    name = spot["properties"]["hotspot_id"]
    desk.goto(f"{server.url}/w/desk/review/hotspot/{name}?campaign=micro-park")
    desk.get_by_text("下载文件，或制作给设计单位的数据包").click()
    desk.get_by_role("link", name="给设计单位的数据包").click()
    desk.get_by_label("数据包的名称").fill("怡美家园西门的微公园")
    desk.get_by_role("button", name="制作数据包").click()
    desk.get_by_role("link", name="下载", exact=True).wait_for(timeout=60_000)
    desk.get_by_label("设计单位名称").fill("清河规划设计工作室")
    desk.get_by_role("button", name="生成链接").click()
    link = desk.locator("#given code").inner_text()
    page = opener(link.removeprefix(server.url), size=PHONE)
    page.get_by_label("您的姓名").fill("李工")
    page.get_by_role("button", name="我们接受这些条款").click()
    x, y = (spot["properties"][f"centre_{axis}"] for axis in ("longitude", "latitude"))
    garden = [[x + dx, y + dy] for dx, dy in _GARDEN]
    walk = [[x - 0.0007, y - 0.0006], [x, y], [x + 0.0002, y + 0.0008]]
    shapes = (
        {"type": "Polygon", "coordinates": [garden]},
        {"type": "LineString", "coordinates": walk},
    )
    features = [{"type": "Feature", "properties": {}, "geometry": one} for one in shapes]
    data = json.dumps({"type": "FeatureCollection", "features": features}).encode()
    file = {"name": "微公园方案.geojson", "mimeType": "application/json", "buffer": data}
    page.locator("input[type=file]").set_input_files(file)  # type: ignore[arg-type]
    page.get_by_label("关于这份方案").fill("入口对着小区西门，树荫下放座椅。")
    page.get_by_role("button", name="提交方案").click()
    page.get_by_text("100 米以内").first.wait_for()
    clip = {"x": 0, "y": 0, "width": PHONE["width"], "height": 1_300}
    page.screenshot(path=FOLDER / "firm-phone.png", full_page=True, clip=clip)  # type: ignore[arg-type]
    desk.goto(desk.url.partition("/links")[0])
    desk.get_by_role("link", name="看一看").click()
    desk.locator(".lj-scheme").wait_for()
    desk.screenshot(path=FOLDER / "scheme-desk.png")


if __name__ == "__main__":
    main()
