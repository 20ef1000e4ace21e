"""A layer's style as a Mapbox style: it colours as the map does."""

from __future__ import annotations

from typing import Any

import pytest

from geo.vector_tiles.style_layers import colour_expression, style_layers
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


def evaluated(told: Any, given: dict[str, Any]) -> Any:
    """Return what an expression gives for a feature, after the style specification."""
    if not isinstance(told, list):
        return told
    name, *rest = told
    if name == "case":
        *pairs, otherwise = rest
        chosen = zip(pairs[::2], pairs[1::2], strict=True)
        return next((out for test, out in chosen if evaluated(test, given)), otherwise)
    args = [evaluated(one, given) for one in rest]
    if name == "to-number":
        try:
            return float(args[0])
        except (TypeError, ValueError):
            return args[1]
    return {
        "!": lambda: not args[0],
        "has": lambda: args[0] in given,
        "get": lambda: given.get(args[0]),
        "==": lambda: type(args[0]) is type(args[1]) and args[0] == args[1],
        "<=": lambda: args[0] <= args[1],
    }[name]()


@pytest.mark.parametrize("value", ["路", 7, "7", "other", 0, None])
def test_categories_have_the_colours_of_the_map(value: Any) -> None:
    given = {} if value is None else {"种类": value}
    assert evaluated(colour_expression(CATEGORIES), given) == CATEGORIES.colour_of(value)


@pytest.mark.parametrize("value", [-20, -1.5, -1.4, 3, 3.01, 9, 9.1, None])
def test_classes_have_the_colours_of_the_map_and_so_has_text_with_numbers(value: Any) -> None:
    told = colour_expression(CLASSES)
    given = {} if value is None else {"n": value}
    assert evaluated(told, given) == CLASSES.colour_of(value)
    if value is not None:
        assert evaluated(told, {"n": str(value)}) == CLASSES.colour_of(value)
    assert evaluated(told, {"n": "many"}) == GREY


def test_sizes_are_those_of_the_style() -> None:
    areas, outlines, lines, points = style_layers(CLASSES, "features")
    assert areas["paint"]["fill-opacity"] == 0.25
    assert outlines["paint"] == {"line-color": "#abcdef", "line-width": 3}
    assert lines["paint"]["line-width"] == 3
    assert points["paint"]["circle-radius"] == 4
    single = style_layers(LayerStyle.single("#123456", stroke_px=0.5), "features")
    assert single[1]["paint"] == {"line-color": "#123456", "line-width": 2.5}
    assert single[2]["paint"]["line-width"] == 1
    assert {one["source-layer"] for one in single} == {"features"}
