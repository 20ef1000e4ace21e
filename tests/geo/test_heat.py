"""Heat against the exact sum of kernels and values worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest
from pyproj import Transformer
from scipy.stats import multivariate_normal

from core.errors import InvalidError
from geo.heat import heat

BOX = (116.30, 40.02, 116.35, 40.06)
#: An oracle of its own: pyproj straight, by the code of the system.
METRES = Transformer.from_crs(4326, 4548, always_xy=True)


def test_one_point_has_the_peak_of_the_kernel() -> None:
    found = heat(np.array([116.325]), np.array([40.04]), bounds=BOX, bandwidth_m=100)
    assert found.metric_crs == "EPSG:4548"
    # 1 / (2 π 100²) per m² is 15.915 per km²; the grid's nodes lie beside the point.
    assert found.at(np.array([116.325]), np.array([40.04]))[0] == pytest.approx(15.915, rel=0.05)
    assert found.density.sum() * found.cell_m**2 / 1e6 == pytest.approx(1, rel=1e-3)


def test_it_is_the_sum_of_kernels_in_metres() -> None:
    random = np.random.default_rng(7)
    lon, lat = random.uniform(116.30, 116.35, 400), random.uniform(40.02, 40.06, 400)
    found = heat(lon, lat, bounds=BOX, bandwidth_m=150)
    at_lon, at_lat = random.uniform(116.30, 116.35, 60), random.uniform(40.02, 40.06, 60)
    x, y = METRES.transform(lon, lat)
    spots = np.column_stack(METRES.transform(at_lon, at_lat))
    exact = sum(
        multivariate_normal([a, b], 150**2 * np.eye(2)).pdf(spots)
        for a, b in zip(x, y, strict=True)
    )
    np.testing.assert_allclose(
        found.at(at_lon, at_lat), np.asarray(exact) * 1e6, atol=0.02 * found.peak
    )


def test_what_lies_around_the_box_reaches_into_it_and_far_away_nothing_does() -> None:
    edge = heat(np.array([116.2995]), np.array([40.04]), bounds=BOX, bandwidth_m=100)
    assert edge.at(np.array([116.3001]), np.array([40.04]))[0] > 10
    far = heat(np.array([116.0, np.nan]), np.array([40.04, 40.04]), bounds=BOX, bandwidth_m=100)
    assert far.peak == 0
    assert far.at(np.array([0.0]), np.array([0.0]))[0] == 0


def test_no_points_are_no_heat() -> None:
    none = np.zeros(0)
    assert heat(none, none, bounds=BOX, bandwidth_m=100).peak == 0


@pytest.mark.parametrize("bandwidth_m", [0, -1, np.nan, 0.1])
def test_a_bandwidth_must_make_sense(bandwidth_m: float) -> None:
    with pytest.raises(InvalidError):
        heat(np.zeros(1), np.zeros(1), bounds=BOX, bandwidth_m=bandwidth_m)
