"""Make data/qinghe/*.geojson from the hand-drawn tables: ``python -m data.make_layers``.

The result is an openly labelled schematic (示意边界): WGS 84 (EPSG:4326), seven decimals, RFC 7946.
Geometry is worked out in EPSG:4548, where a metre is a metre. The 29 communities are the blocks
between the dividing streets; a block that holds several communities is split half-way between
them (Voronoi). Neighbours share every vertex of their common edge.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from pyproj import Transformer
from shapely import LineString, MultiPoint, Point, Polygon
from shapely.affinity import rotate, translate
from shapely.geometry import box, mapping
from shapely.geometry.base import BaseGeometry
from shapely.ops import nearest_points, polygonize

from data import qinghe_drawing

FOLDER = Path(__file__).resolve().parent / "qinghe"
NOTE = "示意数据,非实测,不作边界依据。Schematic, not surveyed; no evidence of any boundary."
LICENCE = "CC0-1.0"
DECIMALS = 7
REGISTERED, MIGRANT = 90_287, 87_433
GATE_INSET_M = 22.0
SIDES = ["东", "东北", "北", "西北", "西", "西南", "南", "东南"]
SIDES_EN = ["East", "Northeast", "North", "Northwest", "West", "Southwest", "South", "Southeast"]
_TO_METRES = Transformer.from_crs("EPSG:4326", "EPSG:4548", always_xy=True)

Feature = dict[str, Any]


def to_metres(geometry: BaseGeometry) -> BaseGeometry:
    """Project WGS 84 longitude and latitude to EPSG:4548."""
    return shapely.transform(geometry, _TO_METRES.transform, interleaved=False)


def to_degrees(geometry: BaseGeometry) -> BaseGeometry:
    """Bring EPSG:4548 metres to WGS 84, rounded to the seven decimals that are written."""

    def back(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        lon, lat = _TO_METRES.transform(x, y, direction="INVERSE")
        return np.round(lon, DECIMALS), np.round(lat, DECIMALS)

    return shapely.transform(geometry, back, interleaved=False)


def share_out(total: int, weights: Iterable[int]) -> list[int]:
    """Split a whole number by weights so that the parts sum to it (largest remainder)."""
    weights = list(weights)
    exact = [total * weight / sum(weights) for weight in weights]
    parts = [math.floor(value) for value in exact]
    by_remainder = sorted(range(len(parts)), key=lambda i: (parts[i] - exact[i], i))
    for i in by_remainder[: total - sum(parts)]:
        parts[i] += 1
    return parts


def _pieces(
    outline: Polygon, dividers: list[LineString], seeds: list[Point]
) -> Iterator[tuple[BaseGeometry, int]]:
    """Yield each block between the dividers, split among its seeds, with the seed's position."""
    for block in polygonize(shapely.union_all([outline.boundary, *dividers])):
        if not outline.contains(block.representative_point()):
            continue
        inside = [i for i, seed in enumerate(seeds) if block.contains(seed)]
        if len(inside) < 2:
            owner = inside[0] if inside else _nearest(block.representative_point(), seeds)
            yield block, owner
            continue
        points = MultiPoint([seeds[i] for i in inside])
        cells = shapely.voronoi_polygons(points, extend_to=block.envelope, ordered=True)
        for i, cell in zip(inside, cells.geoms, strict=True):
            yield cell.intersection(block), i


def _nearest(point: Point, seeds: list[Point]) -> int:
    return min(range(len(seeds)), key=lambda i: point.distance(seeds[i]))


def partition(
    outline: Polygon, dividers: list[LineString], seeds: list[Point]
) -> list[BaseGeometry]:
    """Cut the outline into one polygon per seed, in the seeds' order; all in EPSG:4548.

    Edges are noded together on a one-centimetre grid, so neighbours share their vertices exactly.
    """
    pieces = list(_pieces(outline, dividers, seeds))
    edges = shapely.union_all([piece.boundary for piece, _ in pieces], grid_size=0.01)
    owned: list[list[BaseGeometry]] = [[] for _ in seeds]
    for face in polygonize(edges):
        middle = face.representative_point()
        owner = next((i for piece, i in pieces if piece.contains(middle)), None)
        if owner is not None:
            owned[owner].append(face)
    return [shapely.coverage_union_all(faces) for faces in owned]


def _feature(geometry: BaseGeometry, **properties: Any) -> Feature:
    """Make a feature from a geometry in EPSG:4548; polygons turn anticlockwise (RFC 7946)."""
    shape = shapely.orient_polygons(to_degrees(geometry))
    return {"type": "Feature", "properties": properties, "geometry": mapping(shape)}


def _metric(point: qinghe_drawing.LonLat) -> Point:
    return to_metres(Point(point))


def _rectangle(
    centre: qinghe_drawing.LonLat, length_m: float, width_m: float, turn: float
) -> Polygon:
    flat = box(-length_m / 2, -width_m / 2, length_m / 2, width_m / 2)
    middle = _metric(centre)
    return translate(rotate(flat, turn), middle.x, middle.y)


def _community_shapes() -> list[BaseGeometry]:
    dividers = [
        to_metres(LineString(line)) for *_, divides, line in qinghe_drawing.ROADS if divides
    ]
    dividers.append(to_metres(LineString(qinghe_drawing.RIVER)))
    seeds = [_metric(row[3]) for row in qinghe_drawing.COMMUNITIES]
    return partition(to_metres(Polygon(qinghe_drawing.OUTLINE)), dividers, seeds)


def _communities(shapes: list[BaseGeometry]) -> list[Feature]:
    registered = share_out(REGISTERED, [row[4] for row in qinghe_drawing.COMMUNITIES])
    migrant = share_out(MIGRANT, [row[5] for row in qinghe_drawing.COMMUNITIES])
    return [
        _feature(
            shape,
            kind="community",
            code=f"1101080170{row[0]}",
            edition="2020",
            name_zh=row[1],
            name_en=row[2],
            subdistrict="清河街道",
            population=here + came,
            population_registered=here,
            population_migrant=came,
            schematic=True,
        )
        for row, shape, here, came in zip(
            qinghe_drawing.COMMUNITIES, shapes, registered, migrant, strict=True
        )
    ]


def _gates(shapes: list[BaseGeometry]) -> Iterator[Feature]:
    """Two gates a community: just inside its edge, where it comes nearest to two streets."""
    roads = [
        to_metres(LineString(line))
        for kind, *_, line in qinghe_drawing.ROADS
        if kind != "expressway"
    ]
    for row, shape in zip(qinghe_drawing.COMMUNITIES, shapes, strict=True):
        inner, middle = shape.buffer(-GATE_INSET_M), shape.centroid
        taken: list[Point] = []
        for road in sorted(roads, key=middle.distance):
            foot = nearest_points(road, middle)[0]
            gate = nearest_points(inner, foot)[0]
            if len(taken) == 2 or any(gate.distance(other) < 120 for other in taken):
                continue
            taken.append(gate)
            bearing = math.atan2(gate.y - middle.y, gate.x - middle.x)
            side = round(bearing / (math.pi / 4)) % 8
            yield _feature(
                gate,
                kind="compound_gate",
                name_zh=row[1].removesuffix("社区") + SIDES[side] + "门",
                name_en=f"{row[2]}, {SIDES_EN[side]} Gate",
            )


def _bike_parking() -> Iterator[Feature]:
    named = {zh: (en, at) for _, zh, en, at in qinghe_drawing.PLACES + qinghe_drawing.STATIONS}
    named |= {zh: (en + " Stop", at) for zh, en, at in qinghe_drawing.BUS_STOPS if zh not in named}
    for zh, east_m, north_m, capacity in qinghe_drawing.BIKE_PARKING:
        en, at = named[zh]
        yield _feature(
            translate(_metric(at), east_m, north_m),
            kind="bike_parking",
            name_zh=zh + "自行车停放区",
            name_en=f"Bike Parking at {en}",
            capacity=capacity,
        )


def layers() -> dict[str, list[Feature]]:
    """Make every layer: file name without ending -> its features."""
    shapes = _community_shapes()
    outline = shapely.coverage_union_all(shapes)
    river = to_metres(LineString(qinghe_drawing.RIVER)).buffer(
        qinghe_drawing.RIVER_WIDTH_M / 2, cap_style="flat"
    )
    points = qinghe_drawing.PLACES + [
        ("bus_stop", zh + "(公交)", en + " Bus Stop", at) for zh, en, at in qinghe_drawing.BUS_STOPS
    ]
    return {
        "outline": [
            _feature(outline, kind="outline", name_zh="清河街道", name_en="Qinghe Subdistrict")
        ],
        "communities": _communities(shapes),
        "roads": [
            _feature(to_metres(LineString(line)), kind=kind, name_zh=zh, name_en=en)
            for kind, zh, en, _, line in qinghe_drawing.ROADS
        ],
        "river": [_feature(river, kind="river", name_zh="清河", name_en="Qing River")],
        "railway": [
            _feature(to_metres(LineString(line)), kind=kind, name_zh=zh, name_en=en)
            for kind, zh, en, line in qinghe_drawing.RAILWAYS
        ],
        "stations": [
            _feature(_metric(at), kind=kind, name_zh=zh, name_en=en)
            for kind, zh, en, at in qinghe_drawing.STATIONS
        ],
        "parks": [
            _feature(_rectangle(at, length_m, width_m, turn), kind="park", name_zh=zh, name_en=en)
            for zh, en, at, length_m, width_m, turn in qinghe_drawing.PARKS
        ],
        "places": [
            _feature(_metric(at), kind=kind, name_zh=zh, name_en=en) for kind, zh, en, at in points
        ]
        + list(_gates(shapes)),
        "bike_parking": list(_bike_parking()),
        "idle_plots": [
            _feature(
                _rectangle(at, length_m, width_m, turn), kind="idle_plot", name_zh=zh, name_en=en
            )
            for zh, en, at, length_m, width_m, turn in qinghe_drawing.IDLE_PLOTS
        ],
    }


def as_text(features: list[Feature]) -> str:
    """Write a FeatureCollection, one feature a line so that differences can be read."""
    head = {"type": "FeatureCollection", "schematic": True, "note": NOTE, "licence": LICENCE}
    opening = json.dumps(head, ensure_ascii=False)[:-1]
    lines = [json.dumps(feature, ensure_ascii=False) for feature in features]
    return opening + ', "features": [\n' + ",\n".join(lines) + "\n]}\n"


def main() -> None:
    """Write every layer to data/qinghe/."""
    FOLDER.mkdir(exist_ok=True)
    for name, features in layers().items():
        (FOLDER / f"{name}.geojson").write_text(as_text(features), encoding="utf-8")
        print(f"{name}.geojson: {len(features)}")


if __name__ == "__main__":
    main()
