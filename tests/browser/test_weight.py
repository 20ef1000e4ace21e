"""What a resident's phone fetches: little, packed, at once, and the second time hardly anything."""

from __future__ import annotations

import httpx2
import pytest
from playwright.sync_api import Browser, BrowserContext, Response

from tests.browser.walking import PHONE, Server
from tests.browser.weighing import Scale

MOST_KB = 350
#: A browser opens six connections to a server: what a page needs first shall come in one round.
CONNECTIONS = 6
PACKED = (".js", ".css", ".json")


@pytest.fixture
def phone(chromium: Browser) -> BrowserContext:
    """A phone that has seen nothing yet."""
    return chromium.new_context(
        viewport=PHONE, is_mobile=True, has_touch=True, locale="zh-CN", service_workers="block"
    )


def proposal_of(server: Server) -> str:
    address = f"{server.url}/api/campaigns/bike-parking/proposals.geojson"
    return str(httpx2.get(address).json()["features"][0]["properties"]["id"])


@pytest.mark.parametrize(
    "page",
    [
        "campaign",
        *(
            pytest.param(page, marks=pytest.mark.everything)
            for page in ("card", "proposal", "lookup")
        ),
    ],
)
def test_a_light_page_stays_light(server: Server, phone: BrowserContext, page: str) -> None:
    address = {
        "campaign": "/w/c/bike-parking",
        "card": "/w/c/bike-parking?at=116.3256,40.0372&place=清上园社区",
        "proposal": f"/w/p/{proposal_of(server)}",
        "lookup": "/w/r",
    }[page]
    first = Scale.of(phone, server.url + address)
    assert 1 < first.kilobytes <= MOST_KB, first.heaviest()
    found = [urls for urls in first.kinds.values() if "/assets/" in urls]
    assert len(set(found)) < CONNECTIONS, found
    again = Scale.of(phone, server.url + address)
    fetched = [url for name, url in again.kinds.items() if again.moved[name]]
    assert not [url for url in fetched if "/assets/" in url], fetched
    phone.close()


@pytest.mark.parametrize(
    "path",
    [
        "/w/c/bike-parking",
        pytest.param("/?campaign=bike-parking&full=1", marks=pytest.mark.everything),
    ],
)
def test_scripts_and_styles_arrive_packed(server: Server, phone: BrowserContext, path: str) -> None:
    page = phone.new_page()
    plain: list[str] = []
    seen: set[str] = set()

    def look(answer: Response) -> None:
        url = answer.url.partition("?")[0]
        if not url.endswith((*PACKED, "/c/bike-parking")):
            return
        seen.add(url)
        size = int(answer.headers.get("content-length", 0))
        if size >= 1000 and "content-encoding" not in answer.headers:
            plain.append(url)

    page.on("response", look)
    page.goto(server.url + path)
    frame = page.frame_locator("iframe") if path.startswith("/?") else page
    frame.locator(".lujian-cluster").first.wait_for()
    assert seen
    assert not plain
    phone.close()
