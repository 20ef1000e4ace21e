"""A design firm's day: the letter with the link, the pack, a question, a scheme on the map."""

from __future__ import annotations

import json
import re
import zipfile

import pytest
import shapely
from playwright.sync_api import Page, expect

from core.language import translations
from people.access.actor import Role
from tests.browser.axe import too_small, violations
from tests.browser.test_afterwards import letters_to
from tests.browser.walking import DESK, PHONE, OpenPage, Server, overflow, sign_in
from tests.notifications.conftest import Mailbox

SAY = translations("en").gettext
FIRM, ADDRESS = "清华同衡<设计院>", "firm@example.com"


@pytest.mark.everything
def test_a_firms_day_from_the_letter_to_its_scheme_on_the_map(
    open_page: OpenPage, server: Server, letters: Mailbox
) -> None:
    desk = open_page("/w/desk/sign-in?lang=en", size=DESK)
    sign_in(desk, server, Role.COMMUNITY_PLANNER, name="李规划师")
    found = server.json("/api/campaigns/micro-park/hotspots.geojson?answers=no&verdicts=now")
    spot = found["features"][0]["properties"]
    _made(desk, server, spot["hotspot_id"])
    firm = open_page(_by_letter(desk, server, letters), size=PHONE)
    _looks_well(firm)
    firm.get_by_label(SAY("Your name")).fill("李工")
    firm.get_by_role("button", name=SAY("We accept these terms")).click()
    with firm.expect_download() as download:
        firm.get_by_role("link", name=SAY("Download version {n}").format(n=1)).click()
    with zipfile.ZipFile(download.value.path()) as packed:
        told = json.loads(packed.read("manifest.json"))
        sites = json.loads(packed.read("data/geojson/sites.geojson"))
    assert told["layers"]["proposals"]["things"] >= spot["proposals"]
    firm.get_by_label(SAY("What would you like to know?")).fill("入口可以在东边吗？")
    firm.get_by_role("button", name=SAY("Send the question")).click()
    expect(firm.get_by_text("入口可以在东边吗？")).to_be_visible()

    # The scheme covers the site: all of the hotspot's proposals lie within 100 m of it.
    site = shapely.geometry.shape(sites["features"][0]["geometry"])
    scheme = {"type": "Feature", "properties": {}, "geometry": shapely.geometry.mapping(site)}
    file = {"name": "方案.geojson", "mimeType": "application/json"}
    firm.locator("input[type=file]").set_input_files(
        {**file, "buffer": json.dumps(scheme).encode()}  # type: ignore[arg-type]
    )
    firm.get_by_role("button", name=SAY("Send the scheme")).click()
    near = firm.get_by_text(re.compile(r"\d+ proposals lie within 100 m"))
    expect(near).to_be_visible()
    _looks_well(firm)
    number = int(re.findall(r"\d+", near.inner_text())[0])
    assert number >= spot["proposals"]

    desk.reload()
    desk.get_by_label(SAY("Answer")).fill("可以。")
    desk.get_by_role("button", name=SAY("Send the answer")).click()
    desk.get_by_role("link", name=SAY("Look at it")).click()
    expect(desk.locator("#near")).to_contain_text(f"{number} proposals")
    expect(desk.locator(".lj-scheme path[stroke='#7570b3']")).to_be_visible()
    assert desk.locator(".lj-scheme circle[fill='#c2410c']").count() == number + 1  # the legend's
    assert violations(desk) == []
    desk.get_by_label(SAY("A word to the firm")).fill("就这样做")
    desk.get_by_role("button", name=SAY("Accept"), exact=True).click()
    firm.reload()
    expect(firm.get_by_text("就这样做")).to_be_visible()
    expect(firm.get_by_text("可以。")).to_be_visible()


def _made(desk: Page, server: Server, hotspot_id: str) -> None:
    """Make a pack of a hotspot and give it to a firm."""
    asked = "campaign=micro-park&lang=en"
    desk.goto(f"{server.url}/w/desk/review/hotspot/{hotspot_id}?{asked}")
    desk.get_by_text(SAY("Files, and the pack for a design firm")).click()
    desk.get_by_role("link", name=SAY("Pack for a design firm")).click()
    desk.get_by_label(SAY("Title of the pack")).fill("街角公园")
    desk.get_by_role("button", name=SAY("Make the pack")).click()
    expect(desk.get_by_role("link", name=SAY("Download"), exact=True)).to_be_visible(timeout=60_000)
    desk.get_by_label(SAY("Name of the firm")).fill(FIRM)
    desk.get_by_label(re.compile(SAY("E-mail address or telephone of the firm"))).fill(ADDRESS)
    desk.get_by_role("button", name=SAY("Make the link")).click()
    expect(desk.locator("#given code")).to_be_visible()
    assert violations(desk) == []


def _by_letter(desk: Page, server: Server, letters: Mailbox) -> str:
    """Return the path of the link in the letter that came; the desk showed the same, once."""
    shown = desk.locator("#given code").inner_text()
    *_earlier, told = letters_to(letters, ADDRESS, 1)
    assert shown in told.get_content()
    desk.goto(desk.url.partition("/links")[0])
    expect(desk.locator("#given")).to_have_count(0)
    return shown.removeprefix(server.url) + "?lang=en"


def _looks_well(page: Page) -> None:
    assert overflow(page) == 0
    assert violations(page) == []
    assert too_small(page) == []
