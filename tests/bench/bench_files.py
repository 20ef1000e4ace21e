"""Commands on files measured: ``python -m geo`` against geopandas' own reading and join.

    python -m tests.bench.bench_files --sizes 100000,1000000

GeoParquet in row groups of half a million, and GeoPackage, of proposals with person, category, time
and text; 662 communities. The peer reads the columns that it needs with geopandas and joins with
``sjoin``. Processor seconds are those of all processes that a command starts; memory is the most
that one of them held.
"""

from __future__ import annotations

import re
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from tests.bench.measure import print_growth, sizes_from
from tests.bench.synthetic import as_points, haidian, hotline
from tests.bench.tables import print_columns

ROOT = Path(__file__).resolve().parents[2]
_ROWS_IN_GROUP = 500_000
_PEER = """
import sys, geopandas as gpd
columns = ["person", "category"]
if sys.argv[1].endswith("parquet"):
    points = gpd.read_parquet(sys.argv[1], columns=[*columns, "geometry"])
else:
    points = gpd.read_file(sys.argv[1], columns=columns, use_arrow=True)
joined = gpd.sjoin(points, gpd.read_file(sys.argv[2])[["code", "geometry"]], predicate="within")
joined.groupby("code").agg({"person": "nunique", "category": "size"}).to_csv(sys.argv[3])
held = next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM"))
peak = int(held) * 1024 // 1_000_000
print(f"peak memory: {peak} MB, and 0 MB", file=sys.stderr)
"""


def run(sizes: list[int]) -> list[dict[str, Any]]:
    """Measure each size and kind of file."""
    with tempfile.TemporaryDirectory(prefix="lujian-bench-") as name:
        folder = Path(name)
        haidian().to_file(folder / "communities.gpkg")
        return [_measure(folder, count, kind) for kind in ("parquet", "gpkg") for count in sizes]


def _measure(folder: Path, count: int, kind: str) -> dict[str, Any]:
    path = folder / f"proposals.{kind}"
    _write(count, path)
    files = [str(path), str(folder / "communities.gpkg")]
    out = ["-o", str(folder / "out.geojson")]
    columns = ["--person", "person", "--category", "category"]
    geo = [sys.executable, "-m", "geo"]
    aggregate = _timed([*geo, "aggregate", *files, *columns, *out])
    minimum = ["--communities", files[1], "--min-proposals", "20", "--time", "created"]
    hotspots = _timed([*geo, "hotspots", files[0], *minimum, *columns, *out])
    peer = _timed([sys.executable, "-W", "ignore", "-c", _PEER, *files, str(folder / "peer.csv")])
    row: dict[str, Any] = {"points": count, "kind": kind}
    for name, one in (("aggregate", aggregate), ("hotspots", hotspots), ("geopandas", peer)):
        row |= {f"{name}_{measure}": value for measure, value in one.items()}
    return row | {"times_geopandas_cpu": peer["cpu_s"] / aggregate["cpu_s"]}


def _write(count: int, path: Path) -> None:
    frame = as_points(hotline(count)).drop(columns=["longitude", "latitude"])
    frame["text"] = "楼下停车位太少，晚上回来没有地方停"
    frame["category"] = frame["category"].astype(str)
    if path.suffix == ".parquet":
        frame.to_parquet(path, row_group_size=_ROWS_IN_GROUP)
    else:
        path.unlink(missing_ok=True)
        frame.to_file(path, use_arrow=True)


def _timed(command: list[str]) -> dict[str, float]:
    """Run a command; return its seconds, processor seconds, and peak memory in MB."""
    before, started = _children_s(), time.perf_counter()
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    seconds = time.perf_counter() - started
    told = re.search(r"peak memory: (\d+) MB, and (\d+) MB", done.stderr)
    assert told, done.stderr
    peak = max(int(mb) for mb in told.groups())
    return {"s": seconds, "cpu_s": _children_s() - before, "mb": peak}


def _children_s() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def main() -> None:
    """Print the measurements."""
    rows = run(sizes_from(__doc__, "100000,1000000"))
    print_columns(rows)
    for kind in ("parquet", "gpkg"):
        of_kind = [row for row in rows if row["kind"] == kind]
        print(f"{kind}:")
        print_growth(of_kind, size="points", cost="aggregate_cpu_s")
        print_growth(of_kind, size="points", cost="hotspots_cpu_s")


if __name__ == "__main__":
    main()
