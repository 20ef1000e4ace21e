"""The map as people read it: names that give way, a legend of what is there, marks with names."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import FrameLocator, Page, expect

from core.language import translations
from people.access.actor import Role
from tests.browser.axe import too_small, violations
from tests.browser.walking import (
    DESK,
    PHONE,
    OpenPage,
    Server,
    look_at,
    map_frame,
    overflow,
    settled,
    sign_in,
    the_map,
)

#: What one must read at first sight of Qinghe on a phone.
FIRST = {
    "zh_CN": {"西二旗站", "清河站", "朱房北站", "清河小营桥站", "清河", "京藏高速(G6)"},
    "en": {"Xi'erqi", "Qinghe Railway Station", "Zhufangbei", "Qing River"},
}
#: The boxes of what is seen of a kind, in the window, and whether something lies over their middle.
BOXES = """(map, kind) => {
  const root = map.ownerDocument, found = [...map.querySelectorAll(kind)];
  const seen = found.filter((one) => one.checkVisibility({ visibilityProperty: true }));
  seen.forEach((one) => { one.style.pointerEvents = "auto"; });
  const told = seen.map((one) => {
    const shape = one.matches(".lujian-cluster") ? one.firstElementChild : one;
    const r = shape.getBoundingClientRect();
    const top = root.elementFromPoint(r.x + r.width / 2, r.y + r.height / 2);
    return { text: one.textContent, kind: one.className, left: r.left, top: r.top,
      right: r.right, bottom: r.bottom, free: one.contains(top),
      type: parseFloat(getComputedStyle(one.firstElementChild).fontSize) };
  });
  seen.forEach((one) => { one.style.pointerEvents = ""; });
  return told;
}"""
Box = dict[str, Any]


def boxes(page: Page, kind: str) -> list[Box]:
    found: list[Box] = the_map(page).evaluate(BOXES, kind)
    return found


def meet(one: Box, other: Box) -> bool:
    across = min(one["right"], other["right"]) - max(one["left"], other["left"])
    down = min(one["bottom"], other["bottom"]) - max(one["top"], other["top"])
    return across > 0.5 and down > 0.5


def overlaps(ones: list[Box], others: list[Box] | None = None) -> list[tuple[str, str]]:
    """Return which boxes meet: of two lists, or among those of one."""
    pairs = (
        [(a, b) for at, a in enumerate(ones) for b in ones[at + 1 :]]
        if others is None
        else [(a, b) for a in ones for b in others]
    )
    return [(a["text"], b["text"]) for a, b in pairs if meet(a, b)]


def placed(page: Page) -> list[Box]:
    """Return the names on the map, each of which must be whole and free."""
    names = boxes(page, ".lujian-label")
    frame = the_map(page).bounding_box()
    assert frame is not None
    assert overlaps(names) == []
    assert [one["text"] for one in names if not one["free"]] == []
    outside = [
        one["text"]
        for one in names
        if one["left"] < frame["x"]
        or one["right"] > frame["x"] + frame["width"]
        or one["top"] < frame["y"]
        or one["bottom"] > frame["y"] + frame["height"]
    ]
    assert outside == []
    return names


def listed(page: Page) -> set[str]:
    """Return what the legend lists."""
    rows = page.locator(".lujian-legend li[data-key]")
    return set(rows.evaluate_all("(all) => all.map((one) => one.dataset.key)"))


@pytest.mark.everything
@pytest.mark.parametrize("lang", ["zh_CN", "en"])
def test_a_phone_reads_the_place_and_what_lies_on_it(open_page: OpenPage, lang: str) -> None:
    page, say = open_page("/w/c/bike-parking", lang=lang), translations(lang).gettext
    page.wait_for_function("() => document.querySelectorAll('.lujian-cluster').length > 3")
    page.wait_for_function("() => document.querySelector('.lujian-label-river:not([hidden])')")
    page.wait_for_load_state("networkidle")
    names = placed(page)
    assert {one["text"] for one in names} >= FIRST[lang]
    assert min(one["type"] for one in names) >= 12
    kinds = " ".join(one["kind"] for one in names)
    assert kinds.count("label-communities") >= 3
    assert "label-places" in kinds

    # Marks say what they are, and where; signs and names are for eyes alone.
    marks = page.locator(".lujian-cluster, .lujian-pin")
    said = marks.evaluate_all(
        "(all) => all.map((one) => [one.textContent, one.getAttribute('aria-label')])"
    )
    opens = say("{what}. Press to look closer.").replace("{what}", "")
    assert all(label and (not text or (text in label and opens in label)) for text, label in said)
    where = say("near {place}").replace("{place}", "").strip()
    assert sum(where in label for _text, label in said) > len(said) / 4
    comma = ", " if lang == "en" else "、"
    assert sum(comma in label for _text, label in said) > 0.8 * len(said)
    heard = page.locator(".lujian-label, .lujian-sign").evaluate_all(
        "(all) => all.filter((one) => !one.closest('[aria-hidden=true]')).length"
    )
    assert heard == 0
    for name in ("Zoom in", "Zoom out", "Back to the whole area", "Use my position"):
        expect(the_map(page).get_by_role("button", name=say(name), exact=True)).to_be_visible()

    # The legend is one button; open, it says what this map shows now, and no more.
    button = page.get_by_role("button", name=say("Legend"), exact=True)
    expect(button).to_have_attribute("aria-expanded", "false")
    button.press("Enter")
    expect(page.locator(".lujian-legend li").first).to_be_visible()
    assert {"pin-bike_parking", "pin-public_space", "cluster", "stations"} <= listed(page)
    assert {"idle_plots", "outline", "communities", "river"} <= listed(page)
    assert not {"bike_parking", "hotspots", "own"} & listed(page)
    placed(page)  # names make room for it
    assert violations(page) == []
    assert too_small(page) == []
    button.press("Escape")
    expect(page.locator(".lujian-legend li").first).to_be_hidden()
    expect(button).to_be_focused()
    look_at(page, 116.3266, 40.0347, 17)
    expect(page.locator(".lujian-sign-bike_parking").first).to_be_visible()
    button.click()
    expect(page.locator(".lujian-legend [data-key=bike_parking]")).to_be_visible()
    button.click()
    street = {one["kind"].split("label-")[1].split()[0] for one in placed(page)}
    assert street >= {"roads", "communities", "places"}
    the_map(page).get_by_role("button", name=say("Back to the whole area")).click()
    page.wait_for_function("() => lujianMap.getZoom() < 14")

    # In large type all of it grows, and still nothing is covered.
    page.evaluate(
        "() => { document.documentElement.classList.add('lj-large'); lujianMap.fire('resize'); }"
    )
    page.wait_for_timeout(200)
    assert min(one["type"] for one in placed(page)) >= 16
    sizes = page.locator(".leaflet-bar a, .lujian-legend button").evaluate_all(
        "(all) => all.map((one) => Math.min(one.offsetWidth, one.offsetHeight))"
    )
    assert min(sizes) >= 60

    # A phone on its side: the map leaves room to scroll the page by.
    page.set_viewport_size({"width": 844, "height": 390})
    page.evaluate("() => document.documentElement.classList.remove('lj-large')")
    page.wait_for_timeout(300)
    box = page.locator(".lj-map").bounding_box()
    assert box is not None
    assert box["width"] < 844 * 0.6
    assert box["height"] <= 390
    assert overflow(page) == 0


@pytest.mark.everything
def test_ranks_and_counts_stand_apart_at_the_desk(open_page: OpenPage, server: Server) -> None:
    page = open_page("/w/desk/sign-in", size=DESK)
    sign_in(page, server, Role.COMMUNITY_PLANNER)
    page.goto(f"{server.url}/planner?campaign=bike-parking")
    page.wait_for_function("() => document.querySelectorAll('.lujian-cluster').length > 3")
    page.wait_for_function("() => document.querySelector('.lujian-label-hotspot:not([hidden])')")
    page.wait_for_load_state("networkidle")
    page.wait_for_timeout(300)
    ranks, counts = boxes(page, ".lujian-label-hotspot"), boxes(page, ".lujian-cluster")
    assert len(ranks) > 5
    assert overlaps(ranks, counts) == []
    placed(page)
    say = translations("zh_CN").gettext
    legend = page.locator(".lujian-legend")
    expect(legend.get_by_role("button")).to_have_attribute("aria-expanded", "true")
    assert {"cluster", "hotspots", "measure", "communities"} <= listed(page)
    page.locator(".lujian-bench summary").click()
    row = page.locator("[data-layer='hotspots'] input[type='checkbox']")
    row.uncheck()
    expect(legend.locator("[data-key=hotspots]")).to_have_count(0)
    expect(page.locator(".lujian-label-hotspot")).to_have_count(0)
    row.check()
    expect(legend).to_contain_text(say("Hotspot, with its rank"))

    # Whichever has no room from far has it from near.
    all_ranks = server.json("/api/campaigns/bike-parking/hotspots.geojson")["features"]
    seen = {one["text"] for one in ranks}
    hidden = [one["properties"] for one in all_ranks if str(one["properties"]["rank"]) not in seen]
    assert hidden
    for one in hidden[:4]:
        look_at(page, one["centre_longitude"], one["centre_latitude"], 17.5)
        text = re.compile(f"^{one['rank']}$")
        label = page.locator(".lujian-label-hotspot", has_text=text)
        expect(label).to_be_visible()
        assert overlaps(boxes(page, ".lujian-label-hotspot"), boxes(page, ".lujian-cluster")) == []


def _area(box: dict[str, float] | None) -> float:
    assert box is not None
    return box["width"] * box["height"]


@pytest.mark.everything
def test_the_full_map_is_full(open_page: OpenPage) -> None:
    light = open_page("/w/c/bike-parking", size=DESK)
    smaller = _area(the_map(light).bounding_box())
    page = open_page("/?campaign=bike-parking&large=1", size=DESK)
    settled(page)
    frame: FrameLocator = map_frame(page)
    frame.locator(".lujian-cluster").first.wait_for()
    whole = page.locator("iframe[title='streamlit_folium.st_folium']").bounding_box()
    assert whole is not None
    assert _area(whole) > smaller
    assert whole["y"] + whole["height"] <= DESK["height"]
    assert whole["height"] > 0.8 * DESK["height"]
    style = "(one) => getComputedStyle(one).%s"
    root = float(page.locator("html").evaluate(style % "fontSize").removesuffix("px"))
    assert root > 20
    choice = page.locator("[data-testid=stSelectbox] input")
    assert choice.evaluate(style % "textOverflow") == "ellipsis"
    heads = page.locator(".st-key-top :is(p, a)").evaluate_all(
        "(all) => [...new Set(all.map((one) => getComputedStyle(one).fontSize))]"
    )
    assert len(heads) == 1
    say = translations("zh_CN").gettext
    expect(frame.get_by_role("button", name=say("Full screen"))).to_be_visible()
    legend = frame.locator(".lujian-legend")
    if legend.get_by_role("button").get_attribute("aria-expanded") == "false":
        legend.get_by_role("button").click()
    legend.get_by_label(say("Hotspot, with its rank")).check()
    expect(frame.locator(".lujian-label-hotspot").first).to_be_attached()
    legend.get_by_label(say("Names of places")).uncheck()
    expect(frame.locator(".lujian-label-communities:not([hidden])")).to_have_count(0)
    assert PHONE["width"] < whole["width"]
