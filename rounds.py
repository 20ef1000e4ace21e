"""Work in the background: rounds of it while there is some, else one again after a while.

Imports nothing of ours.
"""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from datetime import UTC, datetime

STOP_S = 5.0


class Rounds(ABC):
    """One thread that does rounds of work until it is stopped."""

    def __init__(self, thread_name: str, *, poll_s: float) -> None:
        self._thread_name, self._poll_s = thread_name, poll_s
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

    def _run(self) -> None:
        while not self._stopping.is_set():
            done = 0
            try:
                done = self.do_round(datetime.now(UTC))
            except Exception as fault:
                if self._stopping.is_set():
                    return
                self.tell_fault(fault)
            if not done:
                self._stopping.wait(self._poll_s)
