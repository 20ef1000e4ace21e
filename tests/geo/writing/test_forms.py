"""Files in all forms: what is written is read again by others, and by our own reader."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree as ET

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
import shapely
from pyproj import CRS

from geo.writing.file_layer import FileLayer, plain_columns
from geo.writing.forms import FORMS, WrongSystemError, write_file
from geo.writing.styling import BadStyleError, LayerStyle, StyleEntry, to_qml
from geo.writing.target_systems import (
    IN_WGS84,
    SYSTEMS,
    FarFromZoneError,
    UnknownSystemError,
    system_for,
    systems_near,
    to_system,
)

VECTORS = Path(__file__).resolve().parents[3] / "../shared/data/gcj02_bd09_vectors.csv"
STYLE = LayerStyle(
    "categories",
    (StyleEntry("bike_parking", "自行车停放", "#0b5fa5"), StyleEntry("bench", "座椅", "#2e7d32")),
    "category",
    label="text",
)


def frame() -> gpd.GeoDataFrame:
    """Return three features of three kinds, with every type of column and every kind of gap."""
    table = pd.DataFrame(
        {
            "id": pd.Series(["a1", "b2", "c3"], dtype="string"),
            "category": pd.Series(["bike_parking", "bench", "bike_parking"], dtype="string"),
            "text": pd.Series(["在清河站,“东”口\n缺停车位", "=1+1", None], dtype="string"),
            "supports": pd.array([3, None, 2**40], dtype="Int64"),
            "length_m": [np.nan, 1412.25, np.nan],
            "area_m2": np.full(3, np.nan),
            "public": pd.array([True, None, False], dtype="boolean"),
        }
    )
    marks = [
        shapely.Point(116.3411234, 40.0301234),
        shapely.LineString([(116.34, 40.03), (116.3500001, 40.0400001)]),
        shapely.Polygon([(116.33, 40.02), (116.34, 40.02), (116.34, 40.03), (116.33, 40.02)]),
    ]
    return gpd.GeoDataFrame(table, geometry=marks, crs=4326)


def layer(frame: gpd.GeoDataFrame, name: str = "proposals") -> FileLayer:
    return FileLayer(name, "提案", frame, STYLE, "category")


def test_a_geopackage_has_a_table_for_each_kind_of_geometry_styles_and_notes(
    tmp_path: Path,
) -> None:
    file = tmp_path / "view.gpkg"
    write_file([layer(frame())], file, "gpkg", system=system_for("EPSG:4548"), notes=["一句话"])
    names = ["proposals_points", "proposals_lines", "proposals_areas", "layer_styles", "notes"]
    assert [name for name, _kind in pyogrio.list_layers(file)] == names
    info = pyogrio.read_info(file, layer="proposals_points")
    types = dict(zip(info["fields"], info["dtypes"], strict=True))
    assert info["geometry_type"] == "Point"
    assert info["crs"] == "EPSG:4548"
    assert types["length_m"] == types["area_m2"] == "float64"  # though nothing is in them
    assert types["supports"] == "int64"
    assert types["public"] == "bool"
    styles = pyogrio.read_dataframe(file, layer="layer_styles")
    assert list(styles["f_table_name"]) == names[:3]
    assert styles["useAsDefault"].all()
    for text, symbol in zip(styles["styleQML"], ("marker", "line", "fill"), strict=True):
        root = ET.fromstring(text)
        assert {one.get("type") for one in root.iter("symbol")} == {symbol}
        assert [one.get("label") for one in root.iter("category")] == ["自行车停放", "座椅"]
    assert list(pyogrio.read_dataframe(file, layer="notes")["note"]) == ["一句话"]


def easting_m(away_deg: float, latitude: float) -> float:
    """Return the easting of Gauss-Krueger by its series (Snyder 1987, 8-9), without PROJ."""
    phi, second = np.radians(latitude), 0.0067394967754
    radius = 6378137 / np.sqrt(1 - 0.00669438002290 * np.sin(phi) ** 2)
    a, t, c = np.radians(away_deg) * np.cos(phi), np.tan(phi) ** 2, second * np.cos(phi) ** 2
    fifth = 5 - 18 * t + t**2 + 72 * c - 58 * second
    return float(500_000 + radius * (a + (1 - t + c) * a**3 / 6 + fifth * a**5 / 120))


def test_systems_are_those_of_proj_east_before_north() -> None:
    one = frame()
    for code in ("EPSG:4490", "EPSG:4547", "EPSG:4548", "EPSG:4549", "EPSG:4528", "EPSG:4526"):
        moved = to_system(one, system_for(code))
        assert moved.crs == code
        system = SYSTEMS[code]
        east = moved.geometry.iloc[0].x
        if system.meridian is not None:
            by_hand = easting_m(116.3411234 - system.meridian, 40.0301234)
            assert east == pytest.approx((system.zone or 0) * 1_000_000 + by_hand, abs=0.5)
    assert [one.code for one in systems_near(116.34)] == [
        *("EPSG:4326", "EPSG:4490", "EPSG:4548", "EPSG:4527", "GCJ-02"),
    ]
    with pytest.raises(FarFromZoneError):
        to_system(one, system_for("EPSG:4536"))
    with pytest.raises(UnknownSystemError):
        system_for("EPSG:3857")


def test_every_zone_is_the_one_that_its_number_says() -> None:
    for system in SYSTEMS.values():
        if system.meridian is not None:
            told = {one.name: one.value for one in CRS(system.code).coordinate_operation.params}
            middle, false_east = told["Longitude of natural origin"], told["False easting"]
            assert middle == system.meridian, system
            assert false_east == (system.zone or 0) * 1_000_000 + 500_000, system


def test_gcj02_is_that_of_the_published_vectors() -> None:
    if not VECTORS.exists():
        pytest.skip("the vectors of GCJ-02 are not beside this checkout")
    vectors = pd.read_csv(VECTORS)
    vectors = vectors[vectors["transform"] == "wgs84->gcj02"]
    assert len(vectors) >= 4
    points = gpd.GeoSeries(gpd.points_from_xy(vectors["lng_in"], vectors["lat_in"]), crs=4326)
    moved = to_system(gpd.GeoDataFrame(geometry=points), system_for("GCJ-02"))
    assert moved.crs is None
    np.testing.assert_allclose(moved.geometry.x, vectors["lng_out"], atol=1e-8)
    np.testing.assert_allclose(moved.geometry.y, vectors["lat_out"], atol=1e-8)


def test_a_form_is_refused_in_a_system_that_it_cannot_say(tmp_path: Path) -> None:
    with pytest.raises(WrongSystemError):
        FORMS["geojson"].check_system(system_for("EPSG:4548"))
    with pytest.raises(ValueError, match="GCJ-02"):
        write_file([layer(frame())], tmp_path / "a.gpkg", "gpkg", system=system_for("GCJ-02"))
    assert not list(tmp_path.iterdir())
    FORMS["geojson"].check_system(IN_WGS84)


def test_columns_of_objects_become_plain() -> None:
    mixed = gpd.GeoDataFrame(
        {"told": [{"a": 1}, None], "yes": [True, None], "n": [1, None], "gap": [None, None]},
        geometry=[None, shapely.Point(1, 2)],
        crs=4326,
    )
    mixed["n"] = mixed["n"].astype(object)
    told = plain_columns(mixed)
    assert [str(one) for one in told.dtypes[:4]] == ["string", "boolean", "float64", "string"]
    assert told["told"][0] == '{"a": 1}'


def test_a_style_is_plain_data_and_says_what_is_wrong_with_it() -> None:
    classes = LayerStyle("classes", (StyleEntry(5, "1–5", "#ffffcc"),), "proposals")
    assert LayerStyle.from_json(classes.to_json()) == classes
    assert classes.colour_of(3) == "#ffffcc" != classes.colour_of(9)
    root = ET.fromstring(to_qml(classes, "area"))
    assert [one.get("upper") for one in root.iter("range")] == ["5.0"]
    for spoilt in ({"stroke": "red"}, {"kind": "heat"}, {"entries": []}, {"fill_opacity": 2}):
        with pytest.raises(BadStyleError):
            LayerStyle.from_json({**classes.to_json(), **spoilt})
