"""What residents do with the form, on the light page and beside the full map alike."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import shapely
from playwright.sync_api import Locator, Page, expect
from shapely.geometry import shape

from core.language import translations
from tests.browser.walking import Server, look_at, on_screen, tap, the_map

#: In 清上园, where no pin of the bike campaign stands: a tap on a pin opens it.
PLACE = (116.3256, 40.0372)
RECEIPT = re.compile(r"[2-9A-Z]{4}-[2-9A-Z]{4}-[2-9A-Z]{4}")
METRES = (85_300.0, 111_000.0)
Place = tuple[float, float]


class Form:
    """The form on a page, with the words of a language."""

    def __init__(self, page: Page, lang: str = "zh_CN") -> None:
        self.page, self.lang = page, lang
        self.words = translations(lang).gettext
        self.box = page.locator("form.lj-say")
        self.box.wait_for()

    def button(self, english: str) -> Locator:
        return self.box.get_by_role("button", name=self.words(english), exact=True)

    @property
    def pin(self) -> Locator:
        return the_map(self.page).locator(".lujian-drop[role=button]")

    @property
    def told(self) -> Locator:
        """What the status region says of the place."""
        return self.box.locator(".lj-at")

    @property
    def text(self) -> Locator:
        return self.box.locator("textarea[name=text]")

    def problem(self, field: str) -> Locator:
        return self.box.locator(f"#problem-{field}")

    def value(self, name: str) -> str:
        return self.box.locator(f"[name={name}]").first.input_value()

    def where(self) -> Place:
        return float(self.value("longitude")), float(self.value("latitude"))

    def place(self, longitude: float, latitude: float, zoom: float = 19) -> None:
        """Tap the map at a place, and wait until the server has said what is there."""
        look_at(self.page, longitude, latitude, zoom)
        tap(self.page, longitude, latitude)
        expect(self.pin).to_be_visible()
        expect(self.told.locator("p").first).to_be_visible()

    def pick(self, name: str, *keys: str) -> None:
        for key in keys:
            self.box.locator(f"input[name={name}][value='{key}']").check()

    def say(self, text: str, **picked: Any) -> None:
        """Type what is wanted, and answer what the campaign has to know."""
        self.text.fill(text)
        slug = self.box.get_attribute("data-slug")
        must = {"q_uses": ("seats",)} if slug == "micro-park" else {"category": ("bike_parking",)}
        for name, keys in ({"relation": ("lives",)} | must | picked).items():
            self.pick(name, *keys)

    def unfold(self) -> None:
        """Open the few more questions."""
        self.box.locator("details.lj-more summary").click()

    def send(self) -> str:
        """Press the button and return the receipt's code."""
        self.button("Send my proposal").click()
        return self.receipt()

    def receipt(self) -> str:
        self.page.wait_for_url("**/w/r/**")
        expect(self.page.locator(".lj-receipt h1")).to_have_text(
            self.words("Thank you. Your proposal has been received.")
        )
        code = self.page.locator(".lj-code").inner_text().strip()
        assert RECEIPT.fullmatch(code)
        return code


def file_one(page: Page, place: Place, text: str, lang: str = "zh_CN", **picked: Any) -> str:
    """Tap, fill in and send; return the receipt."""
    form = Form(page, lang)
    form.place(*place)
    form.say(text, **picked)
    return form.send()


def public_id(page: Page) -> str:
    """Return the public id of the proposal whose page this is."""
    action = page.locator("form[action^='/w/p/']").first.get_attribute("action") or ""
    return action.split("/")[3]


def filed(server: Server, slug: str, text: str) -> list[dict[str, Any]]:
    """Return the published proposals with these very words, filed lately, as GeoJSON features."""
    yesterday = (datetime.now(UTC) - timedelta(days=1)).date()
    saved = server.json(f"/api/campaigns/{slug}/proposals.geojson?from={yesterday}")["features"]
    return [feature for feature in saved if feature["properties"]["text"] == text]


def counted(server: Server, slug: str) -> dict[str, int]:
    """Return how many proposals each community has."""
    saved = server.json(f"/api/campaigns/{slug}/communities.geojson")["features"]
    return {f["properties"]["code"]: int(f["properties"]["proposals"]) for f in saved}


def drag(page: Page, start: Place, end: Place, steps: int = 8) -> None:
    """Hold what is at a point of the window, move, let go: with a finger where there is one."""
    ways = [
        (start[0] + (end[0] - start[0]) * i / steps, start[1] + (end[1] - start[1]) * i / steps)
        for i in range(steps + 1)
    ]
    if not page.evaluate("() => navigator.maxTouchPoints > 0"):
        page.mouse.move(*start)
        page.mouse.down()
        for x, y in ways[1:]:
            page.mouse.move(x, y)
        return page.mouse.up()
    session = page.context.new_cdp_session(page)
    for kind, (x, y) in zip(["touchStart"] + ["touchMove"] * steps, ways, strict=True):
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": x, "y": y}]})
    session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    return None


def drag_pin(form: Form, longitude: float, latitude: float) -> None:
    """Hold the pin where it is seen and drag it, so that its tip comes to a place."""
    tip = on_screen(form.page, *form.where())
    wanted = on_screen(form.page, longitude, latitude)
    pin = form.pin.bounding_box()
    assert pin is not None
    hold = (pin["x"] + pin["width"] / 2, pin["y"] + pin["height"] / 3)
    drag(form.page, hold, (hold[0] + wanted[0] - tip[0], hold[1] + wanted[1] - tip[1]))


@dataclass
class Ground:
    """Places inside communities, 130 m from each other: each is given once."""

    server: Server
    _left: dict[tuple[str, bool], list[Place]] = field(default_factory=dict)

    def quiet(self, slug: str = "bike-parking") -> Place:
        """Return a place with no proposal within 55 m."""
        return self._next(slug, near=False)

    def near(self, slug: str = "bike-parking") -> Place:
        """Return a place with a proposal 25 to 60 m away, and none nearer."""
        return self._next(slug, near=True)

    def _next(self, slug: str, *, near: bool) -> Place:
        if (slug, near) not in self._left:
            self._survey(slug)
        return self._left[slug, near].pop()

    def _survey(self, slug: str) -> None:
        base = f"/api/campaigns/{slug}"
        areas = self.server.json(f"{base}/communities.geojson")["features"]
        inside = shapely.union_all([shape(area["geometry"]).buffer(-6e-4) for area in areas])
        pins = [
            shape(f["geometry"]).representative_point().coords[0]
            for f in self.server.json(f"{base}/proposals.geojson")["features"]
        ]
        west, south, east, north = inside.bounds
        x, y = np.meshgrid(np.arange(west, east, 1.55e-3), np.arange(south, north, 1.2e-3))
        places = np.column_stack([x.ravel(), y.ravel()])
        places = places[shapely.contains_xy(inside, *places.T)]
        apart = (places[:, None] - np.array(pins)[None]) * METRES
        nearest = np.hypot(apart[..., 0], apart[..., 1]).min(axis=1)
        for near, fits in (
            (False, nearest > 55),
            (True, (nearest > 25) & (nearest < 60)),
        ):
            self._left[slug, near] = [(float(a), float(b)) for a, b in places[fits]]
