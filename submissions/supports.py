"""Standing behind a proposal, once a device; a second tap takes it back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Table, delete, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from errors import NotAllowedError
from people.actions import record
from people.actors import Actor
from people.catalogue import Act
from submissions.models import Proposal, Support
from submissions.rules import may_support
from submissions.seen import LOOKED_UP_AT_ONCE, check_now, published_ids, published_proposal

_SUPPORT: Table = Support.__table__  # type: ignore[assignment]
_BACK = {
    "sqlite": sqlite.insert(_SUPPORT).on_conflict_do_nothing().returning(_SUPPORT.c.proposal_id),
    "postgresql": postgresql.insert(_SUPPORT)
    .on_conflict_do_nothing()
    .returning(_SUPPORT.c.proposal_id),
}


def support_proposal(session: Session, actor: Actor, public_id: str, *, now: datetime) -> int:
    """Stand behind a published proposal and return its number of supports; once per device.

    Raises ``NotFoundError`` unless it is published; ``NotAllowedError`` without a device or for
    one's own proposal; ``NotNowError``.
    """
    proposal = published_proposal(session, public_id)
    if not may_support(actor, proposal):
        raise NotAllowedError(action="support_proposal")
    check_now(session, proposal, Act.SUPPORT, now)
    row = {"proposal_id": proposal.id, "supporter_key": actor.key, "at": now}
    statement = _BACK[session.get_bind().dialect.name]
    if session.connection().execute(statement, row).scalar() is None:
        return proposal.supports
    return _counted(session, actor, proposal, 1, now)


def unsupport_proposal(session: Session, actor: Actor, public_id: str, *, now: datetime) -> int:
    """Take one's support back and return the number left; without one, nothing happens.

    Raises ``NotFoundError`` unless it is published; ``NotAllowedError`` without a device or for
    one's own proposal; ``NotNowError``.
    """
    proposal = published_proposal(session, public_id)
    if not may_support(actor, proposal):
        raise NotAllowedError(action="unsupport_proposal")
    check_now(session, proposal, Act.SUPPORT, now)
    table = _SUPPORT.c
    theirs = (table.proposal_id == proposal.id) & (table.supporter_key == actor.key)
    if not session.connection().execute(delete(_SUPPORT).where(theirs)).rowcount:
        return proposal.supports
    return _counted(session, actor, proposal, -1, now)


def supported_by(session: Session, actor: Actor, public_ids: Sequence[str]) -> set[str]:
    """Return which of these published proposals this device stands behind."""
    if actor.key is None:
        return set()
    names = {number: name for name, number in published_ids(session, public_ids).items()}
    numbers, found = list(names), set()
    for start in range(0, len(numbers), LOOKED_UP_AT_ONCE):
        part = numbers[start : start + LOOKED_UP_AT_ONCE]
        statement = select(Support.proposal_id).where(
            Support.proposal_id.in_(part), Support.supporter_key == actor.key
        )
        found |= {names[number] for number in session.scalars(statement)}
    return found


def _counted(session: Session, actor: Actor, proposal: Proposal, more: int, now: datetime) -> int:
    count = session.scalar(
        update(Proposal)
        .where(Proposal.id == proposal.id)
        .values(supports=Proposal.supports + more)
        .returning(Proposal.supports)
        .execution_options(synchronize_session=False)
    )
    session.expire(proposal)
    record(
        session,
        actor,
        "supported" if more > 0 else "unsupported",
        now=now,
        campaign_id=proposal.campaign_id,
        proposal_id=proposal.id,
    )
    return int(count or 0)
