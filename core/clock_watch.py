"""A clock that was set back lengthens nothing. Imports ``core.worker`` alone of ours.

What is counted in memory is counted in the seconds of a ``SteadyClock``; what is stored is cut to
its proper length when ``ClockWatch`` sees that the clock went back, and at each start.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from datetime import datetime

from core.worker import Worker

#: Moments come a little out of order from many threads; further back than this the clock was set.
STEP_S = 30.0
WATCHED_S = 5.0
log = logging.getLogger("lujian.clocks")


class SteadyClock:
    """Seconds that only go forward, whatever is done to the clock. Thread-safe.

    They follow the moments they are asked of as long as these agree with a clock that nobody sets,
    and else go on from where they were: by a step forward, or by what has really passed.
    """

    def __init__(self, steady: Callable[[], float] = time.monotonic) -> None:
        self._steady = steady
        self._lock = threading.Lock()
        #: A moment, what the steady clock said then, and the seconds that were told.
        self._anchor: tuple[float, float, float] | None = None
        self._latest_s = float("-inf")

    def seconds(self, now: datetime) -> float:
        """Return a moment as seconds since some moment long ago, never less than before."""
        with self._lock:
            at_s, steady_s = now.timestamp(), self._steady()
            began_s, steady_began_s, told_s = self._anchor or (at_s, steady_s, at_s)
            said_s = told_s + at_s - began_s
            passed_s = told_s + steady_s - steady_began_s
            if abs(said_s - passed_s) > STEP_S:
                said_s = max(said_s, passed_s)
                self._anchor = at_s, steady_s, said_s
            elif self._anchor is None:
                self._anchor = at_s, steady_s, said_s
            self._latest_s = max(self._latest_s, said_s)
            return self._latest_s


class ClockWatch(Worker):
    """Calls ``cut`` with the moment at the start and whenever the clock was set back."""

    def __init__(
        self, cut: Callable[[datetime], None], *, steady: Callable[[], float] = time.monotonic
    ) -> None:
        super().__init__("clock", poll_s=WATCHED_S)
        self._cut, self._steady = cut, steady
        self._ahead_s: float | None = None

    def do_round(self, now: datetime) -> int:
        """Compare the clock with one that is never set."""
        ahead_s = now.timestamp() - self._steady()
        if self._ahead_s is None or ahead_s < self._ahead_s - 1:
            if self._ahead_s is not None:
                log.warning("The clock was set back by %d s", self._ahead_s - ahead_s)
            self._cut(now)
        self._ahead_s = ahead_s
        return 0

    def tell_fault(self, fault: Exception) -> None:
        """Log it whole."""
        log.error("what was stored ahead of the clock could not be cut", exc_info=fault)
