"""The schematic Qinghe: what is checked in is what the generator makes, and it is sound."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from shapely import LineString, Point, Polygon
from shapely.geometry import shape

from data import make_layers, qinghe_drawing

SHARED = Path(__file__).resolve().parents[2] / "../shared/data"
NAMES = [
    *["outline", "communities", "roads", "river", "railway"],
    *["stations", "parks", "places", "bike_parking", "idle_plots"],
]
ANCHORS = {
    "智学苑": (116.3044, 40.0490),
    "领秀新硅谷": (116.3067, 40.0522),
    "怡美家园": (116.3169, 40.0391),
    "当代城市家园": (116.3190, 40.0481),
    "安宁里": (116.3236, 40.0451),
    "清上园": (116.3256, 40.0372),
    "阳光": (116.3315, 40.0323),
    "清河嘉园": (116.3418, 40.0282),
}


def _document(name: str) -> dict[str, Any]:
    text = (make_layers.FOLDER / f"{name}.geojson").read_text(encoding="utf-8")
    document: dict[str, Any] = json.loads(text)
    return document


def _frame(name: str) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame.from_features(_document(name)["features"], crs="EPSG:4326")


@pytest.fixture(scope="module")
def communities() -> gpd.GeoDataFrame:
    return _frame("communities")


@pytest.fixture(scope="module")
def outline() -> Polygon:
    return _frame("outline").geometry.iloc[0]


def test_the_checked_in_files_are_what_the_generator_makes() -> None:
    made = make_layers.layers()
    assert sorted(made) == sorted(NAMES)
    assert sorted(path.stem for path in make_layers.FOLDER.iterdir()) == sorted(NAMES)
    for name, features in made.items():
        stored = _document(name)["features"]
        assert [f["properties"] for f in stored] == [f["properties"] for f in features]
        for here, there in zip(stored, features, strict=True):
            a, b = shape(here["geometry"]), shape(there["geometry"])
            assert a.equals_exact(b, tolerance=3e-7), (name, here["properties"]["name_zh"])


@pytest.mark.parametrize("name", NAMES)
def test_every_layer_is_plain_labelled_geojson(name: str) -> None:
    text = (make_layers.FOLDER / f"{name}.geojson").read_text(encoding="utf-8")
    document = json.loads(text)
    assert "\\u" not in text
    assert "crs" not in document
    assert document["schematic"] is True
    assert "示意" in document["note"]
    assert document["licence"] == "CC0-1.0"
    for feature in document["features"]:
        assert {"kind", "name_zh", "name_en"} <= feature["properties"].keys()
        assert feature["properties"]["name_en"].isascii()
        geometry = shape(feature["geometry"])
        assert geometry.is_valid
        assert geometry.is_simple
        flat = shapely.get_coordinates(geometry)
        assert np.array_equal(flat, np.round(flat, 7))
        if isinstance(geometry, Polygon):
            assert geometry.exterior.is_ccw


def test_the_outline_fills_its_box_and_measures_9_37_km2(outline: Polygon) -> None:
    assert outline.bounds == (116.2966, 40.0153, 116.3516, 40.0610)
    area_m2 = gpd.GeoSeries([outline], crs="EPSG:4326").to_crs("EPSG:4548").area.iloc[0]
    assert round(area_m2 / 1e6, 2) == 9.37


def test_communities_partition_the_outline(communities: gpd.GeoDataFrame, outline: Polygon) -> None:
    polygons = communities.geometry.to_numpy()
    assert len(polygons) == 29
    assert set(communities.geom_type) == {"Polygon"}
    assert shapely.coverage_is_valid(polygons)
    assert shapely.equals(shapely.union_all(polygons), outline)
    area_m2 = communities.to_crs("EPSG:4548").area
    assert round(area_m2.sum() / 1e6, 2) == 9.37
    assert area_m2.between(0.1e6, 1.0e6).all()


def test_communities_carry_the_population_of_2020(communities: gpd.GeoDataFrame) -> None:
    assert communities["population_registered"].sum() == 90_287
    assert communities["population_migrant"].sum() == 87_433
    both = communities["population_registered"] + communities["population_migrant"]
    assert (communities["population"] == both).all()
    assert set(communities["edition"]) == {"2020"}
    assert set(communities["subdistrict"]) == {"清河街道"}
    assert communities["schematic"].all()


def test_codes_and_names_are_those_of_the_2020_edition(communities: gpd.GeoDataFrame) -> None:
    path = SHARED / "qinghe_communities_29_two_editions.csv"
    if not path.exists():
        pytest.skip(f"no shared data: {path.name}")
    with path.open(encoding="utf-8-sig") as file:
        rows = [row for row in csv.DictReader(file) if row["name_china-division_2.4.0"]]
    known = {row["code12"]: row["name_china-division_2.4.0"] for row in rows}
    assert dict(zip(communities["code"], communities["name_zh"], strict=True)) == known


@pytest.mark.parametrize("name", ANCHORS)
def test_known_anchors_lie_well_inside_their_community(
    name: str, communities: gpd.GeoDataFrame
) -> None:
    own = communities[communities["name_zh"] == f"{name}社区"].to_crs("EPSG:4548").geometry.iloc[0]
    anchor = gpd.GeoSeries([Point(ANCHORS[name])], crs="EPSG:4326").to_crs("EPSG:4548").iloc[0]
    assert own.contains(anchor)
    assert own.centroid.distance(anchor) < 200
    assert own.boundary.distance(anchor) > 60


def test_places_plots_and_parking_lie_inside(outline: Polygon) -> None:
    sizes = {"stations": 10, "places": 60, "bike_parking": 20, "idle_plots": 12, "parks": 10}
    for name, least in sizes.items():
        frame = _frame(name)
        assert len(frame) >= least
        assert frame.within(outline).all(), frame[~frame.within(outline)]["name_zh"].tolist()
    plots = _frame("idle_plots").to_crs("EPSG:4548")
    assert plots.area.between(200, 3000).all()
    assert (_frame("bike_parking")["capacity"] > 0).all()
    assert set(_frame("roads")["kind"]) == {"expressway", "main", "secondary"}


def test_the_outline_has_the_known_shape_and_none_of_the_known_vertices(outline: Polygon) -> None:
    path = SHARED / "haidian_streets_29_poi86_wgs84.geojson"
    if not path.exists():
        pytest.skip(f"no shared data: {path.name}")
    streets = gpd.read_file(path)
    known = streets[streets["name"] == "清河街道"].geometry.iloc[0]
    assert known.intersection(outline).area / known.union(outline).area > 0.9
    theirs = shapely.points(shapely.get_coordinates(known))
    assert not any(Point(corner).distance(theirs).min() < 1e-6 for corner in qinghe_drawing.OUTLINE)


@given(st.integers(0, 200_000), st.lists(st.integers(1, 99), min_size=1, max_size=40))
def test_sharing_out_keeps_the_total_and_the_proportion(total: int, weights: list[int]) -> None:
    parts = make_layers.share_out(total, weights)
    assert sum(parts) == total
    for part, weight in zip(parts, weights, strict=True):
        assert abs(part - total * weight / sum(weights)) < 1


@given(
    st.lists(
        st.tuples(st.integers(2, 98), st.integers(2, 98)), min_size=2, max_size=12, unique=True
    )
)
def test_a_partition_covers_the_outline_with_each_seed_in_its_own_part(
    places: list[tuple[int, int]],
) -> None:
    outline = shapely.box(0, 0, 100, 100)
    seeds = [Point(x + 0.25, y + 0.25) for x, y in places]
    parts = make_layers.partition(outline, [LineString([(-5, 50), (105, 50)])], seeds)
    assert shapely.coverage_is_valid(np.array(parts))
    assert shapely.equals(shapely.union_all(parts), outline)
    assert all(part.covers(seed) for part, seed in zip(parts, seeds, strict=True))
