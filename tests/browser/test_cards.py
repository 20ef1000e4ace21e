"""A QR card on a pole: scanned, the pin is there already; with and without JavaScript."""

from __future__ import annotations

from itertools import product
from urllib.parse import parse_qs, quote, urlsplit

import pypdfium2
import pytest
import zxingcpp
from playwright.sync_api import Page, expect

from people.access.actor import Role
from tests.browser.residents import RECEIPT, Form, Ground, Place, filed
from tests.browser.walking import DESK, PHONE, OpenPage, Server, overflow, sign_in, the_map


def scanned(page: Page, server: Server, layer: str) -> str:
    """Fetch the cards as staff do, and scan the first; return its path and query."""
    sign_in(page, server, Role.SOCIAL_WORKER)
    page.goto(f"{server.url}/w/desk")
    shown = page.locator("form[action='/w/c/bike-parking/cards.pdf']")
    shown.locator("select").select_option(layer)
    query = "&".join(
        f"{name}={shown.locator(f'[name={name}]').input_value()}" for name in ("lang", "layer")
    )
    body = page.request.get(f"{server.url}/w/c/bike-parking/cards.pdf?{query}").body()
    sheet = pypdfium2.PdfDocument(body)[0].render(scale=3).to_pil()
    address = urlsplit(zxingcpp.read_barcodes(sheet)[0].text)
    assert f"{address.scheme}://{address.netloc}" == server.url
    return f"{address.path}?{address.query}"


@pytest.mark.everything
def test_a_scanned_card_has_the_pin_in_place(
    open_either: OpenPage, either: Server, ground: Ground
) -> None:
    path = scanned(open_either("/w/", size=DESK), either, "stations")
    asked = parse_qs(urlsplit(path).query)
    place = [float(part) for part in asked["at"][0].split(",")]
    page, text = open_either(path), f"扫码来的 {either.url}"
    form = Form(page)
    greets(form, asked["place"][0])
    expect(form.pin).to_be_visible()
    page.wait_for_function("() => localStorage['lujian-last-place']")  # the server has answered
    assert list(form.where()) == pytest.approx(place, abs=1e-6)
    centre = page.evaluate("() => [lujianMap.getCenter().lng, lujianMap.getCenter().lat]")
    assert centre == pytest.approx(place, abs=1e-3)
    expect(the_map(page).locator(".lujian-crosshair")).to_be_hidden()

    page.evaluate("addEventListener('pointerdown', () => { sessionStorage.taps += '.'; }, true)")
    page.evaluate("sessionStorage.taps = ''")
    form.box.locator(".lj-chip", has_text="共享单车停放").tap()
    expect(form.text).to_be_focused()
    assert form.text.get_attribute("placeholder") == "例如：地铁口没地方停车，想在便道画30个车位"
    page.keyboard.insert_text(text)
    form.box.locator(".lj-chip", has_text="经常路过").tap()
    form.button("Send my proposal").tap()
    form.receipt()
    assert page.evaluate("sessionStorage.taps") == "..."
    (saved,) = filed(either, "bike-parking", text)
    assert saved["geometry"]["coordinates"] == pytest.approx(place, abs=1e-6)
    assert saved["properties"]["placed_by"] == "search"

    page.go_back()
    form = Form(page)
    expect(form.text).to_have_value("")
    expect(form.pin).to_be_visible()
    assert list(form.where()) == pytest.approx(place, abs=1e-6)
    changes_the_place(form, ground.quiet())


def greets(form: Form, name: str) -> None:
    """The place stands in one line; nothing of choosing one is in sight, and the form is short."""
    here = form.box.locator(".lj-known > summary")
    expect(here).to_contain_text(form.words("You are at: {place}").format(place=name))
    panel = form.page.locator("main").inner_text()
    assert "地图上点" not in panel
    assert "tap the map" not in panel.lower()
    for hidden in ("[name=place]", "[data-act=locate]", "[data-act=centre]", ".lj-arrows"):
        expect(form.box.locator(hidden)).to_be_hidden()
    expect(form.box.locator("details.lj-near[open]")).to_have_count(0)
    assert overflow(form.page) == 0


def send_ends(form: Form) -> float:
    box = form.box.locator("button.lj-send").bounding_box()
    assert box is not None
    return box["y"] + box["height"] + float(form.page.evaluate("scrollY"))


def changes_the_place(form: Form, place: Place) -> None:
    """Whoever opens the line gets the map above it, and the line says where the pin is then."""
    form.box.locator(".lj-known > summary").tap()
    expect(form.box.locator("[name=place]")).to_be_visible()
    pin = form.pin.bounding_box()
    assert pin is not None
    assert 0 < pin["y"] < 844
    before = form.box.locator("[data-here]").inner_text()
    form.page.wait_for_timeout(600)  # two taps at once would be one double tap
    form.place(*place)
    expect(form.box.locator("[data-here]")).not_to_have_text(before)


@pytest.mark.everything
def test_the_form_of_a_scanned_card_is_short_in_every_look(
    open_page: OpenPage, server: Server
) -> None:
    found = server.json("/api/campaigns/bike-parking/places?q=朱房北站")["places"][0]
    at = f"at={found['longitude']:.6f},{found['latitude']:.6f}&place={quote(found['name'])}"
    for lang, size, large in product(("zh_CN", "en"), (PHONE, DESK), "01"):
        page = open_page(f"/w/c/bike-parking?{at}&large={large}", lang=lang, size=size)
        form = Form(page, lang)
        greets(form, found["name_en"] if lang == "en" else found["name"])
        if size is PHONE and large == "0":
            assert send_ends(form) <= 1.5 * PHONE["height"]
    page.set_viewport_size({"width": 844, "height": 390})  # a phone held sideways
    box = the_map(page).bounding_box()
    assert box is not None
    assert box["width"] <= 0.6 * 844, "the form beside it scrolls"
    for asked in ("at=121.47,31.23", f"{at[: at.index('&')]}&place=加微信abc12345"):
        page = open_page(f"/w/c/bike-parking?{asked}")
        assert "abc12345" not in page.locator("main").inner_text()
    expect(page.locator("[data-here]")).to_contain_text(found["name"])


def test_a_scanned_card_without_javascript(open_either: OpenPage, either: Server) -> None:
    path, sent = scanned(open_either("/w/", size=DESK), either, "stations"), "/w/c/bike-parking/say"
    page = open_either(path, java_script_enabled=False, forgive=(sent,))
    text = f"没有脚本 {either.url}"
    form = Form(page)
    greets(form, parse_qs(urlsplit(path).query)["place"][0])
    form.button("Send my proposal").click()
    form = Form(page)
    missing = form.box.locator(".lj-missing li")
    expect(missing).to_have_count(3)
    expect(form.box.locator("#say-category")).to_be_focused()
    greets(form, parse_qs(urlsplit(path).query)["place"][0])
    form.say(text)
    form.button("Send my proposal").click()
    expect(page.locator(".lj-receipt h1")).to_be_visible()
    assert RECEIPT.fullmatch(page.locator(".lj-code").inner_text().strip())
    assert len(filed(either, "bike-parking", text)) == 1


@pytest.mark.everything
def test_without_javascript_a_place_is_typed_and_troubles_are_told(
    open_page: OpenPage, server: Server, ground: Ground
) -> None:
    path = "/w/c/micro-park"
    page = open_page(path, java_script_enabled=False, forgive=(f"{path}/say",))
    form, text = Form(page), "没有脚本也能写地名"
    form.box.locator("input[name=place]").fill("清河站")
    form.text.fill(text)
    form.button("Send my proposal").click()
    form = Form(page)
    expect(form.text).to_have_value(text)
    if form.box.locator("input[name=candidate]").count():
        form.box.locator("input[name=candidate]").first.check()
        form.button("Send my proposal").click()
    expect(form.box.locator(".lj-problem:visible").first).to_be_visible()
    form.pick("q_uses", "seats", "play")
    form.pick("relation", "lives")
    if form.box.locator("input[name=candidate]").count():
        form.box.locator("input[name=candidate]").first.check()
    form.button("Send my proposal").click()
    expect(page.locator(".lj-receipt h1")).to_be_visible()
    (saved,) = filed(server, "micro-park", text)
    assert saved["properties"]["q_uses_play"] is True


@pytest.mark.everything
def test_support_and_lists_without_javascript(open_page: OpenPage, server: Server) -> None:
    page = open_page("/w/c/micro-park", java_script_enabled=False)
    first = page.locator(".lj-found-list .lj-card").first.inner_text()
    page.locator("select[name=sort]").select_option("supported")
    page.locator(".lj-filters button").click()
    assert "sort=supported" in page.url
    page.locator(".lj-pages a[rel=next]").click()
    assert "page=2" in page.url
    expect(page.locator(".lj-found-list .lj-card")).to_have_count(10)
    assert page.locator(".lj-found-list .lj-card").first.inner_text() != first
    page.locator(".lj-excerpt a").last.click()
    button = page.locator("form[data-support] button")
    before = int(button.locator(".lj-count").inner_text())
    button.click()
    expect(button.locator(".lj-count")).to_have_text(str(before + 1))
    button.click()
    expect(button.locator(".lj-count")).to_have_text(str(before))
