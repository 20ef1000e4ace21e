from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from geo import point_in_polygon
from geo.aggregate import MissingColumnError, NotPointsError, aggregate_by_community
from geo.crs import MissingCrsError
from geo.point_in_polygon import PolygonIndex
from tests.bench.synthetic import as_points, haidian, hotline
from tests.examples import examples

SHARED = Path(__file__).resolve().parents[2] / "../shared/data"
needs_shared = pytest.mark.skipif(not SHARED.is_dir(), reason="shared/data is absent")


def squares(columns: int = 3, rows: int = 3, side: float = 0.01) -> gpd.GeoDataFrame:
    """Return touching squares from (116, 40) on, row by row."""
    shapes = [
        shapely.box(116 + c * side, 40 + r * side, 116 + (c + 1) * side, 40 + (r + 1) * side)
        for r in range(rows)
        for c in range(columns)
    ]
    return gpd.GeoDataFrame({"code": range(len(shapes))}, geometry=shapes, crs=4326)


def points(*xy: tuple[float, float]) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(geometry=[shapely.Point(*at) for at in xy], crs=4326)


def first_that_covers(
    shapes: NDArray[np.object_], x: NDArray[np.float64], y: NDArray[np.float64]
) -> NDArray[np.intp]:
    """Return what the rule says, by GEOS alone."""
    tree = shapely.STRtree(shapes)
    point, polygon = tree.query(shapely.points(x, y), predicate="intersects")
    best = np.full(len(x), len(shapes))
    np.minimum.at(best, point, polygon)
    return np.where(best == len(shapes), -1, best)


def assert_rule(index: PolygonIndex, x: NDArray[np.float64], y: NDArray[np.float64]) -> None:
    expected = first_that_covers(index.polygons, x, y)
    np.testing.assert_array_equal(index.locate(x, y), expected)
    one_by_one = [index.locate_one(*at) for at in zip(x.tolist(), y.tolist(), strict=True)]
    np.testing.assert_array_equal(one_by_one, expected)


@needs_shared
def test_counts_of_real_requests_equal_an_independent_join() -> None:
    requests = gpd.read_file(SHARED / "tainan_1999_2017_zhongxi_bei.geojson")
    villages = gpd.read_file(SHARED / "tainan_villages_752_wgs84.geojson")
    result = aggregate_by_community(
        requests, villages, category_column="service_name", person_column="subproject"
    )
    joined = gpd.sjoin(requests, villages, predicate="within")
    by_village = joined.groupby("index_right")
    got = result.communities
    assert got["proposals"].sum() + result.outside == len(requests)
    assert joined.index.is_unique
    expected = by_village.size().reindex(villages.index, fill_value=0)
    assert got["proposals"].tolist() == expected.tolist()
    people = by_village["subproject"].nunique().reindex(villages.index, fill_value=0)
    assert got["people"].tolist() == people.tolist()
    largest = got["proposals"].idxmax()
    kinds = joined[joined["index_right"] == largest]["service_name"].value_counts().to_dict()
    assert {k: v for k, v in got.loc[largest, "categories"].items() if v} == kinds


@needs_shared
def test_areas_of_haidian_are_those_known_and_repairs_are_reported() -> None:
    streets = gpd.read_file(SHARED / "haidian_streets_29_poi86_wgs84.geojson")
    result = aggregate_by_community(points((116.3245, 40.035)), streets)
    got = result.communities
    assert got["area_km2"].sum() == pytest.approx(430.93, abs=0.005)
    qinghe = got[got["name"] == "清河街道"].iloc[0]
    assert qinghe["area_km2"] == pytest.approx(9.358, abs=0.0005)
    assert qinghe["per_km2"] == pytest.approx(1 / 9.358, rel=1e-4)
    assert [repair.position for repair in result.repairs] == [1, 13, 27]
    assert all("Self-intersection" in repair.reason for repair in result.repairs)
    assert got.geometry.is_valid.all()
    assert not streets.geometry.is_valid.all(), "the caller's frame must stay as it was"


@needs_shared
def test_points_on_the_edges_of_real_overlapping_polygons_follow_the_rule() -> None:
    streets = gpd.read_file(SHARED / "haidian_streets_29_poi86_wgs84.geojson")
    index = PolygonIndex(streets)
    xy = shapely.get_coordinates(index.polygons)
    middles = (xy[:-1] + xy[1:]) / 2
    rng = np.random.default_rng(1)
    west, south, east, north = streets.total_bounds
    anywhere = rng.uniform([west, south], [east, north], (4000, 2))
    every = np.concatenate([xy, middles, anywhere])
    assert_rule(index, every[:, 0], every[:, 1])


def test_synthetic_haidian_agrees_with_geos_on_points_vertices_and_edges() -> None:
    communities = haidian(communities=120)
    assert communities.geometry.is_valid.all()
    proposals = hotline(8_000)
    index = PolygonIndex(communities)
    assert_rule(index, proposals["longitude"].to_numpy(), proposals["latitude"].to_numpy())
    xy = shapely.get_coordinates(index.polygons)[::3]
    assert_rule(index, xy[:, 0], xy[:, 1])
    nudged = np.nextafter(xy, np.array([np.inf, -np.inf]))
    assert_rule(index, nudged[:, 0], nudged[:, 1])
    beside = np.concatenate([xy + 10.0**-k * np.array([1, -2]) for k in range(4, 15)])
    assert_rule(index, beside[:, 0], beside[:, 1])


def test_an_edge_or_a_vertex_belongs_to_the_first_polygon_in_row_order() -> None:
    on_edge, on_vertex, inside_last = (116.01, 40.005), (116.01, 40.01), (116.025, 40.025)
    frame = squares()
    result = aggregate_by_community(points(on_edge, on_vertex, inside_last), frame)
    assert result.assignment.tolist() == [0, 0, 8]
    turned = aggregate_by_community(points(on_edge, on_vertex, inside_last), frame.iloc[::-1])
    assert turned.communities["code"].iloc[turned.assignment].tolist() == [1, 4, 8]


def test_overlaps_holes_and_outside() -> None:
    ring = shapely.box(0, 0, 10, 10).difference(shapely.box(4, 4, 6, 6))
    frame = gpd.GeoDataFrame(geometry=[ring, shapely.box(5, 5, 12, 12)], crs=4326)
    result = aggregate_by_community(
        points((1, 1), (9, 9), (5.5, 5.5), (4.5, 4.5), (4, 5), (11, 11), (13, 1)), frame
    )
    assert result.assignment.tolist() == [0, 0, 1, -1, 0, 1, -1]
    assert result.communities["proposals"].tolist() == [3, 2]
    assert result.outside == 2


lattice = st.integers(0, 6)
rings = st.lists(st.tuples(lattice, lattice), min_size=3, max_size=7)


@settings(max_examples=examples(150), deadline=None)
@given(
    shapes=st.lists(rings, min_size=1, max_size=5),
    scale=st.sampled_from([1.0, 0.1, 1e-3]),
    cells=st.sampled_from([(10_000, 16), (60, 1)]),
    seed=st.integers(0, 9),
)
def test_any_polygons_however_broken_put_every_point_in_one_place(
    shapes: list[list[tuple[int, int]]], scale: float, cells: tuple[int, int], seed: int
) -> None:
    polygons = [shapely.Polygon(np.array(ring) * scale + 116) for ring in shapes]
    frame = gpd.GeoDataFrame(geometry=polygons, crs=4326)
    with pytest.MonkeyPatch.context() as patch:
        # Few cells hold many edges each, as those of borders drawn finely do.
        patch.setattr(point_in_polygon, "_FEWEST_CELLS", cells[0])
        patch.setattr(point_in_polygon, "_CELLS_PER_EDGE", cells[1])
        index = PolygonIndex(frame)
    rng = np.random.default_rng(seed)
    lattice_points = np.stack(np.meshgrid(np.arange(-1, 14), np.arange(-1, 14)), -1).reshape(-1, 2)
    beside = rng.permutation(lattice_points)[:60] + 10.0 ** -rng.integers(1, 14, (60, 1)) * (
        rng.choice([-1, 0, 1], (60, 2))
    )
    anywhere = rng.uniform(-1, 13, (200, 2))
    xy = np.concatenate([lattice_points, beside, anywhere]) * (scale / 2) + 116
    assert_rule(index, xy[:, 0], xy[:, 1])


def test_points_without_a_finite_coordinate_are_outside_and_reported() -> None:
    shapes = [None, shapely.Point(), shapely.Point(np.nan, 40), shapely.Point(np.inf, 40.005)]
    frame = gpd.GeoDataFrame(geometry=[*shapes, shapely.Point(116.005, 40.005)], crs=4326)
    result = aggregate_by_community(frame, squares())
    assert (result.outside, result.unplaced) == (4, 4)
    assert result.communities["proposals"].sum() == 1
    assert PolygonIndex(squares()).locate_one(float("nan"), 40.0) == -1


def test_polygons_that_hold_nothing_stay_in_their_row() -> None:
    good = shapely.box(116, 40, 116.01, 40.01)
    flat = shapely.Polygon([(1, 1), (2, 2), (3, 3)])
    bow = shapely.Polygon([(116.02, 40), (116.04, 40.02), (116.04, 40), (116.02, 40.02)])
    line = shapely.LineString([(0, 0), (1, 1)])
    broken = [None, shapely.Polygon(), flat, line]
    frame = gpd.GeoDataFrame(geometry=[*broken, bow, good], index=list("abcdef"), crs=4326)
    result = aggregate_by_community(points((116.005, 40.005), (116.022, 40.01)), frame)
    assert result.assignment.tolist() == [5, 4]
    assert [repair.label for repair in result.repairs] == list("abcde")
    assert list(result.communities.index) == list("abcdef")
    assert result.communities["per_km2"].isna().tolist() == [True] * 4 + [False] * 2


def test_a_repair_that_rounding_spoils_is_made_another_way() -> None:
    spoils = shapely.Polygon(np.array([(6, 2), (2, 5), (4, 6), (7, 0), (7, 4), (6, 2)]) * 0.1)
    assert not shapely.make_valid(spoils, method="structure", keep_collapsed=False).is_valid
    index = PolygonIndex(gpd.GeoDataFrame(geometry=[spoils], crs=4326))
    assert index.polygons[0].is_valid
    assert index.locate([0.4, 0.68, 0.6], [0.5, 0.2, 0.5]).tolist() == [0, 0, -1]


def test_nothing_at_all_is_no_error() -> None:
    none = gpd.GeoDataFrame(geometry=[], crs=4326)
    assert aggregate_by_community(points((1, 1)), none).outside == 1
    assert aggregate_by_community(none, squares()).communities["proposals"].sum() == 0
    assert PolygonIndex(none).locate_one(1.0, 1.0) == -1
    assert PolygonIndex(squares()).locate([], []).tolist() == []


def test_densities_people_and_categories_by_hand() -> None:
    frame = squares(2, 1).assign(residents=[2000, None])
    proposals = points((116.001, 40.001), (116.002, 40.001), (116.003, 40.001), (116.015, 40.005))
    proposals["who"] = ["a", "a", None, "b"]
    proposals["kind"] = ["bench", None, "bench", "shade"]
    result = aggregate_by_community(
        proposals,
        frame,
        person_column="who",
        category_column="kind",
        population_column="residents",
    ).communities
    assert result["people"].tolist() == [1, 1]
    assert result["categories"].tolist() == [{"bench": 2, "shade": 0}, {"bench": 0, "shade": 1}]
    assert result["per_1000"].iloc[0] == 1.5
    assert np.isnan(result["per_1000"].iloc[1])
    # 0.01 degrees at 40 N on the ellipsoid: 1,110.4 m north-south by 853.9 m east-west.
    assert result["area_km2"].iloc[0] == pytest.approx(1.1104 * 0.8539, rel=1e-3)


def test_points_in_another_crs_are_projected_and_a_missing_crs_is_refused() -> None:
    proposals, frame = as_points(hotline(2_000)), haidian(communities=40)
    expected = aggregate_by_community(proposals, frame)
    got = aggregate_by_community(proposals.to_crs(4548), frame)
    assert got.communities["proposals"].tolist() == expected.communities["proposals"].tolist()
    assert got.communities.crs == frame.crs
    with pytest.raises(MissingCrsError, match="proposals"):
        aggregate_by_community(proposals.set_crs(None, allow_override=True), frame)
    with pytest.raises(MissingCrsError, match="communities"):
        aggregate_by_community(proposals, frame.set_crs(None, allow_override=True))


def test_a_missing_column_and_other_shapes_are_refused() -> None:
    with pytest.raises(MissingColumnError, match="who"):
        aggregate_by_community(points((1, 1)), squares(), person_column="who")
    with pytest.raises(NotPointsError, match="Polygon"):
        aggregate_by_community(squares(), squares())


def test_far_apart_polygons_share_a_coarse_grid_and_stay_exact() -> None:
    near = squares(12, 12, 0.001)
    far = gpd.GeoDataFrame({"code": [999]}, geometry=[shapely.box(-170, -60, -169, -59)], crs=4326)
    index = PolygonIndex(gpd.GeoDataFrame(gpd.pd.concat([near, far], ignore_index=True), crs=4326))
    rng = np.random.default_rng(5)
    xy = np.concatenate(
        [rng.uniform([115.999, 39.999], [116.013, 40.013], (500, 2)), [[-169.5, -59.5]]]
    )
    assert_rule(index, xy[:, 0], xy[:, 1])


def test_many_points_are_placed_by_several_threads_as_by_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    frame = hotline(3_000)
    x, y = frame["longitude"].to_numpy(), frame["latitude"].to_numpy()
    index = PolygonIndex(haidian(communities=60))
    alone = index.locate(x, y)
    monkeypatch.setattr(point_in_polygon, "_POINTS_AT_ONCE", 100)
    assert len(np.unique(alone)) > 30
    assert index.locate(x, y).tolist() == alone.tolist()
