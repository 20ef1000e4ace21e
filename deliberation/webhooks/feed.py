"""What happened since, for each hook: read from the audit trail, in which every change stands.

Whoever changes a proposal in whatever way need not know that there are hooks. What was brought in
as a whole (an import, a new edition) is told as one event of the campaign.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.orm import Session

from core.batches import in_parts
from deliberation.webhooks.events import DeliveryState, EventKind, put
from deliberation.webhooks.models import Webhook, WebhookDelivery, WebhookTold
from people.audit.models import AuditEntry
from submissions.campaigns.models import Campaign
from submissions.proposals.models import Proposal
from submissions.proposals.queries import QUIET, UNCOUNTED
from submissions.proposals.states import Status

MOST_ENTRIES = 2_000


def follow(session: Session, now: datetime) -> int:
    """Let every hook catch up with the trail, some entries at a time; return how many are put."""
    hooks = session.scalars(
        select(Webhook)
        .where(Webhook.removed.is_(None), Webhook.paused.is_(None), Webhook.stopped.is_(None))
        .order_by(Webhook.id)
    ).all()
    return sum(_follow(session, hook, now) for hook in hooks)


def is_behind(session: Session) -> bool:
    """Tell whether anything happened that some hook was not told of."""
    newest = session.scalar(select(func.max(AuditEntry.id))) or 0
    behind = select(Webhook.id).where(
        Webhook.seen < newest,
        Webhook.removed.is_(None),
        Webhook.paused.is_(None),
        Webhook.stopped.is_(None),
    )
    return session.scalar(behind.limit(1)) is not None


def _follow(session: Session, hook: Webhook, now: datetime) -> int:
    entries = session.execute(
        select(AuditEntry.id, AuditEntry.campaign_id, AuditEntry.proposal_id, AuditEntry.action)
        .where(AuditEntry.id > hook.seen)
        .order_by(AuditEntry.id)
        .limit(MOST_ENTRIES)
    ).all()
    if not entries:
        return 0
    hook.seen = entries[-1].id
    session.flush()
    told = [
        one
        for one in entries
        if one.campaign_id is not None
        and hook.campaign_id in (None, one.campaign_id)
        and one.action not in UNCOUNTED
        and one.action not in QUIET
    ]
    numbers = {one.proposal_id for one in told if one.proposal_id is not None}
    wholes = {one.campaign_id for one in told if one.proposal_id is None}
    return _tell_proposals(session, hook, numbers, now) + _tell_wholes(session, hook, wholes, now)


def _tell_wholes(session: Session, hook: Webhook, wholes: Collection[int], now: datetime) -> int:
    public = session.scalars(
        select(Campaign.id).where(Campaign.id.in_(sorted(wholes)), Campaign.published_at <= now)
    ).all()
    for campaign in public:
        put(session, hook.id, EventKind.CAMPAIGN, campaign_id=campaign, now=now)
    return len(public)


def _tell_proposals(
    session: Session, hook: Webhook, numbers: Collection[int], now: datetime
) -> int:
    if not numbers:
        return 0
    known, waiting = _known(session, hook, numbers), _waiting(session, hook, numbers)
    groups: dict[tuple[EventKind, int], list[int]] = {}
    for part in in_parts(sorted(numbers)):
        rows = session.execute(
            select(Proposal.id, Proposal.campaign_id, Proposal.status, Proposal.published_at)
            .join(Campaign, Campaign.id == Proposal.campaign_id)
            .where(Proposal.id.in_(part), Campaign.published_at <= now)
            .order_by(Proposal.id)
        ).all()
        for row in rows:
            is_old = row.published_at is not None and row.published_at < hook.created
            kind = _kind(row.status, row.id in known, is_old)
            if kind is not None and not (kind is EventKind.CHANGED and row.id in waiting):
                groups.setdefault((kind, row.campaign_id), []).append(row.id)
    for (kind, campaign), ids in groups.items():
        put(session, hook.id, kind, campaign_id=campaign, proposal_ids=ids, now=now)
        _note(session, hook, kind, [one for one in ids if one not in known])
        _forget(session, hook, kind, ids)
    return sum(map(len, groups.values()))


def _kind(status: str, is_known: bool, is_old: bool) -> EventKind | None:
    """Return what is told; ``is_old``: it was shown before there was the hook."""
    if status == Status.PUBLISHED:
        return EventKind.CHANGED if is_known or is_old else EventKind.PUBLISHED
    return EventKind.WITHDRAWN if is_known else None


def _known(session: Session, hook: Webhook, numbers: Collection[int]) -> set[int]:
    found: set[int] = set()
    for part in in_parts(sorted(numbers)):
        found |= set(
            session.scalars(
                select(WebhookTold.proposal_id).where(
                    WebhookTold.webhook_id == hook.id, WebhookTold.proposal_id.in_(part)
                )
            )
        )
    return found


def _waiting(session: Session, hook: Webhook, numbers: Collection[int]) -> set[int]:
    """Return of which an event waits already: it will say all that is so by then."""
    found: set[int] = set()
    for part in in_parts(sorted(numbers)):
        found |= set(
            session.scalars(
                select(WebhookDelivery.proposal_id).where(
                    WebhookDelivery.webhook_id == hook.id,
                    WebhookDelivery.proposal_id.in_(part),
                    WebhookDelivery.state == str(DeliveryState.WAITING),
                    WebhookDelivery.kind != str(EventKind.WITHDRAWN),
                )
            )
        )
    return found


def _note(session: Session, hook: Webhook, kind: EventKind, ids: list[int]) -> None:
    """Note of which proposals a hook knows from now on."""
    if kind is not EventKind.WITHDRAWN and ids:
        rows = [{"webhook_id": hook.id, "proposal_id": number} for number in ids]
        session.execute(insert(WebhookTold), rows)


def _forget(session: Session, hook: Webhook, kind: EventKind, ids: list[int]) -> None:
    """Note of which proposals a hook is told for the last time."""
    if kind is EventKind.WITHDRAWN:
        for part in in_parts(ids):
            theirs = WebhookTold.webhook_id == hook.id, WebhookTold.proposal_id.in_(part)
            session.execute(delete(WebhookTold).where(*theirs))


def forget_old(session: Session, before: datetime) -> None:
    """Remove what was settled before a moment."""
    done = [str(one) for one in DeliveryState if one not in _OPEN]
    session.execute(
        delete(WebhookDelivery).where(
            WebhookDelivery.state.in_(done), WebhookDelivery.created < before
        )
    )


def free_left(session: Session, now: datetime) -> None:
    """Let what a dead process was sending wait again: its receiver knows it by its id."""
    session.execute(
        update(WebhookDelivery)
        .where(WebhookDelivery.state == str(DeliveryState.SENDING), WebhookDelivery.due <= now)
        .values(state=str(DeliveryState.WAITING))
    )


_OPEN = frozenset({DeliveryState.WAITING, DeliveryState.SENDING})
