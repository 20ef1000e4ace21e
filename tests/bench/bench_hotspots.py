"""Hotspots measured: ours against scikit-learn's DBSCAN on the same places.

    python -m tests.bench.bench_hotspots --sizes 10000,100000,1000000

scikit-learn gets the places with duplicates merged, in metres, with weights. Of ours, ``clusters``
gets the same and only clusters; ``find_hotspots`` gets the frame and does everything: merging,
projecting, clustering, describing. Above the largest size that scikit-learn can do in a few GB, it
is left out.
"""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
from numpy.typing import NDArray
from sklearn.cluster import DBSCAN

from geo.clustering import density_clusters
from geo.hotspots import find_hotspots
from tests.bench.measure import measured, print_growth, sizes_from
from tests.bench.synthetic import as_points, hotline
from tests.bench.tables import print_columns

RADIUS_M, MIN_PROPOSALS = 50.0, 20
_MOST_FOR_SCIKIT_LEARN = 1_000_000


def run(sizes: list[int]) -> list[dict[str, Any]]:
    """Measure each size; times in seconds and memory in MB above what the data take."""
    return [_measure(count) for count in sizes]


def _measure(count: int) -> dict[str, Any]:
    proposals = as_points(hotline(count))
    places, weight = _merged(proposals)
    whole = measured(_find, proposals)
    clusters = measured(
        lambda _: density_clusters(places, weight, radius_m=RADIUS_M, min_weight=MIN_PROPOSALS),
        None,
    )
    row = {
        "points": count,
        "places": len(places),
        "hotspots": whole["result"],
        "find_hotspots_s": whole["seconds"],
        "find_hotspots_mb": whole["extra_mb"],
        "clusters_s": clusters["seconds"],
        "clusters_mb": clusters["extra_mb"],
    }
    if count > _MOST_FOR_SCIKIT_LEARN:
        return row | {"scikit_learn_s": f"skipped above {_MOST_FOR_SCIKIT_LEARN:,} points"}
    oracle = measured(lambda _: _by_scikit_learn(places, weight), None)
    return row | {
        "scikit_learn_s": oracle["seconds"],
        "scikit_learn_mb": oracle["extra_mb"],
        "times_scikit_learn": oracle["seconds"] / clusters["seconds"],
        "same_cores": bool(np.array_equal(oracle["result"], clusters["result"][1])),
    }


def _find(proposals: gpd.GeoDataFrame) -> int:
    result = find_hotspots(
        proposals,
        radius_m=RADIUS_M,
        min_proposals=MIN_PROPOSALS,
        person_column="person",
        category_column="category",
        time_column="created",
    )
    return len(result.frame)


def _merged(proposals: gpd.GeoDataFrame) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    xy = proposals.geometry.to_crs(4548).get_coordinates().to_numpy()
    places, weight = np.unique(xy, axis=0, return_counts=True)
    return places, weight


def _by_scikit_learn(places: NDArray[np.float64], weight: NDArray[np.int64]) -> NDArray[np.bool_]:
    found = DBSCAN(eps=RADIUS_M, min_samples=MIN_PROPOSALS).fit(places, sample_weight=weight)
    return np.isin(np.arange(len(places)), found.core_sample_indices_)


def main() -> None:
    """Print the measurements."""
    sizes = sizes_from(__doc__, "10000,100000,1000000")
    print(f"hotspots: {MIN_PROPOSALS} or more proposals within {RADIUS_M:g} m", flush=True)
    rows = run(sizes)
    print_columns(rows)
    print_growth(rows, size="points", cost="find_hotspots_s")
    print_growth(rows, size="points", cost="clusters_s")


if __name__ == "__main__":
    main()
