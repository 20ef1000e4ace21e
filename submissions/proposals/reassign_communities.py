"""What changes state: setting up campaigns, filing, supporting, moderating, re-assigning.

Every action takes the writer's session (``Database.write``), checks the rules itself, and records
what it did in the same transaction.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import geopandas as gpd
from sqlalchemy import Table, bindparam, select, update
from sqlalchemy.orm import Session

from core.errors import NotAllowedError
from geo.crs import frame_to_wgs84
from layers.communities.communities import LoadReport, community_index, load_communities
from people.access.actor import Actor
from people.access.permissions import Act, check_may, check_may_somewhere, may
from people.audit.record import record
from submissions.campaigns.jurisdiction import where_of_campaign
from submissions.campaigns.lookup import campaign_row
from submissions.campaigns.models import Campaign
from submissions.proposals.models import Proposal
from submissions.proposals.reassign_preview import check_lies_here

_PROPOSAL: Table = Proposal.__table__  # type: ignore[assignment]


@dataclass(frozen=True)
class ReassignReport:
    """What a re-assignment did: how many proposals it looked at, changed, found outside."""

    campaign_id: int
    edition: str
    proposals: int
    changed: int
    outside: int


def reassign_communities(
    session: Session, actor: Actor, campaign_id: int, edition: str, *, now: datetime
) -> ReassignReport:
    """Move a campaign to an edition: each of its proposals gets its community there.

    Raises ``NotAllowedError``; ``NotFoundError`` for the campaign or the edition.
    """
    check_may_somewhere(actor, Act.IMPORT, action="reassign_communities")
    campaign = campaign_row(session, campaign_id)
    check_may(actor, Act.IMPORT, where_of_campaign(campaign), action="reassign_communities")
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
    campaigns = session.scalars(select(Campaign).where(Campaign.id.in_(campaign_ids))).all()
    if frame.crs is not None and campaigns:
        check_lies_here(frame_to_wgs84(frame), [one.area for one in campaigns])
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
