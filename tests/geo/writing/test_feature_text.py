"""Text by columns says the same as text by rows, whatever stands in the columns."""

from __future__ import annotations

import json
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
import shapely

from geo.writing.feature_text import FeaturePart, collection_text, parts_of
from geo.writing.geojson import feature_collection

ODD = ["清河", '"quoted" \\ back', "line\nbreak\ttab", "\x00\x1f control", "</script>", "", None]


def read(parts: Any, **options: Any) -> dict[str, Any]:
    text = b"".join(collection_text(parts, {"made": "今天", "n": 1}, **options))
    found: dict[str, Any] = json.loads(text, parse_constant=pytest.fail)
    return found


def frame(rows: int) -> gpd.GeoDataFrame:
    rng = np.random.default_rng(5)
    table = pd.DataFrame(
        {
            "id": pd.array([f"p{n}" for n in range(rows)], dtype="string"),
            "few": pd.array(rng.choice(["a", 'b"', None], rows), dtype="string"),
            "many": pd.array([f"{ODD[n % 6]}{n}" for n in range(rows)], dtype="string"),
            "odd": pd.array([ODD[n % 7] for n in range(rows)], dtype="string"),
            "broken": pd.array([f"line\n{n}" for n in range(rows)], dtype="string"),
            "number": np.where(rng.random(rows) < 0.2, np.nan, rng.normal(size=rows) * 1e6),
            "endless": np.where(rng.random(rows) < 0.5, np.inf, 2.0),
            "whole": pd.array(rng.integers(-(2**60), 2**60, rows), dtype="Int64"),
            "yes": pd.array(rng.choice([True, False, None], rows), dtype="boolean"),
            "gap": pd.array([None] * rows, dtype="string"),
            "shares": [{"a": n} if n % 3 else None for n in range(rows)],
            "longitude": np.round(116 + rng.random(rows), 7),
        }
    )
    points = gpd.points_from_xy(table["longitude"], np.round(40 + rng.random(rows), 7))
    return gpd.GeoDataFrame(table, geometry=points, crs=4326)


@pytest.mark.parametrize("rows", [0, 1, 300])
def test_it_says_what_the_other_writer_says(rows: int) -> None:
    points = frame(rows)
    found = read(parts_of([points, points.iloc[:0]]))
    assert found["features"] == feature_collection(points)["features"]
    assert (found["made"], found["n"]) == ("今天", 1)
    mixed = points.copy()
    if rows:
        crossed = shapely.Polygon([(116, 40), (116, 40.1), (116.1, 40.1), (116, 40)])
        mixed.loc[rows // 2, "geometry"] = crossed  # clockwise
        found = read(parts_of([mixed]))
        assert found["features"] == feature_collection(mixed)["features"]


def test_features_are_named_by_a_column() -> None:
    part = FeaturePart(
        2,
        {"id": pa.array(["a", "b"]), "kind": pa.array(["x", "x"])},
        (np.array([116.12345678901, 1.0]), np.array([40.0, 2.0])),
    )
    one, _two = read(iter([part]), ids="id", decimals=9)["features"]
    assert one["id"] == one["properties"]["id"] == "a"
    assert one["geometry"]["coordinates"] == [116.123456789, 40]
