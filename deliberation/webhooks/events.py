"""What hooks are told: kinds of events, which of them wait, and what stands in each."""

from __future__ import annotations

import json
import secrets
from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any

import shapely
from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from analysis.frames import PublishedRow, stream_published
from deliberation.webhooks.models import WebhookDelivery
from layers.export.geojson import proposal_properties, shapes_geojson, timestamp
from submissions.campaigns.models import Campaign
from submissions.campaigns.questionnaire import WHY_ANOTHER
from submissions.proposals.models import Proposal
from submissions.proposals.states import Status


class EventKind(StrEnum):
    """What happened."""

    PUBLISHED = "proposal.published"
    CHANGED = "proposal.changed"
    WITHDRAWN = "proposal.withdrawn"
    CAMPAIGN = "campaign.changed"
    TEST = "webhook.test"


class DeliveryState(StrEnum):
    """Where an event for a hook stands; ``failed``: it was tried for the last time."""

    WAITING = "waiting"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    CANCELLED = "cancelled"


def put(
    session: Session,
    hook_id: int,
    kind: EventKind,
    *,
    campaign_id: int | None = None,
    proposal_ids: Sequence[int | None] = (None,),
    now: datetime,
) -> None:
    """Let an event of each of these proposals wait to be sent."""
    rows = [
        {
            "name": f"msg_{secrets.token_hex(16)}",
            "webhook_id": hook_id,
            "kind": str(kind),
            "campaign_id": campaign_id,
            "proposal_id": number,
            "state": str(DeliveryState.WAITING),
            "attempts": 0,
            "due": now,
            "created": now,
            "problem": "",
        }
        for number in proposal_ids
    ]
    if rows:
        session.execute(insert(WebhookDelivery), rows)


def body_of(session: Session, event: WebhookDelivery, base: str, now: datetime) -> bytes | None:
    """Return what is sent, of what everybody may see at this moment.

    None for an event that is not true any more: of what is not published there is nothing to tell.
    """
    data = _data(session, event, base)
    if data is None:
        return None
    told = {"type": event.kind, "timestamp": timestamp(now), "data": data}
    return json.dumps(told, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()


def _data(session: Session, event: WebhookDelivery, base: str) -> dict[str, Any] | None:
    if event.kind == EventKind.TEST:
        return {}
    slug = session.scalar(select(Campaign.slug).where(Campaign.id == event.campaign_id))
    if event.kind == EventKind.CAMPAIGN or event.proposal_id is None:
        return {"campaign": slug}
    name, status = session.execute(
        select(Proposal.public_id, Proposal.status).where(Proposal.id == event.proposal_id)
    ).one()
    is_shown = status == Status.PUBLISHED
    if event.kind == EventKind.WITHDRAWN:
        return None if is_shown else {"campaign": slug, "id": name}
    if not is_shown:
        return None
    (row,) = _published(session, event)
    link = f"{base}/w/p/{name}" if base else f"/w/p/{name}"
    return {"campaign": slug, "id": name, "url": link, "proposal": _feature(row, slug or "")}


def _published(session: Session, event: WebhookDelivery) -> list[PublishedRow]:
    where = [Proposal.id == event.proposal_id, Proposal.status == str(Status.PUBLISHED)]
    assert event.campaign_id is not None
    found = stream_published(session, event.campaign_id, where)
    return [row for batch in found for row in batch]


def _feature(row: PublishedRow, slug: str) -> dict[str, Any]:
    """Return a proposal as the files have it: a feature of GeoJSON."""
    more = {"campaign": slug, "why_another": row.answers.get(WHY_ANOTHER)}
    answers = {key: value for key, value in row.answers.items() if key != WHY_ANOTHER}
    shape: Any = shapely.geometry.mapping(shapely.Point(row.longitude, row.latitude))
    if row.geometry is not None:
        (shape,) = shapes_geojson([row.geometry])
    told = proposal_properties({**row._asdict(), **more}, {"answers": answers})
    return {"type": "Feature", "id": row.id, "geometry": shape, "properties": told}
