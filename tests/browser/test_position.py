"""Where the device is, and a dragged pin: unsure places are asked about, wrong ones undone."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.residents import PLACE, Form, Ground, drag_pin, filed
from tests.browser.test_photos import camera, pictures
from tests.browser.walking import DESK, PHONE, OpenPage, Server, look_at, tap, the_map

#: In the gap between the outline and the frame of the map.
OUTSIDE = (116.2975, 40.0170)
WECHAT = (
    "Mozilla/5.0 (Linux; Android 13; M2012K11AC) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Version/4.0 Chrome/116.0.0.0 Mobile Safari/537.36 MMWEBID/1 MicroMessenger/8.0.50"
)
#: What this browser has not; it shows no file that is downloaded either.
WECHAT_LACKS = """
  Object.defineProperty(navigator, "share", { value: undefined });
  Object.defineProperty(navigator, "clipboard", { value: undefined });
"""
LIGHT, FULL = "/w/c/bike-parking", "/?campaign=bike-parking&full=1"


def at(place: tuple[float, float], accuracy_m: float) -> dict[str, float]:
    return {"longitude": place[0], "latitude": place[1], "accuracy": accuracy_m}


@pytest.mark.parametrize("accuracy_m", [pytest.param(8, marks=pytest.mark.everything), 80])
def test_the_position_of_the_device_places_the_pin(
    open_page: OpenPage, server: Server, ground: Ground, accuracy_m: float
) -> None:
    place = ground.quiet()
    page = open_page("/w/c/bike-parking", position=at(place, accuracy_m))
    form = Form(page)
    form.button("Use my position").click()
    expect(form.pin).to_be_visible()
    expect(form.told.locator("p").first).to_be_visible()
    unsure = form.told.locator(".lj-warn")
    if accuracy_m > 50:
        question = "Your phone is only sure within {n} m. Is the pin right? If not, drag it."
        expect(unsure).to_have_text(form.words(question).format(n=accuracy_m))
        expect(the_map(page).locator("path.leaflet-interactive, path")).not_to_have_count(0)
    else:
        expect(unsure).to_have_count(0)
    text = f"就在我站的地方 ({accuracy_m})"
    form.say(text)
    form.send()
    (saved,) = filed(server, "bike-parking", text)
    assert saved["geometry"]["coordinates"] == pytest.approx(place, abs=2e-6)
    assert saved["properties"]["placed_by"] == "device"


@pytest.mark.everything
def test_a_position_that_is_refused_or_elsewhere_is_told(open_page: OpenPage) -> None:
    page = open_page("/w/c/bike-parking")
    form = Form(page)
    form.button("Use my position").click()
    expect(form.problem("place")).to_have_text(
        form.words(
            "Your phone does not share its position with this page. Please tap the map instead."
        )
    )
    expect(form.pin).to_have_count(0)
    away = open_page("/w/c/bike-parking", position=at((121.47, 31.23), 10))
    form = Form(away)
    view = "() => [lujianMap.getCenter().lng, lujianMap.getCenter().lat, lujianMap.getZoom()]"
    before = away.evaluate(view)
    form.button("Use my position").click()
    expect(form.problem("place")).to_contain_text("您现在不在本次活动范围内")
    expect(form.button("Use my position")).to_be_focused()
    assert away.evaluate(view) == before
    expect(form.pin).to_have_count(0)
    assert form.value("longitude") == ""


@pytest.mark.parametrize(
    ("address", "size"),
    [
        pytest.param(LIGHT, PHONE, id="light, finger"),
        pytest.param(FULL, DESK, id="full, mouse", marks=pytest.mark.everything),
        pytest.param(LIGHT, DESK, id="light, mouse", marks=pytest.mark.everything),
        pytest.param(FULL, PHONE, id="full, finger", marks=pytest.mark.everything),
    ],
)
def test_a_pin_outside_goes_back_and_a_dragged_one_is_the_persons_own(
    open_page: OpenPage, ground: Ground, size: dict[str, Any], address: str
) -> None:
    place = ground.quiet()
    page = open_page(address, size=size, position=at(place, 80))
    form = Form(page)
    form.button("Use my position").click()
    unsure = form.told.locator(".lj-warn")
    expect(unsure).to_be_visible()
    where = form.where()
    look_at(page, *OUTSIDE, 17)
    tap(page, *OUTSIDE)
    sentence = form.words(
        "This place is outside the area of this campaign, so the pin went back. "
        "Please stay inside the dashed line."
    )
    expect(form.problem("place")).to_have_text(sentence)
    expect(the_map(page).locator(".lujian-word-bad")).to_have_text(sentence)
    assert form.where() == where
    look_at(page, *place, 19)
    wanted = (place[0] + 0.00025, place[1] - 0.0002)
    drag_pin(form, *wanted)
    expect(form.problem("place")).to_be_hidden()
    assert form.where() == pytest.approx(wanted, abs=2e-5)
    assert form.where() != where
    expect(unsure).to_have_count(0)
    assert (form.value("placed_by"), form.value("accuracy_m")) == ("tap", "")


def in_wechat(open_page: OpenPage, server: Server) -> Page:
    page = open_page("about:blank", user_agent=WECHAT)
    page.add_init_script(WECHAT_LACKS)
    page.goto(f"{server.url}/w/c/bike-parking")
    return page


def test_in_wechat_position_and_photo_say_what_to_do(open_page: OpenPage, server: Server) -> None:
    page = in_wechat(open_page, server)
    form = Form(page)
    for _ in range(2):  # refused, and then not there at all
        form.button("Use my position").click()
        expect(form.problem("place")).to_contain_text("微信没有把您的位置告诉这个页面")
        form.box.locator("#problem-place").evaluate("(it) => { it.textContent = ''; }")
        page.evaluate("Object.defineProperty(navigator, 'geolocation', { value: undefined })")
    camera_button = form.box.locator(".lj-take")
    expect(camera_button).to_have_text(form.words("Take a photo now"))
    expect(camera_button.locator("input[capture=environment]")).to_have_count(1)


@pytest.mark.everything
def test_in_wechat_a_photo_is_taken_a_link_copied_and_a_place_found(
    open_page: OpenPage, server: Server
) -> None:
    page = in_wechat(open_page, server)
    form = Form(page)
    form.box.locator(".lj-take input").set_input_files(camera(PLACE))
    expect(pictures(form)).to_have_count(1)

    share, told = page.locator("[data-share]").first, page.locator(".lj-shared")
    share.click()
    expect(told).to_have_text("链接已复制，去聊天里粘贴。")
    page.evaluate("document.execCommand = () => false")
    share.click()
    field = told.locator("input")
    expect(field).to_be_focused()
    assert field.input_value() == f"{server.url}/w/c/bike-parking"
    assert page.evaluate("getSelection().toString()") == field.input_value()

    place = form.box.locator("input[name=place]")
    place.tap()
    page.set_viewport_size({"width": 390, "height": 480})  # the keyboard has come up
    place.fill("清河毛纺厂小区3号楼")
    found = form.box.locator("#lj-found")
    expect(found.locator("li").first).to_contain_text("毛纺南小区")
    page.wait_for_function(
        "() => document.querySelector('#lj-found').getBoundingClientRect().bottom <= innerHeight"
    )
    expect(place).to_be_in_viewport()
