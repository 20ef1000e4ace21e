"""What is new in the areas of alerts, and the letters that gather it: at most one a day each.

What was told is known from the letters themselves, not from a moment up to which all is told: what
is filed in an earlier second and committed in a later one is not missed, and nothing is told twice,
whatever the clock does. A letter of which something was hidden before it left is cancelled, and the
next round gathers the rest.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from sqlalchemy import String, literal_column, select
from sqlalchemy.orm import Session

from core.database import Database
from notifications import outbox
from notifications.models import Message
from notifications.outbox import MessageState
from submissions.alerts import alerts
from submissions.alerts.alert_area import area_of, lying_in
from submissions.alerts.alerts import IN_FORCE, AlertTemplate
from submissions.alerts.models import AreaAlert
from submissions.participation.letter_facts import first_words
from submissions.proposals.models import Proposal, Step
from submissions.proposals.states import Status
from submissions.proposals.tell_followers import still_wanted as follow_wanted

A_DAY = timedelta(hours=24)
#: What is older is no news.
NEWS_FOR = timedelta(days=7)
#: Of so many of the newest letters may tell; a large import is no flood of letters.
MOST_RECENT = 20_000
#: A letter shows so many, and says how many more there are.
MOST_SHOWN = 20
_SHOWN = Proposal.status == literal_column(f"'{Status.PUBLISHED}'", String)


@dataclass(frozen=True)
class News:
    """A published proposal, or the office's answer to one, as ``key`` tells it from all others."""

    key: str
    public_id: str
    at: datetime
    text: str
    campaign_id: int
    community_code: str | None
    edition: str
    longitude: float
    latitude: float
    stage: str = ""
    reply: str = ""


@dataclass
class _Sent:
    """What an address was told by earlier letters, when the last went out, and its number."""

    told: set[str] = field(default_factory=set)
    at: list[datetime] = field(default_factory=list)
    last_id: int = 0

    def is_due(self, now: datetime) -> bool:
        """Tell whether a day has passed since; a letter of a wrong clock's future waits no more."""
        return all(abs(now - at) >= A_DAY for at in self.at)


def send_news(database: Database, now: datetime) -> int:
    """Gather what is new for each address that is due; return how many letters were put out."""
    with database.reading() as session:
        due = _due(session, now)
        if not due:
            return 0
        recent = _recent(session, now)
    letters = 0
    for contact_id, theirs in due.items():
        if recent and _unseen(theirs, recent, set()):
            write = partial(_write, contact_id=contact_id, recent=recent, now=now)
            letters += database.write(write)
    return letters


def sweep(database: Database, now: datetime) -> None:
    """Remove requests that nobody answered."""
    database.write(lambda session: alerts.forget_lapsed(session, now=now))


def still_wanted(session: Session, template: str, params: Mapping[str, Any]) -> bool:
    """Tell whether a waiting letter is still to be sent: all it tells of is shown, and asked for.

    For letters of other kinds as ``tell_followers.still_wanted``.
    """
    if template == AlertTemplate.CONFIRM:
        asked = select(AreaAlert.confirmed, AreaAlert.ended)
        row = session.execute(asked.where(AreaAlert.token == params["alert"])).one_or_none()
        return row is not None and row.confirmed is None and row.ended is None
    if template != AlertTemplate.NEWS:
        return follow_wanted(session, template, params)
    tokens = set(params["alerts"])
    wanted = select(AreaAlert.token).where(AreaAlert.token.in_(tokens), IN_FORCE)
    ids = {item["id"] for item in params["items"]}
    shown = select(Proposal.public_id).where(Proposal.public_id.in_(ids), _SHOWN)
    return set(session.scalars(wanted)) == tokens and set(session.scalars(shown)) == ids


def _due(session: Session, now: datetime) -> dict[int, list[AreaAlert]]:
    """Return the alerts in force of the addresses to which a letter may go now."""
    found: dict[int, list[AreaAlert]] = defaultdict(list)
    for alert in session.scalars(select(AreaAlert).where(IN_FORCE).order_by(AreaAlert.id)):
        if alert.contact_id is not None:
            found[alert.contact_id].append(alert)
    sent = _sent(session, now) if found else {}
    return {key: theirs for key, theirs in found.items() if sent.get(key, _Sent()).is_due(now)}


def _sent(session: Session, now: datetime, contact_id: int | None = None) -> dict[int, _Sent]:
    """Return what letters of the last days told, by address; a cancelled one told nothing."""
    states = [str(state) for state in MessageState]
    query = select(Message.id, Message.contact_id, Message.params, Message.state, Message.created)
    query = query.where(
        Message.template == str(AlertTemplate.NEWS),
        Message.state.in_(states),
        Message.due > now - NEWS_FOR - A_DAY,
    )
    if contact_id is not None:
        query = query.where(Message.contact_id == contact_id)
    found: dict[int, _Sent] = defaultdict(_Sent)
    for row in session.execute(query.order_by(Message.id)):
        sent = found[row.contact_id]
        sent.last_id = row.id
        if row.state != MessageState.CANCELLED:
            sent.told.update(row.params["told"])
            sent.at.append(row.created)
    return found


def _recent(session: Session, now: datetime) -> list[News]:
    """Return what was published and answered in the last days, the newest first."""
    since = now - NEWS_FOR
    place = (
        Proposal.campaign_id,
        Proposal.community_code,
        Proposal.edition,
        Proposal.longitude,
        Proposal.latitude,
    )
    published = select(
        Proposal.id, Proposal.public_id, Proposal.published_at, Proposal.text, *place
    )
    published = published.where(_SHOWN, Proposal.published_at > since)
    answered = select(Step.id, Proposal.public_id, Step.at, Proposal.text, *place)
    answered = answered.add_columns(Step.stage, Step.reply).join(
        Step, Step.proposal_id == Proposal.id
    )
    answered = answered.where(_SHOWN, Step.at > since)
    rows = session.execute(published.order_by(Proposal.published_at.desc()).limit(MOST_RECENT))
    news = [_read("p", row) for row in rows]
    rows = session.execute(answered.order_by(Step.at.desc()).limit(MOST_RECENT))
    news += [_read("s", row) for row in rows]
    return sorted(news, key=lambda one: one.at, reverse=True)


def _read(kind: str, row: Sequence[Any]) -> News:
    return News(f"{kind}{row[0]}", *row[1:])


def _unseen(theirs: Iterable[AreaAlert], recent: list[News], told: set[str]) -> dict[str, News]:
    """Return what is new in any of these areas since each was confirmed, and not told yet."""
    found: dict[str, News] = {}
    for alert in theirs:
        since = alert.confirmed
        fresh = [
            one
            for one in recent
            if since is not None
            and one.at > since
            and one.key not in told
            and (alert.answers or not one.stage)
        ]
        found |= {one.key: one for one in lying_in(area_of(alert), fresh)}
    return found


def _write(session: Session, contact_id: int, recent: list[News], now: datetime) -> int:
    """Put a letter to one address into the outbox, in the writer's turn; return how many.

    Two processes that gather at once give it the same key, so that one of the letters is kept.
    """
    query = select(AreaAlert).where(IN_FORCE, AreaAlert.contact_id == contact_id)
    theirs = list(session.scalars(query.order_by(AreaAlert.id)))
    sent = _sent(session, now, contact_id).get(contact_id, _Sent())
    if not theirs or not sent.is_due(now):
        return 0
    news = sorted(_unseen(theirs, recent, sent.told).values(), key=lambda o: o.at, reverse=True)
    if not news:
        return 0
    first = theirs[0]
    outbox.enqueue(
        session,
        key=f"alert_news:{contact_id}:{sent.last_id}",
        contact_id=contact_id,
        template=AlertTemplate.NEWS,
        params={
            "alert": first.token,
            "base": first.base,
            "alerts": [one.token for one in theirs],
            "areas": [alerts.told(session, area_of(one)) for one in theirs],
            "items": [_told(one) for one in news[:MOST_SHOWN]],
            "more": max(len(news) - MOST_SHOWN, 0),
            "told": [one.key for one in news],
        },
        language=first.language,
        now=now,
    )
    return 1


def _told(one: News) -> dict[str, str]:
    """Return what a letter says of a piece of news: the first words, and an answer's."""
    return {
        "id": one.public_id,
        "text": first_words(one.text),
        "stage": one.stage,
        "reply": first_words(one.reply),
    }
