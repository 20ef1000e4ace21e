from __future__ import annotations

import pickle

import geopandas as gpd
import numpy as np
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.clustering import density_clusters
from geo.partitions.strips import clusters_by_strips
from geo.point_in_polygon import PolygonIndex
from tests.examples import examples

ORIGIN = np.array([440_000.0, 4_430_000.0])


@settings(max_examples=examples(40), deadline=None)
@given(
    xy=st.lists(st.tuples(st.integers(0, 40), st.integers(0, 9)), min_size=1, max_size=90),
    least=st.integers(1, 6),
    radius_m=st.sampled_from([10.0, 20.0, 50.0]),
    strips=st.integers(1, 7),
)
def test_strips_give_the_labels_of_the_whole(
    xy: list[tuple[int, int]], least: int, radius_m: float, strips: int
) -> None:
    places, weight = np.unique(np.array(xy) * 10.0 + ORIGIN, axis=0, return_counts=True)
    options = {"radius_m": radius_m, "min_weight": least}
    whole, core = density_clusters(places, weight, **options)
    found, found_core = clusters_by_strips(places, weight, strips=strips, **options)
    assert found.tolist() == whole.tolist()
    assert found_core.tolist() == core.tolist()


def test_an_index_travels_between_processes() -> None:
    frame = gpd.GeoDataFrame(geometry=[shapely.box(0, 0, 1, 1), None], crs=4326)
    index = pickle.loads(pickle.dumps(PolygonIndex(frame)))
    assert index.crs == "EPSG:4326"
    assert index.locate([0.5, 3.0], [0.5, 0.5]).tolist() == [0, -1]
