"""The data dictionary of a pack: what each column of each layer is called, and what it means.

Titles are in the language of the pack, meanings in English as elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from layers.export.data_dictionary import COMMUNITIES, PROPOSALS
from packs.building.contents import Contents
from submissions.campaigns.questionnaire import columns
from submissions.proposals.queries import CampaignView

_SHARED = {one.name: one.meaning for one in (*COMMUNITIES, *PROPOSALS)}
_OWN = {
    "day": "The day on which it was filed, in Beijing, ISO 8601.",
    "member": "Whether the topic or scenario of this pack was made of it.",
    "distance_m": "Metres from the place of the pack to its pin, projected; 0 within.",
    "people_at_least": "At least so many distinct authors, in fives; null: fewer than five, or not "
    "told yet. Changes only with five people more or fewer.",
    "key": "Names a site within its scenario.",
    "name_zh": "Name in Chinese.",
    "name_en": "Name in English; may be empty.",
    "theme": "Code of the theme that the proposals of a tract share.",
    "reason": "Which layer the ground is kept free for.",
    "width_m": "How far around that layer's shapes, in metres.",
}
_BY_LAYER = {
    ("sites", "kind"): "new or existing, of a scenario; place: the outline of the pack's place.",
    ("sites", "area_m2"): "Size in square metres, measured in a metric system.",
    ("hotspots", "hotspot_id"): "Name of the hotspot, the same from version to version.",
    ("hotspots", "proposals"): "Published proposals in it; several stand close together.",
    ("hotspots", "area_m2"): "Size in square metres, measured in a metric system.",
    ("demand_tracts", "proposals"): "Proposals of that theme in it, each within 50 m of another.",
    ("demand_tracts", "area_m2"): "Size in square metres, measured in a metric system.",
    ("communities", "proposals"): "Published proposals of the whole campaign that lie in it.",
}
_TYPES = {"float64": "number", "int64": "whole number", "bool": "yes/no", "boolean": "yes/no"}
_UPLOADED = "A column of the layer as the office loaded it."
_CONDITION = {"kind": "What kind of thing it is, as its layer has it; may be empty."}


def dictionary_rows(
    contents: Contents, campaign: CampaignView, titles: Mapping[str, str]
) -> Iterator[list[str]]:
    """Give the rows of the dictionary: layer, column, title, type, meaning."""
    answers = {one.name: one.meaning for one in columns(campaign.asked_ever)}
    for layer in contents.layers:
        geometry = layer.frame.geometry.name
        for name in layer.frame.columns:
            if name != geometry:
                meaning = (
                    _BY_LAYER.get((layer.name, name))
                    or _OWN.get(name)
                    or answers.get(name)
                    or (_SHARED if layer.key else _CONDITION).get(name, _UPLOADED)
                )
                kind = _TYPES.get(str(layer.frame[name].dtype).lower(), "text")
                yield [layer.name, name, titles.get(name, name), kind, meaning]
