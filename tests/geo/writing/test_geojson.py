from __future__ import annotations

import datetime
import json
import os
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from geo.crs import MissingCrsError
from geo.writing.geojson import feature_collection, stream, write


def signed_area(ring: list[list[float]]) -> float:
    x, y = np.array(ring).T
    return float(np.sum(x[:-1] * y[1:] - x[1:] * y[:-1]) / 2)


def test_rings_turn_as_rfc_7946_wants_and_coordinates_have_seven_decimals() -> None:
    hole = [(116.31, 40.03), (116.33, 40.03), (116.33, 40.05), (116.31, 40.03)]
    shell = [(116.3, 40.0), (116.3, 40.1), (116.4, 40.1), (116.41234567891, 40.0), (116.3, 40.0)]
    clockwise = shapely.Polygon(shell, [hole])
    frame = gpd.GeoDataFrame(geometry=[clockwise, shapely.MultiPolygon([clockwise])], crs=4326)
    one, many = (f["geometry"] for f in feature_collection(frame.to_crs(4548))["features"])
    for rings in (one["coordinates"], many["coordinates"][0]):
        assert signed_area(rings[0]) > 0 > signed_area(rings[1])
        assert [116.4123457, 40.0] in rings[0]
    text = "".join(stream(frame))
    assert "crs" not in text


def test_values_become_plain_json() -> None:
    frame = gpd.GeoDataFrame(
        {
            "名": ["清河", '<b>"引号"\\'],
            "number": [1.5, np.nan],
            "endless": [np.inf, -np.inf],
            "count": pd.array([3, pd.NA], dtype="Int64"),
            "at": pd.to_datetime(["2026-05-01T08:00:00+08:00", None]),
            "day": [datetime.date(2026, 5, 1), None],
            "shares": [{"a": np.float64(0.5), "b": np.nan}, {}],
            "list": [np.array([1, 2]), None],
            "flag": [np.True_, None],
        },
        geometry=[shapely.Point(116.3, 40, 55), None],
        crs=4326,
    )
    text = "".join(stream(frame, foreign_members={"outside": np.int64(4)}))
    assert "清河" in text
    collection = json.loads(text, parse_constant=pytest.fail)
    assert list(collection) == ["type", "outside", "features"]
    one, two = collection["features"]
    assert list(one) == ["type", "properties", "geometry"]
    assert one["properties"] == {
        "名": "清河",
        "number": 1.5,
        "endless": None,
        "count": 3,
        "at": "2026-05-01T08:00:00+08:00",
        "day": "2026-05-01",
        "shares": {"a": 0.5, "b": None},
        "list": [1, 2],
        "flag": True,
    }
    assert one["geometry"] == {"type": "Point", "coordinates": [116.3, 40.0]}
    assert {name for name, value in two["properties"].items() if value is not None} == {
        "名",
        "shares",
    }
    assert two["geometry"] is None


def test_only_named_properties_are_written_in_their_order() -> None:
    frame = gpd.GeoDataFrame(
        {"a": [1], "secret": [2], "b": [3]}, geometry=[shapely.Point(1, 2)], crs=4326
    )
    feature = feature_collection(frame, properties=["b", "a"])["features"][0]
    assert list(feature["properties"].items()) == [("b", 3), ("a", 1)]


def test_many_features_stream_in_pieces_and_none_are_lost() -> None:
    count = 2_345
    frame = gpd.GeoDataFrame(
        {"n": range(count)},
        geometry=gpd.points_from_xy(np.arange(count) % 180, [1] * count),
        crs=4326,
    )
    pieces = list(stream(frame))
    assert len(pieces) > 3
    features = json.loads("".join(pieces))["features"]
    assert [f["properties"]["n"] for f in features] == list(range(count))
    assert feature_collection(frame.iloc[:0])["features"] == []


def test_a_polygon_spoilt_by_rounding_stays_valid_and_infinity_is_no_place() -> None:
    sliver = shapely.Polygon(
        [(0, 0), (1, 0), (1, 1), (0.50000004, 0.00000004), (0.5, 0.00000006), (0, 1)]
    )
    assert sliver.is_valid
    frame = gpd.GeoDataFrame(geometry=[sliver, shapely.Point(np.inf, 1)], crs=4326)
    one, two = (f["geometry"] for f in feature_collection(frame)["features"])
    assert shapely.geometry.shape(one).is_valid
    assert shapely.geometry.shape(one).area == pytest.approx(sliver.area, abs=1e-6)
    assert two is None


def test_a_frame_without_crs_and_reserved_members_are_refused() -> None:
    frame = gpd.GeoDataFrame(geometry=[shapely.Point(1, 2)])
    with pytest.raises(MissingCrsError):
        feature_collection(frame)
    with pytest.raises(ValueError, match="crs"):
        feature_collection(frame.set_crs(4326), foreign_members={"crs": 1})


def test_a_failed_write_leaves_the_old_file_and_no_rest(tmp_path: Path) -> None:
    class Awkward:
        def __str__(self) -> str:
            raise RuntimeError("no words")

    path = tmp_path / "结果 !.geojson"
    good = gpd.GeoDataFrame({"a": [1]}, geometry=[shapely.Point(1, 2)], crs=4326)
    write(good, path)
    before = path.read_text(encoding="utf-8")
    bad: Any = good.assign(a=pd.Series([Awkward()], dtype=object))
    with pytest.raises(RuntimeError):
        write(bad, path)
    assert path.read_text(encoding="utf-8") == before
    assert os.listdir(tmp_path) == [path.name]
    assert len(gpd.read_file(before)) == 1
