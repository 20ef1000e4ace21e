"""The nearest facility: worked by hand, and against geopandas' own join."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import shapely
from shapely.geometry import mapping

from core.errors import BadCoordinateError, NotFoundError
from layers import built_in
from layers.effective import Standing
from layers.nearest_facility import nearest_facility as nearest_facility_of

#: Of the catalogue's own layers: nothing is read from a database.
nearest_facility = partial(nearest_facility_of, None, Standing())
#: A corner of a square of 100 m in EPSG:4548, near Qinghe station.
EAST, NORTH = 441_000.0, 4_432_000.0


def at(east_m: float, north_m: float) -> tuple[float, float]:
    """Give the WGS 84 place so many metres from the corner."""
    point = gpd.GeoSeries([shapely.Point(EAST + east_m, NORTH + north_m)], crs="EPSG:4548")
    wgs84 = point.to_crs("EPSG:4326").iloc[0]
    return wgs84.x, wgs84.y


@pytest.fixture
def layer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Give a writer of a layer, from shapes in metres from the corner."""
    monkeypatch.setattr(built_in, "FOLDER", tmp_path)

    def write(**shapes: Any) -> None:
        moved = [
            shapely.affinity.translate(shape, EAST, NORTH) if shape else None
            for shape in shapes.values()
        ]
        wgs84 = gpd.GeoSeries(moved, crs="EPSG:4548").to_crs("EPSG:4326")
        features = [
            {
                "type": "Feature",
                "properties": {"name_zh": name, "capacity": 7},
                "geometry": mapping(shape) if shape else None,
            }
            for name, shape in zip(shapes, wgs84, strict=True)
        ]
        text = json.dumps({"type": "FeatureCollection", "features": features})
        (tmp_path / "parks.geojson").write_text(text, encoding="utf-8")

    return write


@pytest.mark.parametrize(
    ("east_m", "north_m", "name", "distance_m"),
    [
        (50, 50, "square", 0.0),
        (100, 100, "square", 0.0),
        (130, 140, "square", 50.0),
        (-20, 50, "square", 20.0),
        (300, 12, "line", 12.0),
        (404, -3, "line", 5.0),
        (301, 503, "point", 35.0),
    ],
)
def test_distances_by_hand(
    layer: Any, east_m: float, north_m: float, name: str, distance_m: float
) -> None:
    layer(
        square=shapely.box(0, 0, 100, 100),
        line=shapely.LineString([(200, 0), (400, 0)]),
        nothing=None,
        point=shapely.Point(280, 531),
    )
    found = nearest_facility("parks", *at(east_m, north_m))
    assert found is not None
    assert found.name_zh == name
    if name == "point":
        distance_m = float(np.hypot(21, 28))
    assert found.distance_m == pytest.approx(distance_m, abs=1e-3)
    assert (found.name_en, found.properties["capacity"]) == (name, 7)


def test_a_hole_is_outside_and_a_broken_shape_counts(layer: Any) -> None:
    ring = shapely.box(0, 0, 100, 100) - shapely.box(40, 40, 60, 60)
    bow_tie = shapely.Polygon([(1000, 0), (1100, 100), (1100, 0), (1000, 100)])
    layer(ring=ring, bow_tie=bow_tie)
    found = nearest_facility("parks", *at(50, 50))
    assert found is not None
    assert found.distance_m == pytest.approx(10, abs=1e-3)
    inside = nearest_facility("parks", *at(1090, 50))
    assert inside is not None
    assert (inside.name_zh, inside.distance_m) == ("bow_tie", 0.0)


def test_a_changed_layer_is_read_again_and_an_empty_one_has_nothing(layer: Any) -> None:
    layer(a=shapely.Point(0, 0))
    first = nearest_facility("parks", *at(0, 30))
    layer(a=shapely.Point(0, 0), bb=shapely.Point(0, 20))
    second = nearest_facility("parks", *at(0, 30))
    assert first is not None
    assert second is not None
    assert (first.name_zh, second.name_zh) == ("a", "bb")
    layer()
    assert nearest_facility("parks", *at(0, 30)) is None


@pytest.mark.parametrize("name", ["bike_parking", "parks", "roads", "river"])
def test_the_demo_agrees_with_sjoin_nearest(name: str) -> None:
    rng = np.random.default_rng(5)
    longitudes, latitudes = rng.uniform(116.29, 116.36, 60), rng.uniform(40.01, 40.07, 60)
    points = gpd.GeoDataFrame(
        geometry=gpd.points_from_xy(longitudes, latitudes, crs="EPSG:4326")
    ).to_crs("EPSG:4548")
    features = gpd.read_file(built_in.layer_named(name).path).to_crs("EPSG:4548")
    joined = gpd.sjoin_nearest(points, features, distance_col="metres")
    for row, place in enumerate(zip(longitudes.tolist(), latitudes.tolist(), strict=True)):
        found = nearest_facility(name, *place)
        assert found is not None
        theirs = joined.loc[[row]]
        assert found.distance_m == pytest.approx(theirs["metres"].iloc[0], abs=1e-6)
        assert found.name_zh in set(theirs["name_zh"])


def test_what_cannot_be() -> None:
    with pytest.raises(NotFoundError):
        nearest_facility("nothing", 116.3, 40.0)
    for place in ((float("nan"), 40.0), (181.0, 0.0), (0.0, float("inf"))):
        with pytest.raises(BadCoordinateError):
            nearest_facility("parks", *place)
