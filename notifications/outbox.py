"""The outbox: messages that wait, are being sent, or came to an end. It survives restarts.

A message is marked ``sending`` and committed before a word of it leaves, for ``LEASE``. A process
that dies in between leaves it so; once the lease is over, ``recover`` decides: a message to the
gateway waits again, since the gateway tells a repeated one by its ``webhook-id``; an e-mail
becomes ``uncertain`` and is never sent again by itself, since a mail server would deliver it
twice. Losing one letter in a crash is the lesser evil; ``python -m post retry`` sends it after all.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from typing import Any

from sqlalchemy import ColumnElement, Row, Table, and_, delete, or_, select, update
from sqlalchemy.orm import Session

from core.dialect import InsertNew
from core.errors import NotFoundError, WrongStateError
from notifications.contacts import ContactKind
from notifications.models import Contact, Message
from people.access.actor import Actor
from people.audit.record import record

BACK_OFF = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 30, 2 * 60, 6 * 60, 24 * 60))
#: How long one attempt may take before it counts as broken off.
LEASE = timedelta(minutes=10)
#: How long a message waits for its channel to be set up.
PATIENCE = timedelta(hours=24)
#: Their receiver tells a repeated message from a new one.
REPEATABLE = frozenset({ContactKind.PHONE})
NO_SENDER = "no sender"
BROKEN_OFF = "broken off while sending"

_MESSAGE: Table = Message.__table__  # type: ignore[assignment]
_PUT = InsertNew(_MESSAGE, key="key")


class MessageState(StrEnum):
    """Where a message stands."""

    WAITING = "waiting"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    UNCERTAIN = "uncertain"
    CANCELLED = "cancelled"


class DeliveryVerdict(StrEnum):
    """How an attempt ended; ``uncertain``: perhaps it was delivered, perhaps not."""

    SENT = "sent"
    RETRY = "retry"
    FAILED = "failed"
    UNCERTAIN = "uncertain"


@dataclass(frozen=True)
class DeliveryOutcome:
    """How an attempt ended, and why; ``problem`` never holds an address."""

    verdict: DeliveryVerdict
    problem: str | None = None


@dataclass(frozen=True)
class NewMessage:
    """A message to be put into the outbox. ``key``: the same one is never sent twice."""

    key: str
    contact_id: int
    template: str
    params: Mapping[str, Any]
    language: str


@dataclass(frozen=True)
class Due:
    """A claimed message. ``name`` is the same at each attempt, and no other message has it."""

    id: int
    name: str
    contact_id: int
    kind: ContactKind
    template: str
    params: dict[str, Any]
    language: str
    attempts: int


@dataclass(frozen=True)
class MessageView:
    """A message as the operator sees it."""

    id: int
    state: str
    template: str
    contact_id: int
    attempts: int
    due: datetime
    created: datetime
    sent: datetime | None
    problem: str | None


#: Tells whether the words of this template with these parameters are still to be sent.
Wanted = Callable[[Session, str, Mapping[str, Any]], bool]


def enqueue(
    session: Session,
    *,
    key: str,
    contact_id: int,
    template: str,
    params: Mapping[str, Any],
    language: str,
    now: datetime,
) -> None:
    """Put a message into the outbox, in the transaction of what it tells of; once per ``key``."""
    enqueue_all(session, [NewMessage(key, contact_id, template, params, language)], now=now)


def enqueue_all(
    session: Session,
    messages: Iterable[NewMessage],
    *,
    now: datetime,
    wait: timedelta = timedelta(),
) -> None:
    """Put many messages into the outbox; those whose key is known already stay as they are.

    None is sent before ``wait`` is over.
    """
    rows = [
        {
            "key": message.key,
            "contact_id": message.contact_id,
            "template": str(message.template),
            "params": dict(message.params),
            "language": message.language,
            "state": str(MessageState.WAITING),
            "attempts": 0,
            "due": now + wait,
            "created": now,
        }
        for message in messages
    ]
    if rows:
        session.connection().execute(_PUT.on(session), rows)


def is_something_due(session: Session, *, kinds: Collection[ContactKind], now: datetime) -> bool:
    """Tell whether ``recover``, ``give_up`` or ``claim`` would find a message."""
    deliverable = or_(Contact.kind.in_(_texts(kinds)), Message.created <= now - PATIENCE)
    lapsed = Message.state == str(MessageState.SENDING)
    waiting = and_(Message.state == str(MessageState.WAITING), deliverable)
    found = select(Message.id).join(Contact, Contact.id == Message.contact_id)
    for state in (waiting, lapsed):
        if session.scalar(found.where(state, Message.due <= now).limit(1)) is not None:
            return True
    return False


def claim(
    session: Session,
    *,
    kinds: Collection[ContactKind],
    wanted: Wanted,
    now: datetime,
    most: int = 1,
) -> list[Due]:
    """Mark up to ``most`` waiting messages of these kinds as being sent, the longest due first.

    Those that nobody wants any more are cancelled instead.
    """
    claimed: list[Due] = []
    while len(claimed) < most and (row := _next(session, kinds, now)) is not None:
        if not wanted(session, row.template, row.params):
            _change(session, Message.id == row.id, state=MessageState.CANCELLED)
            continue
        _change(
            session,
            Message.id == row.id,
            state=MessageState.SENDING,
            attempts=row.attempts + 1,
            due=now + LEASE,
        )
        claimed.append(_due(row))
    return claimed


def settle(session: Session, due: Due, outcome: DeliveryOutcome, *, now: datetime) -> None:
    """Write down how an attempt ended, unless somebody else has tried since.

    ``retry`` lets it wait as long as ``BACK_OFF`` says; after the last wait it has failed.
    """
    values: dict[str, Any] = {"problem": outcome.problem}
    if outcome.verdict is DeliveryVerdict.SENT:
        values |= {"state": MessageState.SENT, "sent": now}
    elif outcome.verdict is DeliveryVerdict.RETRY and due.attempts <= len(BACK_OFF):
        values |= {"state": MessageState.WAITING, "due": now + BACK_OFF[due.attempts - 1]}
    elif outcome.verdict is DeliveryVerdict.UNCERTAIN:
        values |= {"state": MessageState.UNCERTAIN}
    else:
        values |= {"state": MessageState.FAILED}
    open_states = (MessageState.SENDING, MessageState.WAITING, MessageState.UNCERTAIN)
    this_attempt = and_(
        Message.id == due.id,
        Message.attempts == due.attempts,
        Message.state.in_(_texts(open_states)),
    )
    _change(session, this_attempt, **values)


def cut_ahead(session: Session, *, now: datetime) -> None:
    """Let nothing wait, or count as being sent, longer than it may from now on.

    Its times were written before the clock was set back.
    """
    for attempts, wait in enumerate((timedelta(), *BACK_OFF)):
        waiting = (Message.state == str(MessageState.WAITING)) & (Message.attempts == attempts)
        _change(session, waiting & (Message.due > now + wait), due=now + wait)
        if not attempts:  # later its name, by which a repeated one is known, hangs on it
            _change(session, waiting & (Message.created > now), created=now)
    sending = Message.state == str(MessageState.SENDING)
    _change(session, sending & (Message.due > now + LEASE), due=now + LEASE)


def recover(session: Session, *, now: datetime) -> int:
    """Settle what a dead process left half done, once its lease is over; return how many."""
    lapsed = (Message.state == str(MessageState.SENDING)) & (Message.due <= now)
    again = Message.contact_id.in_(select(Contact.id).where(Contact.kind.in_(_texts(REPEATABLE))))
    return _change(
        session, lapsed & again, state=MessageState.WAITING, due=now, problem=BROKEN_OFF
    ) + _change(session, lapsed & ~again, state=MessageState.UNCERTAIN, problem=BROKEN_OFF)


def give_up(session: Session, *, kinds: Collection[ContactKind], now: datetime) -> int:
    """Fail what has waited ``PATIENCE`` for a channel that is not set up; return how many."""
    mute = Message.contact_id.in_(select(Contact.id).where(Contact.kind.not_in(_texts(kinds))))
    waiting = (Message.state == str(MessageState.WAITING)) & (Message.due <= now)
    patient = Message.created <= now - PATIENCE
    return _change(session, waiting & patient & mute, state=MessageState.FAILED, problem=NO_SENDER)


def retry(session: Session, actor: Actor, message_id: int, *, now: datetime) -> None:
    """Let a failed or uncertain message wait anew. Raises ``NotFoundError``, ``WrongStateError``.

    For an uncertain e-mail this may deliver it twice: that is for the operator to decide.
    """
    state = session.scalar(select(Message.state).where(Message.id == message_id))
    if state is None:
        raise NotFoundError(kind="message", id=message_id)
    if state not in {MessageState.FAILED, MessageState.UNCERTAIN}:
        raise WrongStateError(status=state, wanted=str(MessageState.WAITING))
    _change(
        session,
        Message.id == message_id,
        state=MessageState.WAITING,
        attempts=0,
        due=now,
        problem=None,
    )
    record(session, actor, "message_retried", now=now, details={"message": message_id})


def messages(session: Session, *, state: str | None = None, most: int = 100) -> list[MessageView]:
    """Return the newest messages, of one state if asked for."""
    columns = [getattr(Message, name) for name in MessageView.__dataclass_fields__]
    statement = select(*columns).order_by(Message.id.desc()).limit(most)
    if state is not None:
        statement = statement.where(Message.state == state)
    return [MessageView(*row) for row in session.execute(statement)]


def _next(session: Session, kinds: Collection[ContactKind], now: datetime) -> Row[Any] | None:
    return session.execute(
        select(
            Message.id,
            Message.key,
            Message.contact_id,
            Contact.kind,
            Message.template,
            Message.params,
            Message.language,
            Message.attempts,
            Message.created,
        )
        .join(Contact, Contact.id == Message.contact_id)
        .where(
            Message.state == str(MessageState.WAITING),
            Message.due <= now,
            Contact.kind.in_(_texts(kinds)),
        )
        .order_by(Message.due, Message.id)
        .limit(1)
    ).one_or_none()


def _due(row: Row[Any]) -> Due:
    return Due(
        id=row.id,
        name=sha256(f"{row.id}|{row.key}|{row.created.isoformat()}".encode()).hexdigest()[:32],
        contact_id=row.contact_id,
        kind=ContactKind(row.kind),
        template=row.template,
        params=row.params,
        language=row.language,
        attempts=row.attempts + 1,
    )


def _change(session: Session, which: ColumnElement[bool], **values: Any) -> int:
    """Change messages and return how many; an enumeration's member is stored as its text."""
    plain = {name: str(v) if isinstance(v, StrEnum) else v for name, v in values.items()}
    return int(session.connection().execute(update(_MESSAGE).where(which).values(plain)).rowcount)


def _texts(values: Iterable[StrEnum]) -> list[str]:
    return [str(value) for value in values]


def erase(session: Session, contact_ids: Collection[int]) -> bool:
    """Remove addresses and what was sent to them, or is to be; nothing else may name them.

    False, with nothing removed, while a message is on its way to one of them.
    """
    theirs = Message.contact_id.in_(contact_ids)
    sending = theirs & (Message.state == str(MessageState.SENDING))
    if session.scalar(select(Message.id).where(sending).limit(1)) is not None:
        return False
    session.execute(delete(Message).where(theirs))
    session.execute(delete(Contact).where(Contact.id.in_(contact_ids)))
    return True
