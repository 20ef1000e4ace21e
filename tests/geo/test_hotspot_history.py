"""When a proposal joined a hotspot: against clustering every prefix of the arrivals."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.cluster import DBSCAN

from geo.aggregate import MissingColumnError
from geo.crs import MissingCrsError
from geo.hotspot_history import joined_at, joined_hotspot_at
from geo.hotspots import BadMinimumError, BadRadiusError, find_hotspots
from tests.examples import examples

START = np.datetime64("2026-05-01T08:00:00", "us")
EAST_M, NORTH_M = 440_000.0, 4_430_000.0


def moments(minutes: list[int]) -> np.ndarray:
    return START + np.array(minutes) * np.timedelta64(1, "m")


@settings(max_examples=examples(80), deadline=None)
@given(
    points=st.lists(
        st.tuples(st.integers(0, 9), st.integers(0, 9), st.integers(0, 9)),
        min_size=1,
        max_size=18,
    ),
    least=st.integers(1, 6),
    radius_m=st.sampled_from([10.0, 20.0, 50.0, 10.0 * 2**0.5]),
)
def test_it_is_the_first_prefix_in_which_clustering_finds_it(
    points: list[tuple[int, int, int]], least: int, radius_m: float
) -> None:
    xy = np.array([point[:2] for point in points]) * 10.0
    arrived = moments([point[2] for point in points])
    first: dict[int, np.datetime64] = {}
    for moment in np.unique(arrived):
        here = np.flatnonzero(arrived <= moment)
        labels = DBSCAN(eps=radius_m, min_samples=least).fit(xy[here]).labels_
        for row in here[labels != -1].tolist():
            first.setdefault(row, moment)
    found = [
        joined_at(xy, arrived, row, radius_m=radius_m, min_proposals=least)
        for row in range(len(points))
    ]
    assert found == [first.get(row) for row in range(len(points))]


def frame_of(xy: list[tuple[float, float]], minutes: list[int]) -> gpd.GeoDataFrame:
    places = np.array(xy) + np.array([EAST_M, NORTH_M])
    times = pd.DatetimeIndex(moments(minutes)).tz_localize("UTC")
    names = [f"p{number}" for number in range(len(xy))]
    shapes = gpd.points_from_xy(*places.T)
    return gpd.GeoDataFrame({"at": times}, geometry=shapes, crs=4548, index=names)


def minute(found: pd.Timestamp | None) -> int | None:
    if found is None:
        return None
    assert str(found.tz) == "UTC"
    return int((found.tz_localize(None) - pd.Timestamp(START)).total_seconds() // 60)


def test_a_moment_worked_out_by_hand() -> None:
    # In reach of 50 m: p0, p1, p2 and p3 of p1; p1, p2, p3 and p4 of p3; nobody of p5.
    frame = frame_of([(0, 0), (40, 0), (40, 0), (80, 0), (125, 0), (900, 0)], [9, 3, 5, 7, 8, 0])
    expected = {3: [9, 7, 7, 7, 8, None], 4: [9, 8, 8, 8, 8, None], 5: [None] * 6}
    for least, minutes in expected.items():
        options = {"time_column": "at", "radius_m": 50, "min_proposals": least}
        found = [minute(joined_hotspot_at(frame, name, **options)) for name in frame.index]
        assert found == minutes


def test_it_agrees_with_the_hotspots_and_with_their_system() -> None:
    rng = np.random.default_rng(4)
    frame = frame_of(rng.normal(0, 160, (300, 2)).tolist(), rng.integers(0, 900, 300).tolist())
    spots = find_hotspots(frame, radius_m=50, min_proposals=5)
    options = {"time_column": "at", "radius_m": 50, "min_proposals": 5}
    degrees = frame.to_crs(4326)
    for name in frame.index[::6]:
        found = joined_hotspot_at(degrees, name, **options)
        assert (found is None) == (spots.membership[name] is None)
        away = frame.distance(frame.geometry[name])
        near = frame[away <= 110]
        assert joined_hotspot_at(near, name, metric_crs=spots.metric_crs, **options) == found


def test_what_has_no_place_or_no_time_joins_nothing() -> None:
    frame = frame_of([(0, 0)] * 4, [1, 2, 3, 4])
    frame.loc["p3", "at"] = pd.NaT
    frame.loc["p2", "geometry"] = None
    options = {"time_column": "at", "radius_m": 50}
    assert minute(joined_hotspot_at(frame, "p0", min_proposals=2, **options)) == 2
    for name in frame.index:
        assert joined_hotspot_at(frame, name, min_proposals=3, **options) is None
    for name in ("p2", "p3"):
        assert joined_hotspot_at(frame, name, min_proposals=1, **options) is None


def test_what_makes_no_sense_is_refused() -> None:
    frame = frame_of([(0, 0)], [1])
    good = {"time_column": "at", "radius_m": 50, "min_proposals": 1}
    refusals = [
        ({"radius_m": 0}, BadRadiusError),
        ({"radius_m": float("nan")}, BadRadiusError),
        ({"min_proposals": 0}, BadMinimumError),
        ({"time_column": "when"}, MissingColumnError),
    ]
    for wrong, error in refusals:
        with pytest.raises(error):
            joined_hotspot_at(frame, "p0", **(good | wrong))
    with pytest.raises(KeyError):
        joined_hotspot_at(frame, "nobody", **good)
    with pytest.raises(MissingCrsError):
        joined_hotspot_at(frame.set_crs(None, allow_override=True), "p0", **good)
