"""Markup that people type stays text: on pages, in lists, popups, tooltips and neighbours."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.residents import Form, Ground, file_one, public_id
from tests.browser.test_afterwards import somebodys
from tests.browser.walking import (
    DESK,
    FRAME,
    OpenPage,
    Server,
    look_at,
    map_frame,
    settled,
    tap,
    the_map,
)

TEXT = " ".join(
    (
        '<img src=x onerror="window.top.hurt=1"><script>window.top.hurt=1</script><b>粗</b>',
        "[点我](javascript:hurt=1) **星** :red[红] $x^2$ `代码` :material/home:",
        "<svg onload=hurt=1>",
        "</textarea></script><script>hurt=1</script>'\";hurt=1;//{{7*7}}${7*7}&lt;i&gt;",
    )
)


def unhurt(page: Page) -> None:
    assert page.evaluate("() => window.hurt") is None
    assert page.locator("img[src='x']").count() == 0
    if page.locator(FRAME).count():
        assert map_frame(page).locator("img[src='x']").count() == 0


def test_markup_is_text_on_a_light_page_and_on_one_of_streamlits(
    open_page: OpenPage, server: Server, ground: Ground
) -> None:
    place = ground.quiet()
    public = somebodys(server, TEXT, place)
    page = open_page("/w/c/bike-parking")
    expect(page.locator(".lj-found-list .lj-excerpt").first).to_contain_text(TEXT[:30])
    form = Form(page)
    look_at(page, *place, zoom=20)
    tap(page, *place)
    popup = the_map(page).locator(".lujian-popup")
    expect(popup).to_contain_text(TEXT)
    assert popup.locator("a").first.get_attribute("href") == f"/w/p/{public}"
    form.place(place[0] + 0.0003, place[1])
    neighbour = form.box.locator("details.lj-neighbour").first
    neighbour.locator("summary").click()
    expect(neighbour.locator("div > p").first).to_have_text(TEXT)
    unhurt(page)

    near = f"{place[0]:.6f},{place[1]:.6f},20"
    desk = open_page(f"/planner?campaign=bike-parking&tab=proposals&at={near}", size=DESK)
    expect(desk.get_by_test_id("stMarkdown").filter(has_text=TEXT)).to_be_visible()
    desk.locator(".lujian-pin").first.click()
    expect(desk.locator(".lujian-popup section")).to_contain_text(TEXT)
    unhurt(desk)


@pytest.mark.everything
def test_markup_is_shown_as_typed(open_page: OpenPage, server: Server, ground: Ground) -> None:
    place, text = ground.quiet(), TEXT
    page = open_page("/w/c/bike-parking")
    file_one(page, place, text)
    unhurt(page)
    expect(page.locator(".lj-text")).to_have_text(text)
    public = public_id(page)
    page.goto(f"{server.url}/w/mine")
    expect(page.locator(".lj-excerpt").first).to_contain_text(text[:30])
    unhurt(page)

    other = open_page(f"/w/p/{public}")
    box = other.get_by_label("您的评论")
    box.fill(text)
    box.locator("xpath=ancestor::form").get_by_role("button").click()
    expect(other.locator(".lj-comments li p").first).to_have_text(text)
    unhurt(other)

    for address in ("/w/c/bike-parking", "/?campaign=bike-parking&full=1"):
        other.goto(server.url + address)
        form = Form(other)
        look_at(other, *place, zoom=20)
        tap(other, *place)
        popup = the_map(other).locator(".lujian-popup")
        expect(popup).to_contain_text(text)
        link = popup.locator("a").first.get_attribute("href") or ""
        assert link == f"/w/p/{public}"
        unhurt(other)
        form.place(place[0] + 0.0003, place[1])
        neighbour = form.box.locator("details.lj-neighbour").first
        neighbour.locator("summary").click()
        expect(neighbour.locator("div > p").first).to_have_text(text)
        unhurt(other)
    expect(other.locator(".lj-excerpt").first).to_contain_text(text[:30])
    form.say(text)
    form.box.locator("input[name=place]").fill(text)
    other.reload()
    expect(Form(other).text).to_have_value(text)
    unhurt(other)


@pytest.mark.everything
def test_markup_in_an_address_is_text(open_page: OpenPage, server: Server) -> None:
    bad = "%22%3E%3Cimg%20src=x%20onerror=hurt=1%3E"
    first = f"/w/c/bike-parking?at=116.32,40.04&place={bad}&text={bad}&category={bad}"
    page = open_page(first, forgive=("/w/r", f"/w/p/{bad}"))
    unhurt(page)
    for path in (f"/w/r?code={bad}", f"/w/p/{bad}", f"/w/c/bike-parking?sort={bad}&stage={bad}"):
        answer = page.goto(server.url + path)
        assert answer is not None
        unhurt(page)


@pytest.mark.everything
def test_a_tooltip_of_the_desk_is_text(open_page: OpenPage) -> None:
    desk = open_page("/planner?campaign=bike-parking&layers=communities,hotspots", size=DESK)
    look_at(desk, 116.3195, 40.0480, zoom=15)
    settled(desk)
    desk.wait_for_load_state("networkidle")
    box = the_map(desk).bounding_box()
    assert box is not None
    middle = box["x"] + box["width"] / 2, box["y"] + 200
    desk.mouse.move(middle[0] - 40, middle[1] - 40)
    desk.mouse.move(*middle, steps=8)
    expect(the_map(desk).locator(".leaflet-tooltip").last).to_be_visible()
    unhurt(desk)
