"""The row of a proposal for those who act on it: whoever may not see it learns nothing of it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.batches import in_parts
from core.errors import NotAllowedError, NotFoundError
from people.access.actor import Actor
from people.access.permissions import Act, check_may_somewhere
from submissions.campaigns.models import Campaign
from submissions.campaigns.phases import check_phase
from submissions.proposals.jurisdiction import may_for, sees
from submissions.proposals.merged_family import head_of
from submissions.proposals.models import Proposal
from submissions.proposals.receipt_codes import is_public_id
from submissions.proposals.states import Status


def proposal_row(session: Session, public_id: str) -> Proposal | None:
    """Return the proposal as the database has it now, in whatever state; None for no such."""
    if not is_public_id(public_id):
        return None
    return session.scalar(
        select(Proposal)
        .where(Proposal.public_id == public_id)
        .execution_options(populate_existing=True)
    )


def seen_proposal(session: Session, actor: Actor, public_id: str) -> Proposal:
    """Return a proposal that this actor may see. Raises ``NotFoundError``."""
    proposal = proposal_row(session, public_id)
    if proposal is None or not sees(session, actor, proposal):
        raise NotFoundError(kind="proposal", public_id=public_id)
    return proposal


def moderated_proposal(session: Session, actor: Actor, public_id: str) -> Proposal:
    """Return a proposal that this actor moderates, in whatever state; see ``proposal_to``."""
    return proposal_to(session, actor, Act.MODERATE, public_id)


def proposal_to(session: Session, actor: Actor, act: Act, public_id: str) -> Proposal:
    """Return a proposal with which this actor may do something, in whatever state.

    Raises ``NotAllowedError`` for whoever may do it nowhere or not there, where it is shown;
    ``NotFoundError``, also for one that this actor must not learn of.
    """
    check_may_somewhere(actor, act, action=str(act))
    proposal = seen_proposal(session, actor, public_id)
    if not may_for(session, actor, act, proposal):
        raise NotAllowedError(action=str(act))
    return proposal


def published_proposal(session: Session, public_id: str) -> Proposal:
    """Return a published proposal; of one that was joined with it after it was shown, that one.

    So nobody loses what they do on a page from before the merge. Raises ``NotFoundError``, also for
    one not published.
    """
    proposal = proposal_row(session, public_id)
    if proposal is not None and proposal.published_at is not None:
        proposal = head_of(session, proposal)
    if proposal is None or proposal.status != Status.PUBLISHED:
        raise NotFoundError(kind="proposal", public_id=public_id)
    return proposal


def check_now(session: Session, proposal: Proposal, act: Act, now: datetime) -> None:
    """Raise ``NotNowError`` unless the phase of its campaign lets this be done to a proposal."""
    campaign = session.get_one(Campaign, proposal.campaign_id)
    session.info["campaign", campaign.id] = campaign  # the identity map holds it only weakly
    check_phase(campaign, act, now)


def published_ids(session: Session, public_ids: Sequence[str]) -> dict[str, int]:
    """Return the internal ids of those that are published, by public id."""
    wanted = [public_id for public_id in dict.fromkeys(public_ids) if is_public_id(public_id)]
    found: dict[str, int] = {}
    for part in in_parts(wanted):
        rows = session.execute(
            select(Proposal.public_id, Proposal.id).where(
                Proposal.public_id.in_(part), Proposal.status == str(Status.PUBLISHED)
            )
        )
        found |= {row.public_id: row.id for row in rows}
    return found
