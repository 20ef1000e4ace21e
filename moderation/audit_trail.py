"""The audit trail as far as somebody's roles reach: entries of campaigns and proposals by name.

An officer of a subdistrict reads what concerns its campaigns, its proposals and the layers uploaded
for it, nothing of the platform: accounts and exports are read by those whose role reaches
everywhere.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, false, or_, select, true
from sqlalchemy.orm import Session

from core.batches import in_parts
from people.access.actor import Actor, Reach, Where
from people.access.permissions import Act, check_may_somewhere, grants_for, may
from people.audit.export import Export, begin_export
from people.audit.models import AuditEntry
from people.audit.query import AuditFilter, AuditPage, Reading, read_trail
from people.audit.record import record
from submissions.campaigns.models import Campaign
from submissions.proposals.jurisdiction import within
from submissions.proposals.models import Proposal
from submissions.proposals.receipt_codes import is_public_id

#: No entry has this number: what is looked for is not there, or out of reach.
_NONE = -1
_OF_LAYERS = "layer_"


def trail_of(
    session: Session,
    actor: Actor,
    asked: AuditFilter,
    *,
    campaign: str = "",
    proposal: str = "",
    before: int | None = None,
) -> AuditPage:
    """Return one page of the entries that this person may read; see ``read_trail``.

    ``campaign`` is a name in addresses, ``proposal`` a public id. Raises ``NotAllowedError``.
    """
    reading = reading_for(actor)
    wanted = _looked_up(session, asked, campaign, proposal)
    return read_trail(session, reading, wanted, before=before)


def start_export(
    session: Session,
    actor: Actor,
    asked: AuditFilter,
    *,
    campaign: str = "",
    proposal: str = "",
    kind: str,
    now: datetime,
) -> Export:
    """Begin an export of ``kind`` (csv, jsonl) and record it, in the writer's session.

    The entry says what was asked for and the digest of the newest seal: so the trail itself holds
    digests by which it can be checked. Raises ``NotAllowedError``.
    """
    reading = reading_for(actor)
    wanted = _looked_up(session, asked, campaign, proposal)
    export = begin_export(session, reading, wanted)
    told = {"campaign": campaign, "proposal": proposal} | _told(asked)
    details = {
        "kind": kind,
        "asked": {name: value for name, value in told.items() if value},
        "seal": export.seal,
        "digest": export.digest,
    }
    record(session, actor, "trail_exported", now=now, details=details)
    return export


def reading_for(actor: Actor) -> Reading:
    """Return how far this person reads. Raises ``NotAllowedError``."""
    check_may_somewhere(actor, Act.SEE_AUDIT, action="trail")
    return Reading(_scope(actor), _names)


def campaigns_in_trail(session: Session, actor: Actor) -> list[tuple[str, dict[str, Any]]]:
    """Return name and texts of the campaigns whose entries this person may read, newest first.

    Raises ``NotAllowedError``.
    """
    check_may_somewhere(actor, Act.SEE_AUDIT, action="trail")
    rows = session.execute(
        select(Campaign.slug, Campaign.texts, Campaign.subdistrict).order_by(Campaign.id.desc())
    )
    return [
        (row.slug, row.texts) for row in rows if may(actor, Act.SEE_AUDIT, Where(row.subdistrict))
    ]


def _scope(actor: Actor) -> ColumnElement[bool]:
    """Return the condition on ``AuditEntry`` that it tells of something in reach."""
    grants = grants_for(actor, Act.SEE_AUDIT)
    if any(grant.reach is Reach.PLATFORM for grant in grants):
        return true()
    codes = [g.code for g in grants if g.reach is Reach.SUBDISTRICT and g.code]
    campaigns = select(Campaign.id).where(Campaign.subdistrict.in_(codes))
    about_campaign = and_(AuditEntry.proposal_id.is_(None), AuditEntry.campaign_id.in_(campaigns))
    about_proposal = (
        select(Proposal.id)
        .where(Proposal.id == AuditEntry.proposal_id, within(actor, Act.SEE_AUDIT))
        .exists()
    )
    about_layer = and_(
        AuditEntry.action.startswith(_OF_LAYERS, autoescape=True),
        AuditEntry.details["subdistrict"].as_string().in_(codes),
    )
    return or_(false(), about_campaign, about_proposal, about_layer)


def _looked_up(session: Session, asked: AuditFilter, campaign: str, proposal: str) -> AuditFilter:
    if campaign:
        found = session.scalar(select(Campaign.id).where(Campaign.slug == campaign))
        asked = replace(asked, campaign_id=_NONE if found is None else found)
    if proposal:
        known = is_public_id(proposal)
        by_name = select(Proposal.id).where(Proposal.public_id == proposal)
        found = session.scalar(by_name) if known else None
        asked = replace(asked, proposal_id=_NONE if found is None else found)
    return asked


def _told(asked: AuditFilter) -> dict[str, Any]:
    """Return what was asked for as the details of an entry hold it."""
    return {
        "person": asked.person,
        "kind": asked.kind,
        "action": asked.action,
        "since": asked.since.isoformat() if asked.since else "",
        "until": asked.until.isoformat() if asked.until else "",
        "text": asked.text,
    }


def _names(
    session: Session, campaigns: set[int], proposals: set[int]
) -> tuple[dict[int, str], dict[int, str]]:
    """Return names in addresses and public ids; a number with # for what is gone."""
    slugs = {one: f"#{one}" for one in campaigns}
    public = {one: f"#{one}" for one in proposals}
    for part in in_parts(sorted(campaigns)):
        rows = session.execute(select(Campaign.id, Campaign.slug).where(Campaign.id.in_(part)))
        slugs |= {row.id: row.slug for row in rows}
    for part in in_parts(sorted(proposals)):
        rows = session.execute(select(Proposal.id, Proposal.public_id).where(Proposal.id.in_(part)))
        public |= {row.id: row.public_id for row in rows}
    return slugs, public
