"""What those who moderate take away of a selection: the public columns, and the state of each.

Also what is not public, as far as this person moderates. Nothing of a person is in it: no author,
no contact, no receipt, no answer to a private question. Each such file stands in the trail.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from analysis.frames import stream_published
from analysis.selection import Selection, chosen
from core.errors import NotFoundError
from layers.export.geojson import timestamp
from people.access.actor import Actor
from people.access.permissions import Act, may_somewhere
from people.audit.record import record
from submissions.campaigns.questionnaire import WHY_ANOTHER
from submissions.proposals.jurisdiction import within
from submissions.proposals.models import Proposal

#: The columns after the public ones.
COLUMNS = ("status", "held_reason", "published_at", "updated", "joined_with")
_kept = aliased(Proposal)


def check_staff_export(actor: Actor) -> None:
    """Raise ``NotFoundError`` for whoever moderates nothing."""
    if not may_somewhere(actor, Act.MODERATE):
        raise NotFoundError(kind="page")


def record_export(session: Session, selection: Selection, form: str, *, now: datetime) -> None:
    """Write down who takes away what."""
    check_staff_export(selection.actor)
    query, campaign = selection.narrow.query(), selection.campaign.id
    details = {"campaign": campaign, "query": query, "form": form}
    record(session, selection.actor, "proposals_exported", now=now, details=details)


def staff_batches(session: Session, selection: Selection) -> Iterator[list[dict[str, Any]]]:
    """Yield the rows of a selection with ``COLUMNS``, where this person moderates.

    Raises ``NotFoundError`` for whoever moderates nothing, and what ``selection.chosen`` raises.
    """
    check_staff_export(selection.actor)
    where = [*chosen(session, selection), within(selection.actor, Act.MODERATE)]
    for batch in stream_published(session, selection.campaign.id, where, batch=500):
        states = _states(session, [row.id for row in batch])
        yield [
            {
                **row._asdict(),
                **states[row.id],
                "campaign": selection.campaign.slug,
                "why_another": row.answers.get(WHY_ANOTHER),
            }
            for row in batch
        ]


def _states(session: Session, public_ids: list[str]) -> dict[str, dict[str, Any]]:
    rows = session.execute(
        select(
            Proposal.public_id,
            Proposal.status,
            Proposal.held_reason,
            Proposal.published_at,
            Proposal.updated,
            _kept.public_id,
        )
        .outerjoin(_kept, _kept.id == Proposal.merged_into)
        .where(Proposal.public_id.in_(public_ids))
    )
    return {
        name: {
            "status": status,
            "held_reason": reason,
            "published_at": None if shown is None else timestamp(shown),
            "updated": timestamp(updated),
            "joined_with": kept,
        }
        for name, status, reason, shown, updated, kept in rows
    }
