"""Looking at what was published as it was filed: seen and in order, it leaves the list of those."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from people.access.actor import Actor
from people.access.permissions import Act, check_may_somewhere
from submissions.proposals.audit import record_for
from submissions.proposals.states import Status
from submissions.proposals.visibility import moderated_proposal

LOOKED_AT = "looked_at"


def look_at(session: Session, actor: Actor, public_ids: Sequence[str], *, now: datetime) -> int:
    """Note that somebody looked at published proposals and left them; return how many were new.

    All or none. What was looked at before, or is not shown any more, is passed over. Raises
    ``NotAllowedError`` and ``NotFoundError`` as ``visibility.moderated_proposal`` does.
    """
    check_may_somewhere(actor, Act.MODERATE, action=LOOKED_AT)
    looked = 0
    for public_id in dict.fromkeys(public_ids):
        proposal = moderated_proposal(session, actor, public_id)
        if not proposal.unreviewed or proposal.status != Status.PUBLISHED:
            continue
        proposal.unreviewed = False
        session.flush()
        record_for(session, actor, LOOKED_AT, proposal, now)
        looked += 1
    return looked
