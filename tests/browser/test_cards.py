"""A QR card on a pole: scanned, the pin is there already; with and without JavaScript."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pypdfium2
import pytest
import zxingcpp
from playwright.sync_api import Page, expect

from people.access.actor import Role
from tests.browser.residents import RECEIPT, Form, Ground, filed
from tests.browser.walking import DESK, OpenPage, Server, sign_in


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


def test_a_scanned_card_has_the_pin_in_place(open_either: OpenPage, either: Server) -> None:
    path = scanned(open_either("/w/", size=DESK), either, "stations")
    asked = parse_qs(urlsplit(path).query)
    place = [float(part) for part in asked["at"][0].split(",")]
    page, text = open_either(path), f"扫码来的 {either.url}"
    form = Form(page)
    expect(form.pin).to_be_visible()
    expect(form.told.locator("p").first).to_be_visible()
    assert list(form.where()) == pytest.approx(place, abs=1e-6)
    centre = page.evaluate("() => [lujianMap.getCenter().lng, lujianMap.getCenter().lat]")
    assert centre == pytest.approx(place, abs=1e-3)
    form.say(text)
    form.send()
    (saved,) = filed(either, "bike-parking", text)
    assert saved["geometry"]["coordinates"] == pytest.approx(place, abs=1e-6)
    assert saved["properties"]["placed_by"] == "search"


def test_a_scanned_card_without_javascript(open_either: OpenPage, either: Server) -> None:
    path = scanned(open_either("/w/", size=DESK), either, "stations")
    page, text = open_either(path, java_script_enabled=False), f"没有脚本 {either.url}"
    form = Form(page)
    assert form.told.inner_text()
    form.say(text)
    form.button("Send my proposal").click()
    expect(page.locator(".lj-receipt h1")).to_be_visible()
    assert RECEIPT.fullmatch(page.locator(".lj-code").inner_text().strip())
    assert len(filed(either, "bike-parking", text)) == 1


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
