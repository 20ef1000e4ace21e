"""What was in a topic as typed frames: its outline, and those of its proposals that are shown."""

from __future__ import annotations

import geopandas as gpd
import pandas as pd
from sqlalchemy import select
from sqlalchemy.orm import Session

from analysis.export.proposals import frames_where
from deliberation.models import TopicProposal
from deliberation.topics import TopicView
from geo.crs import WGS84
from submissions.proposals.models import Proposal
from submissions.proposals.queries import CampaignView
from submissions.proposals.states import Status


def topic_outline(topic: TopicView) -> gpd.GeoDataFrame:
    """Return the outline of a topic (EPSG:4326) with its title and figures of that moment."""
    table = pd.DataFrame(
        {
            "topic": pd.array([topic.id], dtype="Int64"),
            "title": pd.array([topic.title], dtype="string"),
            "note": pd.array([topic.note], dtype="string"),
            "people": pd.array([topic.figures.get("people")], dtype="Int64"),
            "proposals": pd.array([topic.figures.get("proposals")], dtype="Int64"),
            "made": pd.array([topic.created.date().isoformat()], dtype="string"),
        }
    )
    return gpd.GeoDataFrame(table, geometry=[topic.outline], crs=WGS84)


def topic_proposals(session: Session, topic: TopicView, campaign: CampaignView) -> gpd.GeoDataFrame:
    """Return what was in a topic and is public today, as ``analysis.export.proposals`` does.

    Who may see the topic is asked before.
    """
    inside = select(TopicProposal.proposal_id).where(TopicProposal.topic_id == topic.id)
    where = [Proposal.id.in_(inside), Proposal.status == str(Status.PUBLISHED)]
    return pd.concat(list(frames_where(session, campaign, where)), ignore_index=True)
