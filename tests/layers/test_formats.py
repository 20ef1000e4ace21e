"""Kinds of file beside the usual: several layers at once, shapes as text, names that GDAL loses."""

from __future__ import annotations

import io
import json
from pathlib import Path

import geopandas as gpd
import pytest
import shapely

from core.errors import BadFileError
from layers.read_upload import read_file
from tests.layers.sending import zipped

POINTS = gpd.GeoDataFrame(
    {"name": ["东门", "西门"], "位": [3, 5]},
    geometry=[shapely.Point(116.31, 40.03), shapely.Point(116.32, 40.04)],
    crs="EPSG:4326",
)


def lines() -> bytes:
    return "\n".join(map(json.dumps, json.loads(POINTS.to_json())["features"])).encode()


def kml(*folders: str) -> bytes:
    one = (
        "<Folder><name>{0}</name><Placemark><name>{0}的点</name><ExtendedData>"
        '<Data name="辆"><value>3</value></Data><Data name="位"><value>&lt;7&gt;</value></Data>'
        "</ExtendedData><Point><coordinates>116.31,40.03,0</coordinates></Point></Placemark></Folder>"
    )
    body = "".join(one.format(name) for name in folders)
    return f'<kml xmlns="http://www.opengis.net/kml/2.2"><Document>{body}</Document></kml>'.encode()


GPX = b"""<?xml version="1.0"?><gpx version="1.1" creator="a" xmlns="http://www.topografix.com/GPX/1/1">
<wpt lat="40.03" lon="116.31"><name>W</name></wpt><rte><name>R</name><rtept lat="40" lon="116"/>
<rtept lat="40.1" lon="116.1"/></rte><trk><name>T</name><trkseg><trkpt lat="40.03" lon="116.31"/>
<trkpt lat="40.04" lon="116.31"/></trkseg></trk></gpx>"""


@pytest.mark.parametrize("ending", ["geojsonl", "ndjson", "geojsons", "jsonl"])
def test_a_feature_a_line_under_all_its_endings(ending: str) -> None:
    separated = b"\x1e" + lines().replace(b"\n", b"\n\x1e") if ending == "geojsons" else lines()

    assert [row["位"] for row in read_file(f"a.{ending}", separated).rows] == [3, 5]


def test_several_layers_of_a_geopackage_in_one_each_by_its_own_system(tmp_path: Path) -> None:
    path = tmp_path / "a.gpkg"
    POINTS.to_file(path, layer="one")
    POINTS.assign(more="x").to_crs("EPSG:4548").to_file(path, layer="two")
    data = path.read_bytes()

    read = read_file("a.gpkg", data, layers=["one", "two"], ask_layer=True)
    assert [row["layer"] for row in read.rows] == ["one", "one", "two", "two"]
    assert [row["more"] for row in read.rows] == [None, None, "x", "x"]
    assert read.reading["layers"] == ["one", "two"]
    assert shapely.distance(read.geometries[0], read.geometries[2]) < 1e-8
    assert read_file("a.gpkg", data, layers=["*"]).fingerprint == read.fingerprint
    assert len(read_file("a.gpkg", data, layers=["two"]).rows) == 2
    with pytest.raises(BadFileError):
        read_file("a.gpkg", data, layers=["one", "three"])


def test_kml_keeps_chinese_names_of_columns_and_a_kmz_all_its_folders() -> None:
    for name, data in (
        ("a.kml", kml("甲", "乙", "丙")),
        ("a.kmz", zipped({"doc.kml": kml("甲", "乙", "丙")})),
    ):
        read = read_file(name, data, layers=["甲", "丙"])
        assert [row["layer"] for row in read.rows] == ["甲", "丙"]
        assert (read.rows[0]["辆"], read.rows[0]["位"]) == ("3", "<7>")
        assert read.layers == ("甲", "乙", "丙")


def test_gpx_gives_waypoints_routes_and_tracks_without_their_points_again() -> None:
    read = read_file("a.gpx", GPX, layers=["*"])

    assert [(row["layer"], row["name"]) for row in read.rows] == [
        ("waypoints", "W"),
        ("routes", "R"),
        ("tracks", "T"),
    ]
    assert "magvar" not in read.columns
    assert len(read_file("a.gpx", GPX, layer="track_points").rows) == 2


@pytest.mark.parametrize("column", ["WKT", "几何", "任何名字"])
@pytest.mark.parametrize("form", ["wkt", "ewkt", "wkb", "ewkb"])
def test_shapes_in_a_column_of_text_and_the_system_they_state(column: str, form: str) -> None:
    metric = POINTS.geometry.to_crs("EPSG:4548")
    stated = shapely.set_srid(metric.array, 4548)
    cells = {
        "wkt": metric.to_wkt(),
        "ewkt": [f"SRID=4548;{text}" for text in metric.to_wkt()],
        "wkb": shapely.to_wkb(metric.array, hex=True),
        "ewkb": shapely.to_wkb(stated, hex=True, include_srid=True),
    }[form]
    table = POINTS.drop(columns="geometry").assign(**{column: cells}).to_csv(index=False, sep="\t")
    crs = "" if form.startswith("e") else "EPSG:4548"
    read = read_file("a.tsv", table.encode(), crs=crs)

    assert read.geometries[1].distance(POINTS.geometry.iloc[1]) < 1e-8
    assert read.columns == ("name", "位")
    assert read.reading["delimiter"] == "\t"


def test_coordinates_in_the_other_order_are_turned_when_it_is_said() -> None:
    table = io.StringIO()
    POINTS.drop(columns="geometry").assign(x=[40.03, 40.04], y=[116.31, 116.32]).to_csv(table)
    read = read_file("a.csv", table.getvalue().encode(), crs="EPSG:4326", swapped=True)

    assert read.geometries[1].equals(POINTS.geometry.iloc[1])
    assert read.reading["swapped"] is True
