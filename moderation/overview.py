"""Campaigns at a glance, for those who work at them: how much came in, what is open, what answered.

All of it within the reader's reach. What is counted is kept for as long as a campaign stays the
same; what is open is looked up each time, in the index.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from functools import partial

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session

from analysis.frames import people_of
from core.cache import CACHE
from core.database import Database
from core.dialect import beijing_day
from people.access.actor import Actor, Grant, Reach
from people.access.permissions import ROLES, Act, grants_for
from people.accounts.account_list import holders
from submissions.proposals import queries
from submissions.proposals.jurisdiction import within
from submissions.proposals.models import Proposal
from submissions.proposals.queries import CampaignView
from submissions.proposals.states import Status

WAITING = (str(Status.RECEIVED), str(Status.HELD))


@dataclass(frozen=True)
class Overview:
    """Published proposals: how many, of how many people, from how many communities.

    ``days``: each day (in Beijing) on which any was filed, with how many, in order. ``answered``:
    to how many the office has said something.
    """

    proposals: int
    people: int
    communities: int
    answered: int
    days: tuple[tuple[date, int], ...]


@dataclass(frozen=True)
class OpenQueue:
    """What waits for a moderator: when the oldest was filed, and the one in the middle.

    ``unreviewed``: shown since they were filed, and nobody has looked at them; not among the rest.
    """

    received: int
    held: int
    unreviewed: int
    oldest: datetime | None
    median: datetime | None

    @property
    def total(self) -> int:
        """Return how many wait."""
        return self.received + self.held


def campaigns_within(session: Session, actor: Actor, act: Act) -> list[CampaignView]:
    """Return the campaigns in which there may be something that this person may do this with."""
    grants = grants_for(actor, act)
    return [
        campaign
        for campaign in queries.list_campaigns(session)
        if any(_reaches(grant, campaign) for grant in grants)
    ]


def _reaches(grant: Grant, campaign: CampaignView) -> bool:
    """Tell whether a role may cover any place of a campaign; one of no subdistrict is all over."""
    if grant.reach is Reach.PLATFORM:
        return True
    if not grant.code:
        return False
    ours = campaign.subdistrict
    if grant.reach is Reach.SUBDISTRICT:
        return not ours or ours == grant.code
    return grant.edition == campaign.edition and grant.code.startswith(ours)


def staff_within(
    session: Session, campaign: CampaignView, act: Act, *, now: datetime
) -> list[tuple[int, str]]:
    """Return who may now do something somewhere in a campaign: (account id, name), by name."""
    return [
        (one.id, one.name)
        for one in holders(session, now=now)
        if any(grant.role in ROLES[act] and _reaches(grant, campaign) for grant in one.grants)
    ]


def overview(database: Database, actor: Actor, campaign_id: int) -> Overview:
    """Return a campaign's figures as far as this person's desk reaches, of this moment."""
    with database.reading() as session:
        revision = queries.revision(session, campaign_id)
    grants = grants_for(actor, Act.SEE_DESK)
    key = ("overview", database.url, campaign_id, grants)
    return CACHE.get(key, revision, partial(_overview, database, grants, campaign_id))


def _overview(database: Database, grants: frozenset[Grant], campaign_id: int) -> Overview:
    reader = Actor(grants=grants)
    published = and_(
        Proposal.campaign_id == campaign_id,
        Proposal.status == str(Status.PUBLISHED),
        within(reader, Act.SEE_DESK),
    )
    with database.reading() as session:
        totals = session.execute(
            select(
                func.count(),
                func.count(Proposal.community_code.distinct()),
                func.count(Proposal.stage),
            ).where(published)
        ).one()
        people = people_of(session, campaign_id, [published])
        day = beijing_day(session, Proposal.created)
        rows = session.execute(select(day, func.count()).where(published).group_by(day)).all()
    days = sorted((date.fromisoformat(found), count) for found, count in rows)
    proposals, communities, answered = totals
    return Overview(proposals, people, communities, answered, tuple(days))


def waiting_beyond(session: Session, actor: Actor, campaign: CampaignView) -> int:
    """Return how many wait in a campaign of the whole platform that lie in no community.

    They are nobody's but the administrators': which subdistrict they belong to is not known, and
    what is not public is not shown to all of them. Whoever moderates a part is told that they are
    there. 0 for who reaches them, and for campaigns of a subdistrict, whose office does.
    """
    if campaign.subdistrict or any(
        grant.reach is Reach.PLATFORM for grant in grants_for(actor, Act.MODERATE)
    ):
        return 0
    waiting = select(func.count()).where(
        Proposal.campaign_id == campaign.id,
        Proposal.status.in_(WAITING),
        Proposal.community_code.is_(None),
    )
    return session.scalar(waiting) or 0


def open_queue(session: Session, actor: Actor, campaign_id: int) -> OpenQueue:
    """Return how much of a campaign waits for this moderator, and for how long."""
    waiting = and_(
        Proposal.campaign_id == campaign_id,
        Proposal.status.in_(WAITING),
        within(actor, Act.MODERATE),
    )
    counts: dict[str, int] = dict(
        session.execute(
            select(Proposal.status, func.count()).where(waiting).group_by(Proposal.status)
        ).all()
    )
    total = sum(counts.values())
    in_order = select(Proposal.created).where(waiting).order_by(Proposal.created)
    return OpenQueue(
        received=counts.get(Status.RECEIVED, 0),
        held=counts.get(Status.HELD, 0),
        unreviewed=_unreviewed(session, actor, campaign_id),
        oldest=session.scalar(in_order.limit(1)) if total else None,
        median=session.scalar(in_order.offset((total - 1) // 2).limit(1)) if total else None,
    )


def _unreviewed(session: Session, actor: Actor, campaign_id: int) -> int:
    shown = and_(
        Proposal.campaign_id == campaign_id,
        Proposal.status == str(Status.PUBLISHED),
        Proposal.unreviewed,
        within(actor, Act.MODERATE),
    )
    return session.scalar(select(func.count()).select_from(Proposal).where(shown)) or 0
