from __future__ import annotations

import time

import geopandas as gpd
import numpy as np
import psutil
import pytest
import shapely

from geo.siting.candidates import candidate_points, grid_points
from geo.siting.child_process import SolvingFailedError, solve_in_child
from geo.siting.locate import BadValueError, Measured, Question, located, numbers_of, prepare
from geo.siting.masks import Mask, reasons_against
from geo.siting.problem import Model, Problem, Reach, Sites, Status
from geo.siting.reach import straight_reach
from geo.siting.road_network import NoRoadsError, RoadNetwork, walking_reach
from geo.siting.solve import solve

CRS = "EPSG:4548"
EAST, NORTH = 441_000.0, 4_430_000.0


def frame(shapes: list[shapely.Geometry | None], **columns: list[object]) -> gpd.GeoDataFrame:
    """Return shapes that are given in metres from one corner of Beijing, in WGS 84."""
    moved = [None if one is None else shapely.transform(one, _moved) for one in shapes]
    return gpd.GeoDataFrame(columns, geometry=gpd.GeoSeries(moved, crs=CRS)).to_crs(4326)


def _moved(xy: np.ndarray) -> np.ndarray:
    return xy + np.array([EAST, NORTH])


def points(*xy: tuple[float, float]) -> list[shapely.Geometry | None]:
    return [shapely.Point(one) for one in xy]


def test_walking_goes_round_by_the_roads_and_counts_the_way_to_them() -> None:
    #  A street of 400 m, a lane that leaves it at 100 m to the north, and one far away.
    lines = [
        shapely.LineString([(0, 0), (400, 0)]),
        shapely.LineString([(100, -50), (100, 0), (100, 300)]),
        shapely.LineString([(1000, 1000), (1100, 1000)]),
    ]
    network = RoadNetwork.of(gpd.GeoSeries(lines, crs=CRS))
    demand = np.array([(20, 10), (110, 200), (300, 0), (1050, 1000)], dtype=float)
    sites = np.array([(100, 290), (200, -5)], dtype=float)
    reach = walking_reach(demand, sites, network, within_m=1000.0)
    told = {(d, s): m for d, s, m in zip(reach.demand, reach.site, reach.metres, strict=True)}
    assert told == {
        (0, 0): pytest.approx(10 + 80 + 290),
        (0, 1): pytest.approx(10 + 180 + 5),
        (1, 0): pytest.approx(10 + 90),
        (1, 1): pytest.approx(10 + 200 + 100 + 5),
        (2, 0): pytest.approx(200 + 290),
        (2, 1): pytest.approx(100 + 5),
    }
    near = walking_reach(demand, sites, network, within_m=195.0)
    assert near.demand.tolist() == [0, 1, 2]
    turned = walking_reach(sites, demand, network, within_m=195.0)
    assert sorted(zip(turned.site, turned.demand, strict=True)) == [(0, 1), (1, 0), (2, 1)]
    assert turned.metres.sum() == pytest.approx(near.metres.sum())


def test_two_ways_between_the_same_corners_count_as_the_shorter() -> None:
    lines = [
        shapely.LineString([(0, 0), (50, 80), (100, 0)]),
        shapely.LineString([(0, 0), (100, 0)]),
    ]
    network = RoadNetwork.of(gpd.GeoSeries(lines, crs=CRS))
    reach = walking_reach(np.zeros((1, 2)), np.array([[100.0, 0.0]]), network, within_m=500.0)
    assert reach.metres.tolist() == [100.0]
    with pytest.raises(NoRoadsError):
        RoadNetwork.of(gpd.GeoSeries([shapely.Point(0, 0), None], crs=CRS))


def test_a_straight_reach_holds_its_own_distance_and_places_that_are_one() -> None:
    reach = straight_reach(
        np.array([[0.0, 0.0], [30.0, 40.0], [30.0, 40.1]]), np.zeros((1, 2)), within_m=50.0
    )
    assert reach.demand.tolist() == [0, 1]
    assert reach.metres.tolist() == [0.0, 50.0]


def test_candidates_lie_in_plots_beside_roads_and_in_a_grid() -> None:
    ring = shapely.Polygon([(0, 0), (100, 0), (100, 100), (0, 100)], [[(2, 2), (98, 2), (98, 98)]])
    road = shapely.LineString([(0, 0), (250, 0)])
    given = frame([ring, road, shapely.Point(5, 5), None], name=["plot", "road", "rack", "lost"])
    found = candidate_points(given, crs=CRS, spacing_m=100.0, kerb_m=8.0)
    assert found["source"].tolist() == [0, 1, 1, 1, 1, 2]
    xy = shapely.get_coordinates(found.geometry) - [EAST, NORTH]
    assert shapely.contains_xy(ring, *xy[0])
    assert xy[1:5] == pytest.approx(
        np.array([(62.5, 8), (62.5, -8), (187.5, 8), (187.5, -8)]), abs=0.01
    )
    assert found["name"].tolist() == ["plot", "road", "road", "road", "road", "rack"]
    area = frame([shapely.box(-50, -50, 350, 250), shapely.box(350, -50, 550, 250)])
    grid = grid_points(area, crs=CRS, spacing_m=100.0)
    assert len(grid) == 6 * 3
    assert grid["source"].value_counts().to_dict() == {0: 12, 1: 6}
    assert set(np.unique(shapely.get_coordinates(grid.geometry) % 100)) == {0.0}
    assert grid_points(area.iloc[:0], crs=CRS).empty


def test_nothing_stands_on_a_mask_and_it_is_said_on_which() -> None:
    river = frame([shapely.box(0, 0, 100, 20)]).geometry
    lane = frame([shapely.LineString([(0, 30), (100, 30)])]).geometry
    masks = [Mask("river", river), Mask("fire_lane", lane, buffer_m=12.0)]
    places = frame(points((50, 10), (50, 19), (50, 42), (50, 43), (50, 60)))
    told = reasons_against(places.geometry.to_crs(CRS), masks)
    assert told[:2] == [("river",), ("river", "fire_lane")]
    assert told[3:] == [(), ()]
    prepared = prepare(places, places, Question(number=5, within_m=1.0), masks=masks)
    assert located(prepared, solve(prepared.problem)).chosen.tolist() == [False] * 3 + [True] * 2


def test_rows_may_come_in_any_order_and_without_a_shape() -> None:
    rng = np.random.default_rng(5)
    demand = frame([*points(*rng.uniform(0, 900, (60, 2))), None])
    candidates = frame([*points(*np.round(rng.uniform(0, 900, (12, 2)), -2)), None])
    weights = np.append(rng.integers(1, 3, 60), 9).astype(float)
    for model in (Model.COVERAGE, Model.MEDIAN, Model.COVER):
        question = Question(model, number=None if model is Model.COVER else 3, within_m=250.0)
        told = []
        for _ in range(3):
            rows, columns = rng.permutation(61), rng.permutation(13)
            prepared = prepare(
                demand.iloc[rows], candidates.iloc[columns], question, weights=weights[rows]
            )
            found = located(prepared, solve(prepared.problem))
            by = np.full(61, -1)
            by[rows] = np.where(found.served_by < 0, -1, columns[found.served_by])
            told.append((sorted(columns[found.chosen]), by.tolist()))
            assert found.unreachable[rows == 60].tolist() == [True]
            assert not found.chosen[columns == 12].any()
        assert told[0] == told[1] == told[2]
        assert prepared.measured is Measured.STRAIGHT
        assert prepared.metric_crs == CRS


def test_what_is_walked_is_said() -> None:
    roads = frame([shapely.LineString([(0, 0), (0, 500), (100, 500), (100, 0)])]).geometry
    demand, site = frame(points((0, 0))), frame(points((100, 0)))
    for way, metres in ((None, 100.0), (roads, 1100.0)):
        question = Question(Model.MEDIAN, number=1)
        prepared = prepare(demand, site, question, roads=way)
        assert prepared.measured is (Measured.STRAIGHT if way is None else Measured.WALKED)
        found = located(prepared, solve(prepared.problem))
        assert found.metres[0] == pytest.approx(metres, abs=0.01)


def test_numbers_are_read_and_others_named() -> None:
    given = frame(points((0, 0), (1, 1), (2, 2)), cost=["3", None, 2], odd=["1", "-2", "x"])
    assert numbers_of(given, "cost", empty=1.0).tolist() == [3.0, 1.0, 2.0]
    with pytest.raises(BadValueError, match="-2"):
        numbers_of(given, "odd", empty=1.0)


def crowd(number: int) -> Problem:
    rng = np.random.default_rng(2)
    reach = straight_reach(rng.random((number, 2)), rng.random((number, 2)), within_m=0.25)
    return Problem(np.ones(number), reach, Sites.plain(number), number=9, time_limit_s=90.0)


def test_a_child_finds_the_same_and_says_how_far_it_is() -> None:
    problem, shares = crowd(20), []
    found = solve_in_child(problem, [1, 2], shares.append)
    assert [one.chosen for one in found] == [
        solve(problem_of(problem, number)).chosen for number in (1, 2)
    ]
    assert found[1].served_by.tolist() == solve(problem_of(problem, 2)).served_by.tolist()
    assert found[0].status is Status.OPTIMAL
    assert shares[0] == 0.0
    assert shares == sorted(shares)


def problem_of(problem: Problem, number: int) -> Problem:
    return Problem(problem.weights, problem.reach, problem.sites, number=number)


def test_a_child_that_is_not_wanted_is_ended_at_once() -> None:
    def stop(share: float) -> None:
        if time.monotonic() > begun + 0.5:
            raise KeyboardInterrupt

    before = {child.pid for child in psutil.Process().children()}
    begun = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        solve_in_child(crowd(1500), list(range(5, 400)), stop)
    left = [child for child in psutil.Process().children() if child.pid not in before]
    assert [child for child in left if child.status() != psutil.STATUS_ZOMBIE] == []


def test_a_child_that_cannot_solve_says_so() -> None:
    odd = Problem(-np.ones(1), Reach.of([], [], [], points=1, sites=1), Sites.plain(1), number=1)
    with pytest.raises(SolvingFailedError):
        solve_in_child(odd, [])
