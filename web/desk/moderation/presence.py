"""Who has which proposal open at the desk, so that two do not do the same work. Nothing is stored.

Kept in the memory of the process: after a start nobody has anything open, until their pages say so
again a minute later.
"""

from __future__ import annotations

import threading
from datetime import datetime, timedelta

from core.clock_watch import SteadyClock
from people.access.actor import Actor

KEPT = timedelta(minutes=3)


class Openings:
    """The proposals that are open, by whom and when last heard of. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._clock = SteadyClock()
        self._open: dict[str, dict[str, tuple[str, float]]] = {}

    def enter(self, public_id: str, actor: Actor, *, now: datetime) -> list[str]:
        """Note that somebody looks at a proposal; return the names of who else does."""
        with self._lock:
            self._forget(now)
            there = self._open.setdefault(public_id, {})
            there[_who(actor)] = (actor.name, self._clock.seconds(now))
            return sorted(name for who, (name, _at) in there.items() if who != _who(actor))

    def leave(self, public_id: str, actor: Actor) -> None:
        """Note that somebody is done with a proposal."""
        with self._lock:
            there = self._open.get(public_id, {})
            there.pop(_who(actor), None)
            if not there:
                self._open.pop(public_id, None)

    def others(self, actor: Actor, *, now: datetime) -> dict[str, list[str]]:
        """Return the names of who else has proposals open, by public id."""
        with self._lock:
            self._forget(now)
            found = {
                public_id: sorted(name for who, (name, _at) in there.items() if who != _who(actor))
                for public_id, there in self._open.items()
            }
        return {public_id: names for public_id, names in found.items() if names}

    def _forget(self, now: datetime) -> None:
        since_s = self._clock.seconds(now) - KEPT.total_seconds()
        for public_id in list(self._open):
            there = self._open[public_id]
            kept = {who: held for who, held in there.items() if held[1] > since_s}
            if kept:
                self._open[public_id] = kept
            else:
                del self._open[public_id]


def _who(actor: Actor) -> str:
    return str(actor.account_id) if actor.account_id is not None else str(actor.key)
