"""How the layers of a pack are drawn, in its files and in its project: as on the planners' map."""

from __future__ import annotations

from analysis.export.styles import HOTSPOT, proposal_style
from analysis.themes.taxonomy import taxonomy_in_force
from core.language import in_language, is_chinese
from geo.writing.file_layer import FileLayer
from geo.writing.styling import LayerStyle, StyleEntry
from layers.built_in import CATALOGUE
from packs.building.conditions import PackLayer
from packs.building.contents import Contents
from packs.building.scope import Scope
from wording.packs.pack_words import words_of

SITE, NO_GO, GREY, LINE_PX = "#1b5e20", "#c9584b", "#5b6b73", 2.0
#: Of themes, one after another: told apart by colour-blind people, too (Paul Tol, "muted").
THEME_COLOURS = (
    *("#332288", "#cc6677", "#117733", "#ddcc77", "#88ccee", "#882255"),
    *("#44aa99", "#999933", "#aa4499", "#6699cc", "#661100", "#888888"),
)
#: Of layers of the map, as the light pages draw them.
CONDITIONS = {
    "parks": "#8cbf7f",
    "river": "#7fb2d9",
    "roads": "#9a958a",
    "railway": "#4a4a4a",
    "stations": "#37474f",
    "places": "#8a8172",
    "bike_parking": "#b36b00",
    "idle_plots": "#c9a227",
}
#: A DXF has a layer for each value of this column.
_BY = {"proposals": "category", "demand_tracts": "theme", "no_go": "reason"}


def file_layers(scope: Scope, found: Contents) -> list[FileLayer]:
    """Return the layers of a version as files take them, from the top down."""
    return [
        FileLayer(
            one.name,
            in_language(one.title, scope.language),
            one.frame,
            style_of(scope, one),
            by=_BY.get(one.name),
        )
        for one in found.layers
    ]


def style_of(scope: Scope, layer: PackLayer) -> LayerStyle:
    """Return how a layer of a pack is drawn."""
    if layer.style is not None:
        return layer.style
    name, label = layer.name, "name_zh" if is_chinese(scope.language) else "name_en"
    if name in {"proposals", "drawn_lines", "drawn_areas"}:
        style = proposal_style(scope.campaign, scope.language)
        entries = tuple(StyleEntry(e.value, e.title, e.colour) for e in style.entries)
        opacity = 1.0 if name == "proposals" else 0.25
        return LayerStyle(
            "categories", entries, "category", fill_opacity=opacity, stroke_px=1.0, point_px=11.0
        )
    if name == "sites":
        return LayerStyle.single(SITE, stroke=SITE, stroke_px=3.0, fill_opacity=0.12, label=label)
    if name == "hotspots":
        return LayerStyle.single(
            HOTSPOT, stroke=HOTSPOT, stroke_px=2.0, fill_opacity=0.1, label=label
        )
    if name == "demand_tracts":
        # Tracts of several themes lie on each other: outlines tell them apart, fillings would not.
        themes = _themes(scope, layer)
        return LayerStyle(
            "categories", themes, "theme", stroke="", stroke_px=2.0, fill_opacity=0.06
        )
    if name == "no_go":
        return _kept_free(scope, layer)
    if name == "communities":
        field = "name" if is_chinese(scope.language) else "name_en"
        return LayerStyle.single(
            "#ffffff", stroke=GREY, stroke_px=1.5, fill_opacity=0.05, label=field
        )
    colour = next((c for key, c in CONDITIONS.items() if name.startswith(key)), GREY)
    labelled = label if layer.kind == "point" else ""
    return LayerStyle.single(
        colour, stroke=colour, stroke_px=LINE_PX, fill_opacity=0.5, point_px=8.0, label=labelled
    )


def _kept_free(scope: Scope, layer: PackLayer) -> LayerStyle:
    """Draw ground to keep free in one colour, with what it is kept free for."""
    titles = {one.name: one.title for one in CATALOGUE}
    entries = tuple(
        StyleEntry(name, in_language(titles.get(name, {"zh_CN": name}), scope.language), NO_GO)
        for name in sorted(set(layer.frame["reason"]))
    )
    return LayerStyle(
        "categories", entries, "reason", stroke=NO_GO, stroke_px=0.5, fill_opacity=0.25
    )


def _themes(scope: Scope, layer: PackLayer) -> tuple[StyleEntry, ...]:
    there = set(layer.frame["theme"])
    themes = [one for one in taxonomy_in_force().themes if one.code in there]
    return tuple(
        StyleEntry(
            one.code,
            words_of(one.names, scope.language),
            THEME_COLOURS[place % len(THEME_COLOURS)],
        )
        for place, one in enumerate(themes)
    )
