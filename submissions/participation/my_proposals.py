"""What an author reads of the proposals filed from this device: all of it, in every state."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from core.errors import NotFoundError
from people.access.actor import Actor
from submissions.campaigns.models import Campaign
from submissions.proposals.models import Proposal
from submissions.proposals.queries import ProposalView, proposal_views
from submissions.proposals.receipt_codes import is_public_id
from submissions.proposals.states import may_edit, may_withdraw

MOST = 200


@dataclass(frozen=True)
class OwnView(ProposalView):
    """One's own proposal, for nobody but its author: with the receipt and private answers.

    ``editable`` and ``withdrawable`` tell what its author may still do.
    """

    receipt: str | None = None
    campaign_slug: str = ""
    campaign_texts: dict[str, Any] = field(default_factory=dict)
    editable: bool = False
    withdrawable: bool = False


def count_own(session: Session, actor: Actor) -> int:
    """Return how many proposals this device filed in all campaigns."""
    theirs = select(func.count()).where(Proposal.author_key == actor.key)
    return 0 if actor.key is None else session.scalar(theirs) or 0


def own_proposals(session: Session, actor: Actor, *, most: int = MOST) -> list[OwnView]:
    """Return what this device filed in all campaigns, newest first; none without a device."""
    if actor.key is None:
        return []
    newest = (
        select(Proposal.id)
        .where(Proposal.author_key == actor.key)
        .order_by(Proposal.created.desc(), Proposal.id.desc())
        .limit(most)
    )
    return _own(session, actor, Proposal.id.in_(session.scalars(newest).all()))


def own_proposal(session: Session, actor: Actor, public_id: str) -> OwnView:
    """Return a proposal that this device filed. Raises ``NotFoundError`` for any other."""
    found = []
    if actor.key is not None and is_public_id(public_id):
        theirs = (Proposal.author_key == actor.key) & (Proposal.public_id == public_id)
        found = _own(session, actor, theirs)
    if not found:
        raise NotFoundError(kind="proposal", public_id=public_id)
    return found[0]


def _own(session: Session, actor: Actor, condition: ColumnElement[bool]) -> list[OwnView]:
    rows = session.execute(
        select(Proposal, Campaign.slug, Campaign.texts)
        .join(Campaign, Campaign.id == Proposal.campaign_id)
        .where(condition)
        .order_by(Proposal.created.desc(), Proposal.id.desc())
    ).all()
    seen = {view.public_id: view for view in proposal_views(session, condition)}
    return [
        OwnView(
            **(_values(seen[proposal.public_id]) | {"answers": proposal.answers}),
            receipt=proposal.receipt,
            campaign_slug=slug,
            campaign_texts=texts,
            editable=may_edit(actor, proposal),
            withdrawable=may_withdraw(actor, proposal),
        )
        for proposal, slug, texts in rows
    ]


def _values(view: ProposalView) -> dict[str, Any]:
    return {each.name: getattr(view, each.name) for each in fields(view)}
