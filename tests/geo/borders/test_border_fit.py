"""Gaps, overlaps and moved borders, measured in metres."""

from __future__ import annotations

import geopandas as gpd
import pytest
import shapely

from geo.borders.border_fit import apart_km, covered_share, gaps, moved_borders, overlaps
from geo.crs import WGS84, frame_to_wgs84

AT = (440_000.0, 4_430_000.0)


def here(*boxes: tuple[float, float, float, float]) -> gpd.GeoDataFrame:
    """Return boxes in metres from a corner, in WGS 84."""
    shapes = [
        shapely.box(AT[0] + west, AT[1] + south, AT[0] + east, AT[1] + north)
        for west, south, east, north in boxes
    ]
    return frame_to_wgs84(gpd.GeoDataFrame(geometry=shapes, crs="EPSG:4548"))


def test_gaps_and_overlaps_are_found_with_their_sizes() -> None:
    area = here((0, 0, 1_000, 1_000)).geometry.iloc[0]
    frame = here((0, 0, 600, 1_000), (500, 0, 900, 1_000), (0, 0, 5, 5))

    assert [round(one.area_m2, -2) for one in overlaps(frame)] == [100_000]
    found = gaps(frame, area)
    assert [round(one.area_m2, -2) for one in found] == [100_000]
    assert found[0].shape.within(area.buffer(1e-6))
    assert covered_share(frame, area) == pytest.approx(0.9, abs=1e-3)
    assert gaps(here((-9, -9, 1_009, 1_009)), area) == []
    assert overlaps(here((0, 0, 5, 5), (5, 0, 9, 5))) == []


def test_how_far_a_set_lies_from_an_area() -> None:
    area = here((0, 0, 1_000, 1_000)).geometry.iloc[0]

    assert apart_km(here((0, 30_000, 1_000, 31_000)), area) == pytest.approx(30, abs=0.1)
    assert covered_share(here((0, 30_000, 1_000, 31_000)), area) == 0


def test_borders_that_moved_say_how_much_stays() -> None:
    shapes = here((0, 0, 100, 100), (0, 0, 100, 50), (200, 0, 300, 100), (0, 0, 9, 9)).geometry
    before = {"a": shapes[0], "b": shapes[2], "gone": shapes[3]}
    after = {"a": shapes[1], "b": shapes[2], "new": shapes[3]}

    assert moved_borders(before, after) == {"a": pytest.approx(0.5, abs=1e-3)}
    assert moved_borders({}, after) == {}
    assert shapes.crs == WGS84
