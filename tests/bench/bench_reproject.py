"""Projecting measured: what it costs a thread that has not done it before.

    python -m tests.bench.bench_reproject --sizes 1,1000,100000

Each rerun of a page and most requests run in a thread of their own, so this is what measuring a
place costs them. The peer is geopandas' ``to_crs`` in such a thread; the results are the same to
the last digit. Seconds of the processor, the median of several threads.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import geopandas as gpd
import numpy as np

from geo.crs import BEIJING_METRIC, WGS84, reproject
from tests.bench.measure import print_growth, sizes_from
from tests.bench.tables import print_columns

THREADS = 7


def in_new_threads(work: Callable[[], gpd.GeoSeries]) -> tuple[float, gpd.GeoSeries]:
    """Run a work in one new thread after the other; return the median seconds and a result."""

    def timed() -> tuple[float, gpd.GeoSeries]:
        began = time.thread_time()
        found = work()
        return time.thread_time() - began, found

    work()  # what is kept for all threads is there
    told = []
    for _ in range(THREADS):
        with ThreadPoolExecutor(1) as thread:
            told.append(thread.submit(timed).result())
    return float(np.median([seconds for seconds, _found in told])), told[0][1]


def measure(count: int) -> dict[str, Any]:
    """Project so many places of Beijing to CGCS2000."""
    rng = np.random.default_rng(11)
    places = gpd.GeoSeries.from_xy(
        rng.uniform(116.2, 116.5, count), rng.uniform(39.9, 40.1, count), crs=WGS84
    )
    ours, found = in_new_threads(lambda: reproject(places, BEIJING_METRIC))
    theirs, wanted = in_new_threads(lambda: places.to_crs(BEIJING_METRIC))
    assert found.to_wkb().tolist() == wanted.to_wkb().tolist()
    return {
        "places": count,
        "ms": ours * 1e3,
        "geopandas_ms": theirs * 1e3,
        "times_geopandas": theirs / ours,
    }


def main() -> None:
    """Print the measurements."""
    rows = [measure(count) for count in sizes_from(__doc__, "1,1000,100000")]
    print_columns(rows)
    print_growth(rows, size="places", cost="ms")


if __name__ == "__main__":
    main()
