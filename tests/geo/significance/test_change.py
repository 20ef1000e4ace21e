"""The scan for change between periods: what it counts, what it finds, how often it is wrong."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from numpy.typing import NDArray
from scipy import sparse  # type: ignore[import-untyped]
from scipy.special import xlogy  # type: ignore[import-untyped]

from geo.significance.change import BadPeriodsError, judge_change, judge_change_in
from geo.significance.period_scan import Zones, likelihood_ratio
from geo.significance.person_periods import person_periods
from geo.significance.trend import TooFewPeriodsError, judge_trends
from tests.geo.significance import worlds

FRESH = 41_207
MAPS, MOST_FALSE = 200, 15
CORNER = np.array([490_000.0, 4_430_000.0])


def proposals(xy: NDArray[np.float64], person: NDArray[np.int64] | None = None) -> gpd.GeoDataFrame:
    who = np.arange(len(xy)) if person is None else person
    points = gpd.points_from_xy(*(xy + CORNER).T, crs=worlds.METRIC)
    return gpd.GeoDataFrame({"person": who}, geometry=points)


def crowd(rng: np.random.Generator, count: int, *, wide_m: float = 60.0) -> NDArray[np.float64]:
    return 1_000 + wide_m * rng.random((count, 2))


def town(rng: np.random.Generator, count: int = 400) -> NDArray[np.float64]:
    return 3_000 * rng.random((count, 2))


def halves(rng: np.random.Generator, count: int) -> NDArray[np.int64]:
    return rng.integers(0, 2, count)


def grown_town(people: int = 30, *, one_point: bool = False) -> tuple[gpd.GeoDataFrame, pd.Series]:
    """A town in two periods, with a place where so many people come in the second."""
    rng = np.random.default_rng(7)
    new = crowd(rng, people)
    xy = np.concatenate([town(rng), new[:1].repeat(people, 0) if one_point else new])
    period = np.concatenate([halves(rng, 400), np.ones(people, dtype=np.int64)])
    return proposals(xy), pd.Series(period)


def one_change(null: str, number: int, simulations: int) -> pd.DataFrame:
    """Judge a random map on which a fifth of the proposals are of people who made others."""
    rng = np.random.default_rng([FRESH, number])
    frame = worlds.as_proposals(worlds.NULLS[null](rng, worlds.PEOPLE))
    again = rng.random(len(frame)) < 0.2
    frame.loc[again, "person"] = rng.integers(0, len(frame), again.sum())
    period = pd.Series(halves(rng, len(frame)), frame.index)
    return judge_change(frame, period, person_column="person", simulations=simulations).frame


def false_maps(null: str, maps: int, *, simulations: int) -> int:
    found = [one_change(null, number, simulations) for number in range(maps)]
    return sum(bool((frame["verdict"] == "significant").any()) for frame in found)


def recall_and_precision(maps: int, *, simulations: int) -> tuple[float, float]:
    """Plant four places with 20 people each in the second period."""
    planted, found, right, told = 0, 0, 0, 0
    for number in range(maps):
        rng = np.random.default_rng([FRESH, 20, number])
        xy, middles = worlds.planted(rng, "hard_edges", strength=20, hotspots=4)
        period = np.concatenate([halves(rng, len(xy) - 80), np.ones(80, dtype=np.int64)])
        frame = worlds.as_proposals(xy)
        judged = judge_change(
            frame, pd.Series(period), person_column="person", simulations=simulations
        ).frame
        sure = judged[judged["verdict"] == "significant"].to_crs(worlds.METRIC)
        discs = shapely.points(middles)[np.newaxis]
        away = shapely.distance(np.asarray(sure.geometry.array)[:, np.newaxis], discs)
        planted += len(middles)
        found += int((away <= 40).any(axis=0).sum())
        right += int((away <= 40).any(axis=1).sum())
        told += len(sure)
        assert (sure["change"] == "grown").all()
    return found / planted, right / max(told, 1)


def test_a_few_random_maps_have_no_change() -> None:
    assert false_maps("hard_edges", 3, simulations=39) == 0


def test_a_few_planted_changes_are_found() -> None:
    recall, precision = recall_and_precision(3, simulations=39)
    assert recall >= 0.75
    assert precision == 1


@pytest.mark.everything
@pytest.mark.parametrize("null", ["hard_edges", "small_groups"])
def test_few_of_many_random_maps_have_a_change(null: str) -> None:
    assert false_maps(null, MAPS, simulations=199) <= MOST_FALSE


@pytest.mark.everything
def test_planted_changes_are_found() -> None:
    recall, precision = recall_and_precision(25, simulations=199)
    assert recall >= 0.9
    assert precision == 1


def test_a_place_that_many_people_came_to_is_told_with_its_people() -> None:
    frame, period = grown_town()
    judged = judge_change(frame, period, person_column="person", simulations=99)
    first = judged.frame.iloc[0]
    told = (first["change"], first["since"], first["until"], first["verdict"], first["p_value"])
    assert told == ("grown", 1, 1, "significant", 0.01)
    inside = frame.to_crs(4326).intersects(first.geometry).to_numpy()
    people = [frame["person"][inside & (period == one)].nunique() for one in (0, 1)]
    assert [first["people_before"], first["people_after"]] == people
    assert first["people_after"] >= 30
    share = (period == 1).mean()
    assert first["effect"] == pytest.approx(people[1] / (sum(people) * share))
    shapes = judged.frame.to_crs(worlds.METRIC).geometry
    assert shapely.area(shapely.intersection(shapes[0], shapes[1:].to_numpy())).max() < 1
    back = judge_change(frame, 1 - period, person_column="person", simulations=99).frame.iloc[0]
    assert (back["change"], back["verdict"], back["since"]) == ("shrunk", "significant", 0)
    assert [back["people_before"], back["people_after"]] == people[::-1]


def test_one_person_is_no_crowd_and_one_address_no_place() -> None:
    frame, period = grown_town()
    frame.loc[400:, "person"] = 400
    alone = judge_change(frame, period, person_column="person", simulations=99).frame
    assert not (alone["verdict"] == "significant").any()
    frame, period = grown_town(one_point=True)
    address = judge_change(frame, period, person_column="person", simulations=99).frame
    assert address["verdict"].tolist()[0] == "shared_point"
    assert not (address["verdict"] == "significant").any()


def test_the_order_of_rows_changes_nothing_and_what_is_in_no_period_is_left_out() -> None:
    frame, period = grown_town()
    period = period.astype("Int64")
    period[:5] = pd.NA
    frame.loc[5, "geometry"] = None
    frame["person"] = frame["person"].astype("Int64")
    frame.loc[6, "person"] = pd.NA
    frame["person"] = frame["person"] // 2  # pairs of proposals are of one person
    mixed = frame.sample(frac=1, random_state=3)
    judged, again = (
        judge_change(one, period, person_column="person", simulations=49) for one in (frame, mixed)
    )
    pd.testing.assert_frame_equal(judged.frame, again.frame)
    assert judged.card == again.card
    assert judged.card.left_out == {"unplaced": 1, "in_no_period": 5, "without_person": 1}
    assert judged.card.counted["proposals"] == len(frame) - 7


def test_people_count_once_in_a_zone_and_period_wherever_they_stand_in_it() -> None:
    rng = np.random.default_rng(11)
    frame = proposals(100 * rng.random((80, 2)), rng.integers(0, 25, 80))
    period = pd.Series(rng.integers(0, 3, 80))
    people = person_periods(frame, period, person_column="person")
    site = np.unique(np.column_stack([people.longitude, people.latitude]), axis=0, return_inverse=1)
    inside = rng.random((6, len(site[0]))) < 0.4
    zones = Zones.of(people, site[1].ravel(), [sparse.csr_array(inside.astype(float))])
    counts = next(iter(zones.counts(people, [people.period])))[:, :, 0]
    for zone in range(6):
        there = people.presence[inside[zone][site[1].ravel()]]
        expected = np.bincount(people.period[np.unique(there)], minlength=3)
        assert counts[zone].tolist() == expected.tolist()


def test_shuffled_people_keep_how_many_periods_they_were_present_in() -> None:
    rng = np.random.default_rng(5)
    frame = proposals(town(rng, 120), rng.integers(0, 40, 120))
    people = person_periods(frame, pd.Series(rng.integers(0, 4, 120)), person_column="person")
    other = people.shuffled(rng)
    assert (other.period != people.period).any()
    assert other.per_period().tolist() == people.per_period().tolist()
    pairs = pd.DataFrame({"person": other.person, "period": other.period})
    assert not pairs.duplicated().any()


def test_the_measure_is_the_likelihood_ratio_of_bernoulli() -> None:
    c, n, share, everyone = np.array([7.0, 5, 3, 4]), np.array([9.0, 5, 20, 6]), 0.4, 100
    a, m = share * everyone, float(everyone)
    free = xlogy(c, c / n) + xlogy(n - c, (n - c) / n)
    free += xlogy(a - c, (a - c) / (m - n)) + xlogy(m - n - a + c, (m - n - a + c) / (m - n))
    expected = free - (xlogy(a, a / m) + xlogy(m - a, (m - a) / m))
    expected[2:] = 0  # fewer than expected, fewer than five
    assert likelihood_ratio(c, n, share, everyone, 5) == pytest.approx(expected)


def test_areas_that_are_asked_about_are_judged_in_their_order() -> None:
    frame, period = grown_town()
    at = shapely.box(*(CORNER + 990), *(CORNER + 1_070))
    far, empty = shapely.box(*CORNER, *(CORNER + 900)), shapely.box(*(CORNER - 90), *CORNER)
    areas = gpd.GeoSeries([far, at, empty], index=["far", "at", "empty"], crs=worlds.METRIC)
    told: list[float] = []
    judged = judge_change_in(
        areas, frame, period, person_column="person", simulations=99, progress=told.append
    ).frame
    assert judged["area"].tolist() == ["far", "at", "empty"]
    assert judged["verdict"].tolist() == ["not_significant", "significant", "too_few"]
    assert judged["people_after"][1] >= 30
    assert np.isnan(judged["p_value"][2])
    assert told
    assert all(0 <= share < 1 for share in told)


@pytest.mark.parametrize("periods", [1, 61])
def test_a_change_needs_periods(periods: int) -> None:
    frame = proposals(town(np.random.default_rng(1), 130))
    with pytest.raises(BadPeriodsError):
        judge_change(frame, pd.Series(np.arange(130) % periods))


def test_a_trend_is_of_shares_and_needs_seven_periods() -> None:
    louder = np.arange(1, 9)
    rising, falling = 10 + 3 * np.arange(8), 40 - 3 * np.arange(8)
    table = pd.DataFrame(
        [louder * rising, louder * falling, louder * 60, [1, 0, 0, 1, 0, 0, 0, 1]],
        index=["up", "down", "even", "few"],
    )
    judged = judge_trends(table)
    told = dict(judged["verdict"])
    assert told["up"] == told["down"] == "significant"
    assert told["few"] == "too_few"
    assert judged["tau"]["up"] == pytest.approx(1)
    assert judged["tau"]["down"] == pytest.approx(-1)
    flat = pd.DataFrame([louder * 10, louder * 20])
    assert not (judge_trends(flat)["verdict"] == "significant").any()
    with pytest.raises(TooFewPeriodsError):
        judge_trends(table.iloc[:, :6])
