"""Data far apart are measured where they lie; hotspots there are those of each place alone."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely

from geo.hotspots import find_hotspots
from geo.projection_zones import TooWideError, measurable_groups


def spots(*lons: float, near: int = 6) -> gpd.GeoDataFrame:
    """Return points that crowd within 30 m of each longitude, at 40 N."""
    steps = np.arange(near) * 5 / 111_320
    points = [shapely.Point(lon, 40 + step) for lon in lons for step in steps]
    return gpd.GeoDataFrame(geometry=points, crs="EPSG:4326")


def test_hotspots_far_apart_are_those_of_each_place_alone() -> None:
    options = {"radius_m": 20.0, "min_proposals": 5}
    together = find_hotspots(spots(76.0, 116.3), **options)
    alone = [find_hotspots(spots(lon), **options) for lon in (76.0, 116.3)]
    assert set(together.metric_crs.split(", ")) == {one.metric_crs for one in alone}
    assert sorted(together.frame["hotspot_id"]) == sorted(
        one.frame["hotspot_id"].iloc[0] for one in alone
    )
    areas = {row.hotspot_id: row.geometry for row in together.frame.itertuples()}
    for one in alone:
        row = one.frame.iloc[0]
        assert areas[row["hotspot_id"]].equals(row["geometry"])
    assert together.frame["rank"].tolist() == [1, 2]
    assert together.membership.tolist() == [
        *alone[0].membership.tolist(),
        *alone[1].membership.tolist(),
    ]


def test_groups_are_cut_in_gaps_and_hold_every_row_once() -> None:
    frame = spots(76.0, 116.3, 0.0, 116.4)
    frame.loc[len(frame)] = [None]
    groups = measurable_groups(frame, apart_m=100)
    assert sorted(np.concatenate(groups).tolist()) == list(range(len(frame)))
    assert len(groups) == 3


def test_what_reaches_on_without_a_gap_is_refused() -> None:
    line = gpd.GeoDataFrame(
        geometry=shapely.points(np.linspace(100, 110, 20_000), np.full(20_000, 35.0)), crs=4326
    )
    with pytest.raises(TooWideError) as refused:
        find_hotspots(line, radius_m=50, min_proposals=5)
    assert refused.value.params["degrees"] == 10.0
