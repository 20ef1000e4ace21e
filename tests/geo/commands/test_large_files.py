"""What makes large files cheap changes no result: the kind of file, parts, columns, workers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import shapely

from geo.__main__ import main
from geo.commands import workers
from geo.partitions import dask_cluster
from geo.reading import reader
from geo.reading.reader import read_parts, read_path
from geo.significance import conditional_permutation, period_scan
from tests.bench.synthetic import as_points, haidian, hotline
from tests.lacking import lacks

KINDS = ("geojson", "gpkg", "parquet")
COLUMNS = ["--person", "person", "--category", "category"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write 1,500 proposals, some without person, category or place, in three kinds of file."""
    folder = tmp_path_factory.mktemp("large")
    frame = hotline(1_500).drop(columns=["longitude", "latitude"])
    frame["person"] = pd.array(frame["person"] % 400, dtype="Int64")
    frame.loc[::50, "person"] = pd.NA
    frame["category"] = frame["category"].astype(object).where(np.arange(1_500) % 40 > 0, None)
    places = np.array(as_points(hotline(1_500)).geometry.array)
    places[1_234] = None
    proposals = gpd.GeoDataFrame(frame, geometry=places, crs=4326)
    proposals["note"] = "楼下停车位太少"
    for path in (folder / f"proposals.{kind}" for kind in KINDS):
        write = proposals.to_parquet if path.suffix == ".parquet" else proposals.to_file
        write(path)
    areas = haidian(communities=40)
    areas.assign(residents=1_000).to_file(folder / "communities.gpkg")
    return folder


def run(folder: Path, command: str, kind: str, *more: str) -> str:
    proposals, communities = str(folder / f"proposals.{kind}"), str(folder / "communities.gpkg")
    files = [proposals, communities] if command == "aggregate" else [proposals]
    if command == "hotspots":
        more = ("--communities", communities, "--time", "created", "--radius-m", "200", *more)
    out = folder / "out.geojson"
    assert main([command, *files, *COLUMNS, *more, "-o", str(out)]) == 0
    return out.read_text(encoding="utf-8")


#: Commands that look for more than chance: what they take besides the two files.
JUDGED = {
    "significance": (),
    "significance --hexes-m": ("--hexes-m", "3000"),
    "change": ("--time", "created", "--periods", "year", "--simulations", "20"),
    "change --by": (
        *("--time", "created", "--periods", "7", "--by", "communities", "--trend"),
        *("--simulations", "20"),
    ),
    "represent": ("--population", "residents"),
}


def judged(folder: Path, command: str, kind: str, *more: str) -> str:
    files = [str(folder / f"proposals.{kind}"), str(folder / "communities.gpkg")]
    out, name = folder / "judged.geojson", command.partition(" ")[0]
    given = [name, *files, "--person", "person", *JUDGED[command], *more, "-o", str(out)]
    assert main(given) == 0
    return out.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def plain(folder: Path) -> dict[str, str]:
    return {command: run(folder, command, "geojson") for command in ("aggregate", "hotspots")}


@pytest.mark.parametrize("kind", ["gpkg", "parquet"])
@pytest.mark.parametrize("command", ["aggregate", "hotspots"])
def test_each_kind_of_file_in_small_parts_gives_what_geojson_gives_at_once(
    folder: Path,
    plain: dict[str, str],
    command: str,
    kind: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert plain[command].count('"Feature"') > 20
    monkeypatch.setattr(reader, "ROWS_AT_ONCE", 400)
    assert run(folder, command, kind) == plain[command]
    assert "peak memory: " in capsys.readouterr().err


@pytest.mark.parametrize("kind", KINDS)
def test_parts_hold_the_wanted_columns_with_the_types_of_the_whole(folder: Path, kind: str) -> None:
    path = folder / f"proposals.{kind}"
    wanted = read_parts(path, columns=["person"])
    parts = [part.placed() for part in wanted.parts(40)]
    whole = read_path(path, columns=["person"]).placed()
    assert list(whole.columns) == ["person", "geometry"]
    assert [len(parts), len(parts[1]), len(whole)] == [38, 40, 1_500]
    assert {str(part["person"].dtype) for part in parts} == {"Int64"}
    pd.testing.assert_frame_equal(pd.DataFrame(pd.concat(parts)), pd.DataFrame(whole))
    assert whole.geometry.isna().sum() == 1
    assert whole.geometry.iloc[7] == read_path(path).placed().geometry.iloc[7]


@pytest.mark.parametrize("kind", KINDS)
def test_a_column_that_is_not_there_is_refused_with_those_that_are(
    folder: Path, kind: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path, out = folder / f"proposals.{kind}", folder / "none.geojson"
    assert main(["hotspots", str(path), "--person", "who", "-o", str(out)]) == 2
    told = capsys.readouterr().err
    assert "no column 'who'; there are: person, category, created, note" in told


def test_shapes_that_are_not_all_plain_points_stay_as_they_are(tmp_path: Path) -> None:
    shapes = [shapely.Point(1, 2), shapely.Point(1, 2, 3), shapely.MultiPoint([(1, 2)]), None]
    for count in (4, 3, 2):
        frame = gpd.GeoDataFrame(geometry=shapes[:count], crs=4326)
        frame.to_parquet(tmp_path / "mixed.parquet")
        read = read_path(tmp_path / "mixed.parquet").placed()
        assert shapely.to_wkb(read.geometry.array).tolist() == [
            shapely.to_wkb(shape) for shape in shapes[:count]
        ]


def test_points_written_with_the_high_byte_first_are_the_same_points(tmp_path: Path) -> None:
    path, points = tmp_path / "points.parquet", [shapely.Point(116.3, 40), shapely.Point(1, 2)]
    gpd.GeoDataFrame(geometry=points, crs=4326).to_parquet(path)
    table = pq.read_table(path)
    turned = pa.array(shapely.to_wkb(points, byte_order=0).tolist(), pa.binary())
    pq.write_table(table.set_column(0, table.schema.field("geometry"), turned), path)
    assert read_path(path).placed().geometry.tolist() == points


@contextmanager
def two_workers() -> Iterator[str]:
    if find_spec("distributed") is None:
        lacks("distributed is missing: pip install -r requirements-dask.txt")
    from distributed import LocalCluster

    options = {"processes": False, "protocol": "tcp://", "host": "127.0.0.1"}
    with LocalCluster(
        n_workers=2, threads_per_worker=1, dashboard_address=None, silence_logs=50, **options
    ) as cluster:
        yield cluster.scheduler_address


def parts_sent(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """Count the parts that go to workers, by the function that they are for."""
    sent: Counter[str] = Counter()
    send = dask_cluster._results

    def counted(client: Any, work: Any, parts: Iterable[Any]) -> Iterator[Any]:
        all_parts = list(parts)
        sent[work.func.__name__] += len(all_parts)
        return send(client, work, all_parts)

    monkeypatch.setattr(dask_cluster, "_results", counted)
    return sent


@pytest.mark.everything
def test_two_workers_give_what_one_process_gives(
    folder: Path,
    plain: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(reader, "ROWS_AT_ONCE", 400)
    monkeypatch.setattr(period_scan, "_AT_ONCE", 100_000)  # several batches of shuffled maps
    sent = parts_sent(monkeypatch)
    judged_alone = {command: judged(folder, command, "parquet") for command in JUDGED}
    with two_workers() as address:
        assert run(folder, "aggregate", "parquet", "--dask", address) == plain["aggregate"]
        assert run(folder, "hotspots", "parquet", "--dask", address) == plain["hotspots"]
        monkeypatch.setattr(workers, "ROWS_A_PART", 400)
        monkeypatch.setattr(conditional_permutation, "_CELLS_AT_ONCE", 7)
        for command, alone in judged_alone.items():
            assert judged(folder, command, "parquet", "--dask", address) == alone
        assert min(sent[name] for name in ("count_part", "counted_draws", "largest_of")) > 1
        frame = gpd.GeoDataFrame({"person": [1]}, geometry=[shapely.box(0, 0, 1, 1)], crs=4326)
        frame["category"] = "停车"
        frame.to_parquet(folder / "areas.parquet")
        files = [str(folder / "areas.parquet"), str(folder / "communities.gpkg")]
        out = str(folder / "none.geojson")
        assert main(["aggregate", *files, "--dask", address, "-o", out]) == 2
    assert "error: proposals must be points, but there is a Polygon" in capsys.readouterr().err


def test_without_dask_or_a_cluster_one_line_says_so(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "distributed", None)
    files = [str(folder / "proposals.gpkg"), "-o", str(folder / "none.geojson")]
    assert main(["hotspots", *files, "--dask", "tcp://127.0.0.1:9"]) == 2
    assert capsys.readouterr().err.endswith("pip install -r requirements-dask.txt\n")
