"""A layer's style as layers of a Mapbox style (version 8), as MapLibre and QGIS read it.

Labels are left out: they would need a server of letters (``glyphs``) that there is none of here.

Source: Mapbox Style Specification, version 8 (expressions).
"""

from __future__ import annotations

from typing import Any

from geo.writing.styling import GREY, LayerStyle, line_px, outline_of

#: Larger than any bound of a class: what no number can be read from is grey.
_NO_NUMBER = 1e300


def style_layers(style: LayerStyle, source_layer: str) -> list[dict[str, Any]]:
    """Return what draws areas, their outlines, lines and points of a layer of vector tiles."""
    colour = colour_expression(style)
    outline, outline_px = outline_of(style, colour)
    stroke = {"circle-stroke-color": style.stroke, "circle-stroke-width": style.stroke_px}
    drawn = (
        ("areas", "fill", "Polygon", {"fill-color": colour, "fill-opacity": style.fill_opacity}),
        ("outlines", "line", "Polygon", {"line-color": outline, "line-width": outline_px}),
        ("lines", "line", "LineString", {"line-color": colour, "line-width": line_px(style)}),
        (
            "points",
            "circle",
            "Point",
            {"circle-color": colour, "circle-radius": style.point_px / 2, **stroke},
        ),
    )
    return [
        {
            "id": name,
            "type": kind,
            "source-layer": source_layer,
            "filter": ["==", "$type", geometry],
            "paint": paint,
        }
        for name, kind, geometry, paint in drawn
    ]


def colour_expression(style: LayerStyle) -> Any:
    """Return the colour of a feature: one, or by what stands in its column; grey for nothing."""
    if style.kind == "single":
        return style.entries[0].colour
    value = ["get", style.field]
    told: list[Any] = ["case", ["!", ["has", style.field]], GREY]
    for entry in style.entries:
        told += [_is_of(style, value, entry.value), entry.colour]
    return [*told, GREY]


def _is_of(style: LayerStyle, value: list[Any], wanted: Any) -> list[Any]:
    if style.kind == "categories":
        return ["==", value, wanted]
    return ["<=", ["to-number", value, _NO_NUMBER], float(wanted)]
