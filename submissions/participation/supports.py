"""Standing behind a proposal, once a device; a second tap takes it back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Table, delete, select, update
from sqlalchemy.orm import Session

from core.batches import in_parts
from core.dialect import InsertNew
from core.errors import NotAllowedError
from people.access.actor import Actor
from people.access.permissions import Act
from submissions.participation.models import Support
from submissions.proposals.audit import record_for
from submissions.proposals.merged_family import (
    count_supports,
    families_of,
    family_ids,
    is_author_of_any,
)
from submissions.proposals.models import Proposal
from submissions.proposals.states import may_support
from submissions.proposals.visibility import (
    check_now,
    published_ids,
    published_proposal,
)

_SUPPORT: Table = Support.__table__  # type: ignore[assignment]
_BACK = InsertNew(_SUPPORT, _SUPPORT.c.proposal_id)


def support_proposal(session: Session, actor: Actor, public_id: str, *, now: datetime) -> int:
    """Stand behind a published proposal and return its number of supports; once per device.

    Raises ``NotFoundError`` unless it is published; ``NotAllowedError`` without a device or for
    one's own proposal; ``NotNowError``.
    """
    proposal, family = _supportable(session, actor, public_id, "support_proposal")
    check_now(session, proposal, Act.SUPPORT, now)
    if len(family) > 1 and _stands_behind(session, actor, family):
        return proposal.supports
    row = {"proposal_id": proposal.id, "supporter_key": actor.key, "at": now}
    if session.connection().execute(_BACK.on(session), row).scalar() is None:
        return proposal.supports
    return _counted(session, actor, proposal, family, 1, now)


def unsupport_proposal(session: Session, actor: Actor, public_id: str, *, now: datetime) -> int:
    """Take one's support back and return the number left; without one, nothing happens.

    Raises ``NotFoundError`` unless it is published; ``NotAllowedError`` without a device or for
    one's own proposal; ``NotNowError``.
    """
    proposal, family = _supportable(session, actor, public_id, "unsupport_proposal")
    check_now(session, proposal, Act.SUPPORT, now)
    table = _SUPPORT.c
    theirs = table.proposal_id.in_(family) & (table.supporter_key == actor.key)
    if not session.connection().execute(delete(_SUPPORT).where(theirs)).rowcount:
        return proposal.supports
    return _counted(session, actor, proposal, family, -1, now)


def supported_by(session: Session, actor: Actor, public_ids: Sequence[str]) -> set[str]:
    """Return which of these published proposals this device stands behind."""
    if actor.key is None:
        return set()
    names = {number: name for name, number in published_ids(session, public_ids).items()}
    heads, found = families_of(session, names), set()
    for part in in_parts(heads):
        statement = select(Support.proposal_id).where(
            Support.proposal_id.in_(part), Support.supporter_key == actor.key
        )
        found |= {names[heads[number]] for number in session.scalars(statement)}
    return found


def _supportable(
    session: Session, actor: Actor, public_id: str, action: str
) -> tuple[Proposal, list[int]]:
    """Return a published proposal and its family's ids; raise unless this device may support it."""
    proposal = published_proposal(session, public_id)
    family = family_ids(session, proposal.id)
    if not may_support(actor, proposal) or is_author_of_any(session, actor, family[1:]):
        raise NotAllowedError(action=action)
    return proposal, family


def _stands_behind(session: Session, actor: Actor, family: Sequence[int]) -> bool:
    theirs = Support.proposal_id.in_(family) & (Support.supporter_key == actor.key)
    return session.scalar(select(Support.proposal_id).where(theirs).limit(1)) is not None


def _counted(
    session: Session,
    actor: Actor,
    proposal: Proposal,
    family: Sequence[int],
    more: int,
    now: datetime,
) -> int:
    alone = len(family) == 1
    supports = Proposal.supports + more if alone else count_supports(session, family)
    count = session.scalar(
        update(Proposal)
        .where(Proposal.id == proposal.id)
        .values(supports=supports)
        .returning(Proposal.supports)
        .execution_options(synchronize_session=False)
    )
    session.expire(proposal)
    record_for(session, actor, "supported" if more > 0 else "unsupported", proposal, now)
    return int(count or 0)
