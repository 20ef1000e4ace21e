from __future__ import annotations

import json
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely

from geo.__main__ import main

WEST, SOUTH = 116.30, 40.00


@pytest.fixture
def files(tmp_path: Path) -> dict[str, Path]:
    """Write a crowd of 30 within some 40 m, one coordinate with 12 people, 150 pins around."""
    rng = np.random.default_rng(11)
    crowd = rng.uniform(0.0046, 0.0052, (30, 2))
    around = np.concatenate([rng.uniform(0, 0.02, (150, 2)), np.full((12, 2), 0.015)])
    xy = np.concatenate([crowd, around]) + np.array([WEST, SOUTH])
    proposals = gpd.GeoDataFrame(
        {"who": np.arange(len(xy))}, geometry=gpd.points_from_xy(*xy.T), crs=4326
    )
    shapes = [
        shapely.box(WEST + x, SOUTH + y, WEST + x + 0.01, SOUTH + y + 0.01)
        for x in (0.0, 0.01)
        for y in (0.0, 0.01)
    ]
    communities = gpd.GeoDataFrame(
        {"code": list("1234"), "population": [500, 500, 500, 500]}, geometry=shapes, crs=4326
    )
    roads = gpd.GeoDataFrame(
        {"lanes": [2.0]},
        geometry=[shapely.LineString([(WEST, SOUTH), (WEST + 0.02, SOUTH + 0.02)])],
        crs=4326,
    )
    made = {"proposals": proposals, "communities": communities, "roads": roads}
    for name, frame in made.items():
        frame.to_file(tmp_path / f"{name}.geojson")
    return {name: tmp_path / f"{name}.geojson" for name in made}


def run(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str]:
    code = main([str(argument) for argument in arguments])
    captured = capsys.readouterr()
    assert captured.out == ""
    return code, captured.err


def rows_of(path: Path) -> list[dict[str, object]]:
    features = json.loads(path.read_text(encoding="utf-8"))["features"]
    return [feature["properties"] for feature in features]


@pytest.mark.parametrize("exposure", [False, True])
def test_hotspots_get_an_effect_a_p_value_and_a_verdict(
    capsys: pytest.CaptureFixture[str], files: dict[str, Path], tmp_path: Path, exposure: bool
) -> None:
    out = tmp_path / "out.geojson"
    command = ["hotspots", files["proposals"], "--communities", files["communities"], "-o", out]
    if exposure:
        command += ["--exposure", files["roads"], "--exposure-column", "lanes"]
    code, text = run(capsys, *command, "--person", "who", "--significance")
    assert code == 0
    verdicts = {row["proposals"]: row for row in rows_of(out)}
    first = verdicts[max(verdicts)]
    assert (first["verdict"], first["p_value"]) == ("significant", 0.005)
    assert float(str(first["effect"])) > 2.5
    assert [row["verdict"] for row in verdicts.values() if row["largest_shared_point"] == 12] == [
        "shared_point"
    ]
    assert f"1 of {len(verdicts)} hotspots are more than chance" in text
    assert "12 on a coordinate shared by five or more" in text


def test_without_being_asked_hotspots_have_no_verdict(
    capsys: pytest.CaptureFixture[str], files: dict[str, Path], tmp_path: Path
) -> None:
    out = tmp_path / "out.geojson"
    assert run(capsys, "hotspots", files["proposals"], "-o", out)[0] == 0
    assert "verdict" not in rows_of(out)[0]


def test_communities_and_hexes_are_judged(
    capsys: pytest.CaptureFixture[str], files: dict[str, Path], tmp_path: Path
) -> None:
    out = tmp_path / "out.geojson"
    command = ["significance", files["proposals"], files["communities"], "-o", out]
    code, text = run(capsys, *command)
    assert code == 0
    assert [row["cell"] for row in rows_of(out)] == list("1234")
    assert sum(int(str(row["people"])) for row in rows_of(out)) == 192
    assert {row["verdict"] for row in rows_of(out)} == {"not_significant"}
    assert "0 hot and 0 cold of 4, by population" in text
    code, text = run(capsys, *command, "--hexes-m", 150, "--person", "who")
    assert code == 0
    hot = [row for row in rows_of(out) if row["verdict"] == "hot"]
    assert len(rows_of(out)) > 100
    assert sum(int(str(row["people"])) for row in rows_of(out)) == 180
    assert all(float(str(row["z"])) > 0 for row in hot)
    assert f"{len(hot)} hot" in text
    assert "by area" in text


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["hotspots", "P", "--significance"], "needs --communities"),
        (
            ["hotspots", "P", "--communities", "C", "--significance", "--exposure", "no.geojson"],
            "no",
        ),
        (
            [
                *["hotspots", "P", "--communities", "C", "--significance"],
                *["--exposure", "R", "--exposure-column", "cars"],
            ],
            "exposure: no column 'cars'; there are: lanes",
        ),
        (["significance", "P", "C", "--hexes-m", "0"], "--hexes-m"),
        (["significance", "P", "C", "--exposure-column", "souls"], "no column 'souls'"),
        (["significance", "P", "C", "--hexes-m", "200", "--exposure-column", "souls"], "'souls'"),
    ],
)
def test_what_will_not_do_ends_with_one_line(
    capsys: pytest.CaptureFixture[str],
    files: dict[str, Path],
    tmp_path: Path,
    arguments: list[str],
    word: str,
) -> None:
    known = {"P": files["proposals"], "C": files["communities"], "R": files["roads"]}
    out = tmp_path / "out.geojson"
    code, text = run(capsys, *[known.get(name, name) for name in arguments], "-o", out)
    assert code == 2
    assert text.startswith("error: ")
    assert text.count("\n") == 1
    assert word in text
    assert not out.exists()
