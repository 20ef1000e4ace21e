"""An officer makes a campaign: from a template, drawn, asked, looked at, opened, and filed in."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select, update

from moderation.changes import change_status
from people.access.actor import OPERATOR, Role
from submissions.campaigns.models import Campaign
from submissions.prize_draws.models import PrizeDraw
from submissions.proposals.models import Proposal
from submissions.proposals.queries import campaign_by_slug
from submissions.proposals.states import Status
from tests.browser.residents import Form
from tests.browser.test_accessible import (
    SIZES,
    fail_for,
    looked_at,
    looked_over,
    looks,
    on_narrow_screens,
)
from tests.browser.walking import DESK, PHONE, OpenPage, Server, look_at, sign_in, tap

ROOM = "/w/desk/campaigns"
#: Corners around 清上园, and a place within.
CORNERS = [(116.3225, 40.0350), (116.3290, 40.0350), (116.3290, 40.0395), (116.3225, 40.0395)]
PLACE = (116.3256, 40.0372)


def desk(open_page: OpenPage, server: Server, **given: Any) -> Page:
    """Open the list of campaigns as an officer of the subdistrict."""
    page = open_page("/w/", **({"size": DESK} | given))
    sign_in(page, server, Role.SUBDISTRICT_OFFICER, name="王主任")
    page.goto(server.url + ROOM)
    return page


def begin(page: Page, server: Server, slug: str) -> str:
    """Make a draft of the autumn's template; return where its parts are.

    Each try of a journey makes one of its own.
    """
    page.goto(f"{server.url}{ROOM}/new?start=autumn")
    page.locator("[name=slug]").fill(slug)
    page.locator("form.lj-panel button[type=submit]").click()
    page.wait_for_url(f"**{ROOM}/{slug}/edit/texts")
    return f"{server.url}{ROOM}/{slug}/edit"


def named(name: str) -> str:
    return f"{name}-{uuid4().hex[:6]}"


def save(page: Page, part: str) -> None:
    page.locator(f"form[action$='/edit/{part}'] .lj-send").first.click()
    page.wait_for_url(f"**/edit/{part}?done=saved**")


def test_from_the_autumn_template_to_a_residents_proposal(
    open_page: OpenPage, server: Server
) -> None:
    page = desk(open_page, server)
    slug = named("autumn-walk")
    parts = begin(page, server, slug)
    page.locator("[name=title_zh]").fill("清上园的秋天")
    save(page, "texts")
    page.goto(f"{parts}/area")
    look_at(page, *PLACE, 15)
    page.locator("[data-area=start]").click()
    page.locator("[data-area=clear]").click()
    for corner in CORNERS:
        tap(page, *corner)
    shape = page.locator("#draw [name=shape]")
    expect(page.locator("#draw .lj-measure")).to_contain_text("4")
    assert shape.input_value().count("116.3") >= 4
    page.locator("#draw button[value=drawn]").click()
    page.wait_for_url("**/edit/area?done=saved**")
    # A question, seen beside the editor while it is typed.
    page.goto(f"{parts}/questions")
    page.locator("[name=new_kind]").select_option("single")
    page.locator("button[value=add]").click()
    page.locator("[name=q4_label_zh]").fill("您家有人坐轮椅吗？")
    page.locator("[name=q4_label_en]").fill("Does anybody at home use a wheelchair?")
    page.locator("[name=q4_options]").fill("有 | Yes\n没有 | No")
    preview = page.frame_locator("iframe.lj-preview")
    expect(preview.get_by_text("您家有人坐轮椅吗？")).to_be_attached()
    page.locator(".lj-send[value=save]").click()
    page.wait_for_url("**/edit/questions?done=saved**")
    page.goto(f"{parts}/../preview")
    expect(page.locator("h1")).to_have_text("清上园的秋天")
    expect(page.locator("form.lj-say .lj-send")).to_be_disabled()
    stranger = open_page("/w/", forgive=(f"/w/c/{slug}",))
    expect(stranger.get_by_text("清上园的秋天")).to_have_count(0)
    stranger.goto(f"{server.url}/w/c/{slug}")
    expect(stranger.locator("form.lj-say")).to_have_count(0)
    page.goto(f"{parts}/texts")
    page.locator("details:has(button[value=open]) > summary").click()
    page.locator("button[value=open]").click()
    expect(page.locator(".lj-state-collecting")).to_be_visible()
    # A resident on a phone.
    phone = open_page(f"/w/c/{slug}")
    form = Form(phone)
    form.place(*PLACE)
    picked = {"category": ("parking",), "q_wishes": ("racks",)}
    picked["q_does_anybody_at_home_use_a_whe"] = ("yes",)
    form.say("门口的自行车停得太乱，轮椅过不去", **picked)
    form.send()
    publish_all(server, slug)
    (saved,) = server.json(f"/api/campaigns/{slug}/proposals.geojson")["features"]
    assert saved["properties"]["q_does_anybody_at_home_use_a_whe"] == "yes"
    assert saved["properties"]["q_wishes_racks"] is True


@pytest.mark.everything
def test_an_officer_with_a_phone_and_keys_alone(open_page: OpenPage, server: Server) -> None:
    page = desk(open_page, server, size=PHONE)
    parts = begin(page, server, named("by-keys"))
    page.goto(f"{parts}/area")
    look_at(page, *PLACE, 15)
    page.locator("[data-area=clear]").focus()
    page.keyboard.press("Enter")
    for corner in CORNERS:
        look_at(page, *corner, 16)
        page.locator("[data-area=centre]").focus()
        page.keyboard.press("Enter")
    expect(page.locator("#draw .lj-measure")).to_contain_text("4")
    page.locator("#draw button[value=drawn]").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/edit/area?done=saved**")
    page.goto(f"{parts}/questions")
    summary = page.locator("details.lj-row-edit > summary").nth(1)
    summary.focus()
    page.keyboard.press("Enter")
    page.locator("button[value='up:1']").focus()
    page.keyboard.press("Enter")
    expect(page.locator("[name=q0_key]")).to_have_value("when")
    page.locator(".lj-send[value=save]").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/edit/questions?done=saved**")
    expect(page.locator("[name=q0_key]")).to_have_value("when")


def publish_all(server: Server, slug: str) -> None:
    """Let a moderator have read what waits: campaigns show nothing that nobody has looked at."""
    with server.database() as database, database.reading() as session:
        campaign = campaign_by_slug(session, slug)
        waiting = select(Proposal.public_id).where(
            Proposal.campaign_id == campaign.id, Proposal.status == str(Status.RECEIVED)
        )
        for public_id in session.scalars(waiting).all():
            database.write(
                partial(
                    change_status,
                    actor=OPERATOR,
                    public_id=public_id,
                    status="published",
                    reason="读过了",
                    now=datetime.now(UTC),
                )
            )


@pytest.mark.everything
def test_a_draw_for_everyone_to_check(open_page: OpenPage, server: Server) -> None:
    page = desk(open_page, server)
    slug = named("autumn-draw")
    parts = begin(page, server, slug)
    page.locator("details:has(button[value=open]) > summary").click()
    page.locator("button[value=open]").click()
    expect(page.locator(".lj-state-collecting")).to_be_visible()
    phone = open_page(f"/w/c/{slug}")
    form = Form(phone)
    form.place(*PLACE)
    form.say("请在这里装几个自行车架吧", category=("parking",), q_wishes=("racks",))
    form.send()
    receipt = phone.url
    publish_all(server, slug)
    page.goto(f"{parts}/texts")
    page.get_by_text("现在结束征集").click()
    page.locator("button[value=close]").click()
    page.goto(f"{server.url}{ROOM}/{slug}/draw")
    page.locator("[name=source]").fill("双色球 2027001 期")
    later = datetime.now(UTC) + timedelta(days=2)
    page.locator("[name=known_from]").fill(later.strftime("%Y-%m-%dT%H:%M"))
    page.locator("form[action$='/draw/list'] button").click()
    expect(page.locator("form[action$='/draw/list']")).to_have_count(0)
    with server.database() as database:
        past = (datetime.now(UTC) - timedelta(hours=1)).isoformat()

        def let_time_pass(session: Any) -> None:
            draw = session.query(PrizeDraw).join(Campaign).filter_by(slug=slug).one()
            rules = draw.rules | {"known_from": past}
            session.execute(update(PrizeDraw).where(PrizeDraw.id == draw.id).values(rules=rules))

        database.write(let_time_pass)
    page.reload()
    page.locator("[name=seed]").fill("03 08 12 19 22 31 07")
    page.locator("form[action$='/draw/seed'] button").click()
    entry = page.locator("ol li").first.inner_text()
    phone.goto(f"{server.url}/w/c/{slug}/draw")
    expect(phone.locator(".lj-drawn li")).to_have_text([entry])
    with phone.expect_download() as download:
        phone.locator("a[href$='record.json']").click()
    assert entry in download.value.path().read_text(encoding="utf-8")
    phone.goto(receipt)
    expect(phone.locator(".lj-receipt").get_by_text(entry)).to_be_visible()
    fail_for({"draw": looked_over(phone)})
    phone.goto(f"{server.url}/w/c/{slug}/draw")
    fail_for({"draw": looked_over(phone), "narrow": on_narrow_screens(phone)})


PARTS = ("texts", "area", "dates", "categories", "questions", "taking", "prizes", "cover")
PAGES = ("list", "new", "preview", *PARTS)
#: The page that is looked at each time: the one with most on it.
FULLEST = "questions"


@pytest.fixture(scope="module")
def draft() -> str:
    """Give the name of a draft, which the first of the pages makes."""
    return named("looked-over")


def parts_of(page: Page, server: Server, draft: str) -> str:
    """Return where the parts of the shared draft are; make it where it is not there."""
    parts = f"{server.url}{ROOM}/{draft}/edit"
    with server.database() as database, database.reading() as session:
        made = session.query(Campaign).filter_by(slug=draft).count()
    return parts if made else begin(page, server, draft)


@pytest.mark.parametrize(
    "page_of",
    [pytest.param(page, marks=[] if page == FULLEST else pytest.mark.everything) for page in PAGES],
)
def test_the_pages_of_campaigns_are_for_everyone(
    open_page: OpenPage, server: Server, draft: str, everything: bool, page_of: str
) -> None:
    wanted = looks(page_of, PAGES, everything)
    page = desk(open_page, server, size=SIZES[wanted[0].size])
    parts = parts_of(page, server, draft)
    addresses = {
        "list": f"{server.url}{ROOM}",
        "new": f"{server.url}{ROOM}/new",
        "preview": f"{parts}/../preview",
    }
    page.goto(addresses.get(page_of, f"{parts}/{page_of}"))
    if page_of == "questions":
        page.locator("details > summary").evaluate_all("(all) => all.forEach((it) => it.click())")
        expect(page.frame_locator("iframe.lj-preview").locator("form.lj-say")).to_be_attached()
    if page_of == "area":
        look_at(page, *PLACE, 14)
    fail_for(looked_at(page, wanted))
    assert urlsplit(page.url).path.startswith(ROOM)
