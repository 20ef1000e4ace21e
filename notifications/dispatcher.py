"""The post office: takes what is due out of the outbox, one message at a time, and hands it over.

Several processes may run one on the same database: a message is claimed in the writer's
transaction, so each is taken once. One is claimed at a time, so that a crash leaves a single
message half done.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from core.database import Database
from core.worker import Worker
from notifications import outbox
from notifications.channels import Letter, Parcel, Sender
from notifications.contacts import ContactKind, Sealer, WrongKeyError, open_contact
from notifications.outbox import DeliveryOutcome, DeliveryVerdict, Due, Wanted

POLL_S = 5.0
AT_ONCE = 50
Words = Callable[[str, Mapping[str, Any], str], Letter]
#: What a letter names, looked up when it is sent: added to its parameters.
Facts = Callable[[Session, str, Mapping[str, Any]], Mapping[str, Any]]
_log = logging.getLogger(__name__)


def always(_session: Session, _template: str, _params: Mapping[str, Any]) -> bool:
    """Every message is still wanted."""
    return True


def nothing(_session: Session, _template: str, _params: Mapping[str, Any]) -> Mapping[str, Any]:
    """Add nothing to a letter."""
    return {}


class PostOffice(Worker):
    """Sends what is due. ``words`` writes a letter of a template, parameters and a language.

    ``wanted`` and ``facts`` are asked right before a message is sent. Without a sealer nothing can
    be sent.
    """

    def __init__(
        self,
        database: Database,
        sealer: Sealer | None,
        senders: Mapping[ContactKind, Sender],
        words: Words,
        *,
        wanted: Wanted = always,
        facts: Facts = nothing,
        poll_s: float = POLL_S,
    ) -> None:
        super().__init__("post", poll_s=poll_s)
        self._database, self._sealer = database, sealer
        self._senders = dict(senders) if sealer is not None else {}
        self._words, self._wanted, self._facts = words, wanted, facts

    def run_once(self, now: datetime) -> int:
        """Settle what others left, then send up to ``AT_ONCE`` due messages; return how many.

        A channel that asks for patience has its turn again in the next round, so that a mail
        server out of reach does not hold up the short messages. ``now`` is the moment at which it
        begins. Raises what the database raises.
        """
        began, kinds = time.monotonic(), frozenset(self._senders)
        with self._database.reading() as session:
            if not outbox.is_something_due(session, kinds=kinds, now=now):
                return 0
        self._database.write(lambda session: outbox.recover(session, now=now))
        self._database.write(lambda session: outbox.give_up(session, kinds=kinds, now=now))
        handled = 0
        while handled < AT_ONCE and not self._stopping.is_set():
            moment = now + timedelta(seconds=time.monotonic() - began)
            tried = self._send_one(kinds, moment)
            if tried is None:
                break
            handled += 1
            if tried[1] is DeliveryVerdict.RETRY:
                kinds -= {tried[0]}
        return handled

    def do_round(self, now: datetime) -> int:
        """Send what is due."""
        return self.run_once(now)

    def tell_fault(self, fault: Exception) -> None:
        """Log its kind alone: its words may hold an address."""
        _log.error("the post office could not work: %s", type(fault).__name__)

    def _send_one(
        self, kinds: frozenset[ContactKind], now: datetime
    ) -> tuple[ContactKind, DeliveryVerdict] | None:
        """Return the kind of the message that was tried, and how it ended; None without one."""
        claimed = self._database.write(
            lambda session: outbox.claim(session, kinds=kinds, wanted=self._wanted, now=now)
        )
        if not claimed:
            return None
        (due,) = claimed
        outcome = self._deliver(due, now)
        self._database.write(partial(outbox.settle, due=due, outcome=outcome, now=now))
        _log.info("message %d: %s, attempt %d", due.id, outcome.verdict, due.attempts)
        return due.kind, outcome.verdict

    def _deliver(self, due: Due, now: datetime) -> DeliveryOutcome:
        """Hand one message over; whatever goes wrong is an outcome."""
        try:
            parcel = self._pack(due)
        except (WrongKeyError, SQLAlchemyError) as error:
            return DeliveryOutcome(DeliveryVerdict.RETRY, f"address: {type(error).__name__}")
        except Exception as error:
            return DeliveryOutcome(DeliveryVerdict.FAILED, f"words: {type(error).__name__}")
        try:
            return self._senders[due.kind].send(parcel, now=now)
        except Exception as error:
            return DeliveryOutcome(DeliveryVerdict.UNCERTAIN, type(error).__name__)

    def _pack(self, due: Due) -> Parcel:
        assert self._sealer is not None  # without one nothing is claimed
        with self._database.reading() as session:
            _, address = open_contact(session, self._sealer, due.contact_id)
            facts = self._facts(session, due.template, due.params)
        letter = self._words(due.template, {**due.params, **facts}, due.language)
        return Parcel(due.name, address, due.language, letter)
