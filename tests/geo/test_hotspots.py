from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path
from typing import NoReturn

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from sklearn.cluster import DBSCAN

from geo import clustering
from geo.aggregate import MissingColumnError
from geo.clustering import density_clusters
from geo.crs import MissingCrsError
from geo.density.places_in_cells import TooFineError
from geo.hotspots import BadMinimumError, BadRadiusError, Hotspots, find_hotspots
from tests.bench.synthetic import as_points, hotline
from tests.examples import examples

ROOT = Path(__file__).resolve().parents[2]
SHARED = ROOT / "../shared/data"
EAST_M, NORTH_M = 440_000.0, 4_430_000.0
ORIGIN = np.array([EAST_M, NORTH_M])


def metric_points(xy: object, **columns: object) -> gpd.GeoDataFrame:
    """Return points given in metres from a place in Beijing, in EPSG:4548."""
    places = np.asarray(xy, dtype=float).reshape(-1, 2) + ORIGIN
    return gpd.GeoDataFrame(columns, geometry=gpd.points_from_xy(*places.T), crs=4548)


def members(result: Hotspots) -> list[set[object]]:
    known = result.membership.dropna()
    return [set(known[known == name].index) for name in result.frame["hotspot_id"]]


def too_fine(*_: object) -> NoReturn:
    raise TooFineError


def assert_as_scikit_learn(xy: NDArray[np.float64], radius_m: float, least: int) -> None:
    """Compare with the oracle: same cores, same partition of them, borders with a near core.

    Where cells are too fine and the oracle itself is asked, the labels are equal.
    """
    places, weight = np.unique(xy, axis=0, return_counts=True)
    labels, core = density_clusters(places, weight, radius_m=radius_m, min_weight=least)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(clustering, "in_cells", too_fine)
        slowly = density_clusters(places, weight, radius_m=radius_m, min_weight=least)
    np.testing.assert_array_equal(labels, slowly[0])
    np.testing.assert_array_equal(core, slowly[1])
    oracle = DBSCAN(eps=radius_m, min_samples=least).fit(places, sample_weight=weight)
    theirs = np.isin(np.arange(len(places)), oracle.core_sample_indices_)
    np.testing.assert_array_equal(core, theirs)
    pairs = set(zip(labels[core].tolist(), oracle.labels_[core].tolist(), strict=True))
    assert len(pairs) == len({ours for ours, _ in pairs}) == len({their for _, their in pairs})
    np.testing.assert_array_equal(labels == -1, oracle.labels_ == -1)
    for border in np.flatnonzero(~core & (labels != -1)):
        distance = np.hypot(*(places[core] - places[border]).T)
        nearest = distance <= distance.min() * (1 + 1e-12)
        assert labels[border] == labels[core][nearest].min()


@settings(max_examples=examples(70), deadline=None)
@given(
    xy=st.lists(st.tuples(st.integers(0, 24), st.integers(0, 24)), min_size=1, max_size=90),
    least=st.integers(1, 8),
    radius_m=st.sampled_from([20.0, 50.0, 10.0 * 2**0.5]),
)
def test_clusters_on_a_lattice_are_those_of_scikit_learn(
    xy: list[tuple[int, int]], least: int, radius_m: float
) -> None:
    assert_as_scikit_learn(np.array(xy) * 10.0 + ORIGIN, radius_m, least)


def test_clustering_needs_no_scikit_learn() -> None:
    """It is 70 MB of memory and a second of the start."""
    lines = (
        "import sys",
        "import numpy as np",
        "from geo.hotspots import density_clusters",
        "places, ones = np.array([[0.0, 0.0], [9.0, 0.0], [99.0, 0.0]]), np.ones(3, dtype=int)",
        "labels, _ = density_clusters(places, ones, radius_m=9.0, min_weight=2)",
        "print(labels.tolist(), 'sklearn' in sys.modules)",
    )
    child = [sys.executable, "-c", "\n".join(lines)]
    said = subprocess.run(child, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert said == "[0, 0, -1] False\n"


def test_clusters_of_gathered_points_are_those_of_scikit_learn() -> None:
    xy = as_points(hotline(6_000)).to_crs(4548).get_coordinates().to_numpy()
    for radius_m, least in [(50.0, 5), (120.0, 12), (400.0, 4)]:
        assert_as_scikit_learn(xy, radius_m, least)


@pytest.mark.skipif(not SHARED.is_dir(), reason="shared/data is absent")
def test_real_requests_give_the_same_hotspots_in_any_order() -> None:
    requests = gpd.read_file(SHARED / "tainan_1999_2017_zhongxi_bei.geojson")
    villages = gpd.read_file(SHARED / "tainan_villages_752_wgs84.geojson")
    options = {
        "radius_m": 50,
        "min_proposals": 5,
        "communities": villages,
        "community_column": "VILLAGE",
        "person_column": "address",
        "category_column": "service_name",
        "time_column": "datetime",
    }
    one = find_hotspots(requests, **options)
    other = find_hotspots(requests.sample(frac=1, random_state=3), **options)
    pd.testing.assert_frame_equal(pd.DataFrame(one.frame), pd.DataFrame(other.frame))
    pd.testing.assert_series_equal(one.membership, other.membership.reindex(requests.index))
    assert_as_scikit_learn(requests.to_crs(4549).get_coordinates().to_numpy(), 50.0, 5)
    hotspots = one.frame
    assert one.metric_crs == "EPSG:4549"
    assert hotspots["hotspot_id"].is_unique
    assert hotspots["rank"].tolist() == list(range(1, len(hotspots) + 1))
    assert hotspots["people"].is_monotonic_decreasing
    top = requests[one.membership == hotspots["hotspot_id"].iloc[0]]
    assert hotspots["proposals"].iloc[0] == len(top)
    assert hotspots["people"].iloc[0] == top["address"].nunique()
    assert hotspots["largest_shared_point"].iloc[0] == top.geometry.to_wkt().value_counts().iloc[0]
    assert hotspots["first"].iloc[0] == top["datetime"].min()
    assert hotspots["last"].iloc[0] == top["datetime"].max()
    by_village = gpd.sjoin(top, villages, predicate="within")["VILLAGE"].value_counts()
    assert hotspots["community"].iloc[0] == by_village.index[0]
    assert hotspots.geometry.iloc[0].covers(shapely.multipoints(top.get_coordinates().to_numpy()))


def test_a_hotspot_worked_out_by_hand() -> None:
    fallback, beside, across = (0.0, 0.0), (30.0, 0.0), (30.0, 40.0)
    frame = metric_points(
        [fallback, fallback, fallback, beside, across, (500.0, 0.0)],
        who=["a", "a", None, "b", "c", "d"],
        kind=["shade", "bench", "shade", "bench", "shade", "shade"],
        at=pd.to_datetime(["2026-05-03", "2026-05-01", "2026-05-09", None, "2026-05-02", None]),
    )
    west, east = (
        shapely.box(439_900, 4_429_900, 440_010, 4_430_100),
        shapely.box(440_010, 4_429_900, 440_100, 4_430_100),
    )
    communities = gpd.GeoDataFrame({"code": ["W", "E"]}, geometry=[west, east], crs=4548)
    result = find_hotspots(
        frame,
        radius_m=50,
        min_proposals=4,
        communities=communities.to_crs(4326),
        person_column="who",
        category_column="kind",
        time_column="at",
    )
    assert len(result.frame) == 1
    spot = result.frame.iloc[0]
    assert (spot["proposals"], spot["people"], spot["places"]) == (5, 3, 3)
    assert spot["largest_shared_point"] == 3
    assert list(spot["categories"].items()) == [("shade", 0.6), ("bench", 0.4)]
    assert (spot["community"], spot["community_share"]) == ("W", 0.6)
    assert (spot["first"], spot["last"]) == (pd.Timestamp("2026-05-01"), pd.Timestamp("2026-05-09"))
    centre = gpd.GeoSeries(
        gpd.points_from_xy([spot["centre_longitude"]], [spot["centre_latitude"]]), crs=4326
    ).to_crs(4548)
    assert centre.x[0] == pytest.approx(EAST_M + 12, abs=0.02)
    assert centre.y[0] == pytest.approx(NORTH_M + 8, abs=0.02)
    outline = result.frame.to_crs(4548).geometry.iloc[0]
    # A triangle of 600 m2 widened by 25 m: + 25 * 120 m of outline + nearly a disc of 25 m.
    assert outline.area == pytest.approx(600 + 25 * 120 + np.pi * 625, rel=0.02)
    assert result.membership.tolist() == [spot["hotspot_id"]] * 5 + [None]


def test_rank_goes_by_people_and_ties_have_one_order() -> None:
    two_places = [(0, 0), (0, 10), (0, 0), (0, 10)]
    many_by_one = [(1000, 0)] * 6
    west, east = [(2000, 0)] * 4, [(3000, 0)] * 4
    frame = metric_points(
        [*many_by_one, *east, *west, *two_places],
        who=["x"] * 6 + list("abcd") + list("efgh") + list("ijkl"),
    )
    by_people = find_hotspots(frame, radius_m=50, min_proposals=3, person_column="who")
    assert members(by_people) == [
        {14, 15, 16, 17},
        {10, 11, 12, 13},
        {6, 7, 8, 9},
        {0, 1, 2, 3, 4, 5},
    ]
    by_count = find_hotspots(frame, radius_m=50, min_proposals=3)
    assert members(by_count)[0] == {0, 1, 2, 3, 4, 5}
    assert by_count.frame["people"].isna().all()


def test_an_id_stays_when_proposals_come_elsewhere_and_the_radius_includes_its_end() -> None:
    spot = [(0, 0)] * 3 + [(50, 0), (0, 50)]
    before = find_hotspots(metric_points(spot), radius_m=60, min_proposals=5)
    after = find_hotspots(
        metric_points([(900, 900)] * 9 + spot + [(10, 0)]), radius_m=60, min_proposals=5
    )
    assert before.frame["hotspot_id"].iloc[0] in set(after.frame["hotspot_id"])
    places = np.array([[0.0, 0.0], [50.0, 0.0]]) + ORIGIN
    ones = np.ones(2, dtype=np.int64)
    assert density_clusters(places, ones, radius_m=50.0, min_weight=2)[0].tolist() == [0, 0]
    assert density_clusters(places, ones, radius_m=49.999, min_weight=2)[0].tolist() == [-1, -1]


@pytest.mark.parametrize("count", [0, 1, 4])
def test_too_few_proposals_give_an_empty_frame_with_all_columns(count: int) -> None:
    frame = metric_points([(0, 0)] * count, who=["a"] * count, at=[pd.NaT] * count)
    options = {"radius_m": 50, "min_proposals": 5, "person_column": "who", "time_column": "at"}
    result = find_hotspots(frame, **options)
    full = find_hotspots(metric_points([(0, 0)] * 5, who=list("abcde"), at=[pd.NaT] * 5), **options)
    assert list(result.frame.columns) == list(full.frame.columns)
    assert len(result.frame) == 0
    assert result.frame.crs == "EPSG:4326"
    assert result.membership.tolist() == [None] * count


def test_points_without_a_usable_coordinate_are_in_no_hotspot() -> None:
    shapes = [None, shapely.Point(), shapely.Point(np.inf, 40), shapely.Point(400, 40)]
    frame = gpd.GeoDataFrame(geometry=shapes + [shapely.Point(116.3, 40.0)] * 5, crs=4326)
    result = find_hotspots(frame, radius_m=50, min_proposals=5)
    assert result.unplaced == 4
    assert result.frame["proposals"].tolist() == [5]
    assert result.membership.isna().tolist() == [True] * 4 + [False] * 5


def test_what_makes_no_sense_is_refused() -> None:
    frame = metric_points([(0, 0)])
    for radius_m in (0, -1, float("nan"), float("inf")):
        with pytest.raises(BadRadiusError):
            find_hotspots(frame, radius_m=radius_m, min_proposals=5)
    with pytest.raises(BadMinimumError):
        find_hotspots(frame, radius_m=50, min_proposals=0)
    with pytest.raises(MissingColumnError):
        find_hotspots(frame, radius_m=50, min_proposals=5, person_column="who")
    with pytest.raises(MissingCrsError):
        find_hotspots(frame.set_crs(None, allow_override=True), radius_m=50, min_proposals=5)


def test_threads_at_once_get_what_one_gets_alone() -> None:
    frame = as_points(hotline(4_000))
    alone = find_hotspots(frame, radius_m=80, min_proposals=5).membership.tolist()
    results: list[list[object]] = []

    def run() -> None:
        results.append(find_hotspots(frame, radius_m=80, min_proposals=5).membership.tolist())

    threads = [threading.Thread(target=run) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [alone] * 6
