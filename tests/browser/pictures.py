"""Takes the pictures of the README anew: ``python -m tests.browser.pictures``."""

from __future__ import annotations

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


if __name__ == "__main__":
    main()
