"""A plot and a route drawn with a finger: refused in a sentence, measured, filed, shown."""

from __future__ import annotations

import re

import pytest
import shapely
from playwright.sync_api import Page, expect
from shapely.geometry import shape

from tests.browser.residents import METRES, Form, Ground, Place, file_one, filed
from tests.browser.walking import OpenPage, Server, look_at, tap, the_map


def around(centre: Place, *offsets_m: tuple[float, float]) -> list[Place]:
    """Return places so many metres east and north of another."""
    return [(centre[0] + x / METRES[0], centre[1] + y / METRES[1]) for x, y in offsets_m]


def add_corner(page: Page, place: Place) -> None:
    handles = the_map(page).locator(".lujian-handle")
    before = handles.count()
    tap(page, *place)
    expect(handles).not_to_have_count(before)


@pytest.mark.everything
def test_a_plot_is_drawn_measured_kept_over_a_reload_and_filed(
    open_either: OpenPage, either: Server, ground: Ground
) -> None:
    page = open_either("/w/c/micro-park")
    form, centre = Form(page), ground.quiet("micro-park")
    form.button("A plot").click()
    expect(form.box.locator(".lj-nudge")).to_be_hidden()
    problem, measured = form.problem("place"), form.box.locator(".lj-measure")

    look_at(page, *centre, zoom=16)
    for place in around(centre, (-150, -150), (150, -150), (150, 150), (-150, 150)):
        add_corner(page, place)
    expect(problem).to_contain_text("50,000")
    expect(measured).to_have_text("")
    for _ in range(4):
        form.button("Undo").click()
    expect(measured).to_have_text(form.words("Corners so far: {n}").format(n=0))

    look_at(page, *centre, zoom=19)
    corners = around(centre, (-20, -15), (20, -15), (20, 15), (-20, 15))
    for at in (0, 2, 1, 3):  # a bow tie
        add_corner(page, corners[at])
    expect(problem).to_have_text(
        form.words(
            "The sides of the area cross each other. Please move a corner or undo the last step."
        )
    )
    for _ in range(3):
        form.button("Undo").click()
    for at in (1, 2, 3):
        add_corner(page, corners[at])
    expect(problem).to_be_hidden()
    expect(measured).to_have_text(re.compile(r"1,[12]\d\d"))
    (square_metres,) = re.findall(r"[\d,]+", measured.inner_text())
    page.reload()
    form = Form(page)
    expect(form.button("A plot")).to_have_attribute("aria-pressed", "true")
    expect(page.locator(".lj-map path.lujian-drawn")).to_have_count(1)

    text = f"这块空地做成小公园 {either.url}"
    form.say(text)
    form.send()
    expect(page.locator(".lj-proposal")).to_contain_text(re.compile(r"1,?[12]\d\d"))
    expect(page.locator(".lj-map path.leaflet-interactive, .lj-map path")).not_to_have_count(0)
    (saved,) = filed(either, "micro-park", text)
    assert saved["geometry"]["type"] == "Polygon"
    drawn = shape(saved["geometry"])
    meant = shapely.Polygon(corners)
    assert drawn.intersection(meant).area / drawn.union(meant).area > 0.97
    assert saved["properties"]["area_m2"] == pytest.approx(
        int(square_metres.replace(",", "")), abs=1
    )


@pytest.mark.everything
def test_a_route_is_drawn_from_the_cross_without_a_tap_on_the_map(
    open_page: OpenPage, server: Server, ground: Ground
) -> None:
    page = open_page("/w/c/bike-parking", lang="en")
    form, start = Form(page, "en"), ground.quiet()
    (end,) = around(start, (60, 40))
    form.button("A route").click()
    for place in (start, end):
        look_at(page, *place, zoom=18)
        form.button("Add a corner at the cross").click()
    expect(form.box.locator(".lj-measure")).to_have_text(re.compile(r"\d+ m"))
    text = "Please paint a cycle lane here."
    form.say(text)
    form.send()
    (saved,) = filed(server, "bike-parking", text)
    assert saved["geometry"]["type"] == "LineString"
    assert saved["properties"]["length_m"] == pytest.approx(72, abs=2)


@pytest.mark.everything
def test_what_is_drawn_survives_a_reload_and_gives_way_to_a_pin(
    open_page: OpenPage, server: Server, ground: Ground
) -> None:
    page = open_page("/w/c/micro-park")
    form, centre = Form(page), ground.quiet("micro-park")
    form.button("A plot").click()
    look_at(page, *centre, zoom=19)
    for place in around(centre, (-20, -15), (20, -15), (0, 15)):
        add_corner(page, place)
    expect(form.box.locator(".lj-measure")).to_have_text(re.compile(r"60\d|59\d"))
    page.reload()
    form = Form(page)
    expect(form.button("A plot")).to_have_attribute("aria-pressed", "true")
    expect(page.locator(".lj-map path.lujian-drawn")).to_have_count(1)
    form.button("A place").click()
    expect(page.locator(".lj-map path.lujian-drawn")).to_have_count(0)
    text = "还是点一下算了"
    file_one(page, centre, text)
    (saved,) = filed(server, "micro-park", text)
    assert saved["geometry"]["type"] == "Point"
