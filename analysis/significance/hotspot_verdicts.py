"""Which hotspots of a selection are more than chance, kept by revision and view.

See ``geo.significance.hotspot_scan`` for the method. One person counts once, further people of
merged proposals too.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import geopandas as gpd

from analysis.filter import Spot
from analysis.hotspots.clustering import Clustering, Gathered, gathered
from analysis.selection import Selection, chosen, clustering_in, revision
from analysis.significance.long_reading import LongReading, Tell, dated
from core.database import Database
from geo.hotspots import Hotspots
from geo.significance.hotspot_scan import JudgedHotspots, judge_hotspots

#: How many seconds old verdicts may be on pages that many read while others file.
VERDICTS_S = 30.0


def hotspot_verdicts(
    database: Database,
    selection: Selection,
    *,
    radius_m: float,
    min_proposals: int,
    at_most_s: float = 0.0,
) -> JudgedHotspots:
    """Judge the hotspots of a selection; what hotspot it is narrowed to does not matter here.

    Whoever asks first waits: see :func:`begun_hotspot_verdicts`.
    """
    reading = verdicts_reading(database, selection, radius_m=radius_m, min_proposals=min_proposals)
    return reading.get(at_most_s=at_most_s)


def begun_hotspot_verdicts(
    database: Database,
    selection: Selection,
    *,
    radius_m: float,
    min_proposals: int,
    at_most_s: float = VERDICTS_S,
) -> JudgedHotspots | None:
    """Return the verdicts, perhaps of a revision ago; None while the first are computed.

    Hotspots that have come up since are not in it.
    """
    reading = verdicts_reading(database, selection, radius_m=radius_m, min_proposals=min_proposals)
    return reading.begun(at_most_s=at_most_s)


def verdicts_reading(
    database: Database, selection: Selection, *, radius_m: float, min_proposals: int
) -> LongReading[JudgedHotspots]:
    """Return the verdicts as a reading, to see how far it is and to end it."""
    whole, spot = selection.without_spot(), Spot("", radius_m, min_proposals)
    key = ("hotspot_verdicts", database.url, whole.key, radius_m, min_proposals)
    at = revision(database, whole)
    return LongReading(key, at, partial(_judged, database, whole, spot, at))


def _judged(
    database: Database, whole: Selection, spot: Spot, at: int, tell: Tell
) -> JudgedHotspots:
    with database.reading() as session:
        clustering = clustering_in(session, whole, spot)
        data = gathered(session, whole.campaign, chosen(session, whole))
    proposals, hotspots = _of_one_moment(clustering, data)
    found = judge_hotspots(
        proposals,
        hotspots,
        data.communities,
        person_column="person",
        further_people=data.further,
        progress=tell,
    )
    return dated(found, at)


def _of_one_moment(clustering: Clustering, data: Gathered) -> tuple[gpd.GeoDataFrame, Hotspots]:
    """Return the proposals and hotspots without those that came or went in between."""
    membership = clustering.hotspots.membership
    common = data.proposals.index.intersection(membership.index)
    return data.proposals.loc[common], replace(
        clustering.hotspots, membership=membership.loc[common]
    )
