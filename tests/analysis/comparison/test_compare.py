"""Two selections beside each other, against counts that were made for each alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import geopandas as gpd
import pandas as pd
import shapely

from analysis.comparison.compare import Compared, comparison_reading
from analysis.comparison.matched_hotspots import became, matched_places
from analysis.filter import Filter
from analysis.hotspots.clustering import gathered
from analysis.results import community_counts, hotspots, sums, weeks
from analysis.selection import Selection, chosen
from core.database import Database
from submissions.proposals.queries import list_campaigns

WAY: dict[str, Any] = {"radius_m": 50, "min_proposals": 5}


def spots(*boxes: tuple[float, float, float, float], prefix: str) -> gpd.GeoDataFrame:
    names = [f"{prefix}{n}" for n in range(1, len(boxes) + 1)]
    columns = {"hotspot_id": names, "rank": range(1, len(boxes) + 1)}
    names_of = {"name": names, "name_en": names}
    shapes = [shapely.box(*box) for box in boxes]
    return gpd.GeoDataFrame(columns | names_of, geometry=shapes, crs=4326)


def test_places_are_groups_of_outlines_that_overlap() -> None:
    before = spots((0, 0, 2, 2), (9, 9, 10, 10), prefix="b")
    after = spots((20, 0, 21, 1), (1, 1, 3, 3), (0, 0, 0.5, 0.5), prefix="a")
    found = matched_places(before, after)
    assert found["hotspot_id"].tolist() == ["a1", "a2", "b2"]
    assert found["hotspots_after"].tolist() == [("a1",), ("a2", "a3"), ()]
    assert found["hotspots_before"].tolist() == [(), ("b1",), ("b2",)]
    assert found["rank_before"].fillna(0).tolist() == [0, 1, 2]
    assert found.geometry[1].equals(shapely.box(0, 0, 2, 2) | shapely.box(1, 1, 3, 3))
    assert matched_places(before.iloc[:0], after.iloc[:0]).empty
    told = [became(5, 9, was=w, is_now=n) for w, n in ((False, True), (True, False), (True, True))]
    assert told == ["new", "gone", "grown"]
    assert became(9, 5, was=True, is_now=True) == "shrunk"


def whole(database: Database, slug: str) -> Selection:
    with database.reading() as session:
        return Selection(next(one for one in list_campaigns(session) if one.slug == slug))


def halves(database: Database) -> tuple[Selection, Selection]:
    """Return the first and the second half of the weeks of a campaign."""
    every = whole(database, "micro-park")
    mondays = [monday for monday, _ in weeks(database, every)]
    middle = mondays[len(mondays) // 2]
    return (
        replace(every, narrow=Filter(until=middle - timedelta(days=1))),
        replace(every, narrow=Filter(since=middle)),
    )


def check_counts(database: Database, one: Selection, other: Selection, found: Compared) -> None:
    """Compare the counts with those of each side alone."""
    for side, name in ((one, "before"), (other, "after")):
        assert getattr(found, f"people_{name}") == sums(database, side).people
        counts = community_counts(database, side).frame
        assert found.communities[f"people_{name}"].tolist() == counts["people"].tolist()
        frame = hotspots(database, side, **WAY).frame
        named = [spot for names in found.hotspots[f"hotspots_{name}"] for spot in names]
        assert sorted(named) == sorted(frame["hotspot_id"])
        ids = frame.set_index("hotspot_id")["people"]
        for names, people in found.hotspots[[f"hotspots_{name}", f"people_{name}"]].to_numpy():
            assert people >= max((ids[spot] for spot in names), default=0)


def test_two_periods_of_a_campaign(demo_database: Database) -> None:
    one, other = halves(demo_database)
    reading = comparison_reading(demo_database, one, other, **WAY)
    found = reading.get()
    check_counts(demo_database, one, other, found)
    spots_found = found.hotspots
    assert set(spots_found["became"]) >= {"new", "gone"}
    new = spots_found["became"] == "new"
    assert spots_found["rank_before"].isna().equals(new)
    assert (spots_found["verdict"] != "").all()
    assert found.change is not None
    assert found.change.card.counted["people"] == found.people_before + found.people_after - len(
        both_times(demo_database, one, other)
    )
    rates = found.communities
    expected = rates["people_after"] * 1000 / rates["population"]
    assert rates["per_1000_after"].astype(float).round(6).equals(expected.astype(float).round(6))
    assert comparison_reading(demo_database, one, other, **WAY).get() is found


def both_times(database: Database, one: Selection, other: Selection) -> set[str]:
    """Return the people of both sides."""
    with database.reading() as session:
        sides = [gathered(session, side.campaign, chosen(session, side)) for side in (one, other)]
    first, second = (
        set(pd.concat([d.proposals["person"], d.further[d.further.index.isin(d.proposals.index)]]))
        for d in sides
    )
    return first & second


def test_two_ways_to_find_hotspots_have_the_same_people(demo_database: Database) -> None:
    view = whole(demo_database, "micro-park")
    found = comparison_reading(demo_database, view, view, **WAY, other_min_proposals=12).get()
    assert (found.change, found.card) == (None, None)
    assert found.shared == sums(demo_database, view).proposals
    assert (found.hotspots["people_before"] == found.hotspots["people_after"]).all()
    assert set(found.hotspots["verdict"]) == {""}
    assert set(found.hotspots["became"]) == {"gone", "same"}
