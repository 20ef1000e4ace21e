"""Drawing with fingers, a mouse and keys, on a bare map: Leaflet and the drawing scripts alone."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route

from core.settings import get_settings
from geo.drawn_geometry import check_shape, read_shape
from tests.browser.walking import PHONE, ROOT

HOME = "http://lujian.test"
STATIC = ROOT / "layers" / "map" / "static"
KINDS = {".js": "text/javascript", ".css": "text/css", ".html": "text/html"}
SHAPES = [
    {
        "id": "PLOT",
        "category": "park",
        "geometry": {
            "type": "Polygon",
            "coordinates": [[[116.3195, 40.0345], [116.3205, 40.0345], [116.32, 40.0355]]],
        },
    },
    {
        "id": "WALK",
        "category": "route",
        "geometry": {"type": "LineString", "coordinates": [[116.319, 40.035], [116.321, 40.035]]},
    },
]
PAGE = """<!doctype html><html lang="en"><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,"><title>Drawing</title>
<link rel="stylesheet" href="/leaflet/leaflet.css"><link rel="stylesheet" href="/lujian-map.css">
<style>html, body, #map { height: 100%; margin: 0; }</style><div id="map"></div>
<script src="/leaflet/leaflet.js"></script>
<script src="/lujian-map.js"></script><script src="/lujian-draw.js"></script>
<script src="/lujian-shapes.js"></script>
<script>
  var map = L.map("map", { center: [40.035, 116.32], zoom: 18, zoomAnimation: false });
  var pin = L.marker([40.035, 116.32]).addTo(map), told = [], taps = 0;
  pin.on("click", function () { taps += 1; });
  map.on("lujian:shape", function (event) { told.push(event); });
  var drawing = L.lujian.draw({ map: map, words: { corner: "Corner {n} of {total}" } });
  function last() {
    var e = told[told.length - 1];
    return { shape: e.shape, kind: e.kind, corners: e.corners, crossing: e.crossing,
             moving: e.moving, selected: e.selected, events: told.length };
  }
</script></html>"""


@pytest.fixture(params=["finger", pytest.param("mouse", marks=pytest.mark.everything)])
def page(request: pytest.FixtureRequest, chromium: Browser) -> Iterator[Page]:
    """Open the bare page; faults of the page and requests elsewhere fail the test."""
    finger = request.param == "finger"
    context = chromium.new_context(viewport=PHONE, has_touch=finger, is_mobile=finger)
    asked: list[str] = []
    problems: list[str] = []

    def serve(route: Route) -> None:
        path = route.request.url.removeprefix(HOME).partition("?")[0]
        if path == "/":
            return route.fulfill(body=PAGE, content_type="text/html")
        if path == "/shapes.json":
            asked.append(route.request.url)
            return route.fulfill(body=json.dumps({"shapes": SHAPES}))
        folder = get_settings().assets_dir / "leaflet" / "dist"
        file = folder / path[9:] if path.startswith("/leaflet/") else STATIC / path[1:]
        if not file.is_file():
            problems.append(path)
            return route.abort()
        return route.fulfill(path=file, content_type=KINDS.get(Path(path).suffix))

    context.route("**", serve)
    opened = context.new_page()
    opened.on("pageerror", lambda error: problems.append(str(error)))
    opened.on("console", lambda m: problems.append(m.text) if m.type == "error" else None)
    opened.goto(HOME + "/")
    opened.asked = asked  # type: ignore[attr-defined]
    yield opened
    context.close()
    assert not problems


def is_finger(page: Page) -> bool:
    return bool(page.evaluate("matchMedia('(pointer: coarse)').matches"))


def tap(page: Page, x: float, y: float) -> None:
    if is_finger(page):
        page.touchscreen.tap(x, y)
    else:
        page.mouse.click(x, y)


def drag(page: Page, start: tuple[float, float], end: tuple[float, float]) -> None:
    """Hold, move in steps, let go: with a finger through the browser's own touch events."""
    ways = [
        (start[0] + (end[0] - start[0]) * i / 8, start[1] + (end[1] - start[1]) * i / 8)
        for i in range(9)
    ]
    if not is_finger(page):
        page.mouse.move(*start)
        page.mouse.down()
        for x, y in ways[1:]:
            page.mouse.move(x, y)
        return page.mouse.up()
    session = page.context.new_cdp_session(page)
    for kind, (x, y) in zip(["touchStart"] + ["touchMove"] * 8, ways, strict=True):
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": x, "y": y}]})
    session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    return None


def last(page: Page) -> Any:
    return page.evaluate("last()")


def pixels(page: Page) -> list[tuple[int, int]]:
    """Where the corners of the shape are on the screen."""
    found = page.evaluate(
        """() => { const g = drawing.get(), ring = g.type === 'Polygon'
             ? g.coordinates[0].slice(0, -1) : g.coordinates;
           return ring.map(([x, y]) => {
             const p = map.latLngToContainerPoint([y, x]); return [p.x, p.y]; }); }"""
    )
    return [(round(x), round(y)) for x, y in found]


SQUARE = [(95, 270), (295, 270), (295, 470), (95, 470)]


def draw_square(page: Page) -> None:
    page.evaluate("drawing.start('area')")
    for x, y in SQUARE:
        tap(page, x, y)


def handle(page: Page, name: str) -> Any:
    return page.get_by_role("button", name=name, exact=True)


def test_four_taps_make_an_area_that_the_server_takes(page: Page) -> None:
    draw_square(page)
    told = last(page)
    assert (told["kind"], told["corners"], told["crossing"]) == ("area", 4, False)
    ring = told["shape"]["coordinates"][0]
    assert len(ring) == 5
    assert ring[0] == ring[-1]
    assert pixels(page) == SQUARE
    check_shape(read_shape(told["shape"]))
    box = handle(page, "Corner 1 of 4").bounding_box()
    assert (box["width"], box["height"]) == (44, 44)
    assert (box["x"] + 22, box["y"] + 22) == pytest.approx(SQUARE[0], abs=1)


def test_a_corner_is_moved_and_the_move_undone(page: Page) -> None:
    draw_square(page)
    drag(page, (295, 470), (330, 520))
    assert pixels(page)[2] == pytest.approx((330, 520), abs=4)
    assert last(page)["moving"] is False
    assert page.evaluate("told.some((e) => e.moving)")
    assert page.evaluate("map.getCenter()") == {"lat": 40.035, "lng": 116.32}
    assert page.evaluate("drawing.undo()")
    assert pixels(page) == SQUARE
    for left in (3, 2, 1, 0):
        assert page.evaluate("drawing.undo()")
        assert last(page)["corners"] == left
    assert last(page)["shape"] is None
    assert not page.evaluate("drawing.undo()")


def test_a_handle_half_way_becomes_a_corner(page: Page) -> None:
    draw_square(page)
    drag(page, (195, 270), (195, 200))
    assert last(page)["corners"] == 5
    assert pixels(page)[1] == pytest.approx((195, 200), abs=4)
    drag(page, (195, 200), (195, 170))  # it is a corner now, and can be moved again
    assert last(page)["corners"] == 5
    assert pixels(page)[1] == pytest.approx((195, 170), abs=8)
    tap(page, 195, 470)
    assert last(page)["corners"] == 6
    assert last(page)["selected"] == 4
    assert page.evaluate("drawing.removeSelected()")
    assert last(page)["corners"] == 5


def test_keys_walk_along_the_shape_push_corners_and_remove_them(page: Page) -> None:
    draw_square(page)
    before = last(page)["shape"]["coordinates"][0]
    corner = handle(page, "Corner 2 of 4")
    corner.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Shift+ArrowUp")
    after = last(page)["shape"]["coordinates"][0]
    east = (after[1][0] - before[1][0]) * 111_320 * math.cos(math.radians(40.035))
    north = (after[1][1] - before[1][1]) * 111_320
    assert (east, north) == pytest.approx((2, 20), abs=0.02)
    assert page.evaluate("map.getCenter()") == {"lat": 40.035, "lng": 116.32}
    assert corner.evaluate("(e) => e === document.activeElement")
    page.evaluate("drawing.undo()")  # pushes in a row are one step
    assert last(page)["shape"]["coordinates"][0] == before
    labels = page.locator(".lujian-handle").evaluate_all(
        "(all) => all.map((e) => e.getAttribute('aria-label'))"
    )
    assert labels == [
        label for n in range(1, 5) for label in (f"Corner {n} of 4", "Add a corner here")
    ]
    corner.focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")  # on the handle between corners 2 and 3
    assert last(page)["corners"] == 5
    assert handle(page, "Corner 3 of 5").evaluate("(e) => e === document.activeElement")
    page.keyboard.press("Delete")
    assert last(page)["corners"] == 4
    assert handle(page, "Corner 3 of 4").evaluate("(e) => e === document.activeElement")


def test_a_crossing_turns_red_at_once(page: Page) -> None:
    draw_square(page)
    path = page.locator("path.lujian-drawn")
    assert path.get_attribute("stroke") == "#0b5fa5"
    drag(page, (95, 270), (340, 380))
    assert last(page)["crossing"] is True
    assert path.get_attribute("stroke") == "#c62828"
    assert "lujian-crossing" in (path.get_attribute("class") or "")
    assert path.get_attribute("stroke-dasharray")
    with pytest.raises(Exception, match="crosses_itself"):
        check_shape(read_shape(last(page)["shape"]))
    page.evaluate("drawing.undo()")
    assert last(page)["crossing"] is False
    assert path.get_attribute("stroke") == "#0b5fa5"


def test_a_double_tap_neither_zooms_nor_makes_two_corners(page: Page) -> None:
    page.evaluate("drawing.start('line')")
    tap(page, 100, 300)
    tap(page, 300, 600)
    tap(page, 300, 600)
    assert last(page)["corners"] == 2
    assert page.evaluate("map.getZoom()") == 18
    assert page.evaluate("drawing.finish()")["type"] == "LineString"
    assert page.evaluate("map.doubleClickZoom.enabled()")
    tap(page, 100, 700)
    assert last(page)["corners"] == 2


def test_pins_do_not_take_the_taps_while_drawing(page: Page) -> None:
    at = (195, 415)  # on the pin's sign, above its tip in the middle of the map
    page.evaluate("drawing.start('line')")
    tap(page, *at)
    assert (last(page)["corners"], page.evaluate("taps")) == (1, 0)
    page.evaluate("drawing.destroy()")
    assert page.locator(".lujian-handle").count() == 0
    assert page.locator("path.lujian-drawn").count() == 0
    tap(page, *at)
    assert page.evaluate("taps") == 1


def test_a_line_from_the_middle_of_the_map(page: Page) -> None:
    """The big button adds what lies under the crosshair; the map is moved between."""
    page.evaluate("drawing.start('line')")
    assert page.evaluate("drawing.addAtCentre()")
    assert not page.evaluate("drawing.addAtCentre()")
    drag(page, (250, 700), (150, 700))
    page.wait_for_function("!map.dragging._draggable._moving")
    page.evaluate("new Promise((d) => requestAnimationFrame(() => requestAnimationFrame(d)))")
    page.wait_for_function("!(map._panAnim && map._panAnim._inProgress)")
    assert page.evaluate("drawing.addAtCentre()")
    told = last(page)
    assert told["corners"] == 2
    here = page.evaluate("[map.getCenter().lng, map.getCenter().lat]")
    assert told["shape"]["coordinates"][0] == [116.32, 40.035]
    assert told["shape"]["coordinates"][1] == pytest.approx(here, abs=1e-7)
    assert here[0] > 116.3202


def test_what_is_set_is_given_back_and_can_be_gone_on_with(page: Page) -> None:
    plot = {
        "type": "Polygon",
        "coordinates": [
            [[116.3197, 40.0348], [116.3203, 40.0348], [116.32, 40.0352], [116.3197, 40.0348]]
        ],
    }
    page.evaluate("(g) => drawing.set(g)", plot)
    assert page.evaluate("drawing.get()") == plot
    assert last(page)["corners"] == 3
    tap(page, 60, 420)
    assert last(page)["corners"] == 4
    page.evaluate("drawing.clear()")
    assert (last(page)["shape"], last(page)["corners"]) == (None, 0)
    page.evaluate("drawing.undo()")
    assert last(page)["corners"] == 4
    page.evaluate("drawing.start('line')")
    assert (last(page)["kind"], last(page)["corners"]) == ("line", 0)


#: Corners, whether they are closed to an area, and whether it crosses itself.
HINTS = [
    ([[0, 0], [2, 2], [2, 0], [0, 2]], True, True),
    ([[0, 0], [2, 0], [2, 2], [0, 2]], True, False),
    ([[0, 0], [2, 0], [1, 0]], False, True),
    ([[0, 0], [2, 0], [2, 2], [1, 0]], False, True),
    ([[0, 0], [2, 0], [2, 2], [0, 0]], False, False),
    ([[0, 0], [2, 2], [2, 0], [0, 2]], False, True),
]


def test_the_hint_agrees_with_the_server(page: Page) -> None:
    for places, closed, crossing in HINTS:
        near = [[round(116.32 + x / 1e4, 7), round(40.035 + y / 1e4, 7)] for x, y in places]
        coordinates = [[*near, near[0]]] if closed else near
        geojson = {"type": "Polygon" if closed else "LineString", "coordinates": coordinates}
        page.evaluate("(g) => drawing.set(g)", geojson)
        assert last(page)["crossing"] is crossing, places
        shape = read_shape(geojson)
        assert (shape.is_valid and shape.is_simple) is not crossing, places


def test_shapes_of_others_are_drawn_when_near(page: Page) -> None:
    page.evaluate(
        """() => { window.shapes = L.lujian.shapes({ url: '/shapes.json',
             colors: { park: { color: '#117733' } } }).addTo(map); }"""
    )
    paths = page.locator(".leaflet-lujian-shapes-pane path")
    page.wait_for_function(
        "document.querySelectorAll('.leaflet-lujian-shapes-pane path').length === 2"
    )
    assert paths.first.get_attribute("stroke") == "#117733"
    asked: list[str] = page.asked  # type: ignore[attr-defined]
    assert len(asked) == 1
    assert "west=116.315&" in asked[0]
    assert "north=40.040" in asked[0]
    tap(page, 195, 380)  # through the plot to the map
    page.evaluate("map.setZoom(15)")
    assert paths.count() == 0
    page.evaluate("map.setZoom(18)")
    page.wait_for_function(
        "document.querySelectorAll('.leaflet-lujian-shapes-pane path').length === 2"
    )
    with page.expect_response("**/shapes.json?*"):
        page.evaluate("shapes.lujianRefresh()")
    assert len(asked) == 3
    page.evaluate("shapes.remove()")
    assert paths.count() == 0
