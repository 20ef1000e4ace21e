"""What authors are told of staff's changes to their proposal."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from submissions.proposals.models import Change, Proposal
from submissions.proposals.states import ChangeKind


@dataclass(frozen=True)
class ToldChange:
    """What staff changed and is so yet, as the author is told; never what was before."""

    kind: str
    at: datetime
    reason: str


def told_changes(session: Session, public_id: str) -> list[ToldChange]:
    """Return what staff changed in a proposal's words, place or photos and is so yet, in order.

    Of each kind the latest. For readers who may see the proposal: it does not ask; the reasons are
    for its author and for staff.
    """
    rows = session.execute(
        select(Change.kind, Change.at, Change.reason)
        .join(Proposal, Proposal.id == Change.proposal_id)
        .where(Proposal.public_id == public_id, Change.kind != str(ChangeKind.STATUS))
        .where(Change.undone.is_(None), Change.undoes.is_(None))
        .order_by(Change.id)
    )
    latest = {row.kind: ToldChange(*row) for row in rows}
    return sorted(latest.values(), key=lambda change: change.at)
