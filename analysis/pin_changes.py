"""The pins of a campaign, and what changed since a revision."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Integer, Select, func, select, type_coerce
from sqlalchemy.orm import Session

from analysis.frames import Where
from core.batches import in_parts
from people.audit.models import AuditEntry
from submissions.proposals.models import Proposal
from submissions.proposals.queries import DRAWN, QUIET
from submissions.proposals.states import Status

MOST_CHANGES = 2_000
_PUBLISHED = str(Status.PUBLISHED)


@dataclass(frozen=True)
class PinDelta:
    """What changed on the map since a revision; the arrays are aligned, ordered by ``ids``.

    ``full``: these are all published pins, forget the earlier ones. Otherwise each row replaces
    the pin of the same id, or removes it where ``visible`` is False. ``drawn``: the pin stands for
    a line or an area. Coordinates are WGS 84.
    """

    revision: int
    full: bool
    ids: NDArray[np.int64]
    public_ids: NDArray[np.object_]
    longitudes: NDArray[np.float64]
    latitudes: NDArray[np.float64]
    categories: NDArray[np.object_]
    visible: NDArray[np.bool_]
    drawn: NDArray[np.bool_]

    def __len__(self) -> int:
        """Count the rows."""
        return len(self.ids)


_PIN_COLUMNS = (
    Proposal.id,
    Proposal.public_id,
    Proposal.longitude,
    Proposal.latitude,
    Proposal.category,
    Proposal.status,
    type_coerce(DRAWN, Integer),  # as the driver gives it: read all at once below
)


def pins(
    session: Session, campaign_id: int, *, category: str | None = None, after: int = 0
) -> PinDelta:
    """Return what changed on the map since revision ``after``; all pins for 0.

    Also all pins, when the campaign changed as a whole (an import, a re-assignment), when too much
    changed, or when ``after`` is no revision of this database.
    """
    if after > 0:
        changes = session.execute(changes_statement(campaign_id, after)).all()
        if _can_follow(changes, after):
            changed = sorted({row.proposal_id for row in changes[1:]} - {None})
            return _changed_pins(session, changes[-1][0], changed, category)
    newest = select(func.max(AuditEntry.id)).where(AuditEntry.campaign_id == campaign_id)
    revision = session.scalar(newest) or 0
    shown = [Proposal.campaign_id == campaign_id, Proposal.status == _PUBLISHED]
    if category is not None:
        shown.append(Proposal.category == category)
    statement = select(*_PIN_COLUMNS).where(*shown).order_by(Proposal.id)
    return _pin_delta(revision, True, session.connection().execute(statement).all())


def pins_where(session: Session, where: Where, revision: int) -> PinDelta:
    """Return all pins that meet conditions, in whatever state, as of ``revision``."""
    statement = select(*_PIN_COLUMNS).where(*where).order_by(Proposal.id)
    found = _pin_delta(revision, True, session.connection().execute(statement).all())
    return replace(found, visible=np.ones(len(found), np.bool_))


def changes_statement(campaign_id: int, after: int) -> Select[*tuple[Any, ...]]:
    """Select the audit entry ``after`` itself and those that follow it."""
    return (
        select(AuditEntry.id, AuditEntry.proposal_id, AuditEntry.action)
        .where(AuditEntry.campaign_id == campaign_id, AuditEntry.id >= after)
        .order_by(AuditEntry.id)
        .limit(MOST_CHANGES + 2)
    )


def _can_follow(changes: Any, after: int) -> bool:
    """Tell whether the entries tell all that happened since ``after``, pin by pin."""
    known = bool(changes) and changes[0][0] == after
    return (
        known
        and len(changes) <= MOST_CHANGES + 1
        and all(row.proposal_id is not None or row.action in QUIET for row in changes[1:])
    )


def _changed_pins(
    session: Session, revision: int, changed: list[int], category: str | None
) -> PinDelta:
    rows: list[Any] = []
    for part in in_parts(changed):
        statement = select(*_PIN_COLUMNS).where(Proposal.id.in_(part))
        rows += session.execute(statement.order_by(Proposal.id)).all()
    return _pin_delta(revision, False, rows, category)


def _pin_delta(revision: int, full: bool, rows: Any, category: str | None = None) -> PinDelta:
    columns: Any = list(zip(*rows, strict=True)) if rows else [()] * len(_PIN_COLUMNS)
    ids, public_ids, longitudes, latitudes, categories, states, drawn = columns
    of_category = np.array(categories, dtype=object)
    visible = np.array(states, dtype=object) == _PUBLISHED
    return PinDelta(
        revision=revision,
        full=full,
        ids=np.array(ids, dtype=np.int64),
        public_ids=np.array(public_ids, dtype=object),
        longitudes=np.array(longitudes, dtype=np.float64),
        latitudes=np.array(latitudes, dtype=np.float64),
        categories=of_category,
        visible=visible if category is None else visible & (of_category == category),
        drawn=np.array(drawn, dtype=np.bool_),
    )
