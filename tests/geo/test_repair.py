"""What polygons have twice, in square metres."""

from __future__ import annotations

import geopandas as gpd
import pytest
from shapely.geometry import box

from geo.repair import overlap_m2

X, Y = 450_000, 4_431_000  # in EPSG:4548


def frame(*boxes: tuple[int, int, int, int]) -> gpd.GeoDataFrame:
    shapes = [box(X + w, Y + s, X + e, Y + n) for w, s, e, n in boxes]
    return gpd.GeoDataFrame(geometry=shapes, crs="EPSG:4548")


def test_an_overlap_is_measured_once_in_any_system() -> None:
    both = frame((0, 0, 100, 100), (90, 0, 200, 100), (200, 0, 300, 100))
    assert overlap_m2(both) == pytest.approx(1000, rel=1e-6)
    assert overlap_m2(both.to_crs(4326)) == pytest.approx(1000, rel=1e-3)
    assert overlap_m2(frame((0, 0, 9, 9), (9, 0, 18, 9))) == pytest.approx(0, abs=1e-6)
