"""What the locations of a campaign are compared with: communities, names, water, rails, roads.

Everything is WGS 84, from the edition of the campaign and the layers at hand.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

import geopandas as gpd
from shapely.geometry import shape
from sqlalchemy.orm import Session

from layers.built_in import CATALOGUE
from layers.communities.communities import community_frame
from layers.effective import Standing, standing
from layers.gazetteer.mentioned_places import StatedNames
from submissions.proposals.queries import CampaignView

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
class LocationReference:
    """What the points of a campaign are compared with."""

    campaign: CampaignView
    communities: gpd.GeoDataFrame
    polygons: list[Any]
    places: list[Feature]
    water: list[Feature]
    rails: list[Feature]
    roads: list[Any]
    names: StatedNames


def ground_of(session: Session, campaign: CampaignView) -> LocationReference:
    """Read what a campaign's locations are compared with. Raises ``NotFoundError``."""
    communities = community_frame(session, campaign.edition)
    made_of = standing(session, campaign.subdistrict, campaign.area)
    features = partial(_features, session, made_of)
    places = [
        feature
        for layer in CATALOGUE
        if layer.name not in _NO_PLACES
        for feature in features(layer.name)
    ]
    return LocationReference(
        campaign,
        communities,
        communities.geometry.tolist(),
        places,
        features("river"),
        features("railway", but=_BELOW_GROUND),
        [feature.geometry for feature in features("roads")],
        StatedNames(communities["name"], [place.name["zh_CN"] for place in places]),
    )


def _features(
    session: Session, made_of: Standing, layer_name: str, *, but: str = ""
) -> list[Feature]:
    """Return a layer's features, without those of the kind ``but``."""
    schematic = made_of.schematic(layer_name)
    found = []
    for feature in made_of.features(session, layer_name):
        said = feature.get("properties") or {}
        if feature.get("geometry") and not (but and said.get("kind") == but):
            name_zh = str(said.get("name_zh") or "")
            name = {"zh_CN": name_zh, "en": str(said.get("name_en") or name_zh)}
            found.append(Feature(name, shape(feature["geometry"]), schematic))
    return found
