"""Work in the background: rounds of it while there is some, else one again after a while.

After a fault the next round comes later and later, up to a minute: a database that is away is not
asked, and told of in the log, again and again. Imports nothing of ours.
"""

from __future__ import annotations

import logging
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable
from datetime import UTC, datetime

STOP_S = 5.0
LONGEST_S = 60.0
log = logging.getLogger("lujian")


class Rounds(ABC):
    """One thread that does rounds of work until it is stopped; the first after ``first_s``."""

    def __init__(self, thread_name: str, *, poll_s: float, first_s: float = 0.0) -> None:
        self._thread_name, self._poll_s, self._first_s = thread_name, poll_s, first_s
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    @abstractmethod
    def do_round(self, now: datetime) -> int:
        """Do one round; return how much it was, 0 to wait before the next."""

    @abstractmethod
    def tell_fault(self, fault: Exception) -> None:
        """Log what ended a round, as much of it as may stand in a log."""

    def start(self) -> None:
        """Begin to look for work every few seconds, in a thread of its own."""
        self._stopping.clear()
        self._thread = threading.Thread(target=self._run, name=self._thread_name, daemon=True)
        self._thread.start()

    def stop(self, wait_s: float = STOP_S) -> None:
        """Begin nothing more; wait so long for what is being done."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join(wait_s)
            self._thread = None

    def wait_s(self, faults: int) -> float:
        """Return the seconds to the next round after so many faults in a row."""
        if not faults:
            return self._poll_s
        return min(self._poll_s * 2 ** min(faults, 16), max(self._poll_s, LONGEST_S))

    def _run(self) -> None:
        faults, wait_s = 0, self._first_s
        while not self._stopping.wait(wait_s):
            try:
                done = self.do_round(datetime.now(UTC))
            except Exception as fault:
                if self._stopping.is_set():
                    return
                self.tell_fault(fault)
                faults += 1
                wait_s = self.wait_s(faults)
            else:
                faults = 0
                wait_s = 0.0 if done else self._poll_s


class Task(Rounds):
    """A function that is called again and again; ``failed`` says in the log what did not work."""

    def __init__(
        self, name: str, do: Callable[[datetime], int], *, poll_s: float, failed: str
    ) -> None:
        super().__init__(name, poll_s=poll_s, first_s=poll_s)
        self._do, self._failed = do, failed

    def do_round(self, now: datetime) -> int:
        """Call it."""
        return self._do(now)

    def tell_fault(self, fault: Exception) -> None:
        """Log it whole."""
        log.error(self._failed, exc_info=fault)
