"""A layer's style as a Mapbox style: it colours as the map does."""

from __future__ import annotations

from typing import Any

import pytest

from geo.vector_tiles.style_layers import style_layers
from geo.writing.styling import GREY, LayerStyle, StyleEntry

CATEGORIES = LayerStyle(
    "categories",
    (StyleEntry("路", "路", "#111111"), StyleEntry(7, "7", "#222222")),
    field="种类",
)
CLASSES = LayerStyle(
    "classes",
    (
        StyleEntry(-1.5, "a", "#111111"),
        StyleEntry(3, "b", "#222222"),
        StyleEntry(9, "c", "#333333"),
    ),
    field="n",
    stroke="#abcdef",
    stroke_px=3,
    fill_opacity=0.25,
    point_px=8,
)


def holds(told: Any, given: dict[str, Any]) -> bool:
    """Tell whether a filter holds for a feature, after the style specification."""
    name, *rest = told
    if name in ("all", "none"):
        found = [holds(one, given) for one in rest]
        return all(found) if name == "all" else not any(found)
    value, wanted = given.get(rest[0]), rest[1]
    alike = isinstance(value, str) == isinstance(wanted, str) and value is not None
    if name == "==":
        return alike and value == wanted
    return alike and (value <= wanted if name == "<=" else value > wanted)


def colours_of(style: LayerStyle, given: dict[str, Any]) -> list[str]:
    """Return in which colours a point is drawn: once, whatever stands in its column."""
    told = {"$type": "Point", **given}
    return [
        one["paint"]["circle-color"]
        for one in style_layers(style, "features")
        if one["type"] == "circle" and holds(one["filter"], told)
    ]


@pytest.mark.parametrize("value", ["路", 7, "7", "other", 0, None])
def test_categories_have_the_colours_of_the_map(value: Any) -> None:
    given = {} if value is None else {"种类": value}
    assert colours_of(CATEGORIES, given) == [CATEGORIES.colour_of(value)]


@pytest.mark.parametrize("value", [-20, -1.5, -1.4, 3, 3.01, 9, 9.1, None])
def test_classes_have_the_colours_of_the_map(value: Any) -> None:
    given = {} if value is None else {"n": value}
    assert colours_of(CLASSES, given) == [CLASSES.colour_of(value)]
    assert colours_of(CLASSES, {"n": "many"}) == [GREY]


def test_sizes_are_those_of_the_style() -> None:
    found = style_layers(CLASSES, "features")
    assert len({one["id"] for one in found}) == len(found) == 16
    areas, outlines, lines, points = found[::4]
    assert areas["paint"]["fill-opacity"] == 0.25
    assert outlines["paint"] == {"line-color": "#abcdef", "line-width": 3}
    assert lines["paint"]["line-width"] == 3
    assert points["paint"]["circle-radius"] == 4
    single = style_layers(LayerStyle.single("#123456", stroke_px=0.5), "features")
    assert single[1]["paint"] == {"line-color": "#123456", "line-width": 2.5}
    assert single[2]["paint"]["line-width"] == 1
    assert {one["source-layer"] for one in single} == {"features"}
