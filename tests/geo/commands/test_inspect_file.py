"""``python -m geo inspect`` prints what the desk shows of a file."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import pytest

from geo.__main__ import main
from geo.crs import transformer, wgs84_to_gcj02
from layers.built_in import FOLDER

PLACES = gpd.read_file(FOLDER / "places.geojson")
KNOWN = ("--area", str(FOLDER / "outline.geojson"), "--places", str(FOLDER / "places.geojson"))


def printed(capsys: pytest.CaptureFixture[str], *arguments: str) -> list[str]:
    assert main(["inspect", *arguments]) == 0
    return capsys.readouterr().out.splitlines()


def test_a_table_from_a_phone_map(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    spots = PLACES.head(40).geometry.representative_point()
    x, y = wgs84_to_gcj02(spots.x.to_numpy(), spots.y.to_numpy())
    table = PLACES.head(40)[["name_zh"]].assign(东=x, 北=y)
    path = tmp_path / "门店.csv"
    path.write_bytes(table.to_csv(index=False, sep=";").encode("gbk"))

    lines = printed(capsys, str(path), "--x", "东", "--y", "北", *KNOWN)
    assert "characters: gb18030 (likely)" in lines
    assert "separator: ';'" in lines
    assert "columns of coordinates: 东, 北" in lines
    assert "system: GCJ-02 (found)" in lines
    assert any(line.startswith("datum: GCJ-02 before") and "(certain)" in line for line in lines)
    assert any("五彩城" in line for line in lines if line.startswith("row: "))
    said = printed(capsys, str(path), "--x", "东", "--y", "北", "--crs", "BD-09", *KNOWN)
    assert "system: BD-09 (chosen)" in said


def test_plane_coordinates_turned_round(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    spots = PLACES.geometry.representative_point()
    east, north = transformer("EPSG:4326", "EPSG:4527").transform(spots.x, spots.y)
    path = tmp_path / "点.csv"
    PLACES[["name_zh"]].assign(x=north, y=east).to_csv(path, index=False)

    lines = printed(capsys, str(path), *KNOWN)
    assert "system: EPSG:4527 (found)" in lines
    assert "order: latitude before longitude, or north before east" in lines
    assert "system: not known (open)" in printed(capsys, str(path))
