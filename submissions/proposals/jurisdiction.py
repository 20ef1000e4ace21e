"""Where proposals and campaigns are, to be compared with how far somebody's roles reach."""

from __future__ import annotations

from sqlalchemy import ColumnElement, and_, false, or_, select, true
from sqlalchemy.orm import Session

from people.access.actor import Actor, Reach, Where
from people.access.permissions import Act, grants_for, may
from submissions.campaigns.models import Campaign
from submissions.proposals.models import Proposal
from submissions.proposals.states import may_see


def where_of(session: Session, proposal: Proposal) -> Where:
    """Return where a proposal is: its campaign's subdistrict and its community."""
    campaign = session.get_one(Campaign, proposal.campaign_id)
    return Where(campaign.subdistrict, proposal.community_code or "", proposal.edition)


def may_for(session: Session, actor: Actor, act: Act, proposal: Proposal) -> bool:
    """Tell whether this person may do something with this proposal, whatever its state."""
    return bool(grants_for(actor, act)) and may(actor, act, where_of(session, proposal))


def sees(session: Session, actor: Actor, proposal: Proposal) -> bool:
    """Tell whether this person may see a proposal in the state in which it is."""
    return may_see(actor, proposal) or may_for(session, actor, Act.MODERATE, proposal)


def within(actor: Actor, act: Act) -> ColumnElement[bool]:
    """Return the condition on ``Proposal`` that it lies where this person may do something."""
    conditions = [
        _covered(grant.reach, grant.code, grant.edition) for grant in grants_for(actor, act)
    ]
    return or_(false(), *conditions)


def _covered(reach: Reach, code: str, edition: str) -> ColumnElement[bool]:
    if reach is Reach.PLATFORM:
        return true()
    if not code:
        return false()
    if reach is Reach.COMMUNITY:
        return and_(Proposal.community_code == code, Proposal.edition == edition)
    campaigns = select(Campaign.id).where(Campaign.subdistrict == code)
    return or_(
        Proposal.campaign_id.in_(campaigns),
        Proposal.community_code.startswith(code, autoescape=True),
    )
