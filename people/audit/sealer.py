"""The watch over the audit trail: seals it every few seconds, and walks along its chain.

One thread a process. The walk goes on with every seal that is made, begins anew each day, and takes
a second of work at a time, so that nobody waits for it.
"""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache

from core.database import Database
from core.worker import Worker
from people.audit.hash_chain import ChainFault, ChainVerdict, Walk, seal_all

EVERY_S = 10.0
AGAIN_AFTER = timedelta(hours=24)
#: Steps of 50 seals that somebody waits for who asks for a check; the thread does the rest.
STEPS_AWAITED = 10
log = logging.getLogger("lujian.audit")


@dataclass(frozen=True)
class Checked:
    """What the latest walk found, and when. ``whole``: it has come to the end of the chain."""

    at: datetime
    whole: bool
    verdict: ChainVerdict


class Watch(Worker):
    """Seals and walks; ``checked`` is what is known, None before the first look."""

    def __init__(self, database: Database) -> None:
        super().__init__("watch", poll_s=EVERY_S, first_s=EVERY_S)
        self._database = database
        self._walk = Walk()
        self._begun: datetime | None = None
        self._checked: Checked | None = None
        self._lock = threading.Lock()
        self._told: ChainFault | None = None

    @property
    def checked(self) -> Checked | None:
        """What is known about the chain."""
        return self._checked

    def do_round(self, now: datetime) -> int:
        """Look once, and log what was tampered with."""
        self.look(now=now)
        found = self._walk.finding
        if found is not None and found != self._told:
            log.error("the audit trail was tampered with: %s %s", found.fault, found.number)
        self._told = found
        return 0

    def tell_fault(self, fault: Exception) -> None:
        """Log it whole."""
        log.error("the audit trail could not be sealed or checked", exc_info=fault)

    def look(self, *, now: datetime) -> None:
        """Seal what is new and go on with the walk."""
        seal_all(self._database, now=now)
        with self._lock:
            if self._begun is None or (
                self._walk.done and not timedelta() <= now - self._begun <= AGAIN_AFTER
            ):
                self._walk, self._begun = Walk(), now
            self._step(now)

    def check(self, *, now: datetime) -> Checked:
        """Seal what is new and walk from the beginning, as far as somebody can wait for it."""
        seal_all(self._database, now=now)
        with self._lock:
            self._walk, self._begun, self._checked = Walk(), now, None
            checked = self._step(now)
            for _ in range(STEPS_AWAITED - 1):
                if checked.whole:
                    break
                checked = self._step(now)
            return checked

    def _step(self, now: datetime) -> Checked:
        with self._database.reading() as session:
            if self._walk.finding is None:
                self._walk.step(session)
            known = Checked(now, self._walk.done, self._walk.verdict(session))
        # Until a new walk has come to its end, the former one says more.
        if known.whole or self._checked is None or not self._checked.whole:
            self._checked = known
        return known


@lru_cache(maxsize=8)
def watch_of(database: Database) -> Watch:
    """Return this process's watch over a database's audit trail."""
    return Watch(database)
