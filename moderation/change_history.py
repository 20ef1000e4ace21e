"""What staff did to a proposal: all of it for moderators, what changed its words for its author."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from moderation.undo import is_as_left, later_changes
from people.access.actor import Actor
from submissions.campaigns.models import Campaign
from submissions.campaigns.questionnaire import public_keys
from submissions.proposals.models import Change, Proposal
from submissions.proposals.visibility import moderated_proposal

_KEPT = ("text", "category", "relation", "answers", "longitude", "latitude")


@dataclass(frozen=True)
class ChangeView:
    """One change as moderators see it; ``before`` and ``after`` without answers that are private.

    ``by`` is empty for a command on the server. ``undoes``: the change that this one took back.
    ``undone``: when this one was taken back, by whom. ``undoable``: nothing later stands on it.
    """

    id: int
    kind: str
    at: datetime
    by: str
    reason: str
    before: dict[str, Any]
    after: dict[str, Any]
    batch: str | None
    undoes: int | None
    undone: datetime | None
    undone_by: str | None
    undoable: bool


@dataclass(frozen=True)
class Original:
    """A proposal as its author had it before staff changed it; ``changed`` names what they did.

    WGS 84 degrees; without answers that are private.
    """

    text: str
    category: str
    relation: str
    answers: dict[str, Any]
    longitude: float
    latitude: float
    changed: frozenset[str] = field(default_factory=frozenset)


def changes_of(session: Session, actor: Actor, public_id: str) -> list[ChangeView]:
    """Return the changes of a proposal, the latest first, to those who moderate it.

    Raises ``NotAllowedError``, ``NotFoundError`` as ``seen.moderated_proposal``.
    """
    proposal = moderated_proposal(session, actor, public_id)
    shown = _shown_keys(session, proposal)
    return [
        ChangeView(
            id=row.id,
            kind=row.kind,
            at=row.at,
            by=row.by,
            reason=row.reason,
            before=_shown(row.before, shown),
            after=_shown(row.after, shown),
            batch=row.batch,
            undoes=row.undoes,
            undone=row.undone,
            undone_by=row.undone_by,
            undoable=_is_undoable(session, proposal, row),
        )
        for row in _rows(session, proposal, latest_first=True)
    ]


def original_of(session: Session, actor: Actor, public_id: str) -> Original:
    """Return what its author filed, before anything that staff changed and is so yet.

    Raises ``NotAllowedError``, ``NotFoundError`` as ``seen.moderated_proposal``.
    """
    proposal = moderated_proposal(session, actor, public_id)
    was: dict[str, Any] = {}
    for row in _rows(session, proposal, latest_first=False):
        if row.undone is None and row.undoes is None:
            for name in _KEPT:
                if name in row.before and row.before[name] != row.after[name]:
                    was.setdefault(name, row.before[name])
    values = {name: was.get(name, getattr(proposal, name)) for name in _KEPT}
    values = _shown(values, _shown_keys(session, proposal))
    return Original(**values, changed=frozenset(was))


def _rows(session: Session, proposal: Proposal, *, latest_first: bool) -> list[Change]:
    order = Change.id.desc() if latest_first else Change.id.asc()
    statement = select(Change).where(Change.proposal_id == proposal.id).order_by(order)
    return list(session.scalars(statement.execution_options(populate_existing=True)))


def _is_undoable(session: Session, proposal: Proposal, row: Change) -> bool:
    if row.undone is not None or row.undoes is not None:
        return False
    return not later_changes(session, proposal, row) and is_as_left(session, proposal, row)


def _shown_keys(session: Session, proposal: Proposal) -> frozenset[str]:
    return public_keys(session.get_one(Campaign, proposal.campaign_id).questions)


def _shown(fields: Mapping[str, Any], keys: frozenset[str]) -> dict[str, Any]:
    """Return the fields without the answers to private questions."""
    if "answers" not in fields:
        return dict(fields)
    answers = {key: said for key, said in fields["answers"].items() if key in keys}
    return {**fields, "answers": answers}
