from __future__ import annotations

import pickle

import geopandas as gpd
import numpy as np
import pytest
import shapely

from geo.clustering import density_clusters
from geo.partitions.strips import clusters_by_strips
from geo.point_in_polygon import PolygonIndex

ORIGIN = np.array([440_000.0, 4_430_000.0])


@pytest.mark.parametrize("seed", range(40))
def test_strips_give_the_labels_of_the_whole(seed: int) -> None:
    rng = np.random.default_rng(seed)
    count = int(rng.integers(1, 400))
    lattice, free = rng.integers(0, 30, (count, 2)) * 10.0, rng.random((count, 2)) * 300
    places = np.unique((lattice, free)[seed % 2], axis=0) + ORIGIN
    weight = rng.integers(1, 4, len(places))
    options = {"radius_m": float(rng.choice([10, 20, 30])), "min_weight": int(rng.integers(2, 9))}
    whole, core = density_clusters(places, weight, **options)
    strips = int(rng.integers(2, 9))
    found, found_core = clusters_by_strips(places, weight, strips=strips, **options)
    assert found.tolist() == whole.tolist()
    assert found_core.tolist() == core.tolist()


def test_no_places_have_no_clusters() -> None:
    options = {"radius_m": 50.0, "min_weight": 5, "strips": 4}
    labels, core = clusters_by_strips(np.zeros((0, 2)), np.zeros(0, dtype=np.int64), **options)
    assert len(labels) == len(core) == 0


def test_an_index_travels_between_processes() -> None:
    frame = gpd.GeoDataFrame(geometry=[shapely.box(0, 0, 1, 1), None], crs=4326)
    index = pickle.loads(pickle.dumps(PolygonIndex(frame)))
    assert index.crs == "EPSG:4326"
    assert index.locate([0.5, 3.0], [0.5, 0.5]).tolist() == [0, -1]
