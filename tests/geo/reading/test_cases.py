"""Files as they really come: each small case that once failed, through the doors people use."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import geopandas as gpd
import pytest

from core.errors import BadFileError
from geo.__main__ import main
from geo.reading.reader import read_bytes, read_path
from layers.read_upload import read_file

CASES = Path(__file__).resolve().parents[4] / "shared" / "cases"
pytestmark = pytest.mark.skipif(not CASES.is_dir(), reason="shared/cases is absent")


def sent(name: str, **said: Any) -> Any:
    """Read a case as the desk does."""
    path = CASES / name
    return read_file(path.name, path.read_bytes(), **said)


def told(capsys: pytest.CaptureFixture[str], *arguments: object) -> str:
    """Run ``python -m geo`` and return what it says."""
    assert main([str(one) for one in arguments]) == 0
    return capsys.readouterr().err


def features(path: Path) -> list[dict[str, Any]]:
    return [one["properties"] for one in json.loads(path.read_text("utf-8"))["features"]]


@pytest.mark.parametrize(
    ("name", "column", "values", "encoding"),
    [
        ("A01_folder.zip", "name", ["清河中街", "安宁庄路"], "gb18030"),
        ("A03_gbk_cut.zip", "name", ["A清河中街", "安宁庄"], "gb18030"),
        ("A04_big5_ldid4f.zip", "name", ["廣場停車格", "學校體育館"], "big5"),
        ("A05_empty_cpg.zip", "name", ["清河中街", "安宁庄路"], "gb18030"),
    ],
)
def test_shapefiles_in_folders_and_encodings(
    name: str, column: str, values: list[str], encoding: str
) -> None:
    read = sent(name)
    assert ([row[column] for row in read.rows], read.encoding) == (values, encoding)


def test_a_shapefile_of_borders_says_how_it_was_read(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """A02"""
    out = tmp_path / "o.geojson"
    borders = CASES / "A02_borders" / "borders.shp"
    text = told(capsys, "aggregate", CASES / "A07_first.geojson", borders, "-o", out)
    assert [row["NAME"] for row in features(out)] == ["清河中街社区", "安宁庄社区"]
    assert "characters read as gb18030" in text


def test_whole_numbers_with_gaps_stay_whole(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """A06"""
    out = tmp_path / "o.geojson"
    for name, codes in [
        ("A06_gap_in_codes.geojson", [110108017001, None]),
        ("A06b_gap_in_long_codes.geojson", [110108017001034567, 110108017001034568, None]),
    ]:
        assert [row["code"] for row in sent(name).rows] == codes
        told(capsys, "aggregate", CASES / "A07_first.geojson", CASES / name, "-o", out)
        assert [row["code"] for row in features(out)] == codes


def test_commas_at_line_ends_and_words_for_nothing(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """A08, A09"""
    table = read_path(CASES / "A08_comma_at_line_end.csv", crs="EPSG:4326").wgs84()
    assert [(p.x, p.y) for p in table.geometry] == [(116.30, 40.0), (116.31, 40.0)]
    assert [row["height"] for row in sent("A08_comma_at_line_end.csv", crs="EPSG:4326").rows]
    out = tmp_path / "o.geojson"
    options = ["--crs", "EPSG:4326", "--person", "person", "--category", "cat"]
    few = ["--min-proposals", "3", "-o", out]
    told(capsys, "hotspots", CASES / "A09_null_people.csv", *options, *few)
    (spot,) = features(out)
    assert spot["people"] == 3
    assert spot["categories"] == {"NA": 0.6667, "x": 0.3333}


def test_our_own_csv_is_read_back(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """A10, and what is written today, codes that look like formulas with it (A19)"""
    old = read_path(CASES / "A10_own_output.csv", crs="EPSG:4326").wgs84()
    assert list(old["NAME"]) == ["清河中街社区", "安宁庄社区"]
    assert set(old.geom_type) == {"Polygon"}
    out = tmp_path / "o.csv"
    told(capsys, "aggregate", CASES / "A07_first.geojson", CASES / "A19_names.geojson", "-o", out)
    raw = out.read_bytes()
    assert raw.startswith(b"\xef\xbb\xbf")
    cells = [row[0] for row in csv.reader(raw.decode("utf-8-sig").splitlines())]
    assert not [cell for cell in cells if cell.startswith(("=", "+"))]
    back = read_path(out, crs="EPSG:4326").wgs84()
    first = read_path(CASES / "A19_names.geojson").wgs84()
    assert back["code"].tolist() == first["code"].tolist()
    assert back["name"].tolist() == first["name"].tolist()
    assert back.geometry.geom_equals_exact(first.geometry, 1e-7).all()


def test_one_open_ring_costs_nobody_else(tmp_path: Path) -> None:
    """A13"""
    read = sent("A13_one_open_ring_of_two.geojson")
    assert ([row["name"] for row in read.rows], read.repaired) == (["open", "good"], 1)
    rows = read_path(CASES / "A13_one_open_ring_of_two.geojson").odd_rows
    assert rows == ((1, "ring_closed"),)


def test_a_chinese_system_that_a_file_names_is_converted() -> None:
    """A14"""
    read = sent("A14_crs_gcj.geojson")
    assert read.crs == "GCJ-02"
    (point,) = read.geometries
    assert (
        300
        < gpd.GeoSeries([point], crs=4326)
        .to_crs(4548)
        .distance(gpd.GeoSeries.from_xy([116.3], [40.0], crs=4326).to_crs(4548))
        .iloc[0]
        < 600
    )


def test_times_without_offset_are_local_and_days_stay_days(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """A15"""
    out, case = tmp_path / "o.geojson", CASES / "A15_local_times.csv"
    command = ["hotspots", case, "--crs", "EPSG:4326", "--min-proposals", "5", "-o", out]
    told(capsys, *command, "--time", "naive")
    assert features(out)[0]["first"] == "2024-04-30T16:30:00+00:00"
    told(capsys, *command, "--time", "naive", "--time-zone", "UTC")
    assert features(out)[0]["first"] == "2024-05-01T00:30:00+00:00"
    told(capsys, *command, "--time", "cn")
    assert features(out)[0]["first"] == "2024-04-30T23:30:00+00:00"
    days = tmp_path / "days.csv"
    lines = ["lon,lat,day", *["116.3,40,2024-05-01"] * 4, "116.3,40,2024/5/3"]
    days.write_text("\n".join(lines), encoding="utf-8")
    command[1] = days
    told(capsys, *command, "--time", "day")
    assert [features(out)[0][name] for name in ("first", "last")] == ["2024-05-01", "2024-05-03"]


def test_what_else_is_in_a_file_changes_no_area(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """A16"""
    areas = []
    for name in ("A16_alone.geojson", "A16_wide.geojson"):
        out = tmp_path / "o.geojson"
        told(capsys, "aggregate", CASES / "A07_first.geojson", CASES / name, "-o", out)
        areas.append(next(row["area_km2"] for row in features(out) if row["code"] == "k"))
    assert areas == [pytest.approx(0.9555, abs=5e-5)] * 2
    assert areas[0] == areas[1]


def test_layers_that_were_not_read_are_named_and_can_be_chosen(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """A20"""
    case, out = CASES / "A20_three_folders.kml", tmp_path / "o.geojson"
    few = ["--min-proposals", "1", "-o", out]
    text = told(capsys, "hotspots", case, *few)
    assert "layer '自行车' was read, not '公园', '内' (--layer NAME)" in text
    told(capsys, "hotspots", case, *few, "--layer", "公园")
    assert [len(read_path(case, layer=name).frame) for name in ("自行车", "公园", "内")] == [1] * 3
    with pytest.raises(BadFileError) as asked:
        sent("A20_three_folders.kml", ask_layer=True)
    assert asked.value.params["problem"] == "which_layer"
    assert asked.value.params["layers"] == ["自行车", "公园", "内"]
    assert sent("A20_three_folders.kml", layer="公园", ask_layer=True).layer == "公园"


def test_nested_values_are_json(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """A21"""
    (row,) = sent("A21_nested.geojson").rows
    assert json.loads(row["opening"]) == {"mon": ["08:00", "18:00"], "note": None}


def test_sixty_on_one_spot_come_in(tmp_path: Path) -> None:
    """A12"""
    assert len(sent("A12_sixty_on_one_spot.csv", crs="EPSG:4326").rows) == 60


@pytest.mark.parametrize("lost", [".shp", ".shx", ".dbf"])
def test_a_part_that_is_missing_is_named(lost: str) -> None:
    import io
    import zipfile

    body = io.BytesIO()
    with zipfile.ZipFile(body, "w") as archive:
        for path in (CASES / "A02_borders").iterdir():
            if path.suffix != lost:
                archive.writestr(f"in/a folder/{path.name}", path.read_bytes())
        archive.writestr("__MACOSX/in/._borders.shp", b"x")
    with pytest.raises(BadFileError) as refused:
        read_bytes("a.zip", body.getvalue())
    assert (refused.value.params["problem"], refused.value.params["part"]) == ("part", lost)
