from __future__ import annotations

import json
import warnings
import zipfile
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely

from geo.__main__ import main
from geo.crs import wgs84_to_gcj02
from tests.examples import some_of
from tests.forked_programs import run_program

ROOT = Path(__file__).resolve().parents[2]
SHARED = ROOT / "../shared/data"
INVALID = SHARED / "geojson_invalid_geometry_74.zip"
ROLES = ("hotspots", "proposals", "communities")


@pytest.fixture
def proposals(tmp_path: Path) -> Path:
    """Five proposals by four people at one place, one far off, one without a place."""
    shapes = [shapely.Point(116.305, 40.005)] * 5 + [shapely.Point(117, 41), None]
    who = ["甲", "乙", "丙", "丁", "丁", "戊", "己"]
    kinds = ["停车"] * 4 + ["绿化"] * 3
    path = tmp_path / "proposals.geojson"
    gpd.GeoDataFrame({"who": who, "kind": kinds}, geometry=shapes, crs=4326).to_file(path)
    return path


@pytest.fixture
def communities(tmp_path: Path) -> Path:
    path = tmp_path / "communities.geojson"
    squares().to_file(path)
    return path


def squares() -> gpd.GeoDataFrame:
    shapes = [shapely.box(116.30, 40.00, 116.31, 40.01), shapely.box(116.31, 40.00, 116.32, 40.01)]
    return gpd.GeoDataFrame(
        {"code": ["1", "2"], "name_zh": ["安宁里", "清上园"], "population": [500, 800]},
        geometry=shapes,
        crs=4326,
    )


def run(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str]:
    """Run a command; standard output must stay empty; return exit code and standard error."""
    try:
        code = main([str(argument) for argument in arguments])
    except SystemExit as stop:
        code = int(stop.code or 0)
    captured = capsys.readouterr()
    assert captured.out == ""
    return code, captured.err


def refused(capsys: pytest.CaptureFixture[str], *arguments: object) -> str:
    """Run a command that must end with exit code 2 and one line; return the line."""
    code, text = run(capsys, *arguments)
    assert code == 2
    assert text.startswith("error: ")
    assert text.count("\n") == 1
    return text


def shapefile_parts(folder: Path, *, encoding: str = "GBK") -> list[Path]:
    """Write the squares as a shapefile as it arrives: GBK, no .prj, no .cpg."""
    folder.mkdir()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        squares().to_file(folder / "社区.shp", encoding=encoding)
    for suffix in (".prj", ".cpg"):
        (folder / f"社区{suffix}").unlink(missing_ok=True)
    return sorted(folder.iterdir())


def zipped(path: Path, parts: list[Path]) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for part in parts:
            archive.write(part, part.name)
    return path


def test_aggregate_writes_counts_and_says_what_is_outside(
    capsys: pytest.CaptureFixture[str], proposals: Path, communities: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out.geojson"
    options = ["--person", "who", "--category", "kind", "-o", out]
    code, text = run(capsys, "aggregate", proposals, communities, *options)
    assert code == 0
    assert "outside: 2 (1 of them without a usable coordinate)" in text
    collection = json.loads(out.read_text(encoding="utf-8"))
    assert (collection["outside"], collection["unplaced"]) == (2, 1)
    one, two = (feature["properties"] for feature in collection["features"])
    assert (one["proposals"], one["people"], one["per_1000"]) == (5, 4, 10.0)
    assert one["categories"] == {"停车": 4, "绿化": 1}
    assert one["per_km2"] == pytest.approx(5 / one["area_km2"])
    assert (two["proposals"], two["people"]) == (0, 0)
    assert "安宁里" in out.read_text(encoding="utf-8")


@pytest.mark.parametrize("suffix", ["geojson", "gpkg", "csv"])
def test_hotspots_in_each_format_and_a_shared_point_is_pointed_out(
    capsys: pytest.CaptureFixture[str],
    proposals: Path,
    communities: Path,
    tmp_path: Path,
    suffix: str,
) -> None:
    out = tmp_path / f"out.{suffix}"
    options = ["--communities", communities, "--radius-m", 50, "--min-proposals", 5]
    code, text = run(capsys, "hotspots", proposals, *options, "--person", "who", "-o", out)
    assert code == 0
    assert "5 of 5 share one coordinate" in text
    assert "outside: 2" in text
    frame = gpd.read_file(out)
    columns = ["rank", "proposals", "people", "largest_shared_point"]
    assert frame[columns].astype(int).to_numpy().tolist() == [[1, 5, 4, 5]]
    assert frame["community"].astype(str).tolist() == ["1"]
    assert frame["hotspot_id"].str.len().tolist() == [13]
    if suffix != "csv":
        assert frame.crs == "EPSG:4326"


@pytest.mark.skipif(not INVALID.exists(), reason="shared invalid GeoJSON files are absent")
@pytest.mark.parametrize("role", ROLES)
def test_invalid_geojson_gets_a_line_or_a_result_never_a_traceback(
    capsys: pytest.CaptureFixture[str],
    proposals: Path,
    communities: Path,
    tmp_path: Path,
    role: str,
) -> None:
    """Each file in one of the roles that files have, and with ``--everything`` in each."""
    out = tmp_path / "out.geojson"
    with zipfile.ZipFile(INVALID) as archive:
        archive.extractall(tmp_path)
    files = sorted(tmp_path.rglob("*_*/*.geojson")) + sorted(tmp_path.rglob("valid/*.geojson"))
    assert len(files) == 74
    for place, file in enumerate(files):
        if role not in some_of(ROLES, place):
            continue
        command = {
            "hotspots": ["hotspots", file],
            "proposals": ["aggregate", file, communities],
            "communities": ["aggregate", proposals, file],
        }[role]
        code, text = run(capsys, *command, "-o", out)
        if code == 2:
            assert text.startswith("error: "), file.name
            assert text.count("\n") == 1, file.name
            assert not out.exists(), file.name
        else:
            assert code == 0, file.name
            json.loads(out.read_text(encoding="utf-8"), parse_constant=pytest.fail)
            out.unlink()


def test_an_open_ring_is_closed_and_a_short_one_is_named(
    capsys: pytest.CaptureFixture[str], proposals: Path, tmp_path: Path
) -> None:
    ring = [[116, 40], [117, 40], [117, 41], [116, 41], [116, 40]]
    path, out = tmp_path / "ring.geojson", tmp_path / "o.geojson"
    path.write_text(json.dumps({"type": "Polygon", "coordinates": [ring[:4]]}), encoding="utf-8")
    code, text = run(capsys, "aggregate", proposals, path, "-o", out)
    assert (code, "1 row (1) with an open ring, which was closed" in text) == (0, True)
    short = {"type": "Polygon", "coordinates": [[*ring[:2], ring[0]]]}
    path.write_text(json.dumps(short), encoding="utf-8")
    text = refused(capsys, "aggregate", proposals, path, "-o", tmp_path / "o.geojson")
    assert "no polygon with an area" in text


def test_a_gbk_shapefile_without_prj_needs_its_crs_named(
    capsys: pytest.CaptureFixture[str], proposals: Path, tmp_path: Path
) -> None:
    parts = shapefile_parts(tmp_path / "shp")
    archive = zipped(tmp_path / "社区!.zip", parts)
    out = tmp_path / "out.geojson"
    for source in (archive, next(part for part in parts if part.suffix == ".shp")):
        command = ["aggregate", proposals, source, "--encoding", "GBK", "-o", out]
        assert "states no coordinate system" in refused(capsys, *command)
        code, _ = run(capsys, *command, "--crs", "EPSG:4490")
        assert code == 0
        features = json.loads(out.read_text(encoding="utf-8"))["features"]
        assert [f["properties"]["name_zh"] for f in features] == ["安宁里", "清上园"]
        assert [f["properties"]["proposals"] for f in features] == [5, 0]


@pytest.mark.parametrize("lost", [".shx", ".dbf"])
def test_a_shapefile_that_lacks_a_part_is_refused(
    capsys: pytest.CaptureFixture[str], proposals: Path, tmp_path: Path, lost: str
) -> None:
    parts = [part for part in shapefile_parts(tmp_path / "shp") if part.suffix != lost]
    archive = zipped(tmp_path / "a.zip", parts)
    text = refused(
        capsys, "aggregate", proposals, archive, "--crs", "EPSG:4490", "-o", tmp_path / "o.csv"
    )
    assert f"lacks its {lost} file" in text


def test_odd_file_names_are_read(
    capsys: pytest.CaptureFixture[str], proposals: Path, communities: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "a!b"
    folder.mkdir()
    for name in ("提案 !.geojson", "zip!x.geojson", "what?.geojson", "50%#1.geojson"):
        odd = folder / name
        odd.write_bytes(proposals.read_bytes())
        code, text = run(capsys, "aggregate", odd, communities, "-o", folder / "out!.gpkg")
        assert (code, "outside: 2" in text) == (0, True)


def test_csv_needs_its_crs_named_and_gcj02_is_converted(
    capsys: pytest.CaptureFixture[str], communities: Path, tmp_path: Path
) -> None:
    inside = (116.3001, 40.0001)
    shifted = wgs84_to_gcj02(*inside)
    path, out = tmp_path / "points.csv", tmp_path / "out.geojson"
    path.write_text(f"经度,纬度\n{shifted[0]},{shifted[1]}\n,\nx,40\n", encoding="utf-8")
    command = ["aggregate", path, communities, "-o", out]
    assert "states no coordinate system" in refused(capsys, *command)
    assert "no coordinate system known" in refused(capsys, *command, "--crs", "EPSG:999999")
    code, text = run(capsys, *command, "--crs", "gcj-02")
    assert code == 0
    assert "1 inside, outside: 2 (2 of them" in text
    near_edge = wgs84_to_gcj02(116.3001, 40.0001)
    assert near_edge[0] - 116.3001 > 0.005, "unconverted, it would lie elsewhere"
    path.write_text("a,b\n1,2\n", encoding="utf-8")
    assert "no column named longitude" in refused(capsys, *command, "--crs", "EPSG:4326")


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["hotspots", "absent.geojson", "-o", "OUT"], "no such file"),
        (["hotspots", "P", "-o", "OUT", "--person", "nobody"], "there are: who, kind"),
        (["hotspots", "P", "-o", "OUT", "--radius-m", "0"], "--radius-m"),
        (["hotspots", "P", "-o", "OUT", "--radius-m", "x"], "--radius-m"),
        (["hotspots", "P", "-o", "OUT", "--min-proposals", "0"], "--min-proposals"),
        (["hotspots", "C", "-o", "OUT"], "must be points"),
        (["hotspots", "P", "-o", "out.xlsx"], "must end in"),
        (["hotspots", "P", "-o", "no/such/folder/out.csv"], "folder"),
        (["aggregate", "P", "P", "-o", "OUT"], "no polygon with an area"),
        (["aggregate", "P", "C", "-o", "OUT", "--population", "souls"], "no column 'souls'"),
        (["aggregate", "P"], "required"),
        ([], "required"),
    ],
)
def test_what_will_not_do_ends_with_one_line(
    capsys: pytest.CaptureFixture[str],
    proposals: Path,
    communities: Path,
    tmp_path: Path,
    arguments: list[str],
    word: str,
) -> None:
    known = {"P": proposals, "C": communities, "OUT": tmp_path / "out.geojson"}
    assert word in refused(capsys, *[known.get(name, name) for name in arguments])
    assert not (tmp_path / "out.geojson").exists()


@pytest.mark.parametrize(
    "content", [b"", b"\x00\xff" * 50, "垃圾".encode("gbk"), b"PK\x03\x04junk"]
)
@pytest.mark.parametrize("suffix", ["geojson", "zip", "shp", "gpkg", "csv", "parquet", "xyz"])
def test_rubbish_is_refused_whatever_it_calls_itself(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, content: bytes, suffix: str
) -> None:
    path = tmp_path / f"rubbish.{suffix}"
    path.write_bytes(content)
    refused(capsys, "hotspots", path, "--crs", "EPSG:4326", "-o", tmp_path / "out.geojson")


@pytest.mark.skipif(not SHARED.is_dir(), reason="shared/data is absent")
def test_the_command_itself_on_real_requests(tmp_path: Path) -> None:
    out = tmp_path / "out.geojson"
    points, villages = "tainan_1999_2017_zhongxi_bei.geojson", "tainan_villages_752_wgs84.geojson"
    files = [str(SHARED / points), str(SHARED / villages), "-o", str(out)]
    code, said, told = run_program(["-m", "geo", "aggregate", *files])
    assert (code, said) == (0, "")
    counted, memory = told.splitlines()
    assert counted == (
        "9303 proposals in 752 communities: 9303 inside, outside: 0 "
        "(0 of them without a usable coordinate)"
    )
    assert memory.startswith("peak memory: ")
    frame = gpd.read_file(out)
    assert frame["proposals"].sum() == 9303
    assert np.all(
        shapely.is_ccw(shapely.get_exterior_ring(shapely.get_parts(frame.geometry.array)))
    )
