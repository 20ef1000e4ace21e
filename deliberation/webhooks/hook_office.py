"""The worker of hooks: follows the trail, then hands over what is due, each hook in its turn."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Protocol

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from core.database import Database
from core.worker import Worker
from deliberation.webhooks import feed
from deliberation.webhooks.events import DeliveryState, EventKind, body_of
from deliberation.webhooks.hooks import secret_bytes
from deliberation.webhooks.models import Webhook, WebhookDelivery
from notifications.contacts import Sealer, WrongKeyError
from notifications.outbox import BACK_OFF
from notifications.webhook_target import WebhookAnswer, post, signed_headers
from people.access.actor import OPERATOR
from people.audit.record import record

POLL_S = 5.0
AT_ONCE = 50
#: How long one attempt may take before it counts as broken off.
LEASE = timedelta(minutes=2)
#: So many events in a row that could not be delivered for good stop a hook.
MOST_FAILURES = 5
KEPT = timedelta(days=30)
_log = logging.getLogger("lujian")


class Post(Protocol):
    """Sends a body once."""

    def __call__(self, url: str, body: bytes, headers: dict[str, str]) -> WebhookAnswer:
        """Send it and tell how it was answered."""


@dataclass(frozen=True)
class _Due:
    """An event that is being sent: under which name, where to, what, signed by which secrets."""

    id: int
    hook: int
    name: str
    url: str
    body: bytes
    secrets: tuple[bytes, ...]
    attempts: int
    is_test: bool


class HookOffice(Worker):
    """Tells hooks. ``base``: this server's address for links. Without a sealer nothing is sent."""

    def __init__(
        self,
        database: Database,
        sealer: Sealer | None,
        *,
        base: str = "",
        private_allowed: bool = False,
        send: Post | None = None,
        poll_s: float = POLL_S,
    ) -> None:
        super().__init__("webhooks", poll_s=poll_s, failed="hooks could not be told")
        self._database, self._sealer, self._base = database, sealer, base
        self._send: Post = send or partial(post, private_allowed=private_allowed)

    def do_round(self, now: datetime) -> int:
        """Put what is new and send what is due; return how many were tried."""
        if self._sealer is None:
            return 0
        with self._database.reading() as session:
            is_behind, is_due = feed.is_behind(session), _is_due(session, now)
        if is_behind:
            self._database.write(lambda session: feed.follow(session, now))
        elif not is_due:
            return 0
        self._database.write(lambda session: feed.free_left(session, now))
        self._database.write(lambda session: feed.forget_old(session, now - KEPT))
        return self._send_due(now)

    def _send_due(self, now: datetime) -> int:
        handled, resting = 0, set[int]()
        while handled < AT_ONCE and not self._stopping.is_set():
            due = self._database.write(lambda session: self._claim(session, resting, now))
            if due is None:
                break
            handled += 1
            headers = signed_headers(due.secrets, due.name, due.body, now)
            answer = self._send(due.url, due.body, headers)
            if not answer.sent:  # the others have their turn before it is tried again
                resting.add(due.hook)
            self._database.write(partial(_settle, due=due, answer=answer, now=now))
        return handled

    def _claim(self, session: Session, resting: set[int], now: datetime) -> _Due | None:
        """Mark the event that is due longest as being sent; cancel those that are not true now."""
        while (event := _next(session, resting, now)) is not None:
            hook = session.get_one(Webhook, event.webhook_id)
            body = body_of(session, event, self._base, now)
            secrets = self._secrets(hook, now)
            if body is None or not secrets or hook.removed is not None:
                event.state = str(DeliveryState.CANCELLED)
                event.problem = "" if secrets else "secret"
                session.flush()
                continue
            event.state, event.attempts = str(DeliveryState.SENDING), event.attempts + 1
            event.due = now + LEASE
            session.flush()
            is_test = event.kind == EventKind.TEST
            sent = event.id, hook.id, event.name, hook.url, body, secrets, event.attempts
            return _Due(*sent, is_test)
        return None

    def _secrets(self, hook: Webhook, now: datetime) -> tuple[bytes, ...]:
        """Return what it is signed by: the new secret, and for a day the former one."""
        assert self._sealer is not None
        sealed = [hook.secret]
        if hook.former_secret and hook.former_until and now < hook.former_until:
            sealed.append(hook.former_secret)
        try:
            return tuple(secret_bytes(self._sealer.open(one)) for one in sealed)
        except WrongKeyError:
            _log.error("the secret of webhook %d was sealed under another key", hook.id)
            return ()


def _conditions(now: datetime, resting: set[int]) -> list[ColumnElement[bool]]:
    """Return what is due: of hooks that run, and tests of all."""
    runs = Webhook.paused.is_(None) & Webhook.stopped.is_(None)
    return [
        WebhookDelivery.state == str(DeliveryState.WAITING),
        WebhookDelivery.due <= now,
        WebhookDelivery.webhook_id.not_in(sorted(resting)),
        runs | (WebhookDelivery.kind == str(EventKind.TEST)),
    ]


def _next(session: Session, resting: set[int], now: datetime) -> WebhookDelivery | None:
    return session.scalars(
        select(WebhookDelivery)
        .join(Webhook, Webhook.id == WebhookDelivery.webhook_id)
        .where(*_conditions(now, resting))
        .order_by(WebhookDelivery.due, WebhookDelivery.id)
        .limit(1)
    ).one_or_none()


def _is_due(session: Session, now: datetime) -> bool:
    lapsed = select(WebhookDelivery.id).where(
        WebhookDelivery.state == str(DeliveryState.SENDING), WebhookDelivery.due <= now
    )
    return _next(session, set(), now) is not None or session.scalar(lapsed.limit(1)) is not None


def _settle(session: Session, due: _Due, answer: WebhookAnswer, now: datetime) -> None:
    """Write down how an attempt ended; too many events that failed for good stop the hook."""
    event, hook = session.get_one(WebhookDelivery, due.id), session.get_one(Webhook, due.hook)
    event.status, event.problem = answer.status, answer.problem[:120]
    if answer.sent:
        event.state, event.sent = str(DeliveryState.SENT), now
        hook.failures = 0
    elif answer.gone or due.is_test or due.attempts > len(BACK_OFF):
        event.state = str(DeliveryState.FAILED)
        hook.failures += not due.is_test
    else:
        event.state = str(DeliveryState.WAITING)
        event.due = now + BACK_OFF[due.attempts - 1]
    is_dead = answer.gone or hook.failures >= MOST_FAILURES
    if is_dead and hook.stopped is None and not due.is_test:
        hook.stopped = now
        details = {"webhook": hook.id, "name": hook.name, "problem": event.problem}
        record(
            session,
            OPERATOR,
            "webhook_stopped",
            now=now,
            campaign_id=hook.campaign_id,
            details=details,
        )
    session.flush()
