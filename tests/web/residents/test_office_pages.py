"""Who asks and who answers: at the foot of pages, on pages of their own, beside a consent."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from core.database import Database
from people.access.actor import Role
from serving.context import Context
from submissions.proposals.queries import CampaignView
from tests.web.acting import sign_in
from tests.web.browsing import Browser
from tests.web.conftest import CHANNELS, MakeRoom, site
from wording.office.plain_text import Block, blocks_of

NAME, ENGLISH = "清河街道办事处", "Qinghe Subdistrict Office"
SET = {
    "office_name": NAME,
    "office_telephone": "010-6271 <1>",
    "office_icp": "京ICP备05000000号",
    "office_police_record": "京公网安备11010802000000号",
}
PAGES = ("/w/privacy", "/w/imprint", "/w/accessibility")


def test_every_page_names_the_office_at_its_foot_and_nothing_that_is_not_set(
    make_room: MakeRoom, campaign: CampaignView
) -> None:
    browser = Browser(site(make_room(**SET)))
    for address in ("/w/", "/w/c/test-campaign", "/w/r", "/w/p/none", *PAGES):
        page = browser.open(f"{address}?lang=en")
        assert NAME in page.text, address
        assert page.all("strong", lang="zh-CN"), address
        assert page.all("a", href="tel:01062711"), address
        assert page.all("a", href="https://beian.miit.gov.cn/"), address
        assert page.all(
            "a", href="https://beian.mps.gov.cn/#/query/webSearch?code=11010802000000"
        ), address
        for each in PAGES:
            assert page.all("a", href=each), address
        assert "Not yet set" not in page.text


def test_what_is_missing_is_told_to_administrators_alone(
    room: Context, database: Database, campaign: CampaignView
) -> None:
    resident, officer, boss = (Browser(site(room)) for _ in range(3))
    sign_in(officer, database, Role.SUBDISTRICT_OFFICER)
    sign_in(boss, database, Role.ADMINISTRATOR)
    for address in ("/w/", "/w/privacy", "/w/c/test-campaign"):
        assert "还没有填写" not in resident.open(address).text
        assert "还没有填写" not in officer.open(address).text
        assert "还没有填写：单位名称、单位地址" in boss.open(address).text
    assert boss.open("/w/desk").text.count("还没有填写") == 2
    assert "还没有填写" not in officer.open("/w/desk").text


def test_the_privacy_text_says_what_this_server_does(make_room: MakeRoom) -> None:
    plain = Browser(site(make_room())).open("/w/privacy?lang=en").text
    assert "The office that runs this site asks for proposals" in plain
    assert "load nothing from other servers" in plain
    assert "Tianditu" not in plain
    assert "carries letters" not in plain
    told = {
        "basemap_url": "https://{s}.tiles.example/{z}/{x}/{y}.png",
        "tianditu_key": "k",
        "smtp_url": "smtp://mail.example",
        "office_name_en": ENGLISH,
        "licence": "ODbL-1.0",
    }
    full = Browser(site(make_room(**told))).open("/w/privacy?lang=en").text
    assert f"{ENGLISH} asks for proposals" in full
    assert "come from *.tiles.example" in full
    assert "Tianditu" in full
    assert "carries letters" in full
    assert "licence: ODbL-1.0" in full


def test_a_contact_is_asked_for_in_the_name_of_the_office(
    make_room: MakeRoom, campaign: CampaignView
) -> None:
    for told, called in (({}, "我同意街道办事处"), ({"office_name": NAME}, f"我同意{NAME}")):
        room = make_room(**CHANNELS, **told)
        page = Browser(site(room)).open("/w/c/test-campaign")
        assert called in page.text
        assert page.all("a", href="/w/privacy", class_="lj-alone")


def test_files_and_the_api_name_their_publisher(
    make_room: MakeRoom, campaign: CampaignView
) -> None:
    client = Browser(site(make_room(**SET, office_email="office@example.org"))).client
    named = client.get("/api/campaigns/test-campaign/proposals.geojson").json()
    assert named["publisher"] == NAME
    contact = client.get("/api/openapi.json").json()["info"]["contact"]
    assert contact == {"name": NAME, "email": "office@example.org"}
    nobody = Browser(site(make_room())).client
    assert "contact" not in nobody.get("/api/openapi.json").json()["info"]


@pytest.mark.parametrize(
    ("text", "blocks"),
    [
        ("", []),
        ("一\n二\n\n三", [("paragraph", "一", "二"), ("paragraph", "三")]),
        (
            "## 标题\n- 甲\n- 乙\n完",
            [("heading", "标题"), ("list", "甲", "乙"), ("paragraph", "完")],
        ),
        ("<b>\n##x\n-y", [("paragraph", "<b>", "##x", "-y")]),
        ("- 甲\n\n- 乙", [("list", "甲"), ("list", "乙")]),
        ("## \n## 二", [("heading", "二")]),
    ],
)
def test_plain_texts_have_headings_points_and_paragraphs(
    text: str, blocks: list[tuple[Any, ...]]
) -> None:
    assert blocks_of(text) == [
        Block(kind, lines) for kind, *rest in blocks for lines in [tuple(rest)]
    ]


def test_own_texts_are_shown_as_they_were_typed_and_never_as_markup(
    room: Context, database: Database, open_browser: Callable[..., Browser]
) -> None:
    boss, reader = open_browser(), open_browser()
    sign_in(boss, database, Role.ADMINISTRATOR)
    page = boss.open("/w/desk/office")
    boss.send(
        page.form("/office"),
        name_zh_CN=NAME,
        name_en="",
        privacy_zh_CN="## 第一条\n- <script>alert(1)</script>",
    )
    assert boss.status == 303
    shown = reader.open("/w/privacy?lang=en")
    assert "第一条" in shown.text
    assert "<script>alert(1)</script>" in shown.text
    assert shown.all("div", class_="lj-prose", lang="zh-CN")
    assert not [each for each in shown.all("script") if not each.get("src")][1:]
