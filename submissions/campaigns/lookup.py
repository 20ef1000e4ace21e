"""Finding a campaign to write into it."""

from __future__ import annotations

import shapely
from sqlalchemy.orm import Session

from core.errors import NotFoundError
from submissions.campaigns.models import Campaign


def campaign_row(session: Session, campaign_id: int) -> Campaign:
    """Return the campaign; read once per group of changes, as the session keeps it.

    Raises ``NotFoundError``.
    """
    campaign = session.get(Campaign, campaign_id)
    if campaign is None:
        raise NotFoundError(kind="campaign", id=campaign_id)
    if not shapely.is_prepared(campaign.area):
        shapely.prepare(campaign.area)
        session.info["campaign", campaign_id] = campaign  # the identity map holds it only weakly
    return campaign
