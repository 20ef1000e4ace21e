"""Places that cannot be meant: on water or rails, at one spot, a whole set in another system."""

from __future__ import annotations

from math import comb
from typing import Any

import numpy as np
import pytest
import shapely
from pyproj import Transformer
from shapely import LineString, Point, Polygon, box

from geo.crs import BD09, GCJ02, wgs84_to_bd09, wgs84_to_gcj02
from geo.location_tests import (
    NONE,
    datum_fit,
    metres_each,
    nearest_clear,
    nearest_inside,
    rows_on,
    spots,
)

METRIC = Transformer.from_crs("EPSG:4326", "EPSG:4548", always_xy=True)
X0, Y0 = METRIC.transform(116.32, 40.04)


def at(east_m: float, north_m: float) -> tuple[float, float]:
    """Return WGS 84 degrees of a place so many metres from 116.32, 40.04 in EPSG:4548."""
    lon, lat = METRIC.transform(X0 + east_m, Y0 + north_m, direction="INVERSE")
    return float(lon), float(lat)


def square(west: float, south: float, east: float, north: float) -> Polygon:
    return Polygon([at(west, south), at(east, south), at(east, north), at(west, north)])


def arrays(*places: tuple[float, float]) -> tuple[np.ndarray, np.ndarray]:
    found = np.array(places, dtype=float).reshape(-1, 2)
    return found[:, 0], found[:, 1]


def metres_to(longitude: float, latitude: float, geometry: Any) -> float:
    row = np.zeros(1, dtype=np.intp)
    return float(metres_each(np.array([longitude]), np.array([latitude]), [geometry], row)[0])


RIVER = square(-500, 0, 500, 40)
RAIL = LineString([at(-500, 100), at(500, 100)])
AREA = square(-1000, -1000, 1000, 1000)


def test_points_on_areas_and_beside_lines_are_found_by_metres() -> None:
    places = arrays(at(0, 20), at(0, 103), at(0, 106), at(0, -5), at(501, 20))
    assert rows_on(*places, [RIVER]).tolist() == [0, NONE, NONE, NONE, NONE]
    assert rows_on(*places, [RIVER, RAIL], within_m=4).tolist() == [0, 1, NONE, NONE, 0]
    assert rows_on(*places, []).tolist() == [NONE] * 5
    assert rows_on(*arrays(), [RIVER]).tolist() == []
    both = [square(0, 0, 50, 50), square(0, 0, 50, 50)]
    assert rows_on(*arrays(at(10, 10)), both).tolist() == [0]


def test_the_nearest_clear_place_is_beside_the_water_and_off_the_rails() -> None:
    found = nearest_clear(*at(0, 5), [RIVER, RAIL], clear_m=8, area=AREA)
    assert found is not None
    assert found[2] == pytest.approx(13.05, abs=0.01)
    assert metres_to(*found[:2], RIVER) == pytest.approx(8.05, abs=0.01)
    x, y = METRIC.transform(*found[:2])
    assert (x - X0, y - Y0) == (pytest.approx(0, abs=0.01), pytest.approx(-8.05, abs=0.01))
    assert nearest_clear(*at(0, 5), [RIVER], clear_m=8, area=square(-50, 0, 50, 40)) is None
    north = nearest_clear(*at(0, 5), [RIVER], clear_m=8, area=square(-1000, 0, 1000, 1000))
    assert north is not None
    assert metres_to(*north[:2], Point(*at(0, 48.05))) < 0.05


def test_the_nearest_place_inside_lies_some_metres_in() -> None:
    inside = nearest_inside(*at(-100, 50), square(0, 0, 200, 200))
    assert inside is not None
    assert inside[2] == pytest.approx(120, abs=0.01)
    assert metres_to(*inside[:2], Point(*at(20, 50))) < 0.01
    assert nearest_inside(*at(100, 100), square(0, 0, 200, 200))[2] == 0  # type: ignore[index]
    narrow = nearest_inside(*at(-100, 5), square(0, 0, 200, 12))
    assert narrow is not None
    assert narrow[2] == pytest.approx(105, abs=0.01)


def test_each_point_is_measured_to_its_own() -> None:
    rows = np.array([0, 1, NONE, 1])
    metres = metres_each(*arrays(at(0, -5), at(0, 90), at(0, 0), at(0, 100)), [RIVER, RAIL], rows)
    assert metres[[0, 1, 3]] == pytest.approx([5, 10, 0], abs=0.01)
    assert np.isnan(metres[2])
    assert metres_each(*arrays(), [], np.zeros(0, dtype=np.intp)).tolist() == []


def test_spots_are_shared_to_a_centimetre() -> None:
    here, there = (116.31, 40.03), (116.32, 40.03)
    places = [here, there, here, (116.310001, 40.03), there, (116.3100000001, 40.03), there, there]
    found = spots(*arrays(*places), least=3)
    assert [rows.tolist() for rows in found] == [[1, 4, 6, 7], [0, 2, 5]]
    assert spots(*arrays(), least=1) == []


def town(seed: int, *, points: int = 300) -> tuple[np.ndarray, np.ndarray]:
    """Return places along the roads of a made-up town in ``AREA``, with 5 m of noise."""
    random = np.random.default_rng(seed)
    along, road = random.uniform(-950, 950, points), random.integers(0, 9, points) * 220 - 880
    beside = road + random.normal(0, 5, points)
    turned = random.random(points) < 0.5
    east, north = np.where(turned, along, beside), np.where(turned, beside, along)
    lon, lat = METRIC.transform(X0 + east, Y0 + north, direction="INVERSE")
    return np.asarray(lon), np.asarray(lat)


ROADS = [
    LineString(ends)
    for step in range(9)
    for ends in (
        [at(-1000, step * 220 - 880), at(1000, step * 220 - 880)],
        [at(step * 220 - 880, -1000), at(step * 220 - 880, 1000)],
    )
]
QUARTERS = [
    square(west, south, west + 500, south + 500)
    for west in range(-1000, 1000, 500)
    for south in range(-1000, 1000, 500)
]


@pytest.mark.parametrize(("system", "shift"), [(GCJ02, wgs84_to_gcj02), (BD09, wgs84_to_bd09)])
@pytest.mark.parametrize("seed", range(3))
def test_a_shifted_set_fits_better_once_converted(system: str, shift: object, seed: int) -> None:
    lon, lat = town(seed)
    named = rows_on(lon, lat, QUARTERS)
    named[50:] = NONE
    moved = shift(lon, lat)  # type: ignore[operator]
    fit = datum_fit(*moved, system=system, area=AREA, polygons=QUARTERS, named=named, lines=ROADS)
    assert fit.p_value < 1e-6
    assert fit.better > 4 * fit.worse
    assert fit.after.named == 1
    assert (fit.points, fit.naming) == (300, 50)
    assert fit.after.inside == 1 > fit.before.inside
    assert fit.after.road_m < 10 < fit.before.road_m  # type: ignore[operator]
    # GCJ-02 is 300 to 600 m off, BD-09 about as much again.
    assert 300 < fit.shift_m < (700 if system == GCJ02 else 1500)


@pytest.mark.parametrize("seed", range(5))
def test_a_right_set_fits_worse_once_converted(seed: int) -> None:
    lon, lat = town(seed)
    for system in (GCJ02, BD09):
        fit = datum_fit(lon, lat, system=system, area=AREA, polygons=QUARTERS, lines=ROADS)
        assert fit.p_value > 0.99
        assert fit.better < fit.worse


def test_what_is_named_pulls_the_points_that_name_it() -> None:
    here = [at(400 * n + 100, 100) for n in range(-2, 3)]
    shifted = wgs84_to_gcj02(*arrays(*here))
    goals = [Point(at(300, 100)), RAIL]
    rows = np.array([0, 0, 1, NONE, NONE])
    fit = datum_fit(*shifted, system=GCJ02, area=square(-1, -1, 1, 1), goals=goals, goal_rows=rows)
    # The shift leads 540 m to the east and 150 m to the north, past the goal and off the rails.
    assert (fit.better, fit.worse) == (1, 2)
    assert fit.before.goal_m == pytest.approx(200, abs=80)
    assert fit.after.goal_m == pytest.approx(600, abs=1)


def test_one_hot_spot_is_one_witness() -> None:
    """A thousand points in a few metres have one vote, whatever the roads say."""
    lon, lat = (np.full(1000, value) for value in at(50, 60))
    fit = datum_fit(lon, lat, system=GCJ02, area=AREA, lines=ROADS)
    assert fit.better + fit.worse <= 1
    assert fit.p_value >= 0.5


def test_without_evidence_nothing_is_said() -> None:
    fit = datum_fit(*arrays(at(0, 0)), system=GCJ02, area=box(0, 0, 1, 1))
    assert (fit.better, fit.worse, fit.p_value) == (0, 0, 1.0)
    assert fit.before.named is None
    assert fit.before.road_m is None
    empty = datum_fit(*arrays(), system=GCJ02, area=AREA, lines=ROADS)
    assert (empty.points, empty.p_value) == (0, 1.0)


def test_votes_are_counted_by_cell_and_chance_by_the_binomial() -> None:
    inside = [at(2 * 200 * n + 100, 100) for n in range(4)]
    shifted = wgs84_to_gcj02(*arrays(*inside))
    area = shapely.union_all([Point(place).buffer(1e-4) for place in inside])
    fit = datum_fit(*shifted, system=GCJ02, area=area)
    assert (fit.better, fit.worse) == (4, 0)
    assert fit.p_value == pytest.approx(comb(4, 4) / 2**4)
