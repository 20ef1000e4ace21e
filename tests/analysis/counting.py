"""What is found in a whole campaign, of the moment that a session sees."""

from __future__ import annotations

from sqlalchemy.orm import Session

from analysis import frames
from analysis.filter import Filter
from analysis.results import Sums, summed
from analysis.selection import Selection, chosen
from submissions.proposals import queries


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
