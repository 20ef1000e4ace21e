"""Which communities are heard too little: for siting and dossiers."""

from __future__ import annotations

import pandas as pd
from sqlalchemy.orm import Session

from analysis.representation.reading import (
    WhoIsMissing,
    begun_who_is_missing,
    who_is_missing,
)
from analysis.selection import Selection
from core.cache import CACHE
from core.database import Database
from geo.representation.representation import Heard
from submissions.proposals.queries import CampaignView, counted_revision

#: How many seconds old it may be on pages that many read.
OLD_S = 30.0


def under_represented(session: Session, campaign: CampaignView) -> pd.Series:
    """Return whether each community takes part less than chance explains, by code.

    Of the whole campaign, as ``who_is_missing`` judges (a nullable boolean series): missing where
    no residents are known, so that nothing can be said. Kept by revision; the series is shared.
    """
    key = ("under_represented", session.get_bind().engine.url, campaign.id, campaign.edition)
    at = counted_revision(session, campaign.id)
    return CACHE.get(key, at, lambda: _read(session, campaign))


def begun_under_represented(database: Database, campaign: CampaignView) -> pd.Series | None:
    """Return the same, perhaps of a revision ago; None while the first is being worked out."""
    found = begun_who_is_missing(database, Selection(campaign), at_most_s=OLD_S)
    return None if found is None else _told(found)


def _read(session: Session, campaign: CampaignView) -> pd.Series:
    return _told(who_is_missing(session, Selection(campaign), {}))


def _told(found: WhoIsMissing) -> pd.Series:
    frame = found.communities.frame.sort_index()
    told = (frame["heard"] == str(Heard.UNDER)).astype("boolean")
    return told.mask(frame["population"].isna()).rename("under_represented")


def share_of_under_represented(communities: pd.Series, under: pd.Series) -> float | None:
    """Return which share of proposals lie in communities that are heard too little, from 0 to 1.

    ``communities``: a code a proposal; of those of which something is known. None without any.
    """
    known = communities.map(under).dropna()
    return float(known.astype(bool).mean()) if len(known) else None


def shares_served(
    people: pd.Series, served: pd.Series, under: pd.Series
) -> tuple[float, float] | None:
    """Return which share is served, from 0 to 1, in communities heard too little and in others.

    ``people`` and how many of them are ``served``, by code; those of whose community nothing is
    known are in neither. None where one of the two has nobody.
    """
    quiet = under.reindex(people.index)
    sums = pd.DataFrame({"people": people, "served": served}).groupby(quiet).sum()
    if len(sums) < 2 or not sums["people"].all():
        return None
    share = sums["served"] / sums["people"]
    return float(share[True]), float(share[False])
