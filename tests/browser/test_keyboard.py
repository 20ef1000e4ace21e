"""Everything without a pointer: search, nudge, answer, send with keys alone."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.residents import METRES, Form, Place, filed
from tests.browser.walking import DESK, OpenPage, Server

FOCUSED = "(wanted) => document.activeElement.matches(wanted)"
#: The middle of the map.
MIDDLE = "() => [lujianMap.getCenter().lng, lujianMap.getCenter().lat]"


def tab_to(page: Page, wanted: str, key: str = "Tab", most: int = 120) -> int:
    """Press a key until what is wanted has the focus; return how often."""
    for pressed in range(1, most + 1):
        page.keyboard.press(key)
        if page.evaluate(FOCUSED, wanted):
            return pressed
    raise AssertionError(f"{wanted} is out of reach")


def moved_m(before: Place, after: Place) -> tuple[float, float]:
    return (after[0] - before[0]) * METRES[0], (after[1] - before[1]) * METRES[1]


def changed(form: Form, name: str, before: float) -> None:
    expect(form.box.locator(f"[name={name}]")).not_to_have_value(f"{before:.6f}")


def skip_map(page: Page) -> None:
    """Jump over the pins, each of which can have the focus, to the form."""
    tab_to(page, ".lj-map .lj-skip", most=12)
    page.keyboard.press("Enter")


def search(page: Page, form: Form, typed: str) -> None:
    skip_map(page)
    told = form.box.locator(".lj-missing a:visible").count()
    assert tab_to(page, "input[name=place]") <= 4 + told
    page.keyboard.type(typed, delay=30)
    found = form.box.locator("#lj-found li")
    expect(found.first).to_be_visible()
    box = form.box.locator("input[name=place]")
    expect(box).to_have_attribute("aria-expanded", "true")
    for key, place in (("ArrowDown", 1), ("ArrowUp", 0)):
        page.keyboard.press(key)
        expect(box).to_have_attribute("aria-activedescendant", f"lj-found-{place}")
    page.keyboard.press("Enter")
    expect(found.first).to_be_hidden()
    expect(form.told.locator("p").first).to_be_visible()


def all_missing_is_told(page: Page, form: Form) -> None:
    """Everything at once, at its field and in a list; the first field has the focus."""
    missing = form.box.locator(".lj-missing li a")
    expect(missing).to_have_count(4)
    for field in ("place", "category", "text", "relation"):
        expect(form.problem(field)).to_be_visible()
    assert page.evaluate(FOCUSED, "#say-place")
    expect(form.text).to_have_attribute("aria-invalid", "true")
    expect(form.text).to_have_attribute("aria-describedby", "problem-text")
    for group in ("category", "relation"):
        box = form.box.get_by_role("radiogroup").filter(has=page.locator(f"[name={group}]"))
        expect(box).to_have_attribute("aria-invalid", "true")
        expect(box).to_have_attribute("aria-required", "true")
    missing.last.focus()
    page.keyboard.press("Enter")
    assert page.evaluate(FOCUSED, "input[name=relation]")
    page.evaluate("scrollTo(0, 0)")
    page.locator(".lj-brand").focus()


def test_from_pinyin_to_the_receipt(open_page: OpenPage, server: Server) -> None:
    page = open_page("/w/c/bike-parking", size=DESK)
    form = Form(page)
    skip_map(page)
    tab_to(page, "button.lj-send")
    page.keyboard.press("Enter")
    all_missing_is_told(page, form)
    search(page, form, "qhz")
    expect(form.box.locator("input[name=place]")).to_have_value("清河站")
    expect(form.told).to_have_attribute("role", "status")
    first = form.told.inner_text()
    assert form.value("placed_by") == "search"
    before = form.where()

    tab_to(page, "button[data-nudge='5 0']")
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    changed(form, "longitude", before[0])
    expect(form.told).not_to_be_empty()
    assert moved_m(before, form.where()) == pytest.approx((10, 0), abs=0.3)

    before = form.where()
    tab_to(page, ".lujian-drop", "Shift+Tab")
    for key in ("ArrowUp", "Shift+ArrowLeft", "ArrowLeft"):
        page.keyboard.press(key)
    changed(form, "latitude", before[1])
    assert moved_m(before, form.where()) == pytest.approx((-22, 2), abs=0.3)
    expect(form.told).not_to_be_empty()
    assert first.split("。")[0]

    before = form.where()
    tab_to(page, "button[data-act=centre]")
    page.keyboard.press("Enter")
    changed(form, "longitude", before[0])
    assert form.where() == pytest.approx(page.evaluate(MIDDLE), abs=1e-6)

    tab_to(page, "input[name=category]")
    page.keyboard.press("ArrowRight")
    assert page.evaluate(FOCUSED, "input[name=category]:checked")
    tab_to(page, "textarea[name=text]")
    text = "清河站西边的坡道太陡，轮椅上不去"
    page.keyboard.insert_text(text)
    tab_to(page, "input[name=relation]")
    page.keyboard.press("Space")
    tab_to(page, "button.lj-send")
    page.keyboard.press("Enter")
    form.receipt()
    (saved,) = filed(server, "bike-parking", text)
    assert saved["properties"]["placed_by"] == "tap"


@pytest.mark.everything
def test_the_cross_in_the_middle_takes_the_place_of_a_tap(
    open_page: OpenPage, server: Server
) -> None:
    page = open_page("/w/c/micro-park", lang="en", size=DESK)
    form = Form(page, "en")
    tab_to(page, ".leaflet-container")
    middle = page.evaluate(MIDDLE)
    page.keyboard.press("ArrowRight")
    page.wait_for_function("(x) => lujianMap.getCenter().lng > x + 1e-4", arg=middle[0])
    page.wait_for_function("() => !lujianMap._panAnim || !lujianMap._panAnim._inProgress")
    page.keyboard.press("Enter")
    expect(form.pin).to_be_visible()
    expect(form.told.locator("p").first).to_be_visible()
    assert form.where()[0] > middle[0] + 1e-4
    tab_to(page, "button[data-act=centre]")
    page.keyboard.press("Enter")
    expect(form.told.locator("p").first).to_be_visible()


@pytest.mark.everything
def test_the_list_of_places_is_walked_with_arrows(open_page: OpenPage) -> None:
    page = open_page("/w/c/bike-parking", size=DESK, lang="en")
    form = Form(page, "en")
    box = form.box.locator("input[name=place]")
    skip_map(page)
    tab_to(page, "input[name=place]")
    page.keyboard.type("anning", delay=30)
    chosen = form.box.locator("#lj-found li[aria-selected=true]")
    expect(chosen).to_have_count(1)
    first = chosen.inner_text()
    page.keyboard.press("ArrowDown")
    expect(chosen).not_to_have_text(first)
    expect(box).to_have_attribute("aria-activedescendant", "lj-found-1")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowUp")
    count = form.box.locator("#lj-found li").count()
    expect(box).to_have_attribute("aria-activedescendant", f"lj-found-{count - 1}")
    page.keyboard.press("Escape")
    expect(form.box.locator("#lj-found")).to_be_hidden()
    expect(form.pin).to_have_count(0)
    page.keyboard.type(" zzzz")
    expect(form.box.locator("#lj-found")).to_contain_text(
        form.words("No such place found. Please tap the map.")
    )
