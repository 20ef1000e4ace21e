"""What changes state: setting up campaigns, filing, supporting, moderating, re-assigning.

Every action takes the writer's session (``Database.write``), checks the rules itself, and records
what it did in the same transaction.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import geopandas as gpd
import shapely
from sqlalchemy import Table, bindparam, select, update
from sqlalchemy.orm import Session

from errors import InvalidError, NotAllowedError, NotFoundError
from layers.communities import LoadReport, community_index, load_communities
from layers.models import Edition
from people.actions import record
from people.actors import Actor, Where
from people.catalogue import Act, may, may_somewhere
from submissions import drafts
from submissions.campaign_texts import check_prize
from submissions.changes import change_status
from submissions.drafts import DraftProposal, NewCampaign
from submissions.filing import Receipt, campaign_row, file_proposal
from submissions.imports import ImportReport, import_proposals
from submissions.models import Campaign, Proposal
from submissions.rows import ImportColumns, Refusal
from submissions.supports import support_proposal, supported_by, unsupport_proposal
from submissions.where import where_of_campaign

__all__ = [
    "DraftProposal",
    "ImportColumns",
    "ImportReport",
    "NewCampaign",
    "ReassignReport",
    "Receipt",
    "Refusal",
    "adopt_communities",
    "change_status",
    "create_campaign",
    "file_proposal",
    "import_proposals",
    "reassign_communities",
    "support_proposal",
    "supported_by",
    "unsupport_proposal",
]

_PROPOSAL: Table = Proposal.__table__  # type: ignore[assignment]


@dataclass(frozen=True)
class ReassignReport:
    """What a re-assignment did: how many proposals it looked at, changed, found outside."""

    campaign_id: int
    edition: str
    proposals: int
    changed: int
    outside: int


def create_campaign(
    session: Session, actor: Actor, campaign: NewCampaign, *, draft: bool = False, now: datetime
) -> int:
    """Set up a campaign and return its id; public at once, unless it is a ``draft``.

    Raises ``NotAllowedError``; ``InvalidError`` naming the field (a taken slug among them);
    ``NotFoundError`` for an edition that is not loaded.
    """
    if not may(actor, Act.MAKE_CAMPAIGN, Where(campaign.subdistrict)):
        raise NotAllowedError(action="create_campaign")
    drafts.check_campaign(campaign)
    if session.get(Edition, campaign.edition) is None:
        raise NotFoundError(kind="edition", name=campaign.edition)
    if session.scalar(select(Campaign.id).where(Campaign.slug == campaign.slug)) is not None:
        raise InvalidError(field="slug", reason="taken")
    row = Campaign(**{**vars(campaign), "area": shapely.force_2d(campaign.area)})
    row.categories, row.questions = list(campaign.categories), list(campaign.questions)
    row.geometry_kinds = [str(kind) for kind in campaign.geometry_kinds]
    row.former_questions = list(campaign.former_questions)
    row.privacy, row.phases = dict(campaign.privacy), dict(campaign.phases)
    row.prize = check_prize(campaign.prize)
    if not draft and row.published_at is None:
        row.published_at = min(now, campaign.opens_at)
    session.add(row)
    session.flush()
    details = {"slug": campaign.slug}
    record(session, actor, "campaign_created", now=now, campaign_id=row.id, details=details)
    return row.id


def reassign_communities(
    session: Session, actor: Actor, campaign_id: int, edition: str, *, now: datetime
) -> ReassignReport:
    """Move a campaign to an edition: each of its proposals gets its community there.

    Raises ``NotAllowedError``; ``NotFoundError`` for the campaign or the edition.
    """
    if not may_somewhere(actor, Act.IMPORT):
        raise NotAllowedError(action="reassign_communities")
    campaign = campaign_row(session, campaign_id)
    if not may(actor, Act.IMPORT, where_of_campaign(campaign)):
        raise NotAllowedError(action="reassign_communities")
    index = community_index(session, edition)
    table = _PROPOSAL.c
    rows = session.execute(
        select(table.id, table.longitude, table.latitude, table.community_code).where(
            table.campaign_id == campaign_id
        )
    ).all()
    codes = index.locate([r.longitude for r in rows], [r.latitude for r in rows])
    moved = [
        {"row": row.id, "code": code}
        for row, code in zip(rows, codes, strict=True)
        if code != row.community_code
    ]
    if moved:
        statement = update(_PROPOSAL).where(table.id == bindparam("row"))
        statement = statement.values(community_code=bindparam("code"), updated=now)
        session.connection().execute(statement, moved)
    session.connection().execute(
        update(_PROPOSAL)
        .where(table.campaign_id == campaign_id, table.edition != edition)
        .values(edition=edition)
    )
    campaign.edition = edition
    session.flush()
    report = ReassignReport(campaign_id, edition, len(rows), len(moved), codes.count(None))
    details: dict[str, Any] = {"edition": edition, "changed": len(moved)}
    record(session, actor, "reassigned", now=now, campaign_id=campaign_id, details=details)
    return report


def adopt_communities(
    session: Session,
    actor: Actor,
    edition: str,
    frame: gpd.GeoDataFrame,
    *,
    source: str,
    schematic: bool = False,
    campaign_ids: tuple[int, ...] = (),
    now: datetime,
) -> tuple[LoadReport, tuple[ReassignReport, ...]]:
    """Load an edition, then re-assign these campaigns and all that stand on the edition already.

    Raises what ``load_communities`` and ``reassign_communities`` raise.
    """
    loaded = load_communities(
        session, actor, edition, frame, source=source, schematic=schematic, now=now
    )
    standing = session.scalars(select(Campaign).where(Campaign.edition == edition)).all()
    if not all(may(actor, Act.LOAD_COMMUNITIES, where_of_campaign(one)) for one in standing):
        raise NotAllowedError(action="load_communities")
    wanted = set(campaign_ids)
    if loaded.changed:
        wanted |= {one.id for one in standing}
    moved = [
        reassign_communities(session, actor, campaign_id, edition, now=now)
        for campaign_id in sorted(wanted)
    ]
    return loaded, tuple(moved)
