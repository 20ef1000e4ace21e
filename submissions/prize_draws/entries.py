"""Who takes part in a prize draw: one entry a person, and why a proposal gives none.

A person is all that hangs together by a device or a contact: two devices with the same contact are
one person, and so are two contacts given from one device. Each slip that staff wrote down is a
person of its own, unless it names a contact. Names of entries are random: they say nothing.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from enum import StrEnum
from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from core.language import DEFAULT
from people.audit.models import AuditEntry
from submissions.campaigns.models import Campaign
from submissions.prize_draws.models import DrawEntry, DrawProposal, PrizeDraw
from submissions.proposals.models import Proposal
from submissions.proposals.states import Status


class Reason(StrEnum):
    """Why a proposal gives no entry."""

    IMPORTED = "imported"
    RECEIVED = "received"
    HELD = "held"
    HIDDEN = "hidden"
    WITHDRAWN = "withdrawn"
    MERGED = "merged"
    STAFF = "staff"
    EARLIER = "earlier"


def entrants(
    session: Session, campaign: Campaign
) -> tuple[list[dict[str, Any]], dict[str, dict[str, Any]]]:
    """Return what each proposal gives (``DrawProposal``), and the entries by their names."""
    assert campaign.prize is not None
    rows = session.execute(
        select(
            Proposal.id,
            Proposal.status,
            Proposal.receipt,
            Proposal.author_key,
            Proposal.contact_id,
            Proposal.language,
        )
        .where(Proposal.campaign_id == campaign.id)
        .order_by(Proposal.id)
    ).all()
    counts_merged = campaign.prize["merged"]
    barred = _staff_devices(session), set() if campaign.prize["earlier"] else _winners(session)
    shares: list[dict[str, Any]] = []
    entries: dict[str, dict[str, Any]] = {}
    for person in _together(rows):
        reason = _person_barred(person, *barred)
        own = {row.id: _own_reason(row, merged=counts_merged) or reason for row in person}
        taking = [row for row in person if own[row.id] is None]
        name = secrets.token_hex(8) if taking else None
        if name is not None:
            entries[name] = _entry(name, taking)
        shares += [
            {
                "proposal_id": row.id,
                "entry": None if own[row.id] else name,
                "reason": own[row.id],
            }
            for row in person
        ]
    return shares, entries


def _entry(name: str, taking: list[Row[Any]]) -> dict[str, Any]:
    contacts = [row for row in taking if row.contact_id is not None]
    told = contacts[0] if contacts else taking[0]
    return {
        "name": name,
        "contact_id": told.contact_id,
        "language": told.language or DEFAULT,
        "rank": None,
    }


def _own_reason(row: Row[Any], *, merged: bool) -> str | None:
    """Return why a proposal itself gives no entry. The values of ``Reason`` are those of states."""
    if row.receipt is None:
        return str(Reason.IMPORTED)
    if row.status == Status.PUBLISHED or (merged and row.status == Status.MERGED):
        return None
    return str(row.status)


def _person_barred(
    person: Iterable[Any], staff: set[str], winners: set[tuple[str, Any]]
) -> str | None:
    marks = [mark for row in person for mark in _marks(row)]
    if any(kind == "device" and key in staff for kind, key in marks):
        return str(Reason.STAFF)
    return str(Reason.EARLIER) if winners.intersection(marks) else None


def _marks(row: Any) -> list[tuple[str, Any]]:
    """Return by what a proposal's author is known again."""
    marks = [("device", row.author_key), ("contact", row.contact_id)]
    return [mark for mark in marks if mark[1] is not None]


def _together(rows: Iterable[Any]) -> list[list[Any]]:
    """Put the proposals of each person together: union-find over devices and contacts."""
    parent: dict[tuple[str, Any], tuple[str, Any]] = {}

    def root(mark: tuple[str, Any]) -> tuple[str, Any]:
        parent.setdefault(mark, mark)
        while parent[mark] != mark:
            parent[mark] = parent[parent[mark]]
            mark = parent[mark]
        return mark

    listed = list(rows)
    marks = {row.id: _marks(row) or [("nobody", row.id)] for row in listed}
    for known in marks.values():
        for other in known[1:]:
            parent[root(known[0])] = root(other)
    people: dict[tuple[str, Any], list[Any]] = {}
    for row in listed:
        people.setdefault(root(marks[row.id][0]), []).append(row)
    return list(people.values())


def _staff_devices(session: Session) -> set[str]:
    """Return the devices on which somebody acted signed in, or wrote slips for others."""
    signed_in = (
        select(AuditEntry.actor_key)
        .distinct()
        .where(AuditEntry.account_id.is_not(None), AuditEntry.actor_key.is_not(None))
    )
    writing = select(Proposal.entered_by).distinct().where(Proposal.entered_by.is_not(None))
    return {str(key) for query in (signed_in, writing) for key in session.scalars(query)}


def _winners(session: Session) -> set[tuple[str, Any]]:
    """Return by what those are known again who won in any draw before that stands."""
    rows = session.execute(
        select(Proposal.author_key, Proposal.contact_id)
        .join(DrawProposal, DrawProposal.proposal_id == Proposal.id)
        .join(
            DrawEntry,
            (DrawEntry.draw_id == DrawProposal.draw_id) & (DrawEntry.name == DrawProposal.entry),
        )
        .join(PrizeDraw, PrizeDraw.id == DrawEntry.draw_id)
        .where(DrawEntry.rank.is_not(None), PrizeDraw.voided_at.is_(None))
    )
    return {mark for row in rows for mark in _marks(row)}
