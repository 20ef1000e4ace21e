"""A layer's style as layers of a Mapbox style (version 8), as MapLibre and QGIS read it.

Each entry of the legend has layers of its own with filters of the older kind: QGIS draws no
expressions by ``case`` or ``step``. Labels are left out: they would need a server of letters
(``glyphs``) that there is none of here. Text in which a number stands is in no class, as filters
compare numbers with numbers alone.

Source: Mapbox Style Specification, version 8 (filters).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from geo.writing.styling import GREY, LayerStyle, line_px, outline_of


def style_layers(style: LayerStyle, source_layer: str) -> list[dict[str, Any]]:
    """Return what draws areas, their outlines, lines and points of a layer of vector tiles."""
    looks = list(_looks(style))
    kinds = range(4)
    return [
        _drawings(style, colour, f"-{number}" if len(looks) > 1 else "", narrow)[kind]
        | {"source-layer": source_layer}
        for kind in kinds
        for number, (colour, narrow) in enumerate(looks, start=1)
    ]


def _looks(style: LayerStyle) -> Iterator[tuple[str, list[Any]]]:
    """Yield each colour with the filter of what has it; at last grey for what is in no entry."""
    if style.kind == "single":
        yield style.entries[0].colour, []
        return
    filters: list[list[Any]] = []
    bound: Any = None
    for entry in style.entries:
        filters.append(_filter(style, entry.value, bound))
        bound = entry.value
        yield entry.colour, filters[-1]
    yield GREY, ["none", *filters]


def _filter(style: LayerStyle, value: Any, lower: Any) -> list[Any]:
    """Return the filter of an entry; ``lower``: the bound of the class before, None for none."""
    if style.kind == "categories":
        return ["==", style.field, value]
    above = [] if lower is None else [[">", style.field, lower]]
    return ["all", *above, ["<=", style.field, value]]


def _drawings(
    style: LayerStyle, colour: str, ending: str, narrow: list[Any]
) -> list[dict[str, Any]]:
    outline, outline_px = outline_of(style, colour)
    stroke = {"circle-stroke-color": style.stroke, "circle-stroke-width": style.stroke_px}
    points = {"circle-color": colour, "circle-radius": style.point_px / 2, **stroke}
    drawn = (
        ("areas", "fill", "Polygon", {"fill-color": colour, "fill-opacity": style.fill_opacity}),
        ("outlines", "line", "Polygon", {"line-color": outline, "line-width": outline_px}),
        ("lines", "line", "LineString", {"line-color": colour, "line-width": line_px(style)}),
        ("points", "circle", "Point", points),
    )
    return [
        {
            "id": f"{name}{ending}",
            "type": kind,
            "filter": ["all", ["==", "$type", geometry], *([narrow] if narrow else [])],
            "paint": paint,
        }
        for name, kind, geometry, paint in drawn
    ]
