"""A vector tile of points: our encoder against PostGIS's ST_AsMVT, by CPU time, in one run.

    python -m tests.bench.bench_tiles --sizes 10000,72640

Both have the same points with the same properties in memory; of PostGIS the CPU time of its own
process is read (Linux). It takes part when LUJIAN_TEST_POSTGIS_URL is set.
"""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

import mapbox_vector_tile
import numpy as np
import psycopg

from geo.vector_tiles.point_layer import EXTENT, point_layer
from tests.bench.measure import sizes_from
from tests.bench.tables import print_columns

_POSTGIS = "LUJIAN_TEST_POSTGIS_URL"
_REPEAT = 7


def run(sizes: list[int]) -> list[dict[str, Any]]:
    """Measure each size; times are CPU milliseconds, the median of several runs."""
    return [_measure(size) for size in sizes]


def _measure(size: int) -> dict[str, Any]:
    rng = np.random.default_rng(3)
    x, y = rng.integers(0, EXTENT, (2, size))
    ids = np.array([f"{n:08x}".encode() for n in rng.permutation(size)], dtype="S16")
    kinds = np.array([b"bike_parking", b"public_space", b"other"], "S64")[rng.integers(0, 3, size)]
    columns = {"id": ids, "category": kinds}
    ours, bodies = [], b""
    for _ in range(_REPEAT):
        began = time.process_time()
        bodies = point_layer("proposals", x, y, columns, distinct={"id"})
        ours.append(1000 * (time.process_time() - began))
    row = {"points": size, "ours_ms": float(np.median(ours)), "ours_bytes": len(bodies)}
    assert len(mapbox_vector_tile.decode(bodies)["proposals"]["features"]) == size
    if url := os.environ.get(_POSTGIS):
        theirs, length = _by_postgis(url, x, y, ids, kinds)
        row |= {
            "st_asmvt_ms": theirs,
            "st_asmvt_bytes": length,
            "times": theirs / row["ours_ms"],
        }
    return row


def _by_postgis(url: str, x: Any, y: Any, ids: Any, kinds: Any) -> tuple[float, int]:
    """Return the CPU milliseconds that the server's process takes, and how long its tile is."""
    with psycopg.connect(url.replace("postgresql+psycopg", "postgresql")) as connection:
        cursor = connection.cursor()
        cursor.execute("CREATE EXTENSION IF NOT EXISTS postgis")
        cursor.execute("CREATE TEMP TABLE tile (geom geometry, id text, category text)")
        with cursor.copy("COPY tile FROM STDIN") as copy:
            for place in zip(x.tolist(), y.tolist(), ids.tolist(), kinds.tolist(), strict=True):
                copy.write_row((f"POINT({place[0]} {place[1]})", *(v.decode() for v in place[2:])))
        cursor.execute("ANALYZE tile")
        cursor.execute("SET max_parallel_workers_per_gather = 0")
        pid = connection.info.backend_pid
        asked = "SELECT ST_AsMVT(tile, 'proposals', 4096, 'geom') FROM tile"
        cursor.execute(asked)
        length = len(cursor.fetchone()[0])  # type: ignore[index]
        began = _cpu_ms(pid)
        for _ in range(_REPEAT):
            cursor.execute(asked)
            cursor.fetchone()
        took = (_cpu_ms(pid) - began) / _REPEAT
        connection.rollback()
    return took, length


def _cpu_ms(pid: int) -> float:
    """Return how long a process has been on a CPU; the server's runs on this machine."""
    told = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return 1000 * (int(told[11]) + int(told[12])) / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    print_columns(run(sizes_from(__doc__, "10000,72640")))
