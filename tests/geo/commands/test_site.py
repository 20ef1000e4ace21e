from __future__ import annotations

import json
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from geo.__main__ import main
from geo.commands import site
from geo.siting.child import solve_numbers

EAST, NORTH = 441_000.0, 4_430_000.0


def frame(shapes: list[shapely.Geometry], **columns: list[object]) -> gpd.GeoDataFrame:
    moved = [shapely.affinity.translate(one, EAST, NORTH) for one in shapes]
    return gpd.GeoDataFrame(columns, geometry=moved, crs="EPSG:4548").to_crs(4326)


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Write three people at 0 m, one at 300 m, four (of one person) at 1,000 m; three plots."""
    monkeypatch.setattr(site, "solve_in_child", lambda p, n: solve_numbers(p, n, lambda _: None))
    places = [0, 0, 0, 300, 1000, 1000, 1000, 1000]
    demand = frame(
        [shapely.Point(x, 0) for x in places],
        who=["a", "b", "c", "d", "e", "e", "e", "e"],
        weight=[1, 1, 1, 9, 1, 1, 1, 1],
    )
    plots = frame(
        [shapely.box(x - 10, -10, x + 10, 10) for x in (100, 300, 1000)],
        name=["west", "middle", "east"],
        price=[2, 3, 4],
        holds=[2, 9, 9],
        never=[0, "", "yes"],
        open=["0.0", None, 0],
    )
    demand.to_file(tmp_path / "demand.geojson")
    plots.to_file(tmp_path / "plots.geojson")
    road = frame([shapely.LineString([(0, 0), (0, 400), (300, 400), (300, 0), (1000, 0)])])
    road.to_file(tmp_path / "road.geojson")
    frame([shapely.Point(95, 0)]).to_file(tmp_path / "well.geojson")
    return tmp_path


def run(
    capsys: pytest.CaptureFixture[str], files: Path, *more: object, out: str = "out.geojson"
) -> tuple[int, str]:
    given = ["site", files / "demand.geojson", files / "plots.geojson", "-o", files / out]
    code = main([str(one) for one in [*given, *more]])
    return code, capsys.readouterr().err


def rows(path: Path) -> pd.DataFrame:
    return pd.DataFrame(gpd.read_file(path).drop(columns="geometry"))


@pytest.mark.parametrize(
    ("more", "chosen", "said"),
    [
        (["--sites", 1, "--within-m", 100], ["east"], "objective 4 (weight served), bound 4"),
        (["--sites", 1, "--within-m", 100, "--person", "who"], ["west"], "objective 3 "),
        (["--sites", 1, "--within-m", 100, "--weight", "weight"], ["middle"], "objective 9 "),
        (["--sites", 1, "--within-m", 100, "--must-not", "never"], ["west"], "3 of 8 served"),
        (
            ["--sites", 2, "--within-m", 100, "--capacity", "holds"],
            ["east", "west"],
            "objective 6 ",
        ),
        (["--cost", "price", "--budget", 5, "--within-m", 100], ["middle", "west"], "proven best"),
        (
            ["--model", "cover", "--within-m", 100],
            ["east", "middle", "west"],
            "objective 3 (sites)",
        ),
        (
            ["--model", "cover", "--within-m", 100, "--cost", "price"],
            ["east", "middle", "west"],
            "9",
        ),
        (
            ["--model", "median", "--sites", 1, "--person", "who"],
            ["west"],
            "objective 1400 (weight times metres)",
        ),
        (
            ["--sites", 1, "--within-m", 1000, "--roads", "road.geojson"],
            ["middle"],
            "5 of 8 served within 1000 m, measured along the roads in EPSG:4548",
        ),
        (
            ["--sites", 1, "--within-m", 100, "--person", "who", "--mask", "well.geojson:20"],
            ["middle"],
            "1 candidates left out",
        ),
    ],
)
def test_sites_are_chosen_as_is_asked(
    capsys: pytest.CaptureFixture[str],
    files: Path,
    monkeypatch: pytest.MonkeyPatch,
    more: list[object],
    chosen: list[str],
    said: str,
) -> None:
    monkeypatch.chdir(files)
    code, text = run(capsys, files, *more)
    assert code == 0, text
    assert said in text
    found = rows(files / "out.geojson")
    assert sorted(found["name"][found["chosen"].astype(bool)]) == chosen
    told = json.loads((files / "out.geojson").read_text(encoding="utf-8"))
    assert (told["status"], told["gap"]) == ("optimal", 0)
    people = rows(files / "out-demand.geojson")
    served = people["served_by"].dropna().astype(int).value_counts().to_dict()
    by_site = found[found["serves"] > 0].set_index("candidate")["serves"].to_dict()
    assert served == by_site


def test_a_geopackage_holds_both_layers(capsys: pytest.CaptureFixture[str], files: Path) -> None:
    code, _ = run(capsys, files, "--sites", 1, "--within-m", 100, out="out.gpkg")
    assert code == 0
    demand = gpd.read_file(files / "out.gpkg", layer="demand")
    assert demand["served_by"].tolist()[4:] == [3, 3, 3, 3]
    assert demand["distance_m"].tolist()[4:] == [0, 0, 0, 0]
    found = gpd.read_file(files / "out.gpkg", layer="candidates")
    assert found["serves_weight"].tolist() == [0, 0, 4]


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (["--within-m", 100], "--model coverage needs --sites or --budget"),
        (["--sites", 1], "--model coverage needs --within-m"),
        (["--sites", 1, "--within-m", "nan"], "--within-m must be a positive number"),
        (["--sites", 1, "--within-m", 9, "--budget", 1], "--budget needs --cost"),
        (["--sites", 1, "--within-m", 9, "--weight", "no"], "demand: no column 'no'"),
        (["--sites", 1, "--within-m", 9, "--cost", "name"], "'west' is no number from 0 up"),
        (
            ["--sites", 2, "--within-m", 9, "--must", "name"],
            "more candidates are marked --must than --sites allows",
        ),
        (
            ["--sites", 1, "--within-m", 100, "--model", "cover"],
            "serving all that can be reached takes this many sites: 3",
        ),
        (["--sites", 1, "--within-m", 9, "--roads", "demand.geojson"], "--roads: no line"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_line(
    capsys: pytest.CaptureFixture[str],
    files: Path,
    monkeypatch: pytest.MonkeyPatch,
    more: list[object],
    said: str,
) -> None:
    monkeypatch.chdir(files)
    code, text = run(capsys, files, *more)
    assert code == 2
    assert said in text
    assert text.count("\n") == 1
    assert not (files / "out.geojson").exists()
