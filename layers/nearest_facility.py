"""What there is already near a place: the nearest feature of one of the map's layers.

Distances are metres in the layer's metric CRS (``geo.crs.metric_crs_for``; EPSG:4548 for Beijing):
both the feature and the place are projected before anything is measured. Inside an area it is 0.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import shapely
from shapely import STRtree
from shapely.geometry import shape
from sqlalchemy.orm import Session

from core.cache import CACHE
from core.errors import BadCoordinateError
from core.worker import SerialWorker
from geo.crs import WGS84, metric_crs_for, reproject, transformer
from layers.effective import Standing
from layers.queries import LayerView, columns_for, geojson_features


@dataclass(frozen=True)
class Facility:
    """What is nearest: its names, its other properties, and how far it is in metres."""

    name_zh: str
    name_en: str
    properties: dict[str, Any]
    distance_m: float


@dataclass(frozen=True)
class _Tree:
    properties: list[dict[str, Any]]
    geometries: STRtree
    project: Callable[[float, float], tuple[float, float]]


def nearest_facility(
    session: Session, made_of: Standing, name: str, longitude: float, latitude: float
) -> Facility | None:
    """Return the feature nearest to a WGS 84 place of a layer that stands there, or None.

    None where the layer has none, or where the place is so far around the globe that it cannot be
    measured from there. Of equally near ones, the first in the layer.

    Raises ``NotFoundError`` for an unknown layer and ``BadCoordinateError``.
    """
    key = ("facilities", made_of.key_of(name))
    _check(longitude, latitude)
    tree = CACHE.keep(key, lambda: _tree(made_of.features(session, name)))
    return _nearest(tree, longitude, latitude)


def nearest_in_layer(
    session: Session, layer: LayerView, longitude: float, latitude: float
) -> Facility | None:
    """Return the nearest feature of an uploaded layer, with all its columns, for the desk.

    As ``nearest_facility``. Raises ``BadCoordinateError``.
    """
    _check(longitude, latitude)
    key = ("facilities", layer.id, layer.fingerprint, layer.name_field)
    columns = columns_for(layer, all_columns=True)
    tree = CACHE.keep(key, lambda: _tree(geojson_features(session, layer, columns=columns)))
    return _nearest(tree, longitude, latitude)


def _check(longitude: float, latitude: float) -> None:
    if not (-180 <= longitude <= 180 and -90 <= latitude <= 90):
        raise BadCoordinateError()


def _nearest(tree: _Tree, longitude: float, latitude: float) -> Facility | None:
    if not tree.properties:
        return None
    x, y = _projecting.submit(tree.project, longitude, latitude).result()
    if not (math.isfinite(x) and math.isfinite(y)):
        return None
    rows, metres = tree.geometries.query_nearest(shapely.Point(x, y), return_distance=True)
    row = int(rows.min())
    properties = tree.properties[row]
    name_zh = str(properties.get("name_zh") or properties.get("name") or "")
    name_en = str(properties.get("name_en") or name_zh)
    return Facility(name_zh, name_en, dict(properties), float(metres[0]))


#: PROJ opens its database anew in each thread, which takes 50 ms; servers come with new threads.
_projecting = SerialWorker("projecting")


def _tree(features: list[dict[str, Any]]) -> _Tree:
    features = [feature for feature in features if feature.get("geometry")]
    frame = gpd.GeoSeries([shape(feature["geometry"]) for feature in features], crs=WGS84).to_frame(
        "geometry"
    )
    crs = metric_crs_for(frame)
    metric = shapely.make_valid(reproject(frame.geometry, crs).array)
    return _Tree(
        [f.get("properties") or {} for f in features],
        STRtree(metric),
        transformer(WGS84, crs).transform,
    )
