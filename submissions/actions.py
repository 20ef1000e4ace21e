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
from sqlalchemy import Insert, Table, bindparam, literal, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from database import Json
from errors import (
    CampaignClosedError,
    InvalidError,
    LuJianError,
    NotAllowedError,
    NotFoundError,
    WrongStateError,
)
from layers.communities import LoadReport, community_index, load_communities
from layers.models import Edition
from people.actions import record, recording
from people.actors import Actor
from people.models import AuditEntry
from submissions import drafts
from submissions.drafts import DraftProposal, NewCampaign
from submissions.imports import ImportReport, import_proposals
from submissions.models import Campaign, Proposal
from submissions.receipts import new_public_id, new_receipt
from submissions.rows import ImportColumns, Refusal
from submissions.rules import (
    HeldReason,
    Status,
    is_open,
    may_change_status,
    may_file,
    may_import,
    may_make_campaign,
    may_moderate,
)
from submissions.supports import support_proposal, supported_by, unsupport_proposal

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
_FILE = sqlite.insert(_PROPOSAL).on_conflict_do_nothing().returning(_PROPOSAL.c.id)
_TRIES = 5
FILED = "filed"


def _file_and_record() -> Insert:
    """Return PostgreSQL's one statement that stores a proposal and its audit entry."""
    table = _PROPOSAL.c
    filed = (
        postgresql.insert(_PROPOSAL)
        .values({column.name: bindparam(column.name) for column in table if column.name != "id"})
        .on_conflict_do_nothing()
        .returning(table.created, table.author_key, table.campaign_id, table.id)
        .cte("filed")
    )
    row = filed.c
    nothing = literal({}, type_=Json)
    entry = select(row.created, row.author_key, literal(FILED), row.campaign_id, row.id, nothing)
    return recording(entry).returning(AuditEntry.proposal_id)


_FILE_AND_RECORD = _file_and_record()


@dataclass(frozen=True)
class Receipt:
    """What the author keeps. ``repeated``: this filing had been accepted before."""

    code: str
    public_id: str
    status: str
    community_code: str | None
    created: datetime
    repeated: bool


@dataclass(frozen=True)
class ReassignReport:
    """What a re-assignment did: how many proposals it looked at, changed, found outside."""

    campaign_id: int
    edition: str
    proposals: int
    changed: int
    outside: int


def create_campaign(session: Session, actor: Actor, campaign: NewCampaign, *, now: datetime) -> int:
    """Set up a campaign and return its id.

    Raises ``NotAllowedError``; ``InvalidError`` naming the field (a taken slug among them);
    ``NotFoundError`` for an edition that is not loaded.
    """
    if not may_make_campaign(actor):
        raise NotAllowedError(action="create_campaign")
    drafts.check_campaign(campaign)
    if session.get(Edition, campaign.edition) is None:
        raise NotFoundError(kind="edition", name=campaign.edition)
    if session.scalar(select(Campaign.id).where(Campaign.slug == campaign.slug)) is not None:
        raise InvalidError(field="slug", reason="taken")
    row = Campaign(**{**vars(campaign), "area": shapely.force_2d(campaign.area)})
    row.categories, row.questions = list(campaign.categories), list(campaign.questions)
    row.geometry_kinds = [str(kind) for kind in campaign.geometry_kinds]
    session.add(row)
    session.flush()
    details = {"slug": campaign.slug}
    record(session, actor, "campaign_created", now=now, campaign_id=row.id, details=details)
    return row.id


def file_proposal(
    session: Session, actor: Actor, campaign_id: int, draft: DraftProposal, *, now: datetime
) -> Receipt:
    """File one proposal and return its receipt; filed again under its token, the same receipt.

    The first filing under a device's ``client_token`` counts, also when the campaign has closed
    in between. A point on the border of the campaign's area is inside.

    Raises ``NotAllowedError`` without a device; ``NotFoundError`` for the campaign;
    ``CampaignClosedError``; ``InvalidError`` and its leaves for what cannot be accepted.
    """
    if not may_file(actor):
        raise NotAllowedError(action="file_proposal")
    token = drafts.check_client_token(draft.client_token)
    campaign = _campaign(session, campaign_id)
    try:
        values = _checked(session, campaign, draft, now)
    except LuJianError:
        repeated = _filed_before(session, campaign_id, actor, token)
        if repeated is not None:
            return repeated
        raise
    values |= {"campaign_id": campaign_id, "author_key": actor.key, "client_token": token}
    for _ in range(_TRIES):
        names = {"public_id": new_public_id(), "receipt": new_receipt()}
        if _store(session, actor, values | names):
            break
        repeated = _filed_before(session, campaign_id, actor, token)
        if repeated is not None:
            return repeated
    else:
        raise RuntimeError("no free receipt found")
    return Receipt(
        code=names["receipt"],
        public_id=names["public_id"],
        status=values["status"],
        community_code=values["community_code"],
        created=now,
        repeated=False,
    )


def change_status(
    session: Session, actor: Actor, public_id: str, status: str, *, reason: str, now: datetime
) -> None:
    """Take a proposal to another state, with the reason in the audit trail.

    Raises ``NotAllowedError``; ``NotFoundError``; ``InvalidError`` for an unknown state or a
    missing reason; ``WrongStateError`` when the state may not follow.
    """
    if not may_moderate(actor):
        raise NotAllowedError(action="change_status")
    proposal = _proposal(session, public_id)
    if proposal is None:
        raise NotFoundError(kind="proposal", public_id=public_id)
    if status not in set(Status):
        raise InvalidError(field="status")
    wanted = Status(status)
    if not may_change_status(actor, proposal, wanted):
        raise WrongStateError(status=proposal.status, wanted=str(wanted))
    why = drafts.clean_text(reason, most=1000)
    details = {"from": proposal.status, "to": str(wanted), "reason": why}
    proposal.status, proposal.updated = wanted, now
    proposal.held_reason = str(HeldReason.MODERATOR) if wanted is Status.HELD else None
    if wanted is Status.PUBLISHED:
        proposal.published_at = proposal.published_at or now
    session.flush()
    record(
        session,
        actor,
        "status_changed",
        now=now,
        campaign_id=proposal.campaign_id,
        proposal_id=proposal.id,
        details=details,
    )


def reassign_communities(
    session: Session, actor: Actor, campaign_id: int, edition: str, *, now: datetime
) -> ReassignReport:
    """Move a campaign to an edition: each of its proposals gets its community there.

    Raises ``NotAllowedError``; ``NotFoundError`` for the campaign or the edition.
    """
    if not may_import(actor):
        raise NotAllowedError(action="reassign_communities")
    campaign = _campaign(session, campaign_id)
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
    wanted = set(campaign_ids)
    if loaded.changed:
        wanted |= set(session.scalars(select(Campaign.id).where(Campaign.edition == edition)))
    moved = [
        reassign_communities(session, actor, campaign_id, edition, now=now)
        for campaign_id in sorted(wanted)
    ]
    return loaded, tuple(moved)


def _campaign(session: Session, campaign_id: int) -> Campaign:
    """Return the campaign; read once per group, as the session keeps it."""
    campaign = session.get(Campaign, campaign_id)
    if campaign is None:
        raise NotFoundError(kind="campaign", id=campaign_id)
    if not shapely.is_prepared(campaign.area):
        shapely.prepare(campaign.area)
        session.info["campaign", campaign_id] = campaign  # the identity map holds it only weakly
    return campaign


def _proposal(session: Session, public_id: str) -> Proposal | None:
    return session.scalar(
        select(Proposal)
        .where(Proposal.public_id == public_id)
        .execution_options(populate_existing=True)
    )


def _checked(
    session: Session, campaign: Campaign, draft: DraftProposal, now: datetime
) -> dict[str, Any]:
    """Return the columns of an acceptable draft; raise the error that says why it is none."""
    if not is_open(campaign, now):
        raise CampaignClosedError(opens_at=campaign.opens_at, closes_at=campaign.closes_at)
    keys = frozenset(category["key"] for category in campaign.categories)
    longitude, latitude = drafts.check_place(campaign.area, draft.longitude, draft.latitude)
    raw_x, raw_y, raw_crs = drafts.check_raw(draft)
    placed_by, accuracy_m = drafts.check_placement(draft)
    values = {
        "text": drafts.clean_text(draft.text, most=campaign.max_text_length),
        "category": drafts.check_category(draft.category, keys),
        "relation": drafts.check_relation(draft.relation),
    }
    index = community_index(session, campaign.edition)
    status = Status.PUBLISHED if campaign.publish_on_filing else Status.RECEIVED
    return values | {
        "placed_by": placed_by,
        "accuracy_m": accuracy_m,
        "raw_x": raw_x,
        "raw_y": raw_y,
        "raw_crs": raw_crs,
        "longitude": longitude,
        "latitude": latitude,
        "geometry": shapely.Point(longitude, latitude),
        "length_m": None,
        "area_m2": None,
        "answers": {},
        "entry": str(draft.entry),
        "entered_by": None,
        "language": draft.language,
        "contact_id": None,
        "text_digest": None,
        "status": str(status),
        "held_reason": None,
        "stage": None,
        "published_at": now if status is Status.PUBLISHED else None,
        "community_code": index.locate_one(longitude, latitude),
        "edition": campaign.edition,
        "supports": 0,
        "created": now,
        "updated": now,
    }


def _store(session: Session, actor: Actor, values: dict[str, Any]) -> bool:
    """Insert a proposal and its audit entry; False when a unique name of it is taken."""
    connection = session.connection()
    if connection.dialect.name == "postgresql":
        return connection.execute(_FILE_AND_RECORD, values).scalar() is not None
    proposal_id = connection.execute(_FILE, values).scalar()
    if proposal_id is None:
        return False
    campaign_id, now = values["campaign_id"], values["created"]
    record(session, actor, FILED, now=now, campaign_id=campaign_id, proposal_id=proposal_id)
    return True


def _filed_before(session: Session, campaign_id: int, actor: Actor, token: str) -> Receipt | None:
    table = _PROPOSAL.c
    row = session.execute(
        select(
            table.receipt, table.public_id, table.status, table.community_code, table.created
        ).where(
            table.campaign_id == campaign_id,
            table.author_key == actor.key,
            table.client_token == token,
        )
    ).one_or_none()
    return None if row is None else Receipt(*row, repeated=True)
