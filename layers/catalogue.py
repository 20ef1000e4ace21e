"""The layers that the map is made of besides proposals, and where each comes from.

The demo place ships as GeoJSON files (WGS 84) in ``data/qinghe``; the catalogue names them in the
order in which they are drawn and says whether their shapes are surveyed or schematic.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
from shapely import MultiPolygon, Polygon, box
from shapely.geometry import shape
from sqlalchemy.orm import Session

from errors import NotFoundError
from geo.crs import WGS84
from geo.geojson import feature_collection
from layers.communities import community_frame, edition_named
from layers.shelf import Shelf

#: Layers of the place are shown as far as this beyond the campaign's box (about 1 km).
AROUND_DEG = 0.01
KEPT = 16
FOLDER = Path(__file__).resolve().parent.parent / "data" / "qinghe"


@dataclass(frozen=True)
class Layer:
    """One layer: its name in addresses, its title in two languages, and whether it is schematic."""

    name: str
    title_zh: str
    title_en: str
    schematic: bool = True

    @property
    def path(self) -> Path:
        """The GeoJSON file that holds the layer."""
        return FOLDER / f"{self.name}.geojson"


CATALOGUE = (
    Layer("outline", "街道范围", "Subdistrict outline"),
    Layer("communities", "社区(示意边界)", "Communities (schematic)"),
    Layer("parks", "公园绿地", "Parks"),
    Layer("river", "河流", "Rivers"),
    Layer("roads", "道路", "Roads"),
    Layer("railway", "铁路", "Railways"),
    Layer("stations", "车站", "Stations"),
    Layer("places", "地点", "Places"),
    Layer("bike_parking", "现有自行车停放区", "Existing bike parking"),
    Layer("idle_plots", "闲置小空间", "Idle small plots"),
)


def layer_named(name: str) -> Layer:
    """Return one layer of the catalogue; raises ``NotFoundError``."""
    for layer in CATALOGUE:
        if layer.name == name:
            return layer
    raise NotFoundError(layer=name)


def layer_text(layer: Layer) -> str:
    """Return the layer as GeoJSON text (RFC 7946, WGS 84)."""
    return layer.path.read_text(encoding="utf-8")


@dataclass(frozen=True)
class Ground:
    """What is drawn under the proposals: JSON, a feature collection a layer, and its ETag."""

    body: bytes
    etag: str


def ground(session: Session, edition: str, area: Polygon | MultiPolygon) -> Ground:
    """Return the ground of a campaign: its ``area`` (WGS 84), communities, and what lies around."""
    present = edition_named(session, edition)
    key = (edition, present.fingerprint, present.schematic, area.wkb)
    return _grounds.get(
        key, lambda: _made(community_frame(session, edition), area, present.schematic)
    )


_grounds: Shelf[tuple[str, str, bool, bytes], Ground] = Shelf(KEPT)


def _made(communities: gpd.GeoDataFrame, area: Polygon | MultiPolygon, schematic: bool) -> Ground:
    parts: dict[str, Any] = {
        "schematic": schematic,
        "outline": feature_collection(gpd.GeoDataFrame(geometry=[area], crs=WGS84)),
        "communities": feature_collection(communities, properties=["name", "name_en"]),
    }
    for layer in CATALOGUE:
        if layer.name not in parts:
            parts[layer.name] = _near(json.loads(layer_text(layer)), area.bounds)
    body = json.dumps(parts, ensure_ascii=False, separators=(",", ":")).encode()
    return Ground(body, f'"{hashlib.sha256(body).hexdigest()[:16]}"')


def _near(collection: dict[str, Any], bounds: tuple[float, float, float, float]) -> dict[str, Any]:
    around = box(*bounds).buffer(AROUND_DEG)
    features = [f for f in collection["features"] if shape(f["geometry"]).intersects(around)]
    return {"type": "FeatureCollection", "features": features}
