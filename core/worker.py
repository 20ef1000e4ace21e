"""Work in the background: rounds of it while there is some, else one again after a while.

After a fault the next round comes later and later, up to a minute: a database that is away is not
asked, and told of in the log, again and again. How each worker of the process does is told by
``worker_statuses``. Imports nothing of ours.
"""

from __future__ import annotations

import logging
import sys
import threading
import time
import traceback
from abc import ABC, abstractmethod
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import UTC, datetime
from queue import Empty, SimpleQueue
from typing import ParamSpec, TypeVar

STOP_S = 5.0
LONGEST_S = 60.0
log = logging.getLogger("lujian")
P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True)
class WorkerStatus:
    """How a worker does: its last round without a fault, and its last fault.

    ``last_error`` is the kind of the fault and the place in the program, never its words: these
    may hold an address or a text that somebody wrote.
    """

    name: str
    running: bool
    last_run: datetime | None
    last_error: str | None
    last_error_at: datetime | None


class Worker(ABC):
    """One thread that does rounds of work until it is stopped; the first after ``first_s``.

    ``once``: it ends after one round. A fault in a round ends nothing; ``failed`` says in the log
    what did not work, empty where whoever waits for it is told.
    """

    def __init__(
        self,
        name: str,
        *,
        poll_s: float,
        first_s: float = 0.0,
        once: bool = False,
        failed: str = "",
    ) -> None:
        self._name, self._poll_s, self._first_s, self._once = name, poll_s, first_s, once
        self._failed = failed
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._faults = 0
        self._last_run: datetime | None = None
        self._last_error: tuple[str, datetime] | None = None

    @abstractmethod
    def do_round(self, now: datetime) -> int:
        """Do one round; return how much it was, 0 to wait before the next."""

    def tell_fault(self, fault: Exception) -> None:
        """Log what ended a round: whole, unless a worker's faults may not stand in a log."""
        if self._failed:
            log.error(self._failed, exc_info=fault)

    @property
    def status(self) -> WorkerStatus:
        """How it does."""
        text, at = self._last_error or (None, None)
        running = self._thread is not None and self._thread.is_alive()
        return WorkerStatus(self._name, running, self._last_run, text, at)

    def start(self) -> None:
        """Begin to look for work every few seconds, in a thread of its own."""
        self._stopping.clear()
        self._thread = threading.Thread(target=self._run, name=self._name, daemon=True)
        with _listing:
            _started.add(self)
        self._thread.start()

    def halt(self) -> None:
        """Begin nothing more."""
        self._stopping.set()

    def stop(self, wait_s: float = STOP_S) -> None:
        """Begin nothing more; wait so long for what is being done."""
        self.halt()
        if self._thread is not None:
            self._thread.join(wait_s)
            self._thread = None
        with _listing:
            _started.discard(self)

    def wait_s(self, faults: int) -> float:
        """Return the seconds to the next round after so many faults in a row."""
        if not faults:
            return self._poll_s
        return min(self._poll_s * 2 ** min(faults, 16), max(self._poll_s, LONGEST_S))

    def _run(self) -> None:
        wait_s = self._first_s
        while not self._stopping.wait(wait_s):
            wait_s = self._attempt()
            if self._once:
                return

    def _attempt(self) -> float:
        """Do one round, whatever comes of it; return the seconds to the next."""
        try:
            done = self.do_round(datetime.now(UTC))
        except Exception as fault:
            if not self._stopping.is_set():
                self._last_error = (fault_text(fault), datetime.now(UTC))
                self.tell_fault(fault)
            self._faults += 1
            return self.wait_s(self._faults)
        self._faults, self._last_run = 0, datetime.now(UTC)
        return 0.0 if done else self._poll_s


class Task(Worker):
    """A function that is called again and again."""

    def __init__(
        self, name: str, do: Callable[[datetime], int], *, poll_s: float, failed: str
    ) -> None:
        super().__init__(name, poll_s=poll_s, first_s=poll_s, failed=failed)
        self._do = do

    def do_round(self, now: datetime) -> int:
        """Call it."""
        return self._do(now)


class OneTask(Worker):
    """A function that is called once, beside what goes on."""

    def __init__(self, name: str, do: Callable[[], object], *, failed: str) -> None:
        super().__init__(name, poll_s=0.0, once=True, failed=failed)
        self._do = do

    def do_round(self, now: datetime) -> int:
        """Call it."""
        self._do()
        return 0


class SerialWorker(Worker):
    """Does what is handed to it, one thing after another; the first begins its thread.

    A fault goes to whoever waits for the result; where nobody does, give ``failed``.
    """

    def __init__(self, name: str, *, failed: str = "") -> None:
        super().__init__(name, poll_s=0.0, failed=failed)
        self._waiting: SimpleQueue[tuple[Future[object], Callable[[], object]] | None]
        self._waiting = SimpleQueue()
        self._beginning = threading.Lock()

    @property
    def waiting(self) -> int:
        """About how many things have been handed to it and not begun."""
        return self._waiting.qsize()

    def submit(self, fn: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Let ``fn`` be called when its turn comes; the future gives what it returns or raises."""
        future: Future[T] = Future()
        self._waiting.put((future, lambda: fn(*args, **kwargs)))  # type: ignore[arg-type]
        with self._beginning:
            if self._thread is None or not self._thread.is_alive():
                self.start()
        return future

    def do_round(self, now: datetime) -> int:
        """Do what has waited longest; wait for something where nothing does."""
        job = self._waiting.get()
        if job is None or not job[0].set_running_or_notify_cancel():
            return 0
        future, call = job
        try:
            result = call()
        except BaseException as fault:
            future.set_exception(fault)
            raise
        future.set_result(result)
        return 1

    def halt(self) -> None:
        """Begin nothing more."""
        super().halt()
        self._waiting.put(None)

    def stop(self, wait_s: float = STOP_S) -> None:
        """Begin nothing more; let go who waits for what has not begun."""
        with self._beginning:
            super().stop(wait_s)
            while (job := self._next()) is not None:
                job[0].cancel()

    def _next(self) -> tuple[Future[object], Callable[[], object]] | None:
        try:
            while True:
                job = self._waiting.get_nowait()
                if job is not None:
                    return job
        except Empty:
            return None


_started: set[Worker] = set()
_listing = threading.Lock()


def worker_statuses() -> list[WorkerStatus]:
    """Return how the workers do that were started in this process and not stopped, by name."""
    with _listing:
        workers = list(_started)
    return sorted((worker.status for worker in workers), key=lambda status: status.name)


def stop_all(wait_s: float = STOP_S) -> None:
    """Stop them; all end at once, and have ``wait_s`` together."""
    with _listing:
        workers = list(_started)
    for worker in workers:
        worker.halt()
    deadline_s = time.monotonic() + wait_s
    for worker in workers:
        worker.stop(max(deadline_s - time.monotonic(), 0.0))


def fault_text(fault: BaseException) -> str:
    """Return a fault's kind and the place in the program, without its words."""
    kind = type(fault).__name__
    ours = [
        f"{frame.f_globals.get('__name__')}:{line}"
        for frame, line in traceback.walk_tb(fault.__traceback__)
        if _is_ours(frame.f_code.co_filename)
    ]
    return f"{kind} ({ours[-1]})" if ours else kind


def _is_ours(file: str) -> bool:
    return "site-packages" not in file and not file.startswith((sys.base_prefix, "<"))
