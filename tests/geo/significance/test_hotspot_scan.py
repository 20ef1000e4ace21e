from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from geo.hotspots import Hotspots, find_hotspots
from geo.significance.disc_scan import log_likelihood_ratio
from geo.significance.hotspot_scan import JudgedHotspots, judge_hotspots
from tests.geo.significance import worlds

SHARED = Path(__file__).resolve().parents[4] / "shared" / "data"
EAST_M, NORTH_M = 440_000.0, 4_430_000.0


def square(size_m: float, *, at: tuple[float, float] = (0.0, 0.0)) -> shapely.Polygon:
    west, south = EAST_M + at[0], NORTH_M + at[1]
    return shapely.box(west, south, west + size_m, south + size_m)


def area(*shapes: shapely.Polygon) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        {"code": [str(n) for n in range(len(shapes))]}, geometry=list(shapes), crs=4548
    )


def pins(xy: object, **columns: object) -> gpd.GeoDataFrame:
    places = np.asarray(xy, dtype=float).reshape(-1, 2) + np.array([EAST_M, NORTH_M])
    return gpd.GeoDataFrame(columns, geometry=gpd.points_from_xy(*places.T), crs=4548)


def judged(
    proposals: gpd.GeoDataFrame, communities: gpd.GeoDataFrame, **options: object
) -> tuple[Hotspots, JudgedHotspots]:
    person = "person" if "person" in proposals.columns else None
    hotspots = find_hotspots(proposals, radius_m=50, min_proposals=5, person_column=person)
    settings = {"simulations": 39, "person_column": person} | options
    return hotspots, judge_hotspots(proposals, hotspots, communities, **settings)  # type: ignore[arg-type]


def crowd_and_background(seed: int = 3, members: int = 25) -> np.ndarray:
    """Return 300 pins over 2 km and a crowd of 40 m around (1000, 1000), which comes first."""
    rng = np.random.default_rng(seed)
    crowd = np.array([1000.0, 1000.0]) + rng.uniform(-28, 28, (members, 2))
    return np.concatenate([crowd, rng.uniform(0, 2000, (300, 2))])


def test_a_crowd_is_told_from_chance_with_its_people_and_effect() -> None:
    xy = crowd_and_background()
    proposals = pins(xy, person=np.arange(len(xy)))
    hotspots, result = judged(proposals, area(square(2000)))
    assert result.frame.index.tolist() == hotspots.frame["hotspot_id"].tolist()
    first = result.frame.iloc[0]
    assert first["verdict"] == "significant"
    assert first["people"] >= 25
    assert first["people"] == hotspots.frame["people"].iloc[0]
    share = hotspots.frame.geometry.to_crs(4548).area.iloc[0] / 2000**2
    assert first["expected"] == pytest.approx(325 * share, rel=0.6)
    assert first["core_people"] >= 0.8 * 25
    assert first["core_people"] > 2.5 * first["core_expected"]
    assert first["core_radius_m"] in {20, 60, 100, 140}
    assert first["effect"] == pytest.approx(first["people"] / first["expected"])
    assert first["p_value"] == pytest.approx(1 / 40)
    card = result.card
    assert (card.method, card.parameters["simulations"], card.counted["people"]) == (
        "clustered_scan",
        39,
        len(xy),
    )


def test_one_person_counts_once_wherever_they_press() -> None:
    """Thirty pins of one person are one; of thirty persons they are a crowd."""
    xy = crowd_and_background(members=30)
    alone = np.arange(len(xy))
    alone[:30] = 0
    result = judged(pins(xy, person=alone), area(square(2000)))[1]
    assert "significant" not in set(result.frame["verdict"])
    assert result.card.left_out["repeated"] >= 29
    afar = np.where(np.arange(len(xy)) % 2 == 0, np.arange(len(xy)), 1)
    told = judged(pins(xy, person=afar), area(square(2000)))[1].card.counted
    assert told["people"] == len(np.unique(afar)), "one person at many places is one"
    people = pd.Series([f"supporter {n}" for n in range(30)], index=[0] * 30)
    hotspots = find_hotspots(
        pins(xy, person=alone),
        radius_m=50,
        min_proposals=5,
        person_column="person",
        further_people=people,
    )
    supported = judge_hotspots(
        pins(xy, person=alone),
        hotspots,
        area(square(2000)),
        person_column="person",
        further_people=people,
        simulations=39,
    )
    assert supported.frame["on_shared_point"].iloc[0] == 31, "they all stand on one coordinate"
    assert supported.frame["verdict"].iloc[0] == "shared_point"


def test_a_shared_point_is_no_density_for_itself_or_for_others() -> None:
    xy = crowd_and_background()
    with_it = np.concatenate([xy, np.repeat([[1500.0, 500.0]], 200, axis=0)])
    without = judged(pins(xy), area(square(2000)))
    result = judged(pins(with_it), area(square(2000)))
    told = result[1].frame.set_index(result[0].frame["largest_shared_point"])
    assert told.loc[200, "verdict"] == "shared_point"
    assert told.loc[200, "on_shared_point"] == 200
    assert result[1].card.left_out["shared_point"] == 200
    others = result[1].frame[result[1].frame["on_shared_point"] == 0]
    pd.testing.assert_frame_equal(
        others.sort_index(), without[1].frame.loc[others.index].sort_index()
    )


def test_the_order_of_rows_changes_nothing() -> None:
    rng = np.random.default_rng(5)
    xy = crowd_and_background()
    proposals = pins(xy, person=rng.integers(0, 250, len(xy)))
    communities = area(square(1000), square(1000, at=(1000, 0)), square(2000, at=(0, 1000)))
    once = judged(proposals, communities)[1]
    again = judged(
        proposals.sample(frac=1, random_state=1), communities.sample(frac=1, random_state=2)
    )[1]
    pd.testing.assert_frame_equal(once.frame, again.frame)
    assert once.card == again.card


def test_edges_of_communities_are_no_hotspots() -> None:
    """A small community ten times as dense as what is around it is dense all over."""
    rng = np.random.default_rng(8)
    dense = rng.uniform(900, 1100, (40, 2))
    thin = rng.uniform(0, 2000, (400, 2))
    both = pins(np.concatenate([dense, thin]))
    small = square(200, at=(900, 900))
    known = judged(both, area(small, square(2000).difference(small)))[1]
    unknown = judged(both, area(square(2000)))[1]
    assert "significant" not in set(known.frame["verdict"])
    assert "significant" in set(unknown.frame["verdict"])


def test_a_small_effect_is_no_hotspot_however_sure_it_is() -> None:
    people = np.array([[249.0], [250.0], [4.0], [5.0]], dtype=np.float32)
    expected = np.array([[100.0], [100.0], [0.1], [0.1]], dtype=np.float32)
    ratio = log_likelihood_ratio(people, expected)[:, 0]
    assert ratio.tolist() == pytest.approx(
        [0, 250 * np.log(2.5) - 150, 0, 5 * np.log(50) - 4.9], rel=1e-5
    )


def test_what_people_are_expected_at_is_background() -> None:
    """All along one street: a crowd on bare ground, ordinary where the street is known."""
    rng = np.random.default_rng(9)
    along = np.column_stack([rng.uniform(0, 2000, 400), 1000 + rng.uniform(-6, 6, 400)])
    proposals = pins(np.concatenate([along, rng.uniform(0, 2000, (60, 2))]))
    street = gpd.GeoDataFrame(
        {"lanes": [2.0]},
        geometry=[shapely.LineString([(EAST_M, NORTH_M + 1000), (EAST_M + 2000, NORTH_M + 1000)])],
        crs=4548,
    )
    bare = judged(proposals, area(square(2000)))[1]
    known = judged(
        proposals, area(square(2000)), exposure=street.to_crs(4326), exposure_column="lanes"
    )[1]
    assert "significant" in set(bare.frame["verdict"])
    assert "significant" not in set(known.frame["verdict"])
    assert float(known.card.parameters["exposure_share"]) > 0.5


@pytest.mark.parametrize("count", [0, 1, 4, 6])
def test_few_pins_are_too_few_or_one_shared_point(count: int) -> None:
    hotspots, result = judged(pins([[500.0, 500.0]] * count), area(square(1000)))
    assert result.frame["verdict"].tolist() == ["shared_point"] * (count >= 5)
    assert len(result.frame) == len(hotspots.frame)
    assert str(result.frame["verdict"].dtype) == "str"


def test_where_no_community_is_nothing_can_be_said() -> None:
    xy = crowd_and_background()
    elsewhere = area(square(500, at=(9000, 9000)))
    for communities in (elsewhere, elsewhere.iloc[:0]):
        result = judged(pins(xy), communities)[1]
        assert set(result.frame["verdict"]) == {"too_few"}
        assert result.frame[["effect", "p_value"]].isna().all(axis=None)
        assert result.card.left_out["outside"] == len(xy)


def test_a_community_smaller_than_a_cell_is_an_area_too() -> None:
    xy = 500 + np.random.default_rng(4).uniform(0, 4, (12, 2))
    result = judged(pins(xy), area(square(4, at=(500, 500))))[1]
    assert result.frame["verdict"].tolist() == ["not_significant"]
    assert result.card.left_out["outside"] == 0


def test_groups_on_either_side_of_the_date_line_are_judged_together() -> None:
    rng = np.random.default_rng(6)
    crowd = rng.uniform(-28, 28, (30, 2)) / 111_000
    around = rng.uniform(-0.01, 0.01, (250, 2))
    here = np.concatenate([crowd, around]) + np.array([179.95, 1.0])
    there = np.concatenate([crowd[:7], around]) + np.array([-179.95, 1.0])
    lonlat = np.concatenate([here, there])
    proposals = gpd.GeoDataFrame(geometry=gpd.points_from_xy(*lonlat.T), crs=4326)
    shapes = [shapely.box(179.93, 0.98, 179.97, 1.02), shapely.box(-179.97, 0.98, -179.93, 1.02)]
    communities = gpd.GeoDataFrame(geometry=shapes, crs=4326)
    hotspots, result = judged(proposals, communities)
    east = hotspots.frame["centre_longitude"].to_numpy() > 0
    found = result.frame["verdict"].to_numpy() == "significant"
    assert found.tolist() == [True] + [False] * (len(found) - 1)
    assert east[0]
    assert (~east).any()
    assert result.frame["expected"].notna().all()
    assert result.card.counted["communities"] == 2


def test_progress_is_told_up_to_the_end() -> None:
    told: list[float] = []
    judged(pins(crowd_and_background()), area(square(2000)), progress=told.append)
    assert told
    assert told == sorted(told)
    assert told[-1] == 1.0


@pytest.mark.skipif(not SHARED.is_dir(), reason="shared/data is absent")
def test_a_geocoders_fallback_point_among_real_requests_is_no_hotspot() -> None:
    town = (120.204, 22.990, 120.214, 23.0)
    requests = gpd.read_file(SHARED / "tainan_1999_2017_zhongxi_bei.geojson").cx[
        town[0] : town[2], town[1] : town[3]
    ]
    villages = gpd.read_file(SHARED / "tainan_villages_752_wgs84.geojson")
    hotspots = find_hotspots(requests, radius_m=30, min_proposals=20)
    result = judge_hotspots(requests, hotspots, villages, simulations=39)
    coordinates = requests.get_coordinates()
    most = coordinates.value_counts()
    fallback = (coordinates == list(most.index[0])).all(axis=1).to_numpy()
    assert fallback.sum() == 202
    assert result.card.left_out["shared_point"] == most[most >= 5].sum()
    assert {"shared_point", "not_significant"} <= set(result.frame["verdict"])
    (at,) = set(hotspots.membership[fallback])
    assert result.frame.loc[at, "verdict"] == "shared_point"
    assert result.frame.loc[at, "on_shared_point"] >= 202


def test_worlds_are_as_they_say() -> None:
    rng = np.random.default_rng(1)
    xy, middles = worlds.planted(rng, "hard_edges", strength=25)
    assert len(xy) == worlds.PEOPLE
    away = np.hypot(*(xy[:, np.newaxis] - middles).transpose(2, 0, 1))
    assert ((away <= 40).sum(axis=0) >= 25).all()
