"""What the planner's page and the API both compute: hotspots of a campaign as it stands.

Results are kept for as long as the campaign's revision stays the same, so two people who look at
the same thing make it be computed once.
"""

from __future__ import annotations

from functools import lru_cache

from database import Database
from geo.hotspots import Hotspots, find_hotspots
from layers.communities import community_frame
from submissions import queries

RADIUS_M = (20, 300)
MIN_PROPOSALS = (3, 100)


def campaign_hotspots(
    database: Database,
    campaign: queries.CampaignView,
    *,
    category: str | None,
    radius_m: float,
    min_proposals: int,
) -> Hotspots:
    """Cluster the published proposals of a campaign. Frame in WGS 84; see ``geo.hotspots``.

    ``membership`` is indexed by the proposals' public ids.
    """
    with database.reading() as session:
        revision = queries.revision(session, campaign.id)
    return _hotspots(
        database, campaign.id, campaign.edition, category, radius_m, min_proposals, revision
    )


@lru_cache(maxsize=64)
def _hotspots(
    database: Database,
    campaign_id: int,
    edition: str,
    category: str | None,
    radius_m: float,
    min_proposals: int,
    _revision: int,
) -> Hotspots:
    with database.reading() as session:
        proposals = queries.published_frame(
            session, campaign_id, category=category, with_person=True
        )
        communities = community_frame(session, edition)
    return find_hotspots(
        proposals.set_index("id"),
        radius_m=radius_m,
        min_proposals=min_proposals,
        communities=communities,
        person_column="person",
        category_column="category",
        time_column="created",
    )
