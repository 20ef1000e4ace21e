"""Where a campaign lies, for the question who may do something in it."""

from __future__ import annotations

from people.access.actor import Where
from submissions.campaigns.models import Campaign


def where_of_campaign(campaign: Campaign) -> Where:
    """Return where a campaign is."""
    return Where(campaign.subdistrict)
