"""Erases an address for good, where its owner asks the office to (PIPL, article 47).

Whoever followed, was told of areas or left it with a proposal is no longer written to. Proposals
stay: they never showed it. What is left says that it was done, not whose address it was.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from core.errors import NotFoundError, WrongStateError
from notifications import outbox
from notifications.contacts import Sealer, read_contact
from notifications.models import Contact
from notifications.outbox import MessageState
from people.access.actor import Actor
from people.access.permissions import Act, check_may
from people.audit.record import record
from submissions.alerts import alerts
from submissions.participation.models import Follow
from submissions.prize_draws.models import DrawEntry
from submissions.proposals.models import Proposal


@dataclass(frozen=True)
class Forgotten:
    """In how many places an address stood."""

    follows: int
    alerts: int
    proposals: int
    draws: int


def forget_contact(
    session: Session, actor: Actor, sealer: Sealer, address: str, *, now: datetime
) -> Forgotten:
    """Erase an e-mail address or a phone number with all that is sent to it.

    Raises ``NotAllowedError``; ``BadContactError`` for what is no address; ``NotFoundError`` where
    it is not kept; ``WrongStateError`` while a letter is on its way to it (try again in a minute).
    """
    check_may(actor, Act.MANAGE_OFFICE, action="contact_forgotten")
    _kind, normal = read_contact(address)
    kept = select(Contact.id).where(Contact.lookup.in_(sealer.lookups(normal)))
    ids = list(session.scalars(kept.order_by(Contact.id)))
    if not ids:
        raise NotFoundError(kind="contact")
    done = Forgotten(
        follows=_count(session, Follow, ids),
        alerts=sum(alerts.forget_contact(session, one, now=now) for one in ids),
        proposals=_count(session, Proposal, ids),
        draws=_count(session, DrawEntry, ids),
    )
    session.execute(delete(Follow).where(Follow.contact_id.in_(ids)))
    for table in (Proposal, DrawEntry):
        session.execute(update(table).where(table.contact_id.in_(ids)).values(contact_id=None))
    if not outbox.erase(session, ids):
        raise WrongStateError(status=str(MessageState.SENDING), wanted="forgotten")
    record(session, actor, "contact_forgotten", now=now, details=asdict(done))
    return done


def _count(
    session: Session, table: type[Follow] | type[Proposal] | type[DrawEntry], ids: list[int]
) -> int:
    return int(session.scalar(select(func.count()).where(table.contact_id.in_(ids))) or 0)
