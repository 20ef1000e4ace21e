"""Hotspots of what a selection chooses, with their members; see ``analysis.selection``."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from analysis.frames import Where, gathered_frame
from core.worker import SerialWorker
from geo.hotspots import Hotspots, find_hotspots
from layers.communities.communities import community_frame
from submissions.proposals.merged_family import further_people


@dataclass(frozen=True)
class Clustering:
    """Hotspots, and the internal ids of the proposals in the order of their ``membership``."""

    hotspots: Hotspots
    numbers: NDArray[np.int64]

    def members(self, hotspot_id: str) -> NDArray[np.int64]:
        """Return the internal ids of the proposals of one hotspot; none where there is none."""
        belongs = (self.hotspots.membership == hotspot_id).to_numpy(dtype=np.bool_)
        return self.numbers[belongs]


def clustered(
    session: Session,
    campaign_id: int,
    edition: str,
    where: Where,
    *,
    radius_m: float,
    min_proposals: int,
) -> Clustering:
    """Cluster the proposals of a campaign that meet conditions, now. Frame in WGS 84.

    ``membership`` is indexed by the proposals' public ids; see ``geo.hotspots``.
    """
    proposals = gathered_frame(session, where)
    others = further_people(session, campaign_id)
    further = pd.Series(
        [person for _, person in others], index=[name for name, _ in others], dtype="str"
    )
    found = _clustering.submit(
        find_hotspots,
        proposals,
        radius_m=radius_m,
        min_proposals=min_proposals,
        communities=community_frame(session, edition),
        person_column="person",
        further_people=further,
        category_column="category",
        time_column="created",
    ).result()
    # Each look at a column while it was made is noted beside the table for as long as the table
    # stays, by pandas: a copy has no such notes (1,000 of them for a campaign of 1,650).
    kept = replace(found, frame=found.frame.copy())
    return Clustering(kept, proposals["number"].to_numpy())


#: One thread that stays: it keeps its transformers, and two clusterings never run at once.
_clustering = SerialWorker("clustering")
