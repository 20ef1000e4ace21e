"""The site around Streamlit's pages: who is led where, what is 404, what stands at the top."""

from __future__ import annotations

import re
from io import BytesIO
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from fastapi.testclient import TestClient
from PIL import Image
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import HTMLResponse, Response
from starlette.routing import Mount
from streamlit.file_util import get_static_dir

from api.assets import asset_routes
from core.database import Database
from core.settings import ROOT, Settings
from people.access.actor import Actor
from people.access.device_cookie import FULL, VisitorMiddleware
from printing.links import greeted_name
from screens.workbench import registry
from serving.context import make_context
from serving.streamlit_shell import ShellMiddleware, inline_scripts
from serving.unknown_paths import STREAMLIT_PAGES, UnknownPageMiddleware
from submissions.proposals.queries import CampaignView
from tests.conftest import NOW
from tests.submissions.acting import file
from web import create_web
from web.site_files import AT_TOP, PAGES, site_routes

PUBLIC = "https://lujian.example.org"
IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1 Mobile/15E148"
WECHAT = "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 Mobile Safari MicroMessenger/8.0.50"
IPAD = "Mozilla/5.0 (iPad; CPU OS 12_2 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148"
DESKTOP = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/140.0 Safari/537.36"


async def streamlit(scope: Any, receive: Any, send: Any) -> None:
    """Answer as Streamlit does: with its front end, whatever is asked for."""
    page = (Path(get_static_dir()) / "index.html").read_text(encoding="utf-8")
    answer: Response = HTMLResponse(page, headers={"Cache-Control": "no-cache"})
    await answer(scope, receive, send)


def opened(database: Database, tmp_path: Path, **told: Any) -> TestClient:
    """Return the site over a database, as ``app.py`` puts it together."""
    settings = Settings(**{"public_url": PUBLIC, "var_dir": tmp_path, **told})
    context = make_context(database, settings)
    routes = [Mount("/w", create_web(context)), *asset_routes(), *site_routes(context)]
    made = Starlette(
        routes=[*routes, Mount("/", streamlit)],
        middleware=[
            Middleware(VisitorMiddleware, scripts=inline_scripts()),
            Middleware(UnknownPageMiddleware, context=context, routes=routes),
            Middleware(ShellMiddleware, context=context),
        ],
    )
    return TestClient(made, follow_redirects=False)


@pytest.fixture
def client(database: Database, tmp_path: Path) -> TestClient:
    return opened(database, tmp_path, office_name="清河街道办事处")


LED = [
    (IPHONE, "/", "/w/"),
    (WECHAT, "/?campaign=micro-park&at=1,2&lang=en&x=y", "/w/c/micro-park?at=1%2C2&lang=en"),
    (IPHONE, "/?campaign=//evil.example", "/w/"),
    (IPHONE, "/?full=0", "/w/"),
    (IPHONE, "/planner", None),
    (IPAD, "/", None),
    (DESKTOP, "/", None),
]


def test_a_phone_that_comes_to_the_full_map_is_led_to_the_light_page(client: TestClient) -> None:
    for agent, address, leads_to in LED:
        answer = client.get(address, headers={"user-agent": agent})
        assert answer.headers.get("location") == leads_to, (agent, address)
        assert answer.status_code == (302 if leads_to else 200)
        assert "User-Agent" in answer.headers["vary"]


def test_who_asked_for_the_full_map_on_a_phone_keeps_it(client: TestClient) -> None:
    phone = {"user-agent": DESKTOP, "sec-ch-ua-mobile": "?1"}
    assert client.get("/", headers=phone).status_code == 302
    assert client.get("/?campaign=a&full=1", headers=phone).status_code == 200
    assert client.cookies[FULL] == "1"
    assert client.get("/?campaign=a", headers=phone).status_code == 200
    assert client.get("/?full=0", headers=phone).status_code == 302


def test_the_page_around_streamlit_is_ours(client: TestClient) -> None:
    for lang, html in (("zh_CN", "zh-CN"), ("en", "en")):
        page = client.get(f"/?lang={lang}").text
        assert f'<html lang="{html}">' in page
        assert page.count('property="og:') == 8
        assert 'content="路见 · 清河街道办事处"' in page
        assert f'content="{PUBLIC}/w/share.png?lang={lang}"' in page
        for foreign in ("agent", "Streamlit app", "favicon.png", "enable JavaScript"):
            assert foreign not in page
        without = re.search("<noscript>(.*?)</noscript>", page, re.DOTALL)
        assert without is not None
        assert '<a href="/w/?lang=zh_CN">' in without[1]
        assert '<a href="/w/?lang=en">' in without[1]


def test_the_list_of_campaigns_has_a_preview_in_chat_apps(client: TestClient) -> None:
    page = client.get("/w/?lang=en").text
    assert page.count('property="og:') == 8
    assert '"LuJian 路见 · 清河街道办事处"' in page
    assert '<link rel="canonical" href="https://lujian.example.org/w/">' in page


def test_unknown_addresses_are_404_in_the_readers_language(client: TestClient) -> None:
    for address in ("/nothing", "/planner/x", "/wp-login.php", "/favicon.png"):
        for lang, said in (("zh_CN", "没有这个页面"), ("en", "There is no such page")):
            answer = client.get(f"{address}?lang={lang}")
            assert (answer.status_code, said in answer.text) == (404, True), address
            assert "清河街道办事处" in answer.text
            assert "'unsafe-inline'" not in answer.headers["content-security-policy"]
        assert client.post(address).status_code == 404


def test_what_streamlit_has_is_not_404(client: TestClient) -> None:
    script = (ROOT / "screens" / "main.py").read_text(encoding="utf-8")
    named = {f"/{name}" for name in re.findall(r'url_path="(.*?)"', script)}
    assert named | {f"/{one.path}" for one in registry.PAGES} == STREAMLIT_PAGES
    for address in (*STREAMLIT_PAGES, "/static/js/x.js", "/_stcore/health", "/component/x/y"):
        assert client.get(address).status_code == 200, address


def test_robots_know_what_is_public_and_what_is_for_one_person(
    client: TestClient, database: Database, campaign: CampaignView
) -> None:
    filed = file(database, campaign, Actor("device 1"), now=NOW)
    shown = filed.public_id
    robots = client.get("/robots.txt")
    assert robots.headers["content-type"].startswith("text/plain")
    assert f"Sitemap: {PUBLIC}/sitemap.xml" in robots.text
    closed = re.findall("Disallow: (.+)", robots.text)
    tree = ElementTree.fromstring(client.get("/sitemap.xml").text)
    found = [str(each.text).removeprefix(PUBLIC) for each in tree.iter() if "loc" in each.tag]
    assert set(found) == {*PAGES, "/w/c/test-campaign", f"/w/p/{shown}"}
    for address in found:
        assert client.get(address).status_code == 200, address
        assert not address.startswith(tuple(closed)), address
        assert 'content="noindex"' not in client.get(address).text
    receipt = client.get(f"/w/r/{filed.code}")
    assert receipt.headers["x-robots-tag"] == "noindex"
    assert 'content="noindex"' in receipt.text
    assert "og:" not in receipt.text
    for address in ("/w/r/ACEF-2345-WXY6", "/w/desk/queue", "/api/campaigns"):
        assert address.startswith(tuple(closed)), address


def test_a_browser_without_cookies_is_told_of_them(
    client: TestClient, campaign: CampaignView
) -> None:
    typed = {"text": "地铁口停不下车"}
    for lang, said in (("zh_CN", "允许使用 Cookie"), ("en", "allow cookies")):
        client.cookies.clear()
        answer = client.post(f"/w/c/test-campaign/say?lang={lang}", data=typed)
        assert (answer.status_code, said in answer.text) == (403, True)
        assert typed["text"] in answer.text


def test_what_proxies_may_keep_carries_nobodys_device(
    client: TestClient, campaign: CampaignView
) -> None:
    kept = ("/robots.txt", "/favicon.ico", "/w/share.png", "/w/c/test-campaign/share.png")
    for address in (*kept, "/w/", "/"):
        client.cookies.clear()
        answer = client.get(address)
        assert answer.status_code == 200
        assert ("set-cookie" in answer.headers) is (address not in kept), address


def test_icons_are_there_at_every_size_that_is_asked_for(client: TestClient) -> None:
    for name in AT_TOP:
        answer = client.get(f"/{name}")
        assert answer.status_code == 200
        image = Image.open(BytesIO(answer.content))
        sizes = image.info.get("sizes") or {image.size}
        assert sizes == ({(16, 16), (32, 32), (48, 48)} if "ico" in name[-3:] else {(180, 180)})
    assert client.get("/w/share.png").headers["content-type"] == "image/png"
    page = client.get("/w/").text
    for address in re.findall(r'<link rel="(?:icon|apple-touch-icon)" href="(.+?)"', page):
        assert client.get(address).status_code == 200, address


@pytest.mark.parametrize(
    ("typed", "greeted"),
    [
        (" 朱房\n北站 ", "朱房 北站"),
        ("长" * 500, "长" * 40),
        ("\u202e站\u200b\0", "站"),
        ("领奖 https://evil.example", ""),
        ("www.evil.example", ""),
        ("请拨打 13812345678", ""),
        ("Gate 3 (No. 28)", "Gate 3 (No. 28)"),
    ],
)
def test_a_link_greets_with_a_short_name_of_a_place_alone(typed: str, greeted: str) -> None:
    assert greeted_name(typed) == greeted
