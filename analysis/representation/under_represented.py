"""Which communities are heard too little: for siting."""

from __future__ import annotations

import pandas as pd

from analysis.representation.reading import WhoIsMissing, begun_who_is_missing
from analysis.selection import Selection
from core.database import Database
from geo.representation.representation import Heard
from submissions.proposals.queries import CampaignView

#: How many seconds old it may be on pages that many read.
OLD_S = 30.0


def begun_under_represented(database: Database, campaign: CampaignView) -> pd.Series | None:
    """Return it of a whole campaign, perhaps of a revision ago; None while the first is made."""
    found = begun_who_is_missing(database, Selection(campaign), at_most_s=OLD_S)
    return None if found is None else under_represented(found)


def under_represented(found: WhoIsMissing) -> pd.Series:
    """Return whether each community takes part less than chance explains, by code.

    A nullable boolean series: missing where no residents are known, so that nothing can be said.
    """
    frame = found.communities.frame.sort_index()
    told = (frame["heard"] == str(Heard.UNDER)).astype("boolean")
    return told.mask(frame["population"].isna()).rename("under_represented")


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
