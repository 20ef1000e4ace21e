"""Hotspots of what a selection chooses, with their members; see ``analysis.selection``."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from analysis.frames import Where, gathered_frame
from core.worker import SerialWorker
from geo.hotspots import Hotspots, find_hotspots
from layers.communities.communities import community_frame
from layers.gazetteer.gazetteer import places_of
from layers.gazetteer.hotspot_names import landmarks, names_at
from submissions.proposals.merged_family import further_people
from submissions.proposals.queries import CampaignView


@dataclass(frozen=True)
class Clustering:
    """Hotspots, and the internal ids of the proposals in the order of their ``membership``."""

    hotspots: Hotspots
    numbers: NDArray[np.int64]

    def members(self, hotspot_id: str) -> NDArray[np.int64]:
        """Return the internal ids of the proposals of one hotspot; none where there is none."""
        belongs = (self.hotspots.membership == hotspot_id).to_numpy(dtype=np.bool_)
        return self.numbers[belongs]


class Gathered(NamedTuple):
    """What a campaign's proposals that meet conditions are analysed from, in WGS 84.

    ``proposals``: see ``analysis.frames.gathered_frame``; ``communities`` of the campaign's
    edition; ``further``: people behind a proposal that others were merged into, besides the one
    who filed it, by its public id.
    """

    proposals: gpd.GeoDataFrame
    communities: gpd.GeoDataFrame
    further: pd.Series


def gathered(session: Session, campaign: CampaignView, where: Where) -> Gathered:
    """Return what is analysed of the proposals of a campaign that meet conditions."""
    others = further_people(session, campaign.id)
    further = pd.Series(
        [person for _, person in others], index=[name for name, _ in others], dtype="str"
    )
    communities = community_frame(session, campaign.edition)
    return Gathered(gathered_frame(session, where), communities, further)


def clustered(
    session: Session,
    campaign: CampaignView,
    where: Where,
    *,
    radius_m: float,
    min_proposals: int,
) -> Clustering:
    """Cluster the proposals of a campaign that meet conditions, now. Frame in WGS 84.

    The frame has the columns ``name`` and ``name_en``, too: see ``layers.gazetteer.hotspot_names``.
    ``membership`` is indexed by the proposals' public ids; see ``geo.hotspots``.
    """
    proposals, communities, further = gathered(session, campaign, where)
    found = _clustering.submit(
        find_hotspots,
        proposals,
        radius_m=radius_m,
        min_proposals=min_proposals,
        communities=communities,
        person_column="person",
        further_people=further,
        category_column="category",
        time_column="created",
    ).result()
    # Each look at a column while it was made is noted beside the table for as long as the table
    # stays, by pandas: a copy has no such notes (1,000 of them for a campaign of 1,650).
    kept = replace(found, frame=_named(session, campaign, found.frame.copy(), communities))
    return Clustering(kept, proposals["number"].to_numpy())


def _named(
    session: Session, campaign: CampaignView, frame: gpd.GeoDataFrame, communities: gpd.GeoDataFrame
) -> gpd.GeoDataFrame:
    """Put the names of hotspots beside their ranks."""
    index = places_of(session, campaign.edition, campaign.area, subdistrict=campaign.subdistrict)
    columns = communities[["code", "name", "name_en"]].itertuples(index=False)
    names = names_at(
        landmarks(index.places),
        {row.code: (row.name, row.name_en or row.name) for row in columns},
        frame["centre_longitude"].tolist(),
        frame["centre_latitude"].tolist(),
        [None if pd.isna(code) else str(code) for code in frame["community"].tolist()],
    )
    frame.insert(2, "name", pd.Series([chinese for chinese, _ in names], dtype="str"))
    frame.insert(3, "name_en", pd.Series([english for _, english in names], dtype="str"))
    return frame


#: One thread that stays: it keeps its transformers, and two clusterings never run at once.
_clustering = SerialWorker("clustering")
