"""What is found in a whole campaign, of the moment that a session sees."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import pandas as pd
from sqlalchemy.orm import Session

from analysis import frames
from analysis.filter import Filter
from analysis.frames import PublishedRow, stream_published
from analysis.results import Sums, summed
from analysis.selection import Selection, chosen
from geo.crs import WGS84
from submissions.proposals import queries
from submissions.proposals.models import Proposal
from submissions.proposals.states import Status


def whole(session: Session, campaign_id: int, category: str | None = None) -> Selection:
    """Return a campaign as anybody sees it, or one category of it."""
    narrow = Filter(categories=(category,) if category else ())
    return Selection(queries.campaign_by_id(session, campaign_id), narrow)


def sums_of(session: Session, campaign_id: int) -> Sums:
    """Return the sums of a campaign."""
    return summed(session, whole(session, campaign_id))


def counts_of(
    session: Session, campaign_id: int, category: str | None = None
) -> frames.CommunityCounts:
    """Return the counts by community of a campaign, or of one category."""
    where = chosen(session, whole(session, campaign_id, category))
    return frames.community_counts(session, campaign_id, where)


def published_rows(session: Session, campaign_id: int, **asked: Any) -> list[PublishedRow]:
    """Return what is handed out of a whole campaign, in the order of filing."""
    shown = Proposal.campaign_id == campaign_id, Proposal.status == str(Status.PUBLISHED)
    batches = stream_published(session, campaign_id, shown, **asked)
    return [row for batch in batches for row in batch]


def published_frame(session: Session, campaign_id: int) -> gpd.GeoDataFrame:
    """Return the same as a frame of pins, EPSG:4326."""
    table = pd.DataFrame(published_rows(session, campaign_id), columns=PublishedRow._fields)
    pins = gpd.points_from_xy(table["longitude"], table["latitude"], crs=WGS84)
    return gpd.GeoDataFrame(table.drop(columns="geometry"), geometry=pins)
