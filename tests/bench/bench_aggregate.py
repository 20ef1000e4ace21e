"""Aggregation measured: our index against ``geopandas.sjoin`` and PostGIS, and one new pin.

    python -m tests.bench.bench_aggregate --sizes 10000,100000,1000000

PostGIS takes part when LUJIAN_TEST_POSTGIS_URL is set.
"""

from __future__ import annotations

import io
import os
import time
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from geo.aggregate import aggregate_by_community
from geo.point_in_polygon import PolygonIndex
from tests.bench.measure import measured, print_growth, sizes_from
from tests.bench.synthetic import as_points, haidian, hotline
from tests.bench.tables import print_columns

_POSTGIS = "LUJIAN_TEST_POSTGIS_URL"
_PINS = 5_000


def run(sizes: list[int]) -> list[dict[str, Any]]:
    """Measure each size; times in seconds and memory in MB above what the data take."""
    communities = haidian()
    return [_measure(count, communities) for count in sizes]


def _measure(count: int, communities: gpd.GeoDataFrame) -> dict[str, Any]:
    points = as_points(hotline(count))[["geometry"]]
    x, y = points.geometry.x.to_numpy(), points.geometry.y.to_numpy()
    index = PolygonIndex(communities)
    repeat = 3 if count <= 1_000_000 else 2
    whole = measured(lambda _: PolygonIndex(communities).locate(x, y), None, repeat=repeat)
    locate = measured(lambda _: index.locate(x, y), None, repeat=repeat)
    counted = measured(lambda _: _counts(points, communities), None, repeat=repeat)
    join = measured(lambda _: _by_sjoin(points, communities), None, repeat=repeat)
    ours, theirs = whole["result"], join["result"]
    settled = _away_from_edges(communities, x, y, ours, theirs)
    row = {
        "points": count,
        "index_and_locate_s": whole["seconds"],
        "extra_mb": whole["extra_mb"],
        "locate_s": locate["seconds"],
        "aggregate_s": counted["seconds"],
        "aggregate_mb": counted["extra_mb"],
        "sjoin_s": join["seconds"],
        "sjoin_mb": join["extra_mb"],
        "times_sjoin_with_index_built": join["seconds"] / whole["seconds"],
        "times_sjoin_index_ready": join["seconds"] / locate["seconds"],
        "times_sjoin_whole_aggregation": join["seconds"] / counted["seconds"],
        "index_and_locate_cpu_s": whole["cpu_s"],
        "aggregate_cpu_s": counted["cpu_s"],
        "sjoin_cpu_s": join["cpu_s"],
        "times_sjoin_with_index_built_cpu": join["cpu_s"] / whole["cpu_s"],
        "differ_away_from_edges": settled,
    }
    return row | _one_pin(index, points, communities) | _postgis(x, y, communities)


def _counts(points: gpd.GeoDataFrame, communities: gpd.GeoDataFrame) -> list[int]:
    result = aggregate_by_community(points, communities)
    counts: list[int] = result.communities["proposals"].tolist()
    return counts


def _by_sjoin(points: gpd.GeoDataFrame, communities: gpd.GeoDataFrame) -> NDArray[np.intp]:
    joined = gpd.sjoin(points, communities[["geometry"]], predicate="within")
    row = np.full(len(points), -1, dtype=np.intp)
    row[joined.index] = joined["index_right"]
    return row


def _away_from_edges(
    communities: gpd.GeoDataFrame,
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    ours: NDArray[np.intp],
    theirs: NDArray[np.intp],
) -> int:
    """Count points that differ from sjoin and do not lie on an edge, where sjoin drops them."""
    differ = np.flatnonzero(ours != theirs)
    edges = communities.boundary.union_all()
    return int(np.count_nonzero(shapely.distance(shapely.points(x[differ], y[differ]), edges)))


def _one_pin(
    index: PolygonIndex, points: gpd.GeoDataFrame, communities: gpd.GeoDataFrame
) -> dict[str, float]:
    pins = points.geometry.iloc[:_PINS]
    places = list(zip(pins.x.tolist(), pins.y.tolist(), strict=True))
    started = time.perf_counter()
    for place in places:
        index.locate_one(*place)
    ours = (time.perf_counter() - started) / len(places)
    started = time.perf_counter()
    for at in range(10):
        gpd.sjoin(points.iloc[at : at + 1], communities[["geometry"]], predicate="within")
    return {"one_pin_us": ours * 1e6, "one_pin_sjoin_us": (time.perf_counter() - started) * 1e5}


def _postgis(
    x: NDArray[np.float64], y: NDArray[np.float64], communities: gpd.GeoDataFrame
) -> dict[str, Any]:
    """Time a join on GiST-indexed tables; filling them and building the indexes is not counted."""
    url = os.environ.get(_POSTGIS, "")
    if not url:
        return {"postgis_s": f"skipped, {_POSTGIS} is not set"}
    import psycopg

    with psycopg.connect(url.replace("postgresql+psycopg", "postgresql")) as connection:
        cursor = connection.cursor()
        cursor.execute("CREATE TEMP TABLE bench_area (row int, shape geometry(Geometry, 4326))")
        cursor.execute("CREATE TEMP TABLE bench_point (place geometry(Point, 4326))")
        cursor.executemany(
            "INSERT INTO bench_area VALUES (%s, ST_GeomFromWKB(%s, 4326))",
            list(enumerate(shapely.to_wkb(communities.geometry.array))),
        )
        cursor.execute("CREATE TEMP TABLE bench_raw (x float8, y float8)")
        text = io.StringIO()
        pd.DataFrame({"x": x, "y": y}).to_csv(text, index=False, header=False)
        with cursor.copy("COPY bench_raw FROM STDIN (FORMAT csv)") as copy:
            copy.write(text.getvalue())
        cursor.execute(
            "INSERT INTO bench_point SELECT ST_SetSRID(ST_MakePoint(x, y), 4326) FROM bench_raw"
        )
        for table, column in (("bench_area", "shape"), ("bench_point", "place")):
            cursor.execute(f"CREATE INDEX ON {table} USING gist ({column})")
            cursor.execute(f"ANALYZE {table}")
        started = time.perf_counter()
        cursor.execute(
            "SELECT a.row, count(*) FROM bench_point p JOIN bench_area a "
            "ON ST_Within(p.place, a.shape) GROUP BY a.row"
        )
        cursor.fetchall()
        seconds = time.perf_counter() - started
        connection.rollback()
    return {"postgis_s": seconds}


def main() -> None:
    """Print the measurements."""
    sizes = sizes_from(__doc__, "10000,100000,1000000")
    print("aggregation: proposals per community, 662 polygons of about 190 vertices", flush=True)
    rows = run(sizes)
    print_columns(rows)
    print_growth(rows, size="points", cost="index_and_locate_s")
    print_growth(rows, size="points", cost="locate_s")
    print_growth(rows, size="points", cost="index_and_locate_cpu_s")


if __name__ == "__main__":
    main()
