"""The list beside the map: narrowed, sorted, turned page by page; links to give away."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from core.language import translations
from moderation.changes import change_status
from people.access.actor import OPERATOR
from tests.browser.residents import Form, Ground, file_one, filed
from tests.browser.walking import DESK, OpenPage, Server, look_at

SAY = translations("zh_CN").gettext
COPIED = "The link is copied. Go to a chat and paste it there."
CLIPBOARD = "() => navigator.clipboard.readText()"


def cards(page: Page) -> Locator:
    return page.locator(".lj-found-list .lj-card")


def narrow(page: Page, name: str, value: str) -> None:
    """Choose in a filter and wait until the list has come anew."""
    with page.expect_response("**/list?*"):
        page.locator(f"select[name={name}]").select_option(value)


def test_the_list_is_narrowed_sorted_and_turned_and_its_link_copied(
    open_page: OpenPage, server: Server
) -> None:
    page = open_page("/w/c/bike-parking", size=DESK)
    said = page.locator(".lj-found-list [role=status]")
    total = said.inner_text()
    expect(cards(page)).to_have_count(10)
    page.evaluate("() => { window.stayed = true; }")
    narrow(page, "category", "public_space")
    expect(said).not_to_have_text(total)
    expect(cards(page).filter(has_text="公共空间改善")).to_have_count(10)
    community = page.locator("select[name=community] option").nth(3)
    narrow(page, "community", community.get_attribute("value") or "")
    name = community.inner_text()
    count = cards(page).count()
    expect(cards(page).filter(has_text=name)).to_have_count(count)
    narrow(page, "community", "")
    first = cards(page).first.inner_text()
    with page.expect_response("**/list?*"):
        page.locator(".lj-pages a[rel=next]").click()
    expect(page.locator(".lj-pages")).to_contain_text(SAY("Page {page} of {pages}").split("{")[0])
    expect(cards(page).first).not_to_have_text(first)
    expect(page.locator(".lj-pages a[rel=prev]")).to_be_visible()
    page.locator("input[name=text]").nth(-1).fill("这几个字谁也没有写过")
    with page.expect_response("**/list?*"):
        page.locator(".lj-filters button").click()
    expect(cards(page)).to_have_count(0)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.locator("[data-share]").click()
    expect(page.locator(".lj-shared")).to_have_text(SAY(COPIED))
    assert page.evaluate(CLIPBOARD) == f"{server.url}/w/c/bike-parking"
    assert page.evaluate("() => window.stayed")


@pytest.mark.everything
def test_all_of_sixty_on_one_spot_can_be_opened(
    open_page: OpenPage, server: Server, ground: Ground, tmp_path: Path
) -> None:
    place, table = ground.quiet(), tmp_path / "sixty.csv"
    rows = [f"S{n},第{n}条：路口要划车位,{place[0]},{place[1]}" for n in range(60)]
    table.write_text("\n".join(["id,content,lon,lat", *rows]), encoding="utf-8")
    given = ("--x", "lon", "--y", "lat", "--id", "id", "--text", "content", "--crs", "EPSG:4326")
    kind = ("--campaign", "bike-parking", "--category-value", "bike_parking")
    server.command("submissions", "import", str(table), *given, *kind)
    page = open_page("/w/c/bike-parking", size=DESK)
    look_at(page, *place, 19)
    page.locator(".lujian-cluster", has_text="60").click()
    popup = page.locator(".lujian-popup")
    expect(popup.locator("section")).to_have_count(50)
    expect(popup).to_contain_text("60 条建议")
    popup.locator("button").click()
    expect(popup.locator("section")).to_have_count(60)
    expect(popup.locator("button")).to_have_count(0)
    links = popup.locator("a").evaluate_all("(all) => all.map((a) => a.href)")
    assert len(set(links)) == 60
    with server.database() as database:
        for link in links:
            name = link.rpartition("/")[2]
            database.write(
                lambda s, n=name: change_status(
                    s, OPERATOR, n, "hidden", reason="over", now=datetime.now(UTC)
                )
            )


@pytest.mark.everything
def test_the_most_supported_comes_first_and_one_can_support_there(
    open_page: OpenPage, server: Server, ground: Ground
) -> None:
    text = "大家都来支持这一条"
    file_one(open_page("/w/c/bike-parking"), ground.quiet(), text)
    path = f"/w/p/{filed(server, 'bike-parking', text)[0]['properties']['id']}"
    for _ in range(3):
        open_page(path).locator("form[data-support] button").click()
    page = open_page("/w/c/bike-parking")
    narrow(page, "sort", "supported")
    expect(cards(page).first).to_contain_text(text)
    count = cards(page).first.locator(".lj-count")
    expect(count).to_have_text("3")
    cards(page).first.locator("form[data-support] button").click()
    expect(count).to_have_text("4")


@pytest.mark.everything
def test_what_is_near_comes_first(open_page: OpenPage, ground: Ground) -> None:
    place, text = ground.quiet(), "离我最近的就是这一条"
    file_one(open_page("/w/c/bike-parking"), place, text)
    position = {"longitude": place[0], "latitude": place[1], "accuracy": 10.0}
    page = open_page("/w/c/bike-parking", position=position)
    narrow(page, "sort", "near")
    expect(cards(page).first).to_contain_text(text)
    expect(cards(page).first).to_contain_text("米")

    other = open_page("/w/c/bike-parking")  # shares no position: the pin is where one is
    Form(other).place(place[0] + 1e-4, place[1] + 1e-4)
    narrow(other, "sort", "near")
    expect(cards(other).first).to_contain_text(text)


@pytest.mark.everything
def test_the_list_of_the_full_map_is_the_same(open_page: OpenPage) -> None:
    page = open_page("/?campaign=bike-parking&full=1", size=DESK)
    page.get_by_text(SAY("What people say")).click()
    expect(cards(page)).to_have_count(10)
    narrow(page, "category", "public_space")
    expect(cards(page).filter(has_text="公共空间改善")).to_have_count(10)
    with page.context.expect_page() as opened:
        cards(page).first.locator(".lj-excerpt a").click(modifiers=["ControlOrMeta"])
    expect(opened.value.locator(".lj-text")).to_be_visible()


@pytest.mark.everything
def test_the_share_button_copies_the_link(
    open_page: OpenPage, server: Server, ground: Ground
) -> None:
    page = open_page("/w/c/micro-park", size=DESK)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    button = page.locator("[data-share]")
    button.click()
    expect(page.locator(".lj-shared")).to_have_text(SAY(COPIED))
    assert page.evaluate(CLIPBOARD) == f"{server.url}/w/c/micro-park"
    code = file_one(page, ground.quiet("micro-park"), "分享一下")
    page.locator("[data-copy]").click()
    expect(page.locator(".lj-shared")).to_have_text(SAY(COPIED))
    assert page.evaluate(CLIPBOARD) == f"{server.url}/w/r/{code}"
