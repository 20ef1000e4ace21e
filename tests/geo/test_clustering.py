"""Density clusters by cells, on shapes that crowds really have, each by every way inside."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from geo.clustering import density_clusters
from geo.density import border_places, core_places, joined_cells, places_in_cells
from tests.geo.test_hotspots import assert_as_scikit_learn

Floats = NDArray[np.float64]
ORIGIN = np.array([440_000.0, 4_430_000.0])
SHAPES: dict[str, Callable[[np.random.Generator], Floats]] = {
    "even": lambda rng: rng.random((500, 2)) * 600,
    "gathered": lambda rng: rng.normal(0, 25, (500, 2)) * rng.choice([0.2, 1, 6], (500, 1)),
    "line": lambda rng: np.column_stack([np.arange(300) * 10.0, np.zeros(300)]),
    "lattice": lambda rng: rng.integers(0, 20, (500, 2)) * 10.0,
    "same": lambda rng: np.zeros((50, 2)),
    "apart": lambda rng: rng.random((200, 2)) + rng.integers(0, 3, (200, 1)) * [49.0, 3e6],
    "two crowds a radius apart": lambda rng: (
        rng.random((600, 2)) * [30, 60] + rng.integers(0, 2, (600, 1)) * [79.5, 0]
    ),
}


@pytest.mark.parametrize("small", [False, True], ids=["", "in small portions, without tables"])
@pytest.mark.parametrize("shape", SHAPES)
def test_clusters_are_those_of_scikit_learn(
    shape: str, small: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if small:
        monkeypatch.setattr(places_in_cells, "_SMALLEST_GRID", 0)
        monkeypatch.setattr(places_in_cells, "_GRID_PER_PLACE", 0)
        monkeypatch.setattr(places_in_cells, "_TABLE_PER_QUERY", 0)
        monkeypatch.setattr(places_in_cells.portions, "__defaults__", (7,))
        monkeypatch.setattr(joined_cells, "_TRIED", 2)
        monkeypatch.setattr(joined_cells, "_CELLS_AT_ONCE", 3)
        monkeypatch.setattr(joined_cells, "_MANY_PAIRS", 5)
        monkeypatch.setattr(core_places, "_PLACES_AT_ONCE", 11)
        monkeypatch.setattr(border_places, "_PLACES_AT_ONCE", 13)
    xy = SHAPES[shape](np.random.default_rng(7)) + ORIGIN
    for radius_m, least in [(50.0, 5), (20.0, 12), (10.0 * 2**0.5, 2)]:
        assert_as_scikit_learn(xy, radius_m, least)


def test_weight_counts_as_often_as_points_do() -> None:
    rng = np.random.default_rng(8)
    xy = np.unique(np.round(rng.random((200, 2)) * 300), axis=0) + ORIGIN
    weight = rng.integers(1, 7, len(xy))
    found = density_clusters(xy, weight, radius_m=30.0, min_weight=9)[1]
    squared = ((xy[:, np.newaxis] - xy) ** 2).sum(axis=2)
    assert found.tolist() == ((squared <= 900) @ weight >= 9).tolist()
    assert 0 < found.sum() < len(xy)


@pytest.mark.parametrize("shift", [-1.0, 1.0])
def test_between_two_equally_near_cores_the_first_cluster_counts(shift: float) -> None:
    """One core north and one south of a border place, in other rows of cells."""
    xy = np.array([[0, 0], [0, -50], [shift, -100], [0, 50], [-shift, 100]]) + ORIGIN
    weight = np.array([1, 3, 4, 3, 4])
    order = np.lexsort(xy.T[::-1])
    labels, core = density_clusters(xy[order], weight[order], radius_m=50.01, min_weight=8)
    back = np.argsort(order)
    assert core[back].tolist() == [False, True, False, True, False]
    south, north = labels[back][[1, 3]]
    assert {south, north} == {0, 1}
    assert labels[back][0] == 0
