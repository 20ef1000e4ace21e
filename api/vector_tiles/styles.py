"""TileJSON 3.0 and a Mapbox style (version 8) for the tiles of a collection."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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
    told: Any = COLOUR
    if colours:
        pairs = [part for pair in colours.items() for part in pair]
        told = ["match", ["get", "category"], *pairs, COLOUR]
    return [
        _layer("areas", "fill", DRAWN, {"fill-color": told, "fill-opacity": 0.3}),
        _layer("lines", "line", DRAWN, {"line-color": told, "line-width": 3}),
        _layer(
            "pins",
            "circle",
            PINS,
            {
                "circle-color": told,
                "circle-radius": ["interpolate", ["linear"], ["zoom"], 10, 2, 16, 6],
                "circle-stroke-color": "#ffffff",
                "circle-stroke-width": 1,
            },
        ),
    ]


def _of_communities(shades: Sequence[float]) -> list[Layer]:
    told: Any = PALETTE[0]
    if shades:
        steps = [one for pair in zip(shades, PALETTE[1:], strict=False) for one in pair]
        told = ["step", ["get", "proposals"], PALETTE[0], *steps]
    return [
        _layer("areas", "fill", FEATURES, {"fill-color": told, "fill-opacity": 0.6}),
        _layer("borders", "line", FEATURES, {"line-color": LINE, "line-width": 1}),
    ]


def _of_features(colour: str) -> list[Layer]:
    return [
        _layer("areas", "fill", FEATURES, {"fill-color": colour, "fill-opacity": 0.3}),
        _layer("lines", "line", FEATURES, {"line-color": colour, "line-width": 2}),
        _layer("points", "circle", FEATURES, {"circle-color": colour, "circle-radius": 4}),
    ]


def _layer(name: str, kind: str, layer: str, paint: Mapping[str, Any]) -> Layer:
    shape = {"circle": "Point", "fill": "Polygon"}.get(kind)
    only = {"filter": ["==", "$type", shape]} if shape else {}
    return {"id": name, "type": kind, "source-layer": layer, **only, "paint": dict(paint)}
