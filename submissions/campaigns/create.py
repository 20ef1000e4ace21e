"""Making a campaign."""

from __future__ import annotations

from datetime import datetime

import shapely
from sqlalchemy import select
from sqlalchemy.orm import Session

from core.errors import InvalidError, NotFoundError
from layers.models import Edition
from people.access.actor import Actor, Where
from people.access.permissions import Act, check_may
from people.audit.record import record
from submissions.campaigns.campaign_draft import NewCampaign, check_campaign
from submissions.campaigns.models import Campaign
from submissions.campaigns.validation import check_prize


def create_campaign(
    session: Session, actor: Actor, campaign: NewCampaign, *, draft: bool = False, now: datetime
) -> int:
    """Set up a campaign and return its id; public at once, unless it is a ``draft``.

    Raises ``NotAllowedError``; ``InvalidError`` naming the field (a taken slug among them);
    ``NotFoundError`` for an edition that is not loaded.
    """
    check_may(actor, Act.MAKE_CAMPAIGN, Where(campaign.subdistrict), action="create_campaign")
    check_campaign(campaign)
    if session.get(Edition, campaign.edition) is None:
        raise NotFoundError(kind="edition", name=campaign.edition)
    if session.scalar(select(Campaign.id).where(Campaign.slug == campaign.slug)) is not None:
        raise InvalidError(field="slug", reason="taken")
    row = Campaign(**{**vars(campaign), "area": shapely.force_2d(campaign.area)})
    row.categories, row.questions = list(campaign.categories), list(campaign.questions)
    row.geometry_kinds = [str(kind) for kind in campaign.geometry_kinds]
    row.former_questions = list(campaign.former_questions)
    row.privacy, row.phases = dict(campaign.privacy), dict(campaign.phases)
    row.prize = check_prize(campaign.prize)
    if not draft and row.published_at is None:
        row.published_at = min(now, campaign.opens_at)
    session.add(row)
    session.flush()
    details = {"slug": campaign.slug}
    record(session, actor, "campaign_created", now=now, campaign_id=row.id, details=details)
    return row.id
