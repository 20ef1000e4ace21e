"""Files that become layers: every kind is read or refused in one clear line, nothing is guessed."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from hypothesis import example, given, settings
from hypothesis import strategies as st

from core.errors import BadFileError
from geo.crs import MissingCrsError, UnknownCrsError, wgs84_to_gcj02
from geo.features import Gap, sound_features
from layers.read_upload import MOST_COLUMNS, read_file
from tests.examples import examples
from tests.layers.sending import geojson, plots, shapefile, zipped

INVALID = (
    Path(__file__).resolve().parents[3] / "shared" / "data" / "geojson_invalid_geometry_74.zip"
)
HERE = shapely.Point(116.31, 40.03)
BOWTIE = shapely.Polygon([(116.31, 40.03), (116.32, 40.04), (116.32, 40.03), (116.31, 40.04)])
XLSX = "xl/worksheets/sheet1.xml"


def test_a_shapefile_of_an_office_in_gbk_without_prj(tmp_path: Path) -> None:
    metric = plots().to_crs("EPSG:4548")
    data = shapefile(metric, tmp_path / "made", encoding="GBK", without=(".prj", ".cpg"))

    with pytest.raises(MissingCrsError):
        read_file("普查.zip", data)
    read = read_file("普查.zip", data, crs="EPSG:4548")

    assert (read.crs, read.encoding, read.layer) == ("EPSG:4548", "gb18030", "plots")
    assert [row["名称"] for row in read.rows] == ["南角", "北角"]
    assert read.name_field == "名称"
    for there, meant in zip(read.geometries, plots().geometry, strict=True):
        assert shapely.hausdorff_distance(there, meant) < 1e-8


@pytest.mark.parametrize("without", [(), (".cpg",)])
def test_a_shapefile_in_utf_8_says_so_or_is_looked_at(
    tmp_path: Path, without: tuple[str, ...]
) -> None:
    read = read_file("a.zip", shapefile(plots(), tmp_path / "made", without=without))

    assert [row["名称"] for row in read.rows] == ["南角", "北角"]
    assert read.crs == "EPSG:4326"


def test_tables_of_offices_csv_in_gbk_and_excel() -> None:
    x, y = wgs84_to_gcj02(116.31, 40.03)
    table = pd.DataFrame(
        {"名称": ["东门", "西门"], "经度": [x, "?"], "纬度": [y, 40.0], "车位": [12, 30]}
    )
    sheet = io.BytesIO()
    _write_sheet(table, sheet)
    files = {
        "表.csv": table.to_csv(index=False).encode("gbk"),
        "表.xlsx": sheet.getvalue(),
    }
    for name, data in files.items():
        with pytest.raises(MissingCrsError):
            read_file(name, data)
        read = read_file(name, data, crs="GCJ-02")
        assert [row["名称"] for row in read.rows] == ["东门"], name
        assert read.left_out == {Gap.NOT_FINITE: 1} or read.left_out == {Gap.NO_GEOMETRY: 1}, name
        assert read.geometries[0].distance(HERE) < 1e-7
        assert str(read.rows[0]["车位"]) in ("12", "12.0")


def _write_sheet(table: pd.DataFrame, body: io.BytesIO) -> None:
    """Write the least that is an Excel workbook: one sheet with texts and numbers in its cells."""

    def cell(value: object) -> str:
        if isinstance(value, int | float):
            return f"<c><v>{value}</v></c>"
        return f'<c t="inlineStr"><is><t>{value}</t></is></c>'

    rows = [list(table.columns), *table.astype(object).values.tolist()]
    cells = "".join("<row>" + "".join(map(cell, row)) + "</row>" for row in rows)
    schemas = "http://schemas.openxmlformats.org"
    main, office = f"{schemas}/spreadsheetml/2006/main", f"{schemas}/officeDocument/2006"
    packages = f"{schemas}/package/2006"
    of = f'Id="a" Type="{office}/relationships'
    files = {
        "[Content_Types].xml": f'<Types xmlns="{packages}/content-types"/>',
        "_rels/.rels": f'<Relationships xmlns="{packages}/relationships"><Relationship {of}/'
        'officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{main}" xmlns:r="{office}/relationships"><sheets>'
        '<sheet name="S" sheetId="1" r:id="a"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{packages}/relationships">'
        f'<Relationship {of}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>',
        XLSX: f'<worksheet xmlns="{main}"><sheetData>{cells}</sheetData></worksheet>',
    }
    body.write(zipped({name: text.encode() for name, text in files.items()}))


def test_several_layers_of_one_file(tmp_path: Path) -> None:
    path = tmp_path / "two.gpkg"
    plots().to_file(path, layer="plots", driver="GPKG", engine="pyogrio")
    points = gpd.GeoDataFrame({"n": [1]}, geometry=[HERE], crs="EPSG:4326")
    points.to_file(path, layer="points", driver="GPKG", engine="pyogrio", mode="a")

    first = read_file("two.gpkg", path.read_bytes())
    second = read_file("two.gpkg", path.read_bytes(), layer="points")

    assert (first.layer, first.layers, len(first.rows)) == ("plots", ("plots", "points"), 2)
    assert (second.layer, len(second.rows)) == ("points", 1)
    with pytest.raises(BadFileError, match="no layer 'roads'"):
        read_file("two.gpkg", path.read_bytes(), layer="roads")


def test_what_is_left_out_is_counted_by_its_reason() -> None:
    nothing = {"type": "Polygon", "coordinates": [[[1, 1], [1, 1], [1, 1], [1, 1]]]}
    mixed = shapely.GeometryCollection([HERE, shapely.box(116.3, 40.02, 116.31, 40.03)])
    read = read_file(
        "a.geojson",
        geojson(
            HERE,
            None,
            BOWTIE,
            nothing,
            shapely.LineString([(1, 2), (1, 2)]),
            mixed,
            shapely.Point(500, 40),
        ),
    )

    assert read.left_out == {Gap.NO_GEOMETRY: 1, Gap.NO_EXTENT: 2, Gap.OFF_EARTH: 1}
    assert [row["name"] for row in read.rows] == ["第1个", "第3个", "第6个"]
    kinds = [shape.geom_type for shape in read.geometries]
    assert kinds == ["Point", "MultiPolygon", "Polygon"]
    assert read.repaired == 1
    assert all(shape.is_valid and not shape.has_z for shape in read.geometries)


@pytest.mark.parametrize(
    ("name", "data", "problem"),
    [
        ("a.dwg", b"x", "dwg"),
        ("a", b"x", "kind"),
        ("a.geojson", b"", "size"),
        ("a.zip", b"no zip", "kind_differs"),
        ("a.zip", b"PK\x03\x04 cut short", "archive"),
        ("a.xlsx", b"no zip", "kind_differs"),
        ("a.xlsx", b"PK\x03\x04 cut short", "archive"),
        ("a.geojson", b"{}", "unreadable"),
        ("a.csv", "名称\n东门".encode(), "coordinates"),
        ("a.geojson", geojson(None, None), "no_feature"),
        ("a.geojson", geojson(HERE, **{f"c{n}": n for n in range(MOST_COLUMNS)}), "columns"),
        ("a.zip", zipped({f"{n}.txt": b"" for n in range(101)}), "size"),
        ("a.zip", None, "size"),  # a bomb, which is made where it is wanted
        ("a.zip", zipped({"only.shp": b"x"}), "part"),
    ],
)
def test_what_is_no_layer_is_refused_in_one_line(
    name: str, data: bytes | None, problem: str
) -> None:
    data = zipped({"bomb.shp": b"\0" * (201 * 2**20)}) if data is None else data
    with pytest.raises(BadFileError) as refused:
        read_file(name, data, crs="EPSG:4326")
    assert refused.value.params["problem"] == problem
    assert "\n" not in str(refused.value.params["reason"])


def test_a_system_that_nobody_knows_and_one_that_no_file_can_state() -> None:
    with pytest.raises(UnknownCrsError):
        read_file("a.geojson", geojson(HERE), crs="Mars")
    x, y = wgs84_to_gcj02(HERE.x, HERE.y)
    read = read_file("a.geojson", geojson(shapely.Point(x, y)), crs="GCJ-02")
    assert read.crs == "GCJ-02"
    assert read.geometries[0].distance(HERE) < 1e-7


def test_cells_are_data_that_every_database_can_hold() -> None:
    read = read_file(
        "a.geojson",
        geojson(
            HERE, **{"nul": "a\x07\u200b", "nan": float("nan"), "deep": {"a": [1]}, "yes": True}
        ),
    )
    (row,) = read.rows
    assert row["nul"] == "a\u200b"
    assert row["nan"] is None
    assert row["yes"] is True
    assert "\0" not in repr(row)


@pytest.mark.filterwarnings(
    "ignore::RuntimeWarning", "ignore::pytest.PytestUnraisableExceptionWarning"
)
@pytest.mark.skipif(not INVALID.exists(), reason=f"needs {INVALID.name} of the shared data")
def test_74_invalid_files_are_read_or_refused() -> None:
    outcomes = {"read": 0, "refused": 0}
    with zipfile.ZipFile(INVALID) as archive:
        names = [name for name in archive.namelist() if name.endswith("json")]
        for name in names:
            try:
                read = read_file("a.geojson", archive.read(name), crs="EPSG:4326")
            except BadFileError:
                outcomes["refused"] += 1
            else:
                outcomes["read"] += 1
                assert all(shape.is_valid for shape in read.geometries), name
                assert len(read.rows) == len(read.geometries) > 0, name
    assert sum(outcomes.values()) == 74
    assert min(outcomes.values()) > 0


SHAPES = st.one_of(
    st.none(),
    st.just(shapely.Point()),
    st.builds(shapely.Point, st.floats(-1, 1), st.sampled_from([0.0, float("nan")])),
    st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=2, max_size=5).map(
        shapely.LineString
    ),
    st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=4, max_size=7).map(
        shapely.Polygon
    ),
)
NESTED = st.one_of(
    SHAPES,
    st.lists(SHAPES, max_size=3).map(
        lambda shapes: shapely.GeometryCollection([one for one in shapes if one is not None])
    ),
)


@example([shapely.MultiLineString([[(0, 0), (0, 0)], [(0, 0), (0, 1)]])])
@settings(max_examples=examples(150), deadline=None)
@given(st.lists(NESTED, max_size=6))
def test_every_feature_is_kept_sound_or_counted(shapes: list[object]) -> None:
    frame = gpd.GeoDataFrame({"n": range(len(shapes))}, geometry=shapes, crs="EPSG:4548")

    sound, told = sound_features(frame)

    assert len(sound) + sum(told.left_out.values()) == len(shapes)
    assert sound.index.tolist() == sound["n"].tolist()
    assert sound.crs == frame.crs
    assert all(shape.is_valid and not shape.is_empty for shape in sound.geometry)
    assert not any(shape.geom_type == "GeometryCollection" for shape in sound.geometry)
