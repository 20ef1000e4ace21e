"""The checked-in layers of data/qinghe as the demonstration needs them (WGS 84, degrees)."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import shapely
from shapely import Point
from shapely.geometry import shape

FOLDER = Path(__file__).resolve().parent / "qinghe"
EDGE_DEGREES = 8e-6  # about 0.7 m: nearer to an edge, a rounded pin could change sides


def read_layer(name: str) -> list[dict[str, Any]]:
    """Read the GeoJSON features of one layer."""
    text = (FOLDER / f"{name}.geojson").read_text(encoding="utf-8")
    features: list[dict[str, Any]] = json.loads(text)["features"]
    return features


@dataclass(frozen=True)
class Hub:
    """A place people name: where pins gather."""

    name: str
    kind: str
    longitude: float
    latitude: float


def read_hubs() -> list[Hub]:
    """Read every named place pins can gather around, areas by their centre."""
    hubs = []
    for layer in ("stations", "places", "parks", "idle_plots"):
        for feature in read_layer(layer):
            middle = shape(feature["geometry"]).centroid
            told = feature["properties"]
            hubs.append(Hub(told["name_zh"], told["kind"], middle.x, middle.y))
    return hubs


class PinArea:
    """Where a pin may lie: inside the outline, on dry land, off every community edge."""

    def __init__(self) -> None:
        self.outline = shape(read_layer("outline")[0]["geometry"])
        self.river = shape(read_layer("river")[0]["geometry"])
        communities = [shape(feature["geometry"]) for feature in read_layer("communities")]
        self.edges = shapely.union_all([shapely.boundary(polygon) for polygon in communities])
        for prepared in (self.outline, self.river, self.edges):
            shapely.prepare(prepared)

    def takes(self, longitude: float, latitude: float) -> bool:
        """Tell whether a pin here lies clearly inside one community."""
        point = Point(longitude, latitude)
        return bool(
            self.outline.contains(point)
            and not self.river.intersects(point)
            and not self.edges.dwithin(point, EDGE_DEGREES)
        )
