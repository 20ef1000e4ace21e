"""The layers of a selection as they go into files: with titles, styles, meanings of columns."""

from __future__ import annotations

import geopandas as gpd

from analysis.export.communities import community_columns
from analysis.export.hotspots import hotspot_columns
from analysis.export.proposals import proposal_columns
from analysis.export.styles import community_style, hotspot_style, proposal_style
from core.language import in_language, is_chinese, translations
from geo.writing.file_layer import FileLayer
from geo.writing.styling import LayerStyle
from layers.built_in import Layer
from layers.export.data_dictionary import Column
from layers.queries import LayerView
from submissions.proposals.queries import CampaignView

#: Fill, outline and width (pixels) of the map's own layers, as by day on the map.
_LOOKS = {
    "outline": ("#fbfaf6", "#1f6f8b", 3.0),
    "communities": ("#f5f2e7", "#a89878", 1.2),
    "parks": ("#d5ebcf", "#9cc79a", 1.0),
    "idle_plots": ("#f1dcb0", "#b08d57", 1.5),
    "river": ("#b3daf2", "#7fb6dc", 2.0),
    "roads": ("#8f989c", "#8f989c", 2.0),
    "railway": ("#6d6d6d", "#6d6d6d", 2.0),
}
#: The layers that a selection has.
KINDS = ("proposals", "communities", "hotspots")


def kind_name(kind: str, lang: str) -> str:
    """Return what a layer of a selection is called."""
    _ = translations(lang).gettext
    names = {
        "proposals": _("Proposals"),
        "communities": _("Communities with counts"),
        "hotspots": _("Hotspots"),
    }
    return names[kind]


def selection_layer(
    kind: str, campaign: CampaignView, frame: gpd.GeoDataFrame, lang: str, *, measure: str = ""
) -> FileLayer:
    """Return a frame of ``analysis.export`` as a layer of a file; ``measure``: of communities."""
    styles = {
        "proposals": lambda: proposal_style(campaign, lang),
        "communities": lambda: community_style(frame, lang, measure or "proposals"),
        "hotspots": lambda: hotspot_style(lang),
    }
    columns = {
        "proposals": proposal_columns,
        "communities": community_columns,
        "hotspots": hotspot_columns,
    }
    return FileLayer(
        kind,
        kind_name(kind, lang),
        frame,
        styles[kind](),
        "category" if kind == "proposals" else None,
        _meanings(columns[kind](campaign)),
    )


def _meanings(columns: list[Column]) -> dict[str, str]:
    return {one.name: one.meaning for one in columns}


def map_layer(layer: Layer, frame: gpd.GeoDataFrame, lang: str) -> FileLayer:
    """Return one of the map's own layers as a layer of a file, in the colours of the map."""
    fill, stroke, width = _LOOKS.get(layer.name, ("#8a4f9e", "#ffffff", 1.0))
    names = ("name_zh", "name_en") if is_chinese(lang) else ("name_en", "name_zh")
    label = next((name for name in names if name in frame.columns), "")
    title = in_language(layer.title, lang)
    style = LayerStyle.single(fill, title, stroke=stroke, stroke_px=width, label=label)
    return FileLayer(layer.name, title, frame, style)


def uploaded_layer(layer: LayerView, frame: gpd.GeoDataFrame, lang: str) -> FileLayer:
    """Return an uploaded layer as a layer of a file, drawn as the desk says, with its names.

    A style by a column that this reader does not get is left for the layer's colour.
    """
    label = layer.name_field if layer.name_field in frame.columns else ""
    plain = LayerStyle.single(layer.colour.lower(), in_language(layer.title, lang), label=label)
    kept = LayerStyle.from_json(layer.style) if layer.style else plain
    needed = {kept.field, kept.label} - {""}
    style = kept if needed <= set(frame.columns) else plain
    return FileLayer(f"layer_{layer.id}", in_language(layer.title, lang), frame, style)
