"""Circles: the geodesic distance, the border, and the box that holds a circle."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyproj import Geod

from geo.circle import box_around, distances_m, within_m

GEOD = Geod(ellps="WGS84")
LONGITUDES = st.floats(-180, 180)
LATITUDES = st.floats(-89.9, 89.9)
RADII = st.floats(100, 2_000)
BEARINGS = st.floats(0, 360)


@given(LONGITUDES, LATITUDES, RADII, BEARINGS)
def test_a_place_on_the_border_belongs_to_the_circle_and_one_beyond_does_not(
    lon: float, lat: float, radius_m: float, bearing: float
) -> None:
    for far, inside in ((radius_m - 0.01, True), (radius_m, True), (radius_m + 0.01, False)):
        x, y, _back = GEOD.fwd(lon, lat, bearing, far)
        found = within_m(lon, lat, radius_m, np.array([x]), np.array([y]))
        assert bool(found[0]) is inside


@given(LONGITUDES, LATITUDES, RADII, BEARINGS)
def test_the_box_holds_the_whole_circle(
    lon: float, lat: float, radius_m: float, bearing: float
) -> None:
    west, south, east, north = box_around(lon, lat, radius_m)
    x, y, _back = GEOD.fwd(lon, lat, bearing, radius_m)
    assert west <= x <= east
    assert south <= y <= north


def test_a_circle_around_a_station_is_round_on_the_ground() -> None:
    """Degrees are not: at 40° north one of longitude is three quarters of one of latitude."""
    lon, lat = 116.3423, 40.0306
    east, north = distances_m(lon, lat, np.array([lon + 0.01, lon]), np.array([lat, lat + 0.01]))
    assert (round(east), round(north)) == (854, 1110)
    assert within_m(
        lon, lat, 900, np.array([lon + 0.01, lon]), np.array([lat, lat + 0.01])
    ).tolist() == [
        True,
        False,
    ]


def test_around_the_world_and_at_a_pole() -> None:
    assert within_m(179.999, 0, 500, np.array([-179.999]), np.array([0.0])).tolist() == [True]
    assert box_around(179.999, 0, 500)[::2] == (-180, 180)
    assert box_around(0, 90, 500) == (-180, pytest.approx(89.9955, abs=1e-4), 180, 90)
    assert len(within_m(0, 0, 500, np.array([]), np.array([]))) == 0
