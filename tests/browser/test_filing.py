"""A resident drops a pin, reads the neighbours, answers, sends; and it is counted and supported."""

from __future__ import annotations

from io import BytesIO

import pytest
import zxingcpp
from PIL import Image
from playwright.sync_api import Page, expect

from tests.browser.residents import Form, Ground, counted, file_one, filed
from tests.browser.walking import (
    DESK,
    FRAME,
    OpenPage,
    Server,
    look_at,
    overflow,
    settled,
    tap,
    the_map,
)

#: Whether a frame takes up most of the window, and no more.
FILLS = """(frame) => {
  const box = document.querySelector(frame).getBoundingClientRect();
  return box.height > 0.8 * innerHeight && box.width > 0.5 * innerWidth
    && box.bottom <= innerHeight && box.right <= innerWidth;
}"""


def qr_on(page: Page) -> list[str]:
    """Read the QR codes on the screen, as another phone would."""
    shown = Image.open(BytesIO(page.locator(".lj-qr").screenshot()))
    return [found.text for found in zxingcpp.read_barcodes(shown)]


@pytest.mark.parametrize("lang", ["zh_CN", pytest.param("en", marks=pytest.mark.everything)])
def test_from_a_tap_on_the_light_page_to_the_numbers(
    open_page: OpenPage, server: Server, ground: Ground, lang: str
) -> None:
    page = open_page("/w/c/micro-park", lang=lang)
    form = Form(page, lang)
    say = form.words
    before = counted(server, "micro-park")
    form.place(*ground.near("micro-park"))
    assert form.told.get_attribute("role") == "status"

    neighbour = form.box.locator("details.lj-neighbour").first
    words = neighbour.get_by_text(say("I support this instead"))
    expect(words).to_have_count(0)
    neighbour.locator("summary").click()
    expect(words).to_be_visible()
    full = neighbour.locator("div > p").first.inner_text()
    assert neighbour.locator("summary").inner_text()[:10].split("…")[0] in full

    neighbour.locator("button").focus()
    text = f"给老人放几把带靠背的椅子 ({lang})"
    with page.expect_response("**/at?*"):  # the list comes anew for what was typed
        form.text.evaluate("(it) => it.dispatchEvent(new Event('input', { bubbles: true }))")
    page.wait_for_timeout(100)
    expect(neighbour.locator("button")).to_be_focused()
    expect(words).to_be_visible()
    form.say(f"{text}，电话13812345678")
    age = form.box.locator("[data-question=play_age]")
    expect(age).to_be_hidden()
    form.pick("q_uses", "play")
    expect(age).to_be_visible()
    form.box.locator("input[name=q_uses][value=play]").uncheck()
    expect(age).to_be_hidden()
    form.pick("q_uses", "play")
    form.pick("q_play_age", "mixed")
    form.unfold()
    form.pick("q_balance", "2")
    assert overflow(page) == 0
    form.button("Send my proposal").click()
    personal = page.locator("#personal")
    expect(personal).to_be_focused()
    expect(personal.locator("mark")).to_have_text(["13812345678"])
    assert overflow(page) == 0
    form.button("Take it out and send").click()
    code, text = form.receipt(), f"{text}，电话***"
    assert overflow(page) == 0
    assert qr_on(page) == [f"{server.url}/w/r/{code}"]
    expect(page.locator(f".lj-address a[href$='/w/r/{code}']")).to_be_visible()

    (saved,) = filed(server, "micro-park", text)
    told = saved["properties"]
    assert (told["q_uses_play"], told["q_uses_seats"], told["q_uses_path"]) == (True, True, False)
    assert (told["q_play_age"], told["q_balance"]) == ("mixed", 2)
    assert code.replace("-", "") not in str(saved)
    after = counted(server, "micro-park")
    assert {key for key in after if after[key] != before[key]} == {told["community_code"]}
    assert sum(after.values()) == sum(before.values()) + 1

    page.goto(f"{server.url}/w/mine")
    link = page.get_by_role("link", name=text)
    assert link.get_attribute("href") == f"/w/r/{code}"

    other = open_page(f"/w/p/{told['id']}", lang=lang)
    button = other.locator("form[data-support] button")
    button.click()
    expect(button).to_have_attribute("aria-pressed", "true")
    expect(button).to_have_text(f"{say('You support this')} 1")
    other.reload()
    expect(button).to_have_text(f"{say('You support this')} 1")
    button.click()
    expect(button).to_have_attribute("aria-pressed", "false")
    expect(button).to_have_text(f"{say('I support this')} 0")
    own = open_page(f"/w/p/{told['id']}", lang=lang, beside=page)
    expect(own.locator("form[data-support]")).to_have_count(0)


@pytest.mark.parametrize("lang", ["en", pytest.param("zh_CN", marks=pytest.mark.everything)])
def test_from_a_tap_on_the_full_map_which_fills_a_desk_to_its_pin(
    open_page: OpenPage, server: Server, ground: Ground, lang: str
) -> None:
    page = open_page("about:blank", lang=lang)
    reruns: list[str | bytes] = []
    page.on("websocket", lambda line: line.on("framesent", lambda sent: reruns.append(sent)))
    page.goto(f"{server.url}/?campaign=micro-park&full=1&lang={lang}")
    form, place = Form(page, lang), ground.quiet("micro-park")
    settled(page)
    look_at(page, *place, 19)
    page.wait_for_timeout(500)
    loaded = len(reruns)
    form.place(*place)
    text = f"这里缺一片树荫 ({lang})"
    form.say(text)
    page.wait_for_timeout(500)
    assert len(reruns) == loaded
    assert overflow(page) == 0
    form.send()
    (saved,) = filed(server, "micro-park", text)
    assert saved["geometry"]["coordinates"] == pytest.approx(place, abs=2e-5)

    page.goto(f"{server.url}/?campaign=micro-park&full=1&lang={lang}")
    look_at(page, *place, 19)
    tap(page, *place)
    popup = the_map(page).locator(".lujian-popup")
    expect(popup).to_contain_text(text)
    link = popup.get_by_role("link").first
    assert link.get_attribute("href") == f"/w/p/{saved['properties']['id']}"

    page.set_viewport_size(DESK)  # type: ignore[arg-type]
    page.wait_for_function(FILLS, arg=FRAME)


def test_a_neighbour_is_supported_instead(
    open_page: OpenPage, server: Server, ground: Ground
) -> None:
    place = ground.quiet()
    text = "早高峰这里共享单车堆成山，请划线"
    file_one(open_page("/w/c/bike-parking"), place, text)
    page = open_page("/w/c/bike-parking")
    form = Form(page)
    form.place(place[0] + 0.0004, place[1])
    form.say("早高峰共享单车堆成山，请划停车线")
    like = form.box.locator("details.lj-alike")
    like.locator("summary").click()
    like.get_by_role("button", name=form.words("I support this instead")).click()
    expect(like).to_contain_text(form.words("Thank you. Supporters now: {n}").format(n=1))
    (saved,) = filed(server, "bike-parking", text)
    assert saved["properties"]["supports"] == 1


@pytest.mark.everything
def test_a_new_pin_joins_the_hotspot_that_the_planner_opens(
    open_page: OpenPage, server: Server
) -> None:
    address = "/api/campaigns/bike-parking/hotspots.geojson"
    first = server.json(address)["features"][0]["properties"]
    centre = (first["centre_longitude"], first["centre_latitude"])
    text = "早晚高峰停不下 **星** :red[红] $x^2$ <b>粗</b> [点](javascript:hurt=1)（热点）。"
    page = open_page(f"/w/c/bike-parking?at={centre[0]},{centre[1]}")
    form = Form(page)
    form.say(text)
    form.send()
    after = server.json(address)["features"][0]["properties"]
    assert after["hotspot_id"] == first["hotspot_id"]
    assert (after["proposals"], after["people"]) == (first["proposals"] + 1, first["people"] + 1)
    desk = open_page("/planner?campaign=bike-parking&layers=communities,hotspots", size=DESK)
    look_at(desk, *centre, zoom=16)
    tap(desk, *centre)
    expect(desk.get_by_role("button", name="热点: 热点 1")).to_be_visible()
    desk.get_by_role("tab", name="建议", exact=True).click()
    expect(desk.get_by_text(text)).to_be_visible()
    assert overflow(desk) == 0
