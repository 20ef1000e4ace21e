"""What is drawn under the proposals of a campaign: its area, the communities, what lies around."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
from shapely import MultiPolygon, Polygon, box
from shapely.geometry import mapping, shape
from sqlalchemy.orm import Session

from core.cache import CACHE
from geo.crs import WGS84
from geo.writing.geojson import feature_collection
from layers.built_in import CATALOGUE, LICENCE
from layers.communities.communities import community_frame, edition_named
from layers.effective import AROUND_DEG, Standing, standing
from layers.styles import drawing_of, style_for

#: Layers that the map draws as signs: of an area there, its middle is drawn.
_SIGNS = frozenset({"stations", "places", "bike_parking"})


@dataclass(frozen=True)
class Basemap:
    """What is drawn below: JSON, a feature collection a layer, and its ETag."""

    body: bytes
    etag: str


def ground(
    session: Session, edition: str, area: Polygon | MultiPolygon, *, subdistrict: str = ""
) -> Basemap:
    """Return the ground of a campaign: its ``area`` (WGS 84), communities, and what lies around.

    ``subdistrict``: the campaign's; empty for one of the whole platform. Raises ``NotFoundError``
    for the edition.
    """
    present = edition_named(session, edition)
    made_of = standing(session, subdistrict, area)
    key = ("ground", edition, present.fingerprint, present.schematic, area.wkb, made_of.key)
    return CACHE.keep(key, lambda: _made(session, edition, area, present.schematic, made_of))


def _made(
    session: Session,
    edition: str,
    area: Polygon | MultiPolygon,
    schematic: bool,
    made_of: Standing,
) -> Basemap:
    communities = community_frame(session, edition)
    parts: dict[str, Any] = {
        "schematic": schematic,
        "sources": _sources(edition, made_of),
        "styles": _styles(made_of),
        "loaded": [one.name for one in CATALOGUE if made_of.uploaded_for(one.name)],
        "outline": feature_collection(gpd.GeoDataFrame(geometry=[area], crs=WGS84)),
        "communities": feature_collection(communities, properties=["name", "name_en"]),
    }
    for layer in CATALOGUE:
        if layer.name not in parts:
            features = made_of.features(session, layer.name)
            parts[layer.name] = _near(features, area.bounds, signs=layer.name in _SIGNS)
    body = json.dumps(parts, ensure_ascii=False, separators=(",", ":")).encode()
    return Basemap(body, f'"{hashlib.sha256(body).hexdigest()[:16]}"')


def _styles(made_of: Standing) -> dict[str, Any]:
    """Return how the layers are drawn for which that was chosen, by their keys."""
    return {
        one.key: {
            "zh": one.title["zh_CN"],
            "en": one.title["en"],
            "use": str(one.use),
            **drawing_of(style_for(one, one.public_fields)),
        }
        for one in made_of.uploaded
        if one.style
    }


def _sources(edition: str, made_of: Standing) -> dict[str, Any]:
    """Say where what is drawn comes from: the communities' edition, the licence, public layers."""
    own = any(not made_of.uploaded_for(layer.name) for layer in CATALOGUE)
    return {
        "edition": edition,
        "licence": LICENCE if own else "",
        "layers": [
            {
                "zh": one.title["zh_CN"],
                "en": one.title["en"],
                "source": one.source,
                "day": one.updated.date().isoformat(),
            }
            for one in made_of.uploaded
        ],
    }


def _near(
    features: list[dict[str, Any]], bounds: tuple[float, float, float, float], *, signs: bool
) -> dict[str, Any]:
    around = box(*bounds).buffer(AROUND_DEG)
    kept = []
    for feature in features:
        if not feature.get("geometry"):
            continue
        place = shape(feature["geometry"])
        if not place.intersects(around):
            continue
        if signs and place.geom_type != "Point":
            feature = {**feature, "geometry": mapping(place.representative_point())}
        kept.append(feature)
    return {"type": "FeatureCollection", "features": kept}
