"""Asking for alerts about an area, saying yes to them, and ending them.

As with following a proposal, nothing but one request to confirm is sent before the owner of an
address has said yes; every letter has the ``token`` by which one ends it. What ended keeps neither
address nor area; an address to which nothing else belongs goes with its last alert.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

from core.errors import NotAllowedError, NotFoundError, TooOftenError, WrongStateError
from core.language import DEFAULT, LANGUAGES
from notifications import contacts, outbox
from notifications.contacts import Sealer
from people.access.actor import Actor
from people.audit.record import record
from submissions.alerts.alert_area import AlertArea, area_of, names_of
from submissions.alerts.models import AreaAlert
from submissions.participation.models import Follow
from submissions.prize_draws.models import DrawEntry
from submissions.proposals.models import Proposal

#: A request that nobody answers lapses then.
ANSWER_WITHIN = timedelta(days=7)
MOST_REQUESTS = 5
#: In this time one address gets ``MOST_REQUESTS`` unanswered requests, and one for each area.
REQUESTS_PERIOD = timedelta(hours=24)
#: One address has at most so many alerts.
MOST_ALERTS = 20
_ANYONE = Actor()


class AlertTemplate(StrEnum):
    """What a letter about alerts says; ``wording.letters.alert_letters`` has the words."""

    CONFIRM = "confirm_alert"
    NEWS = "alert_news"


class AlertState(StrEnum):
    """Where an alert stands."""

    ASKED = "asked"
    CONFIRMED = "confirmed"
    STOPPED = "stopped"
    EXPIRED = "expired"


@dataclass(frozen=True)
class AlertView:
    """An alert as the holder of its token, or the device that asked, sees it."""

    id: int
    token: str
    state: AlertState
    area: AlertArea
    names: dict[str, str]
    answers: bool
    language: str
    created: datetime


IN_FORCE: ColumnElement[bool] = AreaAlert.confirmed.is_not(None) & AreaAlert.ended.is_(None)


def state_of(alert: AreaAlert, now: datetime) -> AlertState:
    """Return where an alert stands at a moment."""
    if alert.ended is not None:
        return AlertState.STOPPED
    if alert.confirmed is not None:
        return AlertState.CONFIRMED
    lapsed = now - alert.created >= ANSWER_WITHIN
    return AlertState.EXPIRED if lapsed else AlertState.ASKED


def ask(
    session: Session,
    actor: Actor,
    sealer: Sealer | None,
    area: AlertArea,
    contact_text: str,
    *,
    consent: bool,
    answers: bool,
    language: str,
    base: str = "",
    now: datetime,
) -> None:
    """Ask the owner of an address whether to write about what is new in an area.

    ``answers``: about the office's answers, too. It tells nobody whether the address has this alert
    already. ``base`` as for ``follows.follow_by_post``.

    Raises ``NotAllowedError`` without a device; ``NoKeyError``; ``BadContactError``;
    ``TooOftenError`` after ``MOST_REQUESTS`` unanswered requests to this address.
    """
    if actor.key is None:
        raise NotAllowedError(action="follow")
    contact_id = contacts.keep(session, sealer, contact_text, consent=consent, now=now)
    theirs = _of_contact(session, contact_id)
    same = [one for one in theirs if _place(area_of(one)) == _place(area)]
    if any(_is_asked(one, now) for one in same):
        return
    _check_rate(theirs, now)
    for lapsed in same:
        session.delete(lapsed)
    alert = AreaAlert(
        token=secrets.token_urlsafe(32),
        contact_id=contact_id,
        device_key=actor.key,
        **vars(area),
        answers=answers,
        language=language if language in LANGUAGES else DEFAULT,
        base=base,
        created=now,
    )
    session.add(alert)
    session.flush()
    record(session, actor, "alert_requested", now=now, campaign_id=area.campaign_id)
    outbox.enqueue(
        session,
        key=f"confirm_alert:{alert.id}",
        contact_id=contact_id,
        template=AlertTemplate.CONFIRM,
        params={
            "alert": alert.token,
            "base": base,
            "answers": answers,
            "area": told(session, area),
        },
        language=alert.language,
        now=now,
    )


def told(session: Session, area: AlertArea) -> dict[str, Any]:
    """Return what a letter says of an area: its kind, its names by language, its radius."""
    kind = "campaign" if area.campaign_id is not None else "community"
    names = names_of(session, area)
    return {"kind": "circle" if area.circle else kind, "names": names, "radius_m": area.radius_m}


def confirm(session: Session, token: str, *, now: datetime) -> None:
    """Say yes, as the owner of the address; a second time it changes nothing.

    Raises ``NotFoundError``; ``WrongStateError`` for an alert that was ended or has lapsed.
    """
    alert = _by_token(session, token)
    state = state_of(alert, now)
    if state is AlertState.CONFIRMED:
        return
    if state is not AlertState.ASKED:
        raise WrongStateError(status=state, wanted=AlertState.CONFIRMED)
    alert.confirmed = now
    session.flush()
    record(session, _ANYONE, "alert_confirmed", now=now, campaign_id=alert.campaign_id)


def stop(session: Session, token: str, alert_id: int | None = None, *, now: datetime) -> None:
    """End an alert of the address that holds a token; without an id, the token's own.

    Raises ``NotFoundError`` for an unknown token, and for an alert of another address.
    """
    alert = _by_token(session, token)
    for one in [alert] if alert_id is None else _beside(session, alert):
        if alert_id in (None, one.id):
            _end(session, one, now)
            return
    raise NotFoundError(kind="alert")


def stop_all(session: Session, token: str, *, now: datetime) -> None:
    """End all alerts of the address that holds a token, as one click in a letter asks.

    With the token of a request that was not confirmed, that one alone: whoever types another's
    address must not make them end what they wanted. Raises ``NotFoundError``.
    """
    alert = _by_token(session, token)
    for one in [alert] if alert.confirmed is None else _beside(session, alert):
        _end(session, one, now)


def stop_here(session: Session, actor: Actor, alert_id: int, *, now: datetime) -> None:
    """End an alert that was asked for on this device. Raises ``NotFoundError``."""
    alert = session.get(AreaAlert, alert_id, populate_existing=True)
    if alert is None or actor.key is None or alert.device_key != actor.key:
        raise NotFoundError(kind="alert")
    _end(session, alert, now)


def alerts_by_token(session: Session, token: str, now: datetime) -> list[AlertView]:
    """Return the alert of a token, then the others in force of the same address.

    Raises ``NotFoundError``.
    """
    alert = _by_token(session, token)
    others = [] if alert.confirmed is None else _beside(session, alert)
    rest = [one for one in others if one.id != alert.id and one.confirmed is not None]
    return [_view(session, one, now) for one in (alert, *rest)]


def alerts_of_device(session: Session, actor: Actor, now: datetime) -> list[AlertView]:
    """Return the alerts that were asked for on this device and not ended, the latest first."""
    if actor.key is None:
        return []
    found = session.scalars(
        select(AreaAlert)
        .where(AreaAlert.device_key == actor.key, AreaAlert.ended.is_(None))
        .order_by(AreaAlert.id.desc())
    )
    views = [_view(session, one, now) for one in found]
    return [view for view in views if view.state is not AlertState.EXPIRED]


def count_in_force(session: Session) -> int:
    """Return how many alerts are in force: a number is all that staff learn of them."""
    return session.scalar(select(func.count()).select_from(AreaAlert).where(IN_FORCE)) or 0


def forget_lapsed(session: Session, *, now: datetime) -> int:
    """Remove requests that nobody answered, and what ended so long ago; return how many."""
    before = now - ANSWER_WITHIN
    unanswered = AreaAlert.confirmed.is_(None) & (AreaAlert.created <= before)
    rows = list(
        session.scalars(select(AreaAlert).where(or_(unanswered, AreaAlert.ended <= before)))
    )
    contact_ids = {row.contact_id for row in rows if row.contact_id is not None}
    for row in rows:
        session.delete(row)
    session.flush()
    for contact_id in contact_ids:
        _forget_contact(session, contact_id)
    return len(rows)


def forget_contact(session: Session, contact_id: int, *, now: datetime) -> int:
    """End all alerts of an address that is being erased; return how many."""
    theirs = _of_contact(session, contact_id)
    for alert in theirs:
        _end(session, alert, now)
    return len(theirs)


def cut_ahead(session: Session, *, now: datetime) -> None:
    """Bring moments to now that were written before the clock was set back."""
    for alert in session.scalars(
        select(AreaAlert).where(or_(AreaAlert.created > now, AreaAlert.confirmed > now))
    ):
        alert.created = min(alert.created, now)
        alert.confirmed = alert.confirmed and min(alert.confirmed, now)


def _of_contact(session: Session, contact_id: int) -> list[AreaAlert]:
    found = select(AreaAlert).where(AreaAlert.contact_id == contact_id, AreaAlert.ended.is_(None))
    fresh = found.order_by(AreaAlert.id).execution_options(populate_existing=True)
    return list(session.scalars(fresh))


def _place(area: AlertArea) -> tuple[Any, ...]:
    """Return what makes two areas the same, whatever they are called."""
    return tuple(value for name, value in vars(area).items() if name != "label")


def _is_asked(alert: AreaAlert, now: datetime) -> bool:
    """Tell whether its owner has said yes, or was asked a short while ago."""
    return alert.confirmed is not None or now - REQUESTS_PERIOD < alert.created <= now


def _check_rate(theirs: list[AreaAlert], now: datetime) -> None:
    since = now - REQUESTS_PERIOD
    asked = [one.created for one in theirs if one.confirmed is None and since < one.created <= now]
    if len(asked) >= MOST_REQUESTS or len(theirs) >= MOST_ALERTS:
        oldest = min(asked, default=now)
        raise TooOftenError(wait_s=int((oldest + REQUESTS_PERIOD - now).total_seconds()) + 1)


def _by_token(session: Session, token: str) -> AreaAlert:
    alert = session.scalar(
        select(AreaAlert).where(AreaAlert.token == token).execution_options(populate_existing=True)
    )
    if alert is None:
        raise NotFoundError(kind="alert")
    return alert


def _beside(session: Session, alert: AreaAlert) -> list[AreaAlert]:
    """Return the alerts of the same address that are not ended."""
    return [] if alert.contact_id is None else _of_contact(session, alert.contact_id)


def _view(session: Session, alert: AreaAlert, now: datetime) -> AlertView:
    area = area_of(alert)
    return AlertView(
        id=alert.id,
        token=alert.token,
        state=state_of(alert, now),
        area=area,
        names=names_of(session, area),
        answers=alert.answers,
        language=alert.language,
        created=alert.created,
    )


def _end(session: Session, alert: AreaAlert, now: datetime) -> None:
    """End an alert and take from it whom and where it was about."""
    if alert.ended is not None:
        return
    contact_id, campaign_id = alert.contact_id, alert.campaign_id
    alert.ended = now
    alert.contact_id = alert.device_key = alert.campaign_id = None
    alert.community_code = alert.edition = None
    alert.longitude = alert.latitude = alert.radius_m = None
    alert.label = ""
    session.flush()
    record(session, _ANYONE, "alert_ended", now=now, campaign_id=campaign_id)
    if contact_id is not None:
        _forget_contact(session, contact_id)


def _forget_contact(session: Session, contact_id: int) -> None:
    """Remove an address and what was sent to it, once nothing else of ours belongs to it.

    A message on its way right now keeps it until the next sweep finds it again.
    """
    for table in (AreaAlert, Follow, Proposal, DrawEntry):
        if session.scalar(select(table.contact_id).where(table.contact_id == contact_id).limit(1)):
            return
    outbox.erase(session, [contact_id])
