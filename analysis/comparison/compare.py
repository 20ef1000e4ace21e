"""Two selections beside each other: which hotspots are new, grown, shrunk or gone, and how sure.

Two periods or two campaigns are compared by who is in which: see
``geo.significance.change.judge_change_in``. Where both are periods of one campaign, a scan looks
for change anywhere, too. Two ways to find hotspots in one selection have the same people: of these
no significance can be told.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd

from analysis.comparison.matched_hotspots import became, matched_places
from analysis.filter import Spot
from analysis.hotspots.clustering import Gathered, gathered
from analysis.selection import Selection, chosen, clustering_in, revision
from analysis.significance.long_reading import LongReading, Tell
from core.database import Database
from geo.aggregate import aggregate_by_community
from geo.people import people_behind
from geo.significance.change import JudgedChange, judge_change, judge_change_in
from geo.significance.counted_people import distinct_people
from geo.significance.verdicts import MethodCard

BEFORE, AFTER = "before", "after"
#: How many seconds old a comparison may be on pages that many read while others file.
COMPARED_S = 30.0
_NOT_JUDGED = {"effect": np.nan, "p_value": np.nan, "verdict": ""}


@dataclass(frozen=True)
class Compared:
    """What differs from one selection to the other.

    ``hotspots`` (EPSG:4326): the columns of ``matched_hotspots.matched_places``, then ``became``,
    ``people_before`` and ``people_after`` (in the outline, each counted once on a side),
    ``effect`` (people on the side that has more than expected, by expected), ``p_value`` and
    ``verdict``; empty verdicts where none can be told. ``communities`` (EPSG:4326) of the other
    side's edition: code, name, name_en, population, people_before, people_after,
    per_1000_before, per_1000_after, difference (of these), effect, p_value, verdict, geometry.
    ``change``: the scan, where both are periods of one campaign. ``card``: how sure the verdicts on
    hotspots and communities are; None where the sides share proposals. ``people_before`` and
    ``people_after`` count everybody. ``shared``: proposals that are on both sides.
    """

    hotspots: gpd.GeoDataFrame
    communities: gpd.GeoDataFrame
    change: JudgedChange | None
    card: MethodCard | None
    people_before: int
    people_after: int
    shared: int


class _Both(NamedTuple):
    """The proposals of both sides in one frame, and on which each is."""

    proposals: gpd.GeoDataFrame
    side: pd.Series
    further: pd.Series


def comparison_reading(
    database: Database,
    one: Selection,
    other: Selection,
    *,
    radius_m: float,
    min_proposals: int,
    other_radius_m: float | None = None,
    other_min_proposals: int | None = None,
) -> LongReading[Compared]:
    """Return the comparison of a selection (before) with another (after), as a reading.

    The other's hotspots are found by the same radius and number unless it has its own. What
    hotspots they are narrowed to does not matter.
    """
    sides = (one.without_spot(), other.without_spot())
    ways = (
        Spot("", radius_m, min_proposals),
        Spot("", other_radius_m or radius_m, other_min_proposals or min_proposals),
    )
    made = tuple((way.radius_m, way.min_proposals) for way in ways)
    key = ("compared", database.url, sides[0].key, sides[1].key, made)
    at = tuple(revision(database, side) for side in sides)
    return LongReading(key, at, partial(_compared, database, sides, ways))


def _compared(
    database: Database,
    sides: tuple[Selection, Selection],
    ways: tuple[Spot, Spot],
    tell: Tell,
) -> Compared:
    with database.reading() as session:
        data = [gathered(session, side.campaign, chosen(session, side)) for side in sides]
        frames = [
            clustering_in(session, side, way).hotspots.frame
            for side, way in zip(sides, ways, strict=True)
        ]
    tell(0.1)
    both = _together(data[0], data[1])
    shared = len(data[0].proposals.index.intersection(data[1].proposals.index))
    places, everybody = matched_places(*frames), [_everybody(one) for one in data]
    judged = None if shared else _judged_in(places, both, tell)
    communities, counted = _communities(data[1].communities, everybody, both, judged=not shared)
    change = None
    if not shared and sides[0].campaign.id == sides[1].campaign.id and both.side.nunique() == 2:
        change = _scanned(both, tell)
    return Compared(
        hotspots=_hotspots(places, everybody, judged),
        communities=communities,
        change=change,
        card=judged.card if judged is not None else counted,
        people_before=int(everybody[0]["person"].nunique()),
        people_after=int(everybody[1]["person"].nunique()),
        shared=shared,
    )


def _together(before: Gathered, after: Gathered) -> _Both:
    frames = [before.proposals, after.proposals]
    proposals = gpd.GeoDataFrame(pd.concat(frames), geometry="geometry", crs=frames[0].crs)
    names = [BEFORE] * len(frames[0]) + [AFTER] * len(frames[1])
    side = pd.Series(pd.Categorical(names, categories=[BEFORE, AFTER]), index=proposals.index)
    further = pd.concat([before.further, after.further])
    # Of one campaign both sides name the same further people.
    again = pd.MultiIndex.from_arrays([further.index, further]).duplicated()
    return _Both(proposals, side, further[~again])


def _everybody(data: Gathered) -> gpd.GeoDataFrame:
    """Return a row for each person behind each proposal, further people of merged ones too."""
    rows, people = people_behind(data.proposals, "person", data.further)
    return data.proposals.iloc[rows].assign(person=people.to_numpy())


def _judged_in(areas: gpd.GeoDataFrame, both: _Both, tell: Tell) -> JudgedChange | None:
    if not len(areas) or both.side.nunique() < 2:
        return None
    return judge_change_in(
        areas.geometry,
        both.proposals,
        both.side,
        person_column="person",
        further_people=both.further,
        progress=lambda share: tell(0.1 + 0.2 * share),
    )


def _scanned(both: _Both, tell: Tell) -> JudgedChange:
    return judge_change(
        both.proposals,
        both.side,
        person_column="person",
        further_people=both.further,
        progress=lambda share: tell(0.5 + 0.5 * share),
    )


def _hotspots(
    places: gpd.GeoDataFrame, everybody: list[gpd.GeoDataFrame], judged: JudgedChange | None
) -> gpd.GeoDataFrame:
    """Put beside each place its people on both sides and what can be said of the change."""
    found = places.reset_index(drop=True)
    before, after = (_people_in(found, side) for side in everybody)
    was, is_now = found["rank_before"].notna(), found["rank_after"].notna()
    told = zip(before, after, was, is_now, strict=True)
    found["became"] = [str(became(b, a, was=w, is_now=n)) for b, a, w, n in told]
    found["people_before"], found["people_after"] = before, after
    return _with_verdicts(found, judged)


def _with_verdicts(found: gpd.GeoDataFrame, judged: JudgedChange | None) -> gpd.GeoDataFrame:
    if judged is None:
        return found.assign(**_NOT_JUDGED)
    names = list(_NOT_JUDGED)
    return found.assign(**{name: judged.frame[name].to_numpy() for name in names})


def _people_in(areas: gpd.GeoDataFrame, everybody: gpd.GeoDataFrame) -> list[int]:
    """Count the people of one side in areas that may overlap, each once in an area."""
    known = everybody[everybody["person"].notna()]
    area, row = known.sindex.query(areas.geometry, predicate="intersects")
    person = pd.factorize(known["person"])[0].astype(np.int64)
    people: list[int] = distinct_people(area, person[row], len(areas)).tolist()
    return people


def _communities(
    communities: gpd.GeoDataFrame,
    everybody: list[gpd.GeoDataFrame],
    both: _Both,
    *,
    judged: bool,
) -> tuple[gpd.GeoDataFrame, MethodCard | None]:
    """Count the people of both sides in the communities of the other side's edition."""
    frame = communities.reset_index(drop=True)
    columns = ["code", "name", "name_en", "population", "geometry"]
    found = gpd.GeoDataFrame(frame[columns], geometry="geometry", crs=frame.crs)
    for name, side in zip((BEFORE, AFTER), everybody, strict=True):
        found[f"people_{name}"] = _by_community(side, frame)
        residents = found["population"].astype("Float64").mask(found["population"] == 0)
        found[f"per_1000_{name}"] = found[f"people_{name}"] * 1000 / residents
    found["difference"] = found[f"per_1000_{AFTER}"] - found[f"per_1000_{BEFORE}"]
    change = _judged_in(found, both, lambda _share: None) if judged else None
    return _with_verdicts(found, change), None if change is None else change.card


def _by_community(everybody: gpd.GeoDataFrame, communities: gpd.GeoDataFrame) -> list[int]:
    counted = aggregate_by_community(everybody, communities, person_column="person")
    people: list[int] = counted.communities["people"].astype(int).tolist()
    return people
