"""How often one device and one address may do a thing: moving windows in memory.

Counted per process. Behind several processes each counts what it serves itself, so that up to
that many times the rate passes, and a restart forgets all: enough against floods, as the limits
are far above what a person does; what must hold exactly is held by the database.
"""

from __future__ import annotations

import math
import threading
from array import array
from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from core.clock_watch import SteadyClock
from core.errors import TooOftenError
from core.settings import Settings
from people.access.client_address import AddressKeys

HOUR_S, MINUTE_S = 3600.0, 60.0
MOST_KEYS = 100_000


class LimitKind(StrEnum):
    """What is counted."""

    FILE = "file"
    SUPPORT = "support"
    COMMENT = "comment"
    PHOTO = "photo"
    FOLLOW = "follow"
    REPORT = "report"
    LOOKUP = "lookup"
    DOWNLOAD = "download"
    HAND_BACK = "hand_back"


@dataclass(frozen=True)
class Rate:
    """At most so many within ``window_s`` seconds."""

    per_device: int
    per_address: int
    window_s: float


def rates_of(settings: Settings) -> dict[LimitKind, Rate]:
    """Return the rates; an address, which may be a whole village's, gets ten times a device's."""
    filings = max(1, settings.max_filings_per_hour)
    return {
        LimitKind.FILE: Rate(filings, 10 * filings, HOUR_S),
        LimitKind.SUPPORT: Rate(120, 1200, HOUR_S),
        LimitKind.COMMENT: Rate(20, 200, HOUR_S),
        LimitKind.PHOTO: Rate(40, 400, HOUR_S),
        LimitKind.FOLLOW: Rate(10, 100, HOUR_S),
        LimitKind.REPORT: Rate(20, 200, HOUR_S),
        LimitKind.LOOKUP: Rate(30, 300, MINUTE_S),
        LimitKind.DOWNLOAD: Rate(60, 600, HOUR_S),
        LimitKind.HAND_BACK: Rate(20, 200, HOUR_S),
    }


class MovingWindow:
    """When each key was counted within the last ``window_s`` seconds. Not thread-safe.

    Keys stand in the order of their last count: those at the front expire first and go with the
    next count. Past ``most_keys`` the front goes unexpired: a flood of keys costs no more memory,
    and frees the one who was silent longest.
    """

    def __init__(self, most: int, window_s: float, *, most_keys: int = MOST_KEYS) -> None:
        self._most, self._window_s, self._most_keys = most, window_s, most_keys
        self._times: OrderedDict[str, array[float]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._times)

    def used(self, key: str, at_s: float) -> int:
        """Return how many were counted within the window before ``at_s``."""
        times = self._times.get(key)
        return 0 if times is None else len(times) - bisect_right(times, at_s - self._window_s)

    def wait_s(self, key: str, at_s: float) -> float:
        """Return the seconds until one more fits; 0 when it fits now."""
        if self.used(key, at_s) < self._most:
            return 0.0
        return self._times[key][-self._most] + self._window_s - at_s

    def count(self, key: str, at_s: float) -> None:
        """Count one, whether it fits or not, and forget what has expired."""
        times = self._times.setdefault(key, array("d"))
        del times[: bisect_right(times, at_s - self._window_s)]
        # Clocks step back at times, and the order is what the search rests on.
        times.append(max(at_s, times[-1]) if times else at_s)
        self._times.move_to_end(key)
        self._forget(at_s)

    def take_back(self, key: str) -> None:
        """Uncount the latest of this key."""
        times = self._times.get(key)
        if times:
            times.pop()
        if not times:
            self._times.pop(key, None)

    def _forget(self, at_s: float) -> None:
        while len(self._times) > 1:
            key, times = next(iter(self._times.items()))
            if len(self._times) <= self._most_keys and times[-1] > at_s - self._window_s:
                return
            del self._times[key]


class Limits:
    """The rates of this process. Thread-safe.

    ``actor_key`` is ``Actor.key``; without one only the address counts. ``address`` is what
    ``addresses.address_of`` gives; only its hash is kept, and for no longer than the window.
    """

    def __init__(self, settings: Settings) -> None:
        self._rates = rates_of(settings)
        self._devices = {k: MovingWindow(r.per_device, r.window_s) for k, r in self._rates.items()}
        self._places = {k: MovingWindow(r.per_address, r.window_s) for k, r in self._rates.items()}
        self._keys = AddressKeys()
        self._clock = SteadyClock()
        self._lock = threading.Lock()

    def allow(self, kind: LimitKind, actor_key: str | None, address: str, *, now: datetime) -> None:
        """Raise ``TooOftenError`` (``wait_s``, whole seconds) unless one more may come now.

        Counts nothing: being refused does not lengthen the wait.
        """
        with self._lock:
            self._allow(self._counters(kind, actor_key, address, now), now)

    def count(self, kind: LimitKind, actor_key: str | None, address: str, *, now: datetime) -> None:
        """Count one that was accepted."""
        with self._lock:
            self._count(self._counters(kind, actor_key, address, now), now)

    def check(self, kind: LimitKind, actor_key: str | None, address: str, *, now: datetime) -> None:
        """Count one, or raise ``TooOftenError`` (``wait_s``) and count nothing."""
        with self._lock:
            counters = self._counters(kind, actor_key, address, now)
            self._allow(counters, now)
            self._count(counters, now)

    @contextmanager
    def attempt(
        self, kind: LimitKind, actor_key: str | None, address: str, *, now: datetime
    ) -> Iterator[None]:
        """Check, then take the count back if what is attempted inside raises.

        However many come at once, no more than the rate are inside or counted. Raises
        ``TooOftenError``.
        """
        with self._lock:
            counters = self._counters(kind, actor_key, address, now)
            self._allow(counters, now)
            self._count(counters, now)
        try:
            yield
        except BaseException:
            with self._lock:
                for window, key in counters:
                    window.take_back(key)
            raise

    def crowded(self, kind: LimitKind, address: str, *, now: datetime) -> bool:
        """Tell whether an address has used more than half of what it may."""
        with self._lock:
            key = self._keys.key_of(address, now=now)
            used = self._places[kind].used(key, self._clock.seconds(now))
        return used > self._rates[kind].per_address / 2

    def _counters(
        self, kind: LimitKind, actor_key: str | None, address: str, now: datetime
    ) -> list[tuple[MovingWindow, str]]:
        counters = [(self._places[kind], self._keys.key_of(address, now=now))]
        if actor_key is not None:
            counters.append((self._devices[kind], actor_key))
        return counters

    def _allow(self, counters: list[tuple[MovingWindow, str]], now: datetime) -> None:
        at_s = self._clock.seconds(now)
        wait_s = max(window.wait_s(key, at_s) for window, key in counters)
        if wait_s > 0:
            raise TooOftenError(wait_s=math.ceil(wait_s))

    def _count(self, counters: list[tuple[MovingWindow, str]], now: datetime) -> None:
        at_s = self._clock.seconds(now)
        for window, key in counters:
            window.count(key, at_s)
