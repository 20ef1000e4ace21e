"""A resident drops a pin, and it is counted, found in a hotspot, and taken away as GeoJSON."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import URL, create_engine

from tests.browser.walking import (
    DESK,
    OpenPage,
    Server,
    look_at,
    map_frame,
    overflow,
    settled,
    start_server,
    tap,
    watched_pages,
)

#: In 清上园, where no pin stands yet: a tap on a pin opens it instead of placing one.
PLACE = (116.3256, 40.0372)
PLACES = {"zh_CN": PLACE, "en": (116.3259, 40.0375)}
WORDS = {
    "zh_CN": {
        "send": "提交建议",
        "category": "共享单车停放",
        "relation": "住在附近",
        "thanks": "谢谢您!建议已收到。",
        "switch": "English",
        "support": "我支持这一条,不再另提",
        "position": "用我的位置",
    },
    "en": {
        "send": "Send my proposal",
        "category": "Bike parking",
        "relation": "I live nearby",
        "thanks": "Thank you. Your proposal has been received.",
        "switch": "中文",
        "support": "I support this instead",
        "position": "Use my position",
    },
}
RECEIPT = re.compile(r"[2-9A-Z]{4}-[2-9A-Z]{4}-[2-9A-Z]{4}")


def fill_in(page: Page, text: str, lang: str = "zh_CN") -> None:
    words = WORDS[lang]
    category = page.get_by_role("radio", name=words["category"])
    if category.count():
        category.click()
    page.get_by_role("textbox").fill(text)
    page.get_by_role("radio", name=words["relation"]).click()


def file_one(page: Page, place: tuple[float, float], text: str, lang: str = "zh_CN") -> str:
    """Tap, fill in and send; return the receipt."""
    look_at(page, *place, zoom=19)
    tap(page, *place)
    expect(map_frame(page).locator(".lujian-drop")).to_be_visible()
    settled(page)
    fill_in(page, text, lang)
    page.get_by_role("button", name=WORDS[lang]["send"]).click()
    expect(page.get_by_role("heading", name=WORDS[lang]["thanks"])).to_be_visible()
    code = page.locator(".st-key-receipt-code code").inner_text()
    assert RECEIPT.fullmatch(code.strip())
    return code.strip()


def counted(page: Page, server: Server, name: str) -> int:
    data = page.request.get(f"{server.url}/api/campaigns/bike-parking/communities.geojson").json()
    return int(
        next(f for f in data["features"] if f["properties"]["name"] == name)["properties"][
            "proposals"
        ]
    )


@pytest.mark.parametrize("lang", ["zh_CN", "en"])
def test_from_a_tap_to_the_geojson(open_page: OpenPage, server: Server, lang: str) -> None:
    page = open_page(f"/?campaign=bike-parking&lang={lang}", lang=lang)
    before = counted(page, server, "清上园社区")
    text = f"清上园门口太乱 ({lang}),请画停车线。"
    code = file_one(page, PLACES[lang], text, lang)
    assert overflow(page) == 0
    assert counted(page, server, "清上园社区") == before + 1

    own = open_page(f"/proposal?receipt={code}&lang={lang}", lang=lang)
    expect(own.get_by_text(text)).to_be_visible()
    assert overflow(own) == 0

    desk = open_page("/planner?campaign=bike-parking", size=DESK, lang=lang)
    total = before + 1
    name = "All communities in a table" if lang == "en" else "全部社区(表格)"
    expect(desk.get_by_text(name)).to_be_visible()
    with desk.expect_download() as waiting:
        desk.get_by_role("link", name=re.compile("Communities with|社区统计")).click()
    saved = json.loads(Path(waiting.value.path()).read_text(encoding="utf-8"))
    row = next(f for f in saved["features"] if f["properties"]["name"] == "清上园社区")
    assert row["properties"]["proposals"] == total
    with desk.expect_download() as waiting:
        desk.get_by_role("link", name=re.compile("^.*(Proposals|建议)$")).last.click()
    saved = json.loads(Path(waiting.value.path()).read_text(encoding="utf-8"))
    mine = [f for f in saved["features"] if f["properties"]["text"] == text]
    assert len(mine) == 1
    assert mine[0]["geometry"]["coordinates"] == pytest.approx(PLACES[lang], abs=2e-5)
    assert code.replace("-", "") not in json.dumps(saved)


def test_a_new_pin_joins_the_hotspot_that_the_planner_opens(
    open_page: OpenPage, server: Server
) -> None:
    page = open_page("/?campaign=bike-parking")
    address = f"{server.url}/api/campaigns/bike-parking/hotspots.geojson"
    first = page.request.get(address).json()["features"][0]["properties"]
    centre = (first["centre_longitude"], first["centre_latitude"])
    text = "这里早晚高峰停不下,请加一块停放区(热点)。"
    file_one(page, centre, text)
    after = page.request.get(address).json()["features"][0]["properties"]
    assert after["hotspot_id"] == first["hotspot_id"]
    assert (after["proposals"], after["people"]) == (
        first["proposals"] + 1,
        first["people"] + 1,
    )
    desk = open_page("/planner?campaign=bike-parking", size=DESK)
    look_at(desk, *centre, zoom=16)
    tap(desk, *centre)
    expect(desk.get_by_role("heading", name="热点 1")).to_be_visible()
    pages = desk.get_by_role("spinbutton")
    pages.fill(str((after["proposals"] + 9) // 10))
    pages.press("Enter")
    expect(desk.get_by_text(text)).to_be_visible()
    assert overflow(desk) == 0


def test_nothing_typed_is_lost_by_a_refusal_or_another_language(open_page: OpenPage) -> None:
    page = open_page("/?campaign=bike-parking")
    look_at(page, *PLACE)
    text = "门口停车太乱"
    page.get_by_role("textbox").fill(text)
    page.get_by_role("button", name="提交建议").click()
    expect(page.get_by_text("请先在地图上点一下")).to_be_visible()
    expect(page.get_by_role("textbox")).to_have_value(text)
    look_at(page, 116.29, 40.07)
    tap(page, 116.29, 40.07)
    expect(page.get_by_text("不在本次活动范围内")).to_be_visible()
    expect(page.get_by_role("textbox")).to_have_value(text)
    page.get_by_role("button", name="English").click()
    expect(page.get_by_role("button", name="Send my proposal")).to_be_visible()
    expect(page.get_by_role("textbox")).to_have_value(text)
    page.reload()
    expect(page.get_by_role("button", name="Send my proposal")).to_be_visible()


def test_the_position_of_the_device_places_the_pin(open_page: OpenPage) -> None:
    page = open_page(
        "/?campaign=bike-parking",
        position={"longitude": PLACE[0], "latitude": PLACE[1], "accuracy": 80},
    )
    map_frame(page).locator(".lujian-cluster").first.wait_for()
    page.get_by_role("button", name="用我的位置").click()
    expect(map_frame(page).locator(".lujian-drop")).to_be_visible()
    expect(page.get_by_text("手机定位误差约 80 米")).to_be_visible()


def test_one_tap_supports_a_neighbour_instead(open_page: OpenPage, server: Server) -> None:
    page = open_page("/?campaign=bike-parking")
    look_at(page, *PLACE, zoom=19)
    tap(page, PLACE[0] + 0.0001, PLACE[1])
    button = page.get_by_role("button", name="我支持这一条,不再另提").first
    button.click()
    expect(page.get_by_text("现在有 1 人支持")).to_be_visible()
    saved = page.request.get(f"{server.url}/api/campaigns/bike-parking/proposals.geojson").json()
    assert sum(f["properties"]["supports"] for f in saved["features"]) >= 1


def test_kill_9_after_the_receipt_loses_nothing(tmp_path: Path, chromium: Browser) -> None:
    running = start_server(tmp_path)
    with watched_pages(running, chromium) as opener:
        code = file_one(opener("/?campaign=micro-park"), PLACE, "来一个小公园")
        running.process.kill()
        running.process.wait()
    again = start_server(tmp_path)
    try:
        with watched_pages(again, chromium) as opener:
            page = opener(f"/proposal?receipt={code}")
            expect(page.get_by_text("来一个小公园")).to_be_visible()
    finally:
        again.stop()


def test_the_same_journey_on_postgis(
    postgis_server: URL, tmp_path: Path, chromium: Browser
) -> None:
    name = "lujian_journey"
    engine = create_engine(postgis_server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        connection.exec_driver_sql(f"CREATE DATABASE {name}")
    engine.dispose()
    address = postgis_server.set(database=name).render_as_string(hide_password=False)
    running = start_server(tmp_path, LUJIAN_DATABASE_URL=address)
    try:
        with watched_pages(running, chromium) as opener:
            page = opener("/?campaign=micro-park")
            assert page.request.get(f"{running.url}/api/health").json()["database"] == "postgresql"
            text = "在这里放两把有靠背的椅子。"
            code = file_one(page, PLACE, text)
            saved = page.request.get(f"{running.url}/api/campaigns/micro-park/proposals.geojson")
            assert [f["properties"]["text"] for f in saved.json()["features"]].count(text) == 1
            own = opener(f"/proposal?receipt={code}")
            expect(own.get_by_text(text)).to_be_visible()
    finally:
        running.stop()
