"""Hotspots measured: ours against scikit-learn's DBSCAN on the same places.

    python -m tests.bench.bench_hotspots --sizes 10000,100000,1000000

scikit-learn gets the places with duplicates merged, in metres, with weights. ``clusters`` gets the
same and only clusters; ``find_hotspots`` gets the frame and does everything: merging, projecting,
clustering, describing. Three maps: ``hotline`` gathers at addresses; ``crowded`` has as many places
as points around 600 squares and stations; ``spread`` has them evenly over the city. Above the
largest size that scikit-learn can do in a few GB, it is left out.
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
_WEST_M, _SOUTH_M, _SIDES_M = 425_000.0, 4_416_000.0, (20_000.0, 20_000.0)
_SQUARES, _SPREAD_M = 600, 40.0
_FEWEST_S = 0.005

Places = tuple[NDArray[np.float64], NDArray[np.int64]]


def run(sizes: list[int]) -> list[dict[str, Any]]:
    """Measure each size; times in seconds and memory in MB above what the data take."""
    return [_hotline(count) for count in sizes]


def _hotline(count: int) -> dict[str, Any]:
    proposals = as_points(hotline(count))
    whole = measured(_find, proposals)
    row = {
        "points": count,
        "hotspots": whole["result"],
        "find_hotspots_s": whole["seconds"],
        "find_hotspots_cpu_s": whole["cpu_s"],
        "find_hotspots_mb": whole["extra_mb"],
    }
    return row | beside_scikit_learn(_merged(proposals), count)


def beside_scikit_learn(found: Places, count: int) -> dict[str, Any]:
    """Cluster places both ways, each in a process of its own; the same cores and clusters."""
    places, weight = found
    ours = measured(
        lambda _: density_clusters(places, weight, radius_m=RADIUS_M, min_weight=MIN_PROPOSALS),
        None,
        repeat=2,
    )
    row = {
        "points": count,
        "places": len(places),
        "clusters_s": ours["seconds"],
        "clusters_cpu_s": ours["cpu_s"],
        "clusters_mb": ours["extra_mb"],
    }
    if count > _MOST_FOR_SCIKIT_LEARN:
        return row | {"scikit_learn_s": f"skipped above {_MOST_FOR_SCIKIT_LEARN:,} points"}
    theirs = measured(lambda _: _by_scikit_learn(places, weight), None)
    labels, core = ours["result"]
    assert np.array_equal(theirs["result"][1], core)
    assert len(np.unique(np.stack([theirs["result"][0], labels])[:, core], axis=1).T) == (
        labels.max(initial=-1) + 1
    )
    return row | {
        "scikit_learn_s": theirs["seconds"],
        "scikit_learn_cpu_s": theirs["cpu_s"],
        "scikit_learn_mb": theirs["extra_mb"],
        "times_scikit_learn": theirs["seconds"] / max(ours["seconds"], _FEWEST_S),
        "times_scikit_learn_cpu": theirs["cpu_s"] / max(ours["cpu_s"], _FEWEST_S),
        "times_less_memory": theirs["extra_mb"] / ours["extra_mb"],
    }


def crowded(count: int) -> Places:
    """Return so many weighted places around squares and stations."""
    rng = np.random.default_rng(5)
    middle = np.array([_WEST_M, _SOUTH_M]) + rng.random((_SQUARES, 2)) * _SIDES_M
    xy = middle[rng.integers(0, _SQUARES, count)] + rng.normal(0, _SPREAD_M, (count, 2))
    return xy, rng.integers(1, 4, count)


def spread(count: int) -> Places:
    """Return so many weighted places evenly over a city, of equal density at every size."""
    rng = np.random.default_rng(6)
    sides = np.array(_SIDES_M) * (count / _MOST_FOR_SCIKIT_LEARN) ** 0.5
    return np.array([_WEST_M, _SOUTH_M]) + rng.random((count, 2)) * sides, rng.integers(1, 4, count)


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


def _merged(proposals: gpd.GeoDataFrame) -> Places:
    xy = proposals.geometry.to_crs(4548).get_coordinates().to_numpy()
    places, weight = np.unique(xy, axis=0, return_counts=True)
    return places, weight


def _by_scikit_learn(
    places: NDArray[np.float64], weight: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    found = DBSCAN(eps=RADIUS_M, min_samples=MIN_PROPOSALS).fit(places, sample_weight=weight)
    return found.labels_, np.isin(np.arange(len(places)), found.core_sample_indices_)


def main() -> None:
    """Print the measurements."""
    sizes = sizes_from(__doc__, "10000,100000,1000000")
    print(f"hotspots: {MIN_PROPOSALS} or more proposals within {RADIUS_M:g} m", flush=True)
    rows = run(sizes)
    print_columns(rows)
    print_growth(rows, size="points", cost="find_hotspots_cpu_s")
    print_growth(rows, size="points", cost="clusters_cpu_s")
    for name, made in (("crowded", crowded), ("spread", spread)):
        print(f"{name}:", flush=True)
        rows = [beside_scikit_learn(made(count), count) for count in sizes]
        print_columns(rows)
        print_growth(rows, size="points", cost="clusters_cpu_s")


if __name__ == "__main__":
    main()
