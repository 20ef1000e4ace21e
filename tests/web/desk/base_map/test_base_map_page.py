"""The page of the base map: tried, looked at, kept sealed, in force at once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, text

from core.database import Database
from core.errors import WrongStateError
from core.settings import Settings
from layers.background import try_tiles
from layers.background.base_map import (
    FOLDER,
    BaseMapChoice,
    current_base_map,
    known_base_map,
    stored_choice,
)
from layers.background.change_base_map import change_base_map
from layers.background.models import BaseMapEntry
from notifications.webhook_target import Fetched
from people.access.actor import OPERATOR, Grant, Reach, Role
from people.audit.models import AuditEntry
from submissions.proposals.queries import CampaignView
from tests.conftest import NOW
from tests.layers.background.tile_files import PICTURE, tiles, vector_tile, vector_tiles
from tests.web.acting import sign_in
from tests.web.browsing import Browser, Page
from tests.web.conftest import MakeRoom, site

FORM = "/w/desk/base-map"
KEY = "0123456789abcdef0123456789abcdef"
HOST = "https://tiles.example/{z}/{x}/{y}.png"


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Let every tile come, and tell which were asked for."""
    urls: list[str] = []

    def get(url: str, _headers: dict[str, str], **_more: Any) -> Fetched:
        urls.append(url)
        return Fetched(403 if "refused" in url else 200, PICTURE)

    monkeypatch.setattr(try_tiles, "fetch", get)
    return urls


def boss_of(room: Any, database: Database) -> Browser:
    browser = Browser(site(room))
    sign_in(browser, database, Role.ADMINISTRATOR)
    return browser


def boss_changes(database: Database, settings: Settings) -> None:
    """Choose none, past the page."""

    def change(session: Any) -> None:
        version = stored_choice(session).version
        none = BaseMapChoice("none")
        change_base_map(session, OPERATOR, none, "", settings=settings, version=version, now=NOW)

    database.write(change)


def look(boss: Browser, **typed: str) -> Page:
    """Try a base map; return the page that shows it, or says why not."""
    form = [one for one in boss.open(FORM).forms if one.action.endswith("/base-map")][-1]
    return boss.send(form, do="look", **typed)


def keep(boss: Browser, page: Page) -> None:
    form = next(one for one in page.forms if one.one("do") == "keep")
    boss.send(form)


def test_tianditu_is_tried_looked_at_and_its_key_is_sealed_and_never_shown(
    make_room: MakeRoom, database: Database, campaign: CampaignView, asked: list[str]
) -> None:
    room = make_room()
    boss = boss_of(room, database)
    page = look(boss, choice="tianditu", key=KEY)
    assert (boss.answer.status_code, len(asked)) == (200, 2)
    assert all(f"tk={KEY}" in url for url in asked)
    assert "试过了：瓦片取得到。" in page.text
    assert (
        "img-src 'self' data: blob: https://*.tianditu.gov.cn"
        in boss.answer.headers["content-security-policy"]
    )
    assert current_base_map(database, room.settings).urls == (), "looked at, not kept"
    held = [one.values for one in page.forms if "sealed" in one.values]
    assert held
    assert KEY not in str(held)
    keep(boss, page)
    assert boss.status == 303
    with database.reading() as session:
        sealed = session.scalar(select(BaseMapEntry.key))
        trail = session.scalars(select(AuditEntry).order_by(AuditEntry.id)).all()[-1]
    assert sealed is not None
    assert KEY.encode() not in sealed.token
    assert (trail.action, trail.details["to"]) == ("base_map_changed", "tianditu")
    assert KEY not in str(trail.details)
    shown = known_base_map(database, room.settings)
    assert shown.urls[0].endswith(f"tk={KEY}")
    resident = Browser(site(room))
    resident.open("/w/c/test-campaign")
    assert KEY in resident.answer.text
    again = look(boss, choice="tianditu-image", key="")
    assert "试过了" in again.text, "goes on with the key that is kept"


def test_a_refused_tile_keeps_nothing_and_says_why(
    make_room: MakeRoom, database: Database, asked: list[str]
) -> None:
    room = make_room()
    tiles(room.settings.var_dir / FOLDER / "inside.pmtiles")
    tiles(room.settings.var_dir / "outside.pmtiles")
    boss = boss_of(room, database)
    for typed, said in (
        ({"choice": "xyz", "url": "https://refused.example/{z}/{x}/{y}"}, "HTTP 403"),
        ({"choice": "xyz", "url": "https://a.example/{z}/{x}"}, "{z}、{x}"),
        ({"choice": "xyz", "url": "https://a.example/{z}/{x}/{y}?k={key}"}, "{z}、{x}"),
        ({"choice": "xyz", "url": HOST, "zoom": "40"}, "3"),
        ({"choice": "tianditu", "key": ""}, "密钥"),
        ({"choice": "file", "file": "../outside.pmtiles"}, "这个文件已经不在了"),
        ({"choice": "odd"}, "请选择"),
    ):
        page = look(boss, **typed)
        assert boss.status == 422, typed
        assert said in page.by_id["problem-form"]
    with database.reading() as session:
        assert session.scalar(select(BaseMapEntry.id)) is None
    assert len(asked) == 1


def test_a_file_of_the_folder_is_in_force_in_all_processes_and_gone_it_hurts_no_map(
    make_room: MakeRoom,
    database: Database,
    campaign: CampaignView,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    room = make_room()
    folder = room.settings.var_dir / FOLDER
    vector_tiles(folder / "osm.pmtiles", last=11)
    tiles(folder / "notes.txt")
    boss = boss_of(room, database)
    page = boss.open(FORM)
    assert page.forms[-1].offered["file"] == ["osm.pmtiles"]
    monkeypatch.setattr("web.desk.base_map.base_map_page._campaign", lambda _here: None)
    seen = look(boss, choice="file", file="osm.pmtiles")
    address = "/w/desk/base-map/tiles/11/1685/775?file=osm.pmtiles"
    boss.open(address)
    assert (boss.status, boss.answer.content) == (200, vector_tile()), "before it is in force"
    outside = "/w/desk/base-map/tiles/12/3372/1552?file=../outside.pmtiles"
    tiles(room.settings.var_dir / "outside.pmtiles")
    boss.open(outside)
    assert boss.status == 422
    officer = Browser(site(room))
    sign_in(officer, database, Grant(Role.ADMINISTRATOR, Reach.SUBDISTRICT, "110108017"))
    officer.open(address)
    assert officer.status == 404, "administers a part alone"
    assert officer.client.get("/api/background/11/1685/775").status_code == 404
    keep(boss, seen)
    assert boss.status == 303
    shown = current_base_map(database, make_room().settings)
    assert (shown.is_vector, Path(shown.file).name) == (True, "osm.pmtiles")
    (folder / "osm.pmtiles").unlink()
    monkeypatch.setattr("layers.background.base_map.FRESH_S", 1e-6)
    assert current_base_map(database, room.settings).urls == ()
    assert "不能显示" in boss.open(FORM).text


def test_the_settings_of_the_server_go_before(
    make_room: MakeRoom, database: Database, asked: list[str]
) -> None:
    room = make_room(basemap_url="https://settings.example/{z}/{x}/{y}.png")
    boss = boss_of(room, database)
    page = boss.open(FORM)
    assert "LUJIAN_BASEMAP" in page.text
    assert not [one for one in page.forms if "choice" in one.values]
    sent = boss.client.post(FORM, data={"choice": "none", "do": "keep"})
    assert sent.status_code == 409
    with pytest.raises(WrongStateError):
        boss_changes(database, room.settings)
    assert asked == []
    with database.reading() as session:
        assert session.scalar(text("SELECT count(*) FROM base_map")) == 0


def test_two_who_choose_at_once_do_not_overwrite_each_other(
    room: Any, database: Database, asked: list[str]
) -> None:
    first, second = boss_of(room, database), boss_of(room, database)
    pages = [look(one, choice="xyz", url=HOST, attribution="© A") for one in (first, second)]
    keep(first, pages[0])
    keep(second, pages[1])
    assert (first.status, second.status) == (303, 409)
