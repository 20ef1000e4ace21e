"""What is done to hooks: added, tried, paused, given another secret, removed; and how they do."""

from __future__ import annotations

import secrets
from base64 import b64decode, b64encode
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from core.errors import NoKeyError, NotAllowedError, NotFoundError, WrongStateError
from core.text import clean_text
from deliberation.webhooks.events import DeliveryState, EventKind, put
from deliberation.webhooks.models import Webhook, WebhookDelivery
from notifications.contacts import Sealer
from notifications.webhook_target import read_target
from people.access.actor import EVERYWHERE, Actor, Where
from people.access.permissions import Act, check_may_somewhere, may
from people.audit.models import AuditEntry
from people.audit.record import record
from submissions.campaigns.models import Campaign

MOST_NAME, MOST_LISTED = 80, 20
SECRET = "whsec_"
SECRET_BYTES = 32
#: So long the former secret signs beside the new one.
BOTH = timedelta(hours=24)


@dataclass(frozen=True)
class HookView:
    """A hook as those who manage it see it; never its secret. ``campaign_id`` None: of all."""

    id: int
    campaign_id: int | None
    name: str
    url: str
    paused: datetime | None
    stopped: datetime | None
    former_until: datetime | None
    by: str
    created: datetime


@dataclass(frozen=True)
class DeliveryView:
    """One event that was handed over, or is to be."""

    id: int
    webhook_id: int
    kind: str
    state: str
    attempts: int
    due: datetime
    created: datetime
    sent: datetime | None
    status: int | None
    problem: str


def add_hook(
    session: Session,
    actor: Actor,
    sealer: Sealer | None,
    *,
    campaign_id: int | None,
    name: str,
    url: str,
    private_allowed: bool = False,
    now: datetime,
) -> tuple[int, str]:
    """Add a hook of a campaign, or of all (None); return its id and, for once, its secret.

    It is told of what happens from now on. Raises ``NotAllowedError``; ``NotFoundError`` for the
    campaign; ``NoKeyError`` without a key to seal by; ``WebhookAddressError``; ``EmptyTextError``,
    ``LongTextError`` for the name.
    """
    check_may_somewhere(actor, Act.MAKE_CAMPAIGN, action="webhooks")
    _check_reach(session, actor, campaign_id)
    if sealer is None:
        raise NoKeyError()
    read_target(url, private_allowed=private_allowed)
    secret = new_secret()
    row = Webhook(
        campaign_id=campaign_id,
        name=clean_text(name, most=MOST_NAME),
        url=url,
        secret=sealer.seal(secret),
        former_secret=None,
        former_until=None,
        seen=session.scalar(select(func.max(AuditEntry.id))) or 0,
        failures=0,
        paused=None,
        stopped=None,
        removed=None,
        account_id=actor.account_id,
        by=actor.name,
        created=now,
    )
    session.add(row)
    session.flush()
    _record(session, actor, "webhook_added", row, now)
    return row.id, secret


def try_hook(session: Session, actor: Actor, hook_id: int, *, now: datetime) -> None:
    """Send a hook an event that says nothing, also while it is paused.

    Raises ``NotAllowedError``, ``NotFoundError``.
    """
    row = _own(session, actor, hook_id)
    put(session, row.id, EventKind.TEST, now=now)
    _record(session, actor, "webhook_tried", row, now)


def pause_hook(session: Session, actor: Actor, hook_id: int, *, now: datetime) -> None:
    """Let a hook be told of nothing for now. Raises as ``try_hook``; ``WrongStateError``."""
    row = _own(session, actor, hook_id)
    if row.paused is not None:
        raise WrongStateError(status="paused", wanted="paused")
    row.paused = now
    session.flush()
    _record(session, actor, "webhook_paused", row, now)


def resume_hook(session: Session, actor: Actor, hook_id: int, *, now: datetime) -> None:
    """Let a hook that was paused, or that stopped, be told of what happened meanwhile and from now.

    Raises as ``pause_hook``.
    """
    row = _own(session, actor, hook_id)
    if row.paused is None and row.stopped is None:
        raise WrongStateError(status="running", wanted="running")
    row.paused = row.stopped = None
    row.failures = 0
    session.flush()
    _record(session, actor, "webhook_resumed", row, now)


def rotate_secret(
    session: Session, actor: Actor, sealer: Sealer | None, hook_id: int, *, now: datetime
) -> str:
    """Give a hook another secret and return it, for once; both sign for a day.

    Raises as ``try_hook``; ``NoKeyError``.
    """
    row = _own(session, actor, hook_id)
    if sealer is None:
        raise NoKeyError()
    secret = new_secret()
    row.former_secret, row.former_until = row.secret, now + BOTH
    row.secret = sealer.seal(secret)
    session.flush()
    _record(session, actor, "webhook_rotated", row, now)
    return secret


def remove_hook(session: Session, actor: Actor, hook_id: int, *, now: datetime) -> None:
    """Remove a hook; what waits for it is not sent any more. Raises as ``try_hook``."""
    row = _own(session, actor, hook_id)
    row.removed = now
    session.flush()
    session.execute(
        update(WebhookDelivery)
        .where(
            WebhookDelivery.webhook_id == row.id,
            WebhookDelivery.state == str(DeliveryState.WAITING),
        )
        .values(state=str(DeliveryState.CANCELLED))
    )
    _record(session, actor, "webhook_removed", row, now)


def hooks_of(session: Session, actor: Actor) -> list[HookView]:
    """Return the hooks that this person manages, the oldest first. Raises ``NotAllowedError``."""
    check_may_somewhere(actor, Act.MAKE_CAMPAIGN, action="webhooks")
    rows = session.execute(
        select(Webhook, Campaign.subdistrict)
        .outerjoin(Campaign, Campaign.id == Webhook.campaign_id)
        .where(Webhook.removed.is_(None))
        .order_by(Webhook.id)
    )
    return [_view(row) for row, place in rows if _manages(actor, row.campaign_id, place)]


def deliveries_of(session: Session, actor: Actor, hook_id: int) -> list[DeliveryView]:
    """Return the newest events for a hook. Raises as ``try_hook``."""
    row = _own(session, actor, hook_id)
    columns = [getattr(WebhookDelivery, name) for name in DeliveryView.__dataclass_fields__]
    found = session.execute(
        select(*columns)
        .where(WebhookDelivery.webhook_id == row.id)
        .order_by(WebhookDelivery.id.desc())
        .limit(MOST_LISTED)
    )
    return [DeliveryView(*one) for one in found]


def new_secret() -> str:
    """Return a new secret as Standard Webhooks writes it."""
    return SECRET + b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def secret_bytes(secret: str) -> bytes:
    """Return the bytes that a secret stands for."""
    return b64decode(secret.removeprefix(SECRET))


def _manages(actor: Actor, campaign_id: int | None, subdistrict: str | None) -> bool:
    where = EVERYWHERE if campaign_id is None else Where(subdistrict or "")
    return may(actor, Act.MAKE_CAMPAIGN, where)


def _check_reach(session: Session, actor: Actor, campaign_id: int | None) -> None:
    place: str | None = None
    if campaign_id is not None:
        place = session.scalar(select(Campaign.subdistrict).where(Campaign.id == campaign_id))
        if place is None:
            raise NotFoundError(kind="campaign", id=campaign_id)
    if not _manages(actor, campaign_id, place):
        raise NotAllowedError(action="webhooks")


def _own(session: Session, actor: Actor, hook_id: int) -> Webhook:
    """Return a hook to whoever manages it; for others there is none."""
    check_may_somewhere(actor, Act.MAKE_CAMPAIGN, action="webhooks")
    row = session.get(Webhook, hook_id)
    if row is None or row.removed is not None:
        raise NotFoundError(kind="webhook", id=hook_id)
    _check_reach(session, actor, row.campaign_id)
    return row


def _record(session: Session, actor: Actor, action: str, row: Webhook, now: datetime) -> None:
    host = read_target(row.url, private_allowed=True).host
    details = {"webhook": row.id, "name": row.name, "host": host}
    record(session, actor, action, now=now, campaign_id=row.campaign_id, details=details)


def _view(row: Webhook) -> HookView:
    return HookView(
        row.id,
        row.campaign_id,
        row.name,
        row.url,
        row.paused,
        row.stopped,
        row.former_until,
        row.by,
        row.created,
    )
