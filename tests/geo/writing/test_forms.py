"""Files in all forms: what is written is read again by others, and by our own reader."""

from __future__ import annotations

import csv
import shutil
import subprocess
import zipfile
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

import ezdxf.filemanagement
import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
import shapely
from pmtiles.reader import MmapSource, Reader
from pyproj import CRS
from python_calamine import CalamineWorkbook

from geo.reading.reader import read_path
from geo.writing import drawing
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
from geo.writing.vector_files import EmptyLayerError

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


def same(found: pd.DataFrame, wanted: gpd.GeoDataFrame) -> None:
    """Compare the attributes, in the order of the ids; text, number, truth and gap."""
    found = found.sort_values("id", ignore_index=True)
    for name in wanted.columns.drop("geometry"):
        told = [None if pd.isna(one) else one for one in found[name]]
        meant = [None if pd.isna(one) else one for one in wanted[name]]
        assert told == meant, name


def same_places(found: gpd.GeoDataFrame, wanted: gpd.GeoDataFrame) -> None:
    """Compare the geometries: same kind, no vertex more than a millimetre off."""
    found = found.sort_values("id", ignore_index=True).to_crs(4548)
    wanted = wanted.to_crs(4548)
    assert list(found.geometry.geom_type) == list(wanted.geometry.geom_type)
    apart = shapely.hausdorff_distance(
        shapely.normalize(found.geometry.array), shapely.normalize(wanted.geometry.array)
    )
    assert apart.max() < 0.001


def joined_by_name_map(folder: Path, archive: Path) -> gpd.GeoDataFrame:
    """Return the layers of a zip of Shapefiles under the names that its map says."""
    with zipfile.ZipFile(archive) as opened:
        opened.extractall(folder)
    fields = pd.read_csv(folder / "field_names.csv")
    parts = []
    for name, told in fields.groupby("layer", sort=False):
        part = read_path(folder / f"{name}.shp").frame
        assert all(len(one) <= 10 for one in part.columns.drop("geometry"))
        columns = {}
        for column, pieces in told.groupby("column", sort=False):
            first = part[pieces["field"].iloc[0]]
            for field in pieces["field"].iloc[1:]:
                first = first.str.cat(part[field].fillna(""))
            kind = pieces["type"].iloc[0]
            columns[column] = first.map({1: True, 0: False}) if kind == "boolean" else first
        parts.append(gpd.GeoDataFrame(columns, geometry=part.geometry, crs=part.crs))
    return pd.concat(parts, ignore_index=True)


EXACT = [name for name, form in FORMS.items() if form.exact]


@pytest.mark.parametrize(
    ("form", "code"),
    [(form, code) for form in EXACT for code in ("EPSG:4326", "EPSG:4548")]
    + [("gpkg", "EPSG:4490"), ("shp", "EPSG:4527")],
)
def test_what_is_exact_comes_back_from_our_reader_and_from_gdal(
    tmp_path: Path, form: str, code: str
) -> None:
    wanted = frame()
    wanted.loc[0, "text"] = "清河" * 300 + " 末尾"  # longer than a field of a Shapefile
    file = tmp_path / f"view.{FORMS[form].ending}"
    if form == "geojson" and code != "EPSG:4326":
        with pytest.raises(WrongSystemError):
            write_file([layer(wanted)], file, form, system=system_for(code))
        return
    write_file([layer(wanted)], file, form, system=system_for(code))
    if form == "shp":
        found = joined_by_name_map(tmp_path / "shp", file)
    elif form == "gpkg":
        names = read_path(file, layer="proposals_lines").layers
        kinds = [f"proposals_{kind}" for kind in ("points", "lines", "areas")]
        assert set(kinds) <= set(names)
        found = pd.concat([read_path(file, layer=one).frame for one in kinds], ignore_index=True)
    else:
        found = read_path(file).frame
        if form == "fgb" and (ogr2ogr := shutil.which("ogr2ogr")):  # by way of GDAL, too
            again = tmp_path / "again.gpkg"
            subprocess.run([ogr2ogr, again, file], check=True, timeout=60)
            same(read_path(again).frame, wanted)
    same(found, wanted)
    same_places(found, wanted)


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
    assert moved.crs.name.startswith("GCJ-02")
    np.testing.assert_allclose(moved.geometry.x, vectors["lng_out"], atol=1e-8)
    np.testing.assert_allclose(moved.geometry.y, vectors["lat_out"], atol=1e-8)


@pytest.mark.parametrize("form", [form for form in EXACT if form != "geojson"])
def test_a_file_in_gcj02_says_so_and_comes_back_to_where_it_was(tmp_path: Path, form: str) -> None:
    points = frame().iloc[:1]
    file = tmp_path / f"view.{FORMS[form].ending}"
    write_file([layer(points)], file, form, system=system_for("GCJ-02"), notes=["偏移"])
    read = read_path(file)
    assert read.crs == "GCJ-02"
    assert read.frame.geometry.iloc[0].x - points.geometry.iloc[0].x > 0.003
    same_places(read.wgs84(), points)


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


def test_a_drawing_is_sound_and_says_what_it_is(tmp_path: Path) -> None:
    told = frame()
    told.loc[0, "text"] = "第一行\n第二行 %%u ^J"
    file = tmp_path / "view.dxf"
    write_file([layer(told)], file, "dxf", system=system_for("EPSG:4548"), notes=["东在前"])
    drawing = ezdxf.filemanagement.readfile(file)
    auditor = drawing.audit()
    assert not auditor.errors
    assert not auditor.fixes
    assert drawing.dxfversion == "AC1032"
    assert drawing.header["$INSUNITS"] == 6
    assert {one.dxf.font for one in drawing.styles} >= {"simsun.ttc"}
    layers = {one.dxf.name: one.rgb for one in drawing.layers}
    assert layers["提案-自行车停放"] == (0x0B, 0x5F, 0xA5)
    space = drawing.modelspace()
    (pin,) = space.query('INSERT[name=="PIN"]')
    place = told.to_crs(4548).geometry.iloc[0]
    assert (pin.dxf.insert.x, pin.dxf.insert.y) == pytest.approx((place.x, place.y), abs=1e-6)
    assert pin.dxf.layer == "提案-自行车停放"
    values = {one.dxf.tag: one.dxf.text for one in pin.attribs}
    assert (values["ID"], values["SUPPORTS"], "AREA_M2" in values) == ("a1", "3", False)
    assert values["TEXT"] == "第一行 第二行 % %u ^ J"
    line, area = space.query("LWPOLYLINE")
    assert (line.closed, area.closed, len(area)) == (False, True, 3)
    assert {one.dxf.text for one in space.query("TEXT")} == {"提案", "EPSG:4548", "东在前"}
    with pytest.raises(WrongSystemError):
        write_file([layer(told)], file, "dxf", system=IN_WGS84)


@pytest.mark.parametrize(
    ("colour", "wanted"),
    [("#ffffff", None), ("#000000", None), ("#0b5fa5", (11, 95, 165)), ("#c9584b", (201, 88, 75))],
)
def test_colours_of_a_drawing_are_seen_on_black_and_on_white(
    colour: str, wanted: tuple[int, int, int] | None
) -> None:
    assert drawing._on_any_ground(colour) == wanted
    for one in ("#332288", "#661100", "#ffffcc", "#88ccee", "#1b5e20", "#fff200"):
        seen = drawing._on_any_ground(one)
        assert seen is not None
        shares = [
            (v / 255 / 12.92) if v <= 10 else ((v / 255 + 0.055) / 1.055) ** 2.4 for v in seen
        ]
        light = 0.2126 * shares[0] + 0.7152 * shares[1] + 0.0722 * shares[2]
        assert (light + 0.05) / 0.05 >= 2.95
        assert 1.05 / (light + 0.05) >= 1.98


def test_a_long_drawing_is_written_in_parts_that_make_one_sound_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    many = pd.concat([frame()] * 5, ignore_index=True)
    told: list[float] = []
    monkeypatch.setattr(drawing, "_AT_A_TIME", 4)
    where = {"system": system_for("EPSG:4548"), "progress": told.append}
    write_file([layer(many)], tmp_path / "parts.dxf", "dxf", **where)
    assert told == sorted(told)
    assert len([one for one in told if 0.4 < one < 0.95]) == len(many) // 4
    monkeypatch.setattr(drawing, "_AT_A_TIME", 1_000)
    write_file([layer(many)], tmp_path / "whole.dxf", "dxf", system=system_for("EPSG:4548"))
    found = [ezdxf.filemanagement.readfile(tmp_path / f"{one}.dxf") for one in ("parts", "whole")]
    for one in found:
        auditor = one.audit()
        assert not auditor.errors
        assert not auditor.fixes
        low, high = (one.header[f"$EXT{end}"] for end in ("MIN", "MAX"))
        x, y, *_ = one.viewports.get("*Active")[0].dxf.center
        west, _south, east, north = many.to_crs(4548).total_bounds
        assert low[0] <= west <= x <= east <= high[0]
        assert low[1] <= y <= north <= high[1]
    drawn = [[(e.dxftype(), e.dxf.layer) for e in one.modelspace()] for one in found]
    assert drawn[0] == drawn[1]
    handles = [e.dxf.handle for e in found[0].modelspace()]
    assert len(set(handles)) == len(handles) > 5 * 3

    def stop(done: float) -> None:
        if done > 0.5:
            raise KeyboardInterrupt

    monkeypatch.setattr(drawing, "_AT_A_TIME", 2)
    with pytest.raises(KeyboardInterrupt):
        write_file([layer(many)], tmp_path / "a.dxf", "dxf", **{**where, "progress": stop})
    monkeypatch.setattr(drawing, "MOST_FEATURES", len(many) - 1)
    with pytest.raises(drawing.TooManyForDrawingError):
        write_file([layer(many)], tmp_path / "a.dxf", "dxf", **where)
    assert sorted(one.name for one in tmp_path.iterdir()) == ["parts.dxf", "whole.dxf"]


def test_tables_keep_text_text_and_say_where_things_are(tmp_path: Path) -> None:
    told = frame()
    meant = layer(told)
    meant = replace(meant, meanings={"supports": "How many"})
    for system, columns in (("EPSG:4326", ["geometry"]), ("GCJ-02", [])):
        file = tmp_path / "view.csv"
        write_file([meant], file, "csv", system=system_for(system), notes=["偏移"])
        with file.open(encoding="utf-8-sig", newline="") as opened:
            rows = list(csv.DictReader(opened))
        more = columns or ["x", "y", "coordinate_system", "geometry"]
        assert list(rows[0]) == [*told.columns.drop("geometry"), *more]
        assert rows[1]["text"] == "'=1+1"
        assert [row["public"] for row in rows] == ["true", "", "false"]
        assert shapely.from_wkt(rows[1]["geometry"]).geom_type == "LineString"
    assert {row["coordinate_system"] for row in rows} == {"GCJ-02"}
    book = tmp_path / "view.xlsx"
    write_file([meant], book, "xlsx", system=system_for("EPSG:4548"), notes=["一句话"])
    opened = CalamineWorkbook.from_path(str(book))
    assert opened.sheet_names == ["提案", "dictionary", "notes"]
    head, *rows = opened.get_sheet_by_name("提案").to_python()
    assert head[:7] == list(told.columns.drop("geometry"))
    assert rows[1][2] == "=1+1"
    assert rows[2][3] == 2**40
    assert (rows[0][6], rows[1][6], rows[2][6]) == (True, "", False)
    meanings = {row[1]: row[2:] for row in opened.get_sheet_by_name("dictionary").to_python()}
    assert meanings["supports"] == ["integer", "How many"]
    assert ["note", "一句话"] in opened.get_sheet_by_name("notes").to_python()
    with zipfile.ZipFile(book) as inside:
        assert b"<f>" not in inside.read("xl/worksheets/sheet1.xml")


def test_kml_is_styled_and_keeps_names_and_types(tmp_path: Path) -> None:
    told = frame()
    told.loc[0, "text"] = "a <b> & \x01"
    file = tmp_path / "view.kml"
    write_file([layer(told)], file, "kml", system=IN_WGS84, notes=["一句话"])
    found = pyogrio.read_dataframe(file)
    assert set(told.columns) <= set(found.columns)
    assert found["text"][0] == "a <b> &"
    assert found["supports"][2] == 2**40
    same_places(found, told)
    root = ET.fromstring(file.read_bytes())
    space = {"k": "http://www.opengis.net/kml/2.2"}
    used = {one.text for one in root.iterfind(".//k:styleUrl", space)}
    assert used == {"#proposals-0", "#proposals-1"}
    colours = {
        one.get("id"): one.findtext("k:LineStyle/k:color", None, space)
        for one in root.iterfind(".//k:Style", space)
    }
    assert colours["proposals-0"] == "ffa55f0b"  # opacity, blue, green, red


def test_tiles_hold_the_layer(tmp_path: Path) -> None:
    file = tmp_path / "view.pmtiles"
    write_file([layer(frame())], file, "pmtiles", system=IN_WGS84)
    with file.open("rb") as opened:
        reader = Reader(MmapSource(opened))
        told = reader.metadata()
        assert [one["id"] for one in told["vector_layers"]] == ["proposals"]
        assert told["vector_layers"][0]["fields"]["text"] == "String"
        x, y = int((116.3411234 + 180) / 360 * 2**14), 6190
        assert reader.get(14, x, y) or reader.header()["max_zoom"] == 14


@pytest.mark.parametrize("form", FORMS)
def test_a_layer_of_nothing_and_odd_names_can_be_written(tmp_path: Path, form: str) -> None:
    alike = ["社区名称很长很长", "社区名称很长很短"]
    names = ["fid", "geom", "Geom", *alike, "x", "geometry_", "a" * 40]
    odd = gpd.GeoDataFrame(
        {name: pd.array(["v"], dtype="string") for name in names},
        geometry=[shapely.MultiPolygon([shapely.box(116.3, 40, 116.31, 40.01)])],
        crs=4326,
    )
    code = "EPSG:4548" if FORMS[form].systems == "metres" else "EPSG:4326"
    for number, one in enumerate((odd, odd.iloc[:0], frame().iloc[:0])):
        file = tmp_path / f"{number}.{FORMS[form].ending}"
        layers = [FileLayer("odd", "古怪/图层", one)]
        if form == "pmtiles" and one.empty:
            with pytest.raises(EmptyLayerError):
                write_file(layers, file, form, system=system_for(code))
            continue
        write_file(layers, file, form, system=system_for(code))
        assert file.stat().st_size > 0
    assert {one.suffix for one in tmp_path.iterdir()} == {file.suffix}  # nothing is left over
