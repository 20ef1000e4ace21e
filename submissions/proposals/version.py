"""Versions of a proposal: who changes it must have seen its present one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.errors import StaleError, WrongStateError
from core.text import clean_text
from people.accounts.models import Account
from people.audit.models import AuditEntry
from submissions.proposals.models import Change, Proposal
from submissions.proposals.states import Status

MOST_REASON = 1000


_TICK = timedelta(microseconds=1)


AUTHOR = "author"


_BY_AUTHOR = frozenset({"edited", "withdrawn"})


#: What changes a version without being a change of its fields: the author's, and joining.
_ENTRIES = (*_BY_AUTHOR, "merged", "unmerged", "joined", "parted")


@dataclass(frozen=True)
class Meanwhile:
    """One change since a version was seen: by whom (a name, or ``AUTHOR``), what, and when.

    ``what`` is a ``ChangeKind``, ``edited`` or ``withdrawn`` of the author's, or of a merge
    ``merged``, ``unmerged``, ``joined`` or ``parted``. ``by`` is empty for a command on the server.
    """

    by: str
    what: str
    at: datetime


def check_open(proposal: Proposal, wanted: str) -> None:
    """Raise ``WrongStateError`` for what its author took back: staff leave that alone."""
    if proposal.status == Status.WITHDRAWN:
        raise WrongStateError(status=proposal.status, wanted=wanted)


def check_seen(session: Session, proposal: Proposal, seen: datetime | None) -> None:
    """Raise ``StaleError`` unless ``seen`` is the version that there is; None looks at nothing."""
    if seen is not None and seen != proposal.updated:
        told = meanwhile(session, proposal, seen)
        raise StaleError(status=proposal.status, wanted="changed", changes=told)


def meanwhile(session: Session, proposal: Proposal, seen: datetime) -> list[Meanwhile]:
    """Return what happened to a proposal since the version ``seen``, in order."""
    changes = session.execute(
        select(Change.by, Change.kind, Change.at).where(
            Change.proposal_id == proposal.id, Change.at > seen
        )
    )
    entries = session.execute(
        select(AuditEntry.action, AuditEntry.at, Account.name)
        .outerjoin(Account, Account.id == AuditEntry.account_id)
        .where(
            AuditEntry.proposal_id == proposal.id,
            AuditEntry.action.in_(_ENTRIES),
            AuditEntry.at > seen,
        )
    )
    told = [Meanwhile(row.by, row.kind, row.at) for row in changes]
    for row in entries:
        by = AUTHOR if row.action in _BY_AUTHOR else row.name or ""
        told.append(Meanwhile(by, row.action, row.at))
    return sorted(told, key=lambda one: one.at)


def clean_reason(reason: str) -> str:
    """Return a reason as it is stored. Raises ``EmptyTextError``, ``LongTextError``."""
    return clean_text(reason, most=MOST_REASON)


def new_version(proposal: Proposal, now: datetime) -> datetime:
    """Set the proposal's ``updated`` to a moment that names this version alone; return it."""
    proposal.updated = max(now, proposal.updated + _TICK)
    return proposal.updated
