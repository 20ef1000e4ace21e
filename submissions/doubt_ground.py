"""What the locations of a campaign are compared with: communities, names, water, rails, roads.

Everything is WGS 84, from the edition of the campaign and the layers at hand.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
from shapely.geometry import shape
from sqlalchemy.orm import Session

from layers.catalogue import CATALOGUE, layer_named, layer_text
from layers.communities import community_frame
from layers.stated import StatedNames
from submissions.queries import CampaignView

#: The layer does not say where a metro runs below ground, and over a tunnel one may stand.
_BELOW_GROUND = "metro"
_NO_PLACES = frozenset({"outline", "communities"})


@dataclass(frozen=True)
class Feature:
    """A thing of a layer: its name by language, and whether its shape is schematic."""

    name: dict[str, str]
    geometry: Any
    schematic: bool


@dataclass(frozen=True)
class Ground:
    """What the points of a campaign are compared with."""

    campaign: CampaignView
    communities: gpd.GeoDataFrame
    polygons: list[Any]
    places: list[Feature]
    water: list[Feature]
    rails: list[Feature]
    roads: list[Any]
    names: StatedNames


def ground_of(session: Session, campaign: CampaignView) -> Ground:
    """Read what a campaign's locations are compared with. Raises ``NotFoundError``."""
    communities = community_frame(session, campaign.edition)
    places = [
        feature
        for layer in CATALOGUE
        if layer.name not in _NO_PLACES
        for feature in _features(layer.name)
    ]
    return Ground(
        campaign,
        communities,
        communities.geometry.tolist(),
        places,
        _features("river"),
        _features("railway", but=_BELOW_GROUND),
        [feature.geometry for feature in _features("roads")],
        StatedNames(communities["name"], [place.name["zh_CN"] for place in places]),
    )


def _features(layer_name: str, *, but: str = "") -> list[Feature]:
    """Return a layer's features, without those of the kind ``but``."""
    layer = layer_named(layer_name)
    found = []
    for feature in json.loads(layer_text(layer))["features"]:
        said = feature.get("properties") or {}
        if feature.get("geometry") and not (but and said.get("kind") == but):
            name_zh = str(said.get("name_zh") or "")
            name = {"zh_CN": name_zh, "en": str(said.get("name_en") or name_zh)}
            found.append(Feature(name, shape(feature["geometry"]), layer.schematic))
    return found
