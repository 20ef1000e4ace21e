"""Who is missing, on files: each person once, the silent first, what is left out is said."""

from __future__ import annotations

import json
from pathlib import Path

import geopandas as gpd
import pytest
import shapely

from geo.__main__ import main

WEST, SOUTH = 116.30, 40.00


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    """Write 60 people in the first of three communities, 4 in the second; one person in both."""
    west = [WEST + 0.005] * 60 + [WEST + 0.015] * 4 + [WEST + 0.015, WEST + 0.015, WEST + 9]
    people = [*range(64), 0, 70, 71]
    pins = gpd.points_from_xy(west, [SOUTH + 0.005] * len(west))
    gpd.GeoDataFrame({"who": people}, geometry=pins, crs=4326).to_file(tmp_path / "p.geojson")
    boxes = [shapely.box(WEST + x, SOUTH, WEST + x + 0.01, SOUTH + 0.01) for x in (0, 0.01, 0.02)]
    areas = {"code": ["a", "b", "c"], "population": [1000, 1000, None], "name": ["a", "b", "c"]}
    gpd.GeoDataFrame(areas, geometry=boxes, crs=4326).to_file(tmp_path / "c.geojson")
    return tmp_path / "p.geojson", tmp_path / "c.geojson"


def test_the_silent_come_first_and_a_person_counts_once(
    files: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "o.geojson"
    code = main(["represent", *map(str, files), "--person", "who", "-o", str(out)])
    said = capsys.readouterr().err
    assert code == 0, said
    rows = [one["properties"] for one in json.loads(out.read_text("utf-8"))["features"]]
    assert [(row["code"], row["people"], row["heard"]) for row in rows] == [
        ("b", 5, "under"),
        ("a", 60, "over"),
        ("c", 0, "unknown"),
    ]
    assert rows[0]["index"] == pytest.approx(15.4)
    assert rows[2]["index"] is None
    assert "65 people of 2000 residents" in said
    assert "1 people in several communities" in said
    assert "1 outside the communities" in said


def test_without_residents_it_is_refused(
    files: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = str(tmp_path / "o.csv")
    code = main(["represent", *map(str, files), "--population", "inhabitants", "-o", out])
    assert code == 2
    assert "no column 'inhabitants'" in capsys.readouterr().err
