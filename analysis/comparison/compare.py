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
from geo.significance.change import JudgedChange, judge_change, judge_change_in
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


def compare(
    database: Database,
    one: Selection,
    other: Selection,
    *,
    radius_m: float,
    min_proposals: int,
    other_radius_m: float | None = None,
    other_min_proposals: int | None = None,
    at_most_s: float = 0.0,
) -> Compared:
    """Compare a selection (before) with another (after); whoever asks first waits.

    The other's hotspots are found by the same radius and number unless it has its own. What
    hotspots they are narrowed to does not matter.
    """
    reading = comparison_reading(
        database,
        one,
        other,
        radius_m=radius_m,
        min_proposals=min_proposals,
        other_radius_m=other_radius_m,
        other_min_proposals=other_min_proposals,
    )
    return reading.get(at_most_s=at_most_s)


def begun_comparison(
    database: Database,
    one: Selection,
    other: Selection,
    *,
    radius_m: float,
    min_proposals: int,
    other_radius_m: float | None = None,
    other_min_proposals: int | None = None,
    at_most_s: float = COMPARED_S,
) -> Compared | None:
    """Return the comparison as :func:`compare` does; None while the first is computed."""
    reading = comparison_reading(
        database,
        one,
        other,
        radius_m=radius_m,
        min_proposals=min_proposals,
        other_radius_m=other_radius_m,
        other_min_proposals=other_min_proposals,
    )
    return reading.begun(at_most_s=at_most_s)


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
    """Return the comparison as a reading, to see how far it is and to end it."""
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
    places = matched_places(*frames)
    judged = None if shared else _judged_in(places, both, tell)
    communities, counted = _communities(data, both, judged=not shared)
    change = None
    if not shared and sides[0].campaign.id == sides[1].campaign.id and both.side.nunique() == 2:
        change = _scanned(both, tell)
    return Compared(
        hotspots=_hotspots(places, data, judged),
        communities=communities,
        change=change,
        card=judged.card if judged is not None else counted,
        people_before=_everybody(data[0]),
        people_after=_everybody(data[1]),
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


def _everybody(data: Gathered) -> int:
    further = data.further[data.further.index.isin(data.proposals.index)]
    return int(pd.concat([data.proposals["person"], further]).nunique())


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
    places: gpd.GeoDataFrame, data: list[Gathered], judged: JudgedChange | None
) -> gpd.GeoDataFrame:
    """Put beside each place its people on both sides and what can be said of the change."""
    found = places.reset_index(drop=True)
    areas = found.assign(code=found.index)
    before, after = (_people_in(areas, one) for one in data)
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


def _people_in(areas: gpd.GeoDataFrame, data: Gathered) -> list[int]:
    """Count the people of one side in areas that may overlap, each once in an area."""
    inside = [data.proposals.index[data.proposals.intersects(shape)] for shape in areas.geometry]
    further = data.further
    return [
        int(
            pd.concat(
                [data.proposals.loc[index, "person"], further[further.index.isin(index)]]
            ).nunique()
        )
        for index in inside
    ]


def _communities(
    data: list[Gathered], both: _Both, *, judged: bool
) -> tuple[gpd.GeoDataFrame, MethodCard | None]:
    """Count the people of both sides in the communities of the other side's edition."""
    frame = data[1].communities.reset_index(drop=True)
    columns = ["code", "name", "name_en", "population", "geometry"]
    found = gpd.GeoDataFrame(frame[columns], geometry="geometry", crs=frame.crs)
    for name, one in zip((BEFORE, AFTER), data, strict=True):
        found[f"people_{name}"] = _by_community(one, frame)
        residents = found["population"].astype("Float64").mask(found["population"] == 0)
        found[f"per_1000_{name}"] = found[f"people_{name}"] * 1000 / residents
    found["difference"] = found[f"per_1000_{AFTER}"] - found[f"per_1000_{BEFORE}"]
    change = _judged_in(found, both, lambda _share: None) if judged else None
    return _with_verdicts(found, change), None if change is None else change.card


def _by_community(data: Gathered, communities: gpd.GeoDataFrame) -> list[int]:
    """Count people by community, further people of merged proposals too."""
    named = data.further[data.further.index.isin(data.proposals.index)]
    others = data.proposals.loc[named.index].assign(person=named.to_numpy())
    everybody = pd.concat([data.proposals, others])
    whole = gpd.GeoDataFrame(everybody, geometry="geometry", crs=data.proposals.crs)
    counted = aggregate_by_community(whole, communities, person_column="person")
    people: list[int] = counted.communities["people"].astype(int).tolist()
    return people
