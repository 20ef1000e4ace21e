"""TileJSON 3.0 and a Mapbox style (version 8) for the tiles of a collection."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from api.collections.model import About
from api.vector_tiles.tile_bodies import DRAWN, FEATURES, PINS
from geo.class_breaks import PALETTE
from geo.vector_tiles.style_layers import style_layers
from geo.vector_tiles.tile_rows import MOST_ZOOM
from geo.writing.styling import LayerStyle

COLOUR, LINE = "#1b6ca8", "#2f3b45"
Layer = dict[str, Any]


def tilejson(
    about: About,
    title: str,
    attribution: str,
    address: str,
    layers: Mapping[str, Mapping[str, str]],
) -> dict[str, Any]:
    """Return the TileJSON; ``address``: of the tiles, with {z}, {x} and {y} in it."""
    west, south, east, north = about.bounds
    return {
        "tilejson": "3.0.0",
        "name": title,
        "attribution": attribution,
        "scheme": "xyz",
        "tiles": [address],
        "minzoom": 0,
        "maxzoom": MOST_ZOOM,
        "bounds": list(about.bounds),
        "center": [round((west + east) / 2, 6), round((south + north) / 2, 6), 13],
        "vector_layers": [{"id": name, "fields": dict(fields)} for name, fields in layers.items()],
    }


def style(
    about: About,
    title: str,
    source: str,
    colours: Mapping[str, str],
    shades: Sequence[float],
    own: LayerStyle | None = None,
) -> dict[str, Any]:
    """Return a style over the TileJSON at ``source``.

    ``colours``: of categories; ``shades``: where the classes of residents' counts begin; ``own``:
    how a layer that was loaded is drawn.
    """
    west, south, east, north = about.bounds
    layers = (
        style_layers(own, FEATURES)
        if own
        else {
            "proposals": lambda: _of_proposals(colours),
            "communities": lambda: _of_communities(shades),
        }.get(
            about.about, lambda: _of_features("#c8553d" if about.about == "hotspots" else COLOUR)
        )()
    )
    return {
        "version": 8,
        "name": title,
        "center": [(west + east) / 2, (south + north) / 2],
        "zoom": 13,
        "sources": {about.id: {"type": "vector", "url": source}},
        "layers": [{**layer, "source": about.id} for layer in layers],
    }


def _of_proposals(colours: Mapping[str, str]) -> list[Layer]:
    """Return a layer for each category: QGIS up to 3.22 reads no colour by a property."""
    only = {key: ["==", "category", key] for key in colours}
    looks = [("", COLOUR, ["!in", "category", *colours] if colours else None)]
    looks += [(f"-{key}", colour, only[key]) for key, colour in colours.items()]
    radius = ["interpolate", ["linear"], ["zoom"], 10, 2, 16, 6]
    drawn: list[tuple[str, str, str, Callable[[str], Layer]]] = [
        ("areas", "fill", DRAWN, lambda one: {"fill-color": one, "fill-opacity": 0.3}),
        ("lines", "line", DRAWN, lambda one: {"line-color": one, "line-width": 3}),
        (
            "pins",
            "circle",
            PINS,
            lambda one: {
                "circle-color": one,
                "circle-radius": radius,
                "circle-stroke-color": "#ffffff",
                "circle-stroke-width": 1,
            },
        ),
    ]
    return [
        _layer(f"{name}{ending}", kind, layer, paint(colour), only=narrow)
        for name, kind, layer, paint in drawn
        for ending, colour, narrow in looks
    ]


def _of_communities(shades: Sequence[float]) -> list[Layer]:
    """Return a layer for each class of counts, the lightest first, and the borders."""
    begins = [None, *shades]
    ends = [*shades, None]
    found: list[Layer] = []
    for colour, begin, end in zip(PALETTE, begins, ends, strict=False):
        parts: list[Any] = [[">=", "proposals", begin]] if begin is not None else []
        parts += [["<", "proposals", end]] if end is not None else []
        paint = {"fill-color": colour, "fill-opacity": 0.6}
        name = f"areas-{len(found) + 1}"
        found.append(_layer(name, "fill", FEATURES, paint, only=_all(parts)))
    line = {"line-color": LINE, "line-width": 1}
    return [*found, _layer("borders", "line", FEATURES, line)]


def _of_features(colour: str) -> list[Layer]:
    return [
        _layer("areas", "fill", FEATURES, {"fill-color": colour, "fill-opacity": 0.3}),
        _layer("lines", "line", FEATURES, {"line-color": colour, "line-width": 2}),
        _layer("points", "circle", FEATURES, {"circle-color": colour, "circle-radius": 4}),
    ]


def _layer(
    name: str, kind: str, layer: str, paint: Mapping[str, Any], *, only: Any = None
) -> Layer:
    """Return a layer of the shapes that its kind draws; ``only``: a filter besides."""
    shape = {"circle": "Point", "fill": "Polygon"}.get(kind)
    narrow = _all([*([["==", "$type", shape]] if shape else []), *([only] if only else [])])
    told = {"filter": narrow} if narrow else {}
    return {"id": name, "type": kind, "source-layer": layer, **told, "paint": dict(paint)}


def _all(parts: list[Any]) -> Any:
    """Return the filter that all of these hold; None for none."""
    return ["all", *parts] if len(parts) > 1 else parts[0] if parts else None
