from __future__ import annotations

import itertools

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
import shapely
from scipy import stats

from geo.point_in_polygon import PolygonIndex
from geo.significance.conditional_permutation import conditional_p, drawn_tails, pearson_tails
from geo.significance.hex_grid import hex_grid
from geo.significance.local_gi import (
    gi_star,
    joined_slivers,
    judge_communities,
    judge_hexes,
    touching,
)
from geo.significance.multiple_testing import benjamini_hochberg
from tests.geo.significance import worlds

EAST_M, NORTH_M = 440_000.0, 4_430_000.0


def blocks(side: int, size_m: float = 500.0) -> gpd.GeoDataFrame:
    """Return side x side square communities, row by row, with 1,000 residents each."""
    corners = [
        (EAST_M + size_m * column, NORTH_M + size_m * row)
        for row, column in itertools.product(range(side), range(side))
    ]
    return gpd.GeoDataFrame(
        {"code": [f"c{n:03d}" for n in range(side**2)], "population": 1_000},
        geometry=[shapely.box(x, y, x + size_m, y + size_m) for x, y in corners],
        crs=4548,
    )


def window_of(side: int) -> sp.csr_matrix:
    return touching(blocks(side).geometry.to_numpy(), gap_m=1.0)


def hot_corner(side: int = 8, *, people: int = 25) -> pd.Series:
    """Return people per block: about ten everywhere, ``people`` in three by three of a corner."""
    counts = np.random.default_rng(4).poisson(10, (side, side))
    counts[:3, :3] = people
    counts[-3:, -3:] = 0
    return pd.Series(counts.ravel())


def test_gi_star_is_that_of_esda() -> None:
    esda = pytest.importorskip("esda", reason="esda is not installed (requirements-dev.txt)")
    from libpysal.weights import WSP, fill_diagonal

    rng = np.random.default_rng(2)
    window = window_of(12)
    for values in (rng.negative_binomial(1, 0.1, 144).astype(float), rng.random(144)):
        weights = WSP(window).to_W(silence_warnings=True)
        weights = fill_diagonal(weights, 1.0)
        oracle = esda.G_Local(values, weights, transform="B", star=True, permutations=0)
        np.testing.assert_allclose(gi_star(values, window), oracle.Zs, rtol=0, atol=1e-9)


def test_gi_star_by_hand() -> None:
    """Of three cells in a row, of which the first two touch."""
    window = sp.csr_matrix(np.array([[1.0, 1, 0], [1, 1, 0], [0, 0, 1]]))
    values = np.array([4.0, 2.0, 0.0])
    mean, spread = 2.0, np.sqrt(8 / 3)
    error = spread * np.sqrt((3 * 2 - 4) / 2)
    assert gi_star(values, window)[:2] == pytest.approx((6 - 2 * mean) / error)
    assert np.isnan(gi_star(np.ones(3), window)).all()


def test_moments_are_those_of_all_ways_to_draw() -> None:
    """Mean, spread and skewness of Pearson's curve against every choice of three of six others."""
    values = np.array([0.0, 1, 1, 2, 5, 9, 3])
    sums = np.array([sum(pick) for pick in itertools.combinations(values[:6], 3)]) + values[6]
    observed = 14.0
    z = (observed - sums.mean()) / sums.std()
    skew = stats.skew(sums)
    of_cell = np.full(7, observed)
    tails = pearson_tails(values, of_cell, np.full(7, 3))
    assert tails.high[6] == pytest.approx(stats.pearson3.sf(z, skew), rel=1e-9)
    assert tails.low[6] == pytest.approx(stats.pearson3.cdf(z, skew), rel=1e-9)
    drawn = drawn_tails(values, of_cell, np.full(7, 3), np.array([6]), draws=40_000, seed=1)
    assert drawn.high[0] == pytest.approx(np.mean(sums >= observed), abs=0.01)
    assert drawn.low[0] == pytest.approx(np.mean(sums <= observed), abs=0.01)


def test_benjamini_hochberg_rejects_up_to_the_last_small_one() -> None:
    p_values = np.array([0.001, 0.013, 0.014, 0.2, np.nan, 0.9])
    assert benjamini_hochberg(p_values, level=0.05).tolist() == [True] * 3 + [False] * 3
    assert not benjamini_hochberg(np.array([np.nan, 0.06]), level=0.05).any()
    assert not benjamini_hochberg(np.array([]), level=0.05).any()


def test_communities_are_hot_and_cold_by_rate() -> None:
    communities = blocks(8)
    result = judge_communities(hot_corner(), communities)
    assert result.frame.crs == "EPSG:4326"
    assert result.frame["cell"].tolist() == communities["code"].tolist()
    verdict = result.frame["verdict"].to_numpy().reshape(8, 8)
    assert verdict[0, 0] == verdict[1, 1] == "hot"
    assert verdict[7, 7] == "cold"
    assert verdict[0, 7] == "not_significant"
    assert result.frame["effect"].iloc[0] > 2
    assert result.frame["z"].iloc[0] > 2
    assert (result.card.method, result.card.counted["cells"]) == ("gi_communities", 64)
    crowded = communities.assign(population=(hot_corner() * 100 + 100).to_numpy())
    people = pd.Series(np.random.default_rng(5).poisson(crowded["population"] / 100))
    ordinary = judge_communities(people, crowded)
    assert "hot" not in set(ordinary.frame["verdict"]), "many people where many live"


def test_what_has_no_residents_or_no_people_is_too_few() -> None:
    communities = blocks(4)
    communities["population"] = communities["population"].astype(float)
    communities.loc[[0, 1], "population"] = [np.nan, 0.0]
    result = judge_communities(pd.Series(20, index=communities.index), communities)
    assert result.frame["verdict"].tolist()[:3] == ["too_few", "too_few", "not_significant"]
    assert result.card.left_out["without_exposure"] == 2
    nobody = judge_communities(pd.Series(dtype=float), communities)
    assert set(nobody.frame["verdict"]) == {"too_few"}
    nowhere = judge_communities(pd.Series(dtype=float), communities.iloc[:0])
    assert len(nowhere.frame) == 0


def test_hexes_find_a_crowded_district_and_count_each_person_once() -> None:
    rng = np.random.default_rng(7)
    district = rng.uniform(1000, 1900, (300, 2))
    xy = np.concatenate([district, rng.uniform(0, 4000, (400, 2))])
    proposals = gpd.GeoDataFrame(
        {"person": np.arange(len(xy))},
        geometry=gpd.points_from_xy(*(xy + np.array([EAST_M, NORTH_M])).T),
        crs=4548,
    )
    communities = blocks(8)
    result = judge_hexes(proposals, communities, person_column="person")
    hot = result.frame[result.frame["verdict"] == "hot"].to_crs(4548)
    assert 3 <= len(hot) <= 40
    middle = hot.geometry.centroid
    near = shapely.box(EAST_M + 700, NORTH_M + 700, EAST_M + 2200, NORTH_M + 2200)
    assert middle.within(near).all()
    assert result.frame["people"].sum() == len(xy)
    area = result.frame.to_crs(4548).area
    assert area.min() >= 0.48 * 200**2 * np.sqrt(3) / 2
    assert area.sum() == pytest.approx(4000**2, rel=0.02)
    again = judge_hexes(
        pd.concat([proposals, proposals]).sample(frac=1, random_state=1),
        communities.sample(frac=1, random_state=2),
        person_column="person",
    )
    pd.testing.assert_frame_equal(
        again.frame.drop(columns="geometry"), result.frame.drop(columns="geometry")
    )
    assert again.card.left_out["repeated"] == len(xy)


def test_the_order_of_communities_changes_nothing() -> None:
    communities, people = blocks(6), hot_corner(6, people=30)
    result = judge_communities(people, communities).frame.set_index("cell").sort_index()
    again = judge_communities(people, communities.sample(frac=1, random_state=3))
    pd.testing.assert_frame_equal(
        again.frame.set_index("cell").sort_index().drop(columns="geometry"),
        result.drop(columns="geometry"),
    )


def test_slivers_join_the_neighbour_with_most_area() -> None:
    """No cell of a strip keeps less than half of a hexagon, and no area is lost with a sliver."""
    index = PolygonIndex(blocks(2, size_m=333.0))
    grid = hex_grid(index, width_m=100, samples=8)
    assert grid.area_m2.sum() == pytest.approx(666**2, rel=0.02)
    joined = joined_slivers(grid)
    half = 100**2 * np.sqrt(3) / 4
    kept = joined == np.arange(len(grid))
    assert (grid.area_m2[kept] >= half).all()
    assert (grid.area_m2[~kept] < half).all()
    assert kept[joined[joined >= 0]].all()
    assert (~kept).any()


def test_nothing_and_one_pin() -> None:
    communities = blocks(2)
    for count in (0, 1):
        pins = gpd.GeoDataFrame(
            geometry=gpd.points_from_xy([EAST_M + 5] * count, [NORTH_M + 5] * count), crs=4548
        )
        result = judge_hexes(pins, communities)
        assert set(result.frame["verdict"]) == {"too_few"}
        assert result.frame["people"].sum() == count
    assert len(judge_hexes(pins, communities.iloc[:0]).frame) == 0


@pytest.mark.parametrize("exposure", ["population", None])
def test_random_maps_have_hot_communities_seldom(exposure: str | None) -> None:
    """Of 24 maps that follow residents (or area), at most three have a hot or cold community.

    With the normal p-value of counts nearly all would.
    """
    rng = np.random.default_rng([20263, exposure is None])
    communities = worlds.communities()
    share = communities[exposure] if exposure else communities.area
    found = 0
    for _ in range(24):
        gamma = rng.gamma(4, 0.25, len(share)) * share.to_numpy()
        people = pd.Series(rng.multinomial(1650, gamma / gamma.sum()), index=communities.index)
        verdicts = judge_communities(people, communities, exposure_column=exposure).frame["verdict"]
        found += bool(verdicts.isin(["hot", "cold"]).any())
    assert found <= 3


def test_random_maps_have_hot_hexes_seldom() -> None:
    """Of 24 maps of skewed counts over 324 cells, at most three have a hot cell."""
    rng = np.random.default_rng(20264)
    window = window_of(18)
    neighbours = np.asarray(window.sum(axis=1)).ravel().astype(np.int64) - 1
    found = 0
    for seed in range(24):
        values = rng.negative_binomial(0.5, 0.5 / 5.5, 324).astype(float)
        tails = conditional_p(
            values, window @ values, neighbours, level=0.05, draws=9_999, seed=seed
        )
        found += bool(benjamini_hochberg(tails.high, level=0.05).any())
    assert found <= 3
