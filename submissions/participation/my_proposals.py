"""What an author reads of the proposals of this device or of a code: all of it, in every state."""

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
from submissions.proposals.receipt_codes import is_public_id, normalise_receipt
from submissions.proposals.states import may_edit, may_withdraw

MOST = 200
#: Whose these are has been asked when they were looked for; what is left is their state.
_ANYONE = Actor()


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
    return _own(session, Proposal.id.in_(session.scalars(newest).all()))


def own_proposal(session: Session, actor: Actor, public_id: str) -> OwnView:
    """Return a proposal that this device filed. Raises ``NotFoundError`` for any other."""
    found = []
    if actor.key is not None and is_public_id(public_id):
        theirs = (Proposal.author_key == actor.key) & (Proposal.public_id == public_id)
        found = _own(session, theirs)
    if not found:
        raise NotFoundError(kind="proposal", public_id=public_id)
    return found[0]


def proposal_of_code(session: Session, code: str) -> OwnView | None:
    """Return the proposal of a receipt code, in any state, as its author reads it; None without.

    The code is the author's proof on any device.
    """
    receipt = normalise_receipt(code)
    found = [] if receipt is None else _own(session, Proposal.receipt == receipt)
    return found[0] if found else None


def _own(session: Session, condition: ColumnElement[bool]) -> list[OwnView]:
    """Return proposals whose author asks."""
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
            editable=may_edit(_ANYONE, proposal, by_code=True),
            withdrawable=may_withdraw(_ANYONE, proposal, by_code=True),
        )
        for proposal, slug, texts in rows
    ]


def _values(view: ProposalView) -> dict[str, Any]:
    return {each.name: getattr(view, each.name) for each in fields(view)}
