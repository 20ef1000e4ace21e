"""Clusters by tile: every pin is in exactly one entry of exactly one tile, at any zoom."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Geod

from geo.cluster_index import DRIFT, PinIndex, mercator_unit
from tests.examples import examples

LABEL = np.dtype([("public_id", "S16"), ("category", "S64")])


def index_of(places: list[tuple[float, float]]) -> PinIndex:
    labels = np.zeros(len(places), LABEL)
    labels["public_id"] = [f"id{i}" for i in range(len(places))]
    xy = np.array(places, float).reshape(-1, 2)
    return PinIndex.build(np.arange(len(places)), xy[:, 0], xy[:, 1], labels)


def tiles_over(index: PinIndex, zoom: int) -> set[tuple[int, int]]:
    x, y = mercator_unit(index.longitude, index.latitude)
    side = 1 << zoom
    return {(int(a * side), int(b * side)) for a, b in zip(x, y, strict=True)}


def gathered(count: int, seed: int = 1) -> list[tuple[float, float]]:
    rng = np.random.default_rng(seed)
    centres = rng.uniform([116.30, 40.02], [116.35, 40.06], (20, 2))
    points = centres[rng.integers(0, 20, count)] + rng.normal(0, 0.0007, (count, 2))
    points[: count // 10] = points[0]
    return [tuple(p) for p in points]


@pytest.mark.parametrize("zoom", [0, 5, 10, 13, 16, 17, 19, 21])
def test_every_pin_is_counted_once(zoom: int) -> None:
    index = index_of(gathered(3000))
    total = sum(c.count for tile in tiles_over(index, zoom) for c in index.tile(zoom, *tile))
    assert total == 3000


@settings(max_examples=examples(60), deadline=None)
@given(
    st.lists(st.tuples(st.floats(-180, 180), st.floats(-85, 85)), max_size=40),
    st.integers(0, 21),
)
def test_any_places_on_earth_are_counted_once(places: list[tuple[float, float]], zoom: int) -> None:
    index = index_of(places)
    side = (1 << zoom) - 1
    tiles = {(min(x, side), min(y, side)) for x, y in tiles_over(index, zoom)}
    assert sum(c.count for tile in tiles for c in index.tile(zoom, *tile)) == len(places)


def test_a_large_tile_and_a_small_one_agree() -> None:
    """More than 4,096 pins take the other path through the cells."""
    index = index_of(gathered(9000))
    (tile,) = tiles_over(index, 8)
    assert sum(c.count for c in index.tile(8, *tile)) == 9000


def test_a_cluster_stands_at_the_mean_kept_near_the_middle_of_its_cell() -> None:
    index = index_of([(116.30001, 40.03), (116.30003, 40.03)])
    (tile,) = tiles_over(index, 12)
    (cluster,) = index.tile(12, *tile)
    assert cluster.count == 2
    side = 1 << 15
    x, y = mercator_unit(np.array([cluster.longitude]), np.array([cluster.latitude]))
    for inside in (x[0] * side % 1, y[0] * side % 1):
        assert 0.5 - DRIFT - 1e-6 <= inside <= 0.5 + DRIFT + 1e-6


def test_one_pin_keeps_its_exact_place_and_its_label() -> None:
    index = index_of([(116.3169, 40.0391)])
    (tile,) = tiles_over(index, 14)
    (cluster,) = index.tile(14, *tile)
    assert (cluster.count, cluster.longitude, cluster.latitude) == (1, 116.3169, 40.0391)
    assert index.labels[cluster.pin]["public_id"] == b"id0"


def test_changes_equal_a_new_index() -> None:
    places = gathered(500)
    index = index_of(places)
    moved = np.array([3, 7, 500])
    labels = np.zeros(3, LABEL)
    labels["public_id"] = ["id3", "id7", "id500"]
    changed = index.changed(
        moved,
        np.array([116.31, 0, 116.33]),
        np.array([40.03, 0, 40.04]),
        labels,
        np.array([True, False, True]),
    )
    expected = [p for i, p in enumerate(places) if i not in (3, 7)]
    expected += [(116.31, 40.03), (116.33, 40.04)]
    assert len(changed) == 500
    assert len(index) == 500
    assert sorted(zip(changed.longitude, changed.latitude, strict=True)) == sorted(expected)
    assert list(changed.keys) == sorted(changed.keys)
    assert changed.longitude_sums[-1] == pytest.approx(
        sum(round(p[0] * 1e7) for p in expected), abs=0
    )


def test_a_box_holds_what_lies_in_it() -> None:
    index = index_of(gathered(2000))
    west, south, east, north = 116.32, 40.03, 116.33, 40.04
    inside = (
        (index.longitude >= west)
        & (index.longitude <= east)
        & (index.latitude >= south)
        & (index.latitude <= north)
    )
    assert set(index.inside(west, south, east, north)) == set(np.flatnonzero(inside))


@settings(max_examples=examples(60), deadline=None)
@given(st.floats(-179, 178), st.floats(-80, 79), st.floats(1e-9, 1), st.floats(1e-9, 1))
def test_any_box_holds_its_corners(west: float, south: float, width: float, height: float) -> None:
    east, north = west + width, south + height
    corners = [(x, y) for x in (west, east) for y in (south, north)]
    index = index_of([*corners, (west - 1, south - 1), (east + 1, north + 1)])
    assert sorted(index.ids[index.inside(west, south, east, north)]) == [0, 1, 2, 3]


@pytest.mark.parametrize("latitude", [0.0, 40.04, -66.0])
def test_near_measures_as_the_geodesic_does(latitude: float) -> None:
    rng = np.random.default_rng(3)
    places = rng.normal([116.32, latitude], [0.006, 0.004], (2000, 2))
    index = index_of([tuple(p) for p in places])
    rows, metres = index.near(116.32, latitude, radius_m=500)
    away = Geod(ellps="WGS84").inv(
        np.full(2000, 116.32), np.full(2000, latitude), places[:, 0], places[:, 1]
    )[2]
    expected = np.flatnonzero(away <= 500)
    assert sorted(index.ids[rows]) == sorted(expected)
    assert metres == pytest.approx(np.sort(away[expected]), abs=1e-3)
