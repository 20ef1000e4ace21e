"""Which communities and cells of a selection are hot or cold, kept by revision and view.

See ``geo.significance.local_gi`` for the method. One person counts once in a community, and once
among neighbouring cells.
"""

from __future__ import annotations

from functools import partial

import geopandas as gpd

from analysis import frames
from analysis.hotspots.clustering import gathered
from analysis.selection import Selection, chosen, revision
from analysis.significance.long_reading import LongReading, Tell, dated
from core.database import Database
from geo.significance.local_gi import JudgedCells, judge_communities, judge_hexes

HEXES_M = 200.0


def communities_reading(database: Database, selection: Selection) -> LongReading[JudgedCells]:
    """Return the communities, judged by people per resident, or per area where none are known."""
    key = ("community_significance", database.url, selection.key)
    at = revision(database, selection)
    return LongReading(key, at, partial(_communities, database, selection, at))


def hexes_reading(
    database: Database, selection: Selection, *, hexes_m: float = HEXES_M
) -> LongReading[JudgedCells]:
    """Return hexagons of ``hexes_m`` metres from side to side, judged by people per area."""
    key = ("hex_significance", database.url, selection.key, hexes_m)
    at = revision(database, selection)
    return LongReading(key, at, partial(_hexes, database, selection, hexes_m, at))


def _communities(database: Database, selection: Selection, at: int, tell: Tell) -> JudgedCells:
    with database.reading() as session:
        where = chosen(session, selection)
        frame = frames.community_counts(session, selection.campaign.id, where).frame
    tell(0.1)
    found = judge_communities(frame["people"], frame, exposure_column=exposure_of(frame))
    return dated(found, at)


def exposure_of(communities: gpd.GeoDataFrame) -> str | None:
    """Return by what people can be expected: by residents where any are known, else by area."""
    return "population" if bool((communities["population"].fillna(0) > 0).any()) else None


def _hexes(
    database: Database, selection: Selection, hexes_m: float, at: int, tell: Tell
) -> JudgedCells:
    with database.reading() as session:
        data = gathered(session, selection.campaign, chosen(session, selection))
    tell(0.1)
    found = judge_hexes(
        data.proposals,
        data.communities,
        hexes_m=hexes_m,
        person_column="person",
        further_people=data.further,
    )
    return dated(found, at)
