"""Which communities are heard too little: for siting and dossiers."""

from __future__ import annotations

import pandas as pd
from sqlalchemy.orm import Session

from analysis.representation.reading import who_is_missing
from analysis.selection import Selection
from core.cache import CACHE
from geo.representation.representation import Heard
from submissions.proposals.queries import CampaignView, counted_revision


def under_represented(session: Session, campaign: CampaignView) -> pd.Series:
    """Return whether each community takes part less than chance explains, by code.

    Of the whole campaign, as ``who_is_missing`` judges (a nullable boolean series): missing where
    no residents are known, so that nothing can be said. Kept by revision; the series is shared.
    """
    key = ("under_represented", session.get_bind().engine.url, campaign.id, campaign.edition)
    at = counted_revision(session, campaign.id)
    return CACHE.get(key, at, lambda: _read(session, campaign))


def _read(session: Session, campaign: CampaignView) -> pd.Series:
    frame = who_is_missing(session, Selection(campaign), {}).communities.frame.sort_index()
    told = (frame["heard"] == str(Heard.UNDER)).astype("boolean")
    return told.mask(frame["population"].isna()).rename("under_represented")


def share_of_under_represented(communities: pd.Series, under: pd.Series) -> float | None:
    """Return which share of proposals lie in communities that are heard too little, from 0 to 1.

    ``communities``: a code a proposal; of those of which something is known. None without any.
    """
    known = communities.map(under).dropna()
    return float(known.astype(bool).mean()) if len(known) else None
