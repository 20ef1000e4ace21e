"""A reading that takes seconds: computed once by a worker, with how far it is, and a way to end it.

Results lie in the one store of results (``core.cache``); beside it stands here what is being
computed now.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Generic, Protocol, TypeVar

from core.cache import CACHE, WorkCancelled
from core.worker import SerialWorker
from geo.significance.verdicts import MethodCard

T = TypeVar("T")
Tell = Callable[[float], None]
#: So many computations may wait for the worker; what the public asks for is then not begun.
MOST_WAITING = 3
_LOOK_S = 0.05


class _Dated(Protocol):
    """A result with its card."""

    @property
    def card(self) -> MethodCard: ...


D = TypeVar("D", bound=_Dated)


def dated(judged: D, revision: object) -> D:
    """Return a result whose card says of which version of the campaign's data it is."""
    card = judged.card
    parameters = {**card.parameters, "revision": str(revision)}
    return replace(judged, card=replace(card, parameters=parameters))  # type: ignore[type-var]


@dataclass(eq=False)
class _Job:
    """One computation: the share that is done, and whether it is to end."""

    share: float = 0.0
    ending: threading.Event = field(default_factory=threading.Event)

    def tell(self, share: float) -> None:
        """Keep the share that is done. Raises ``WorkCancelled`` once it is to end."""
        if self.ending.is_set():
            raise WorkCancelled
        self.share = share


class _Jobs:
    """What is being computed now, by key."""

    def __init__(self) -> None:
        self._jobs: dict[Hashable, _Job] = {}
        self._lock = threading.Lock()

    def get(self, key: Hashable) -> _Job | None:
        with self._lock:
            return self._jobs.get(key)

    @contextmanager
    def started(self, key: Hashable) -> Iterator[_Job]:
        job = _Job()
        with self._lock:
            self._jobs[key] = job
        try:
            yield job
        finally:
            with self._lock:
                self._jobs.pop(key, None)


@dataclass(frozen=True)
class LongReading(Generic[T]):
    """A result for a revision, under a key that says whose it is, and what finds it.

    ``find`` is given a function to tell the share that is done; what that raises ends it. The
    result may be shared by all who ask: nobody changes it.
    """

    key: Hashable
    revision: Hashable
    find: Callable[[Tell], T]

    def get(self, *, at_most_s: float = 0.0) -> T:
        """Return the result; wait for it where there is none. See ``core.cache.Cache.get``."""
        return CACHE.get(self.key, self.revision, self._found, at_most_s=at_most_s, beside=_worker)

    def begun(self, *, at_most_s: float) -> T | None:
        """Return the result, at most so old; None while the worker computes the first."""
        return CACHE.begun(
            self.key, self.revision, self._found, at_most_s=at_most_s, beside=_worker
        )

    def current(self, *, wait_s: float) -> T | None:
        """Return the result of this very revision, waiting so long for it; None where that fails.

        For what anybody may ask for: where much waits for the worker already, nothing is begun.
        """
        if not self.is_ready():
            if self.share() is None and _worker.waiting >= MOST_WAITING:
                return None
            CACHE.begun(self.key, self.revision, self._found, at_most_s=_LOOK_S, beside=_worker)
            end_s = time.monotonic() + wait_s
            while not self.is_ready() and time.monotonic() < end_s:
                time.sleep(_LOOK_S)
        return self.get() if self.is_ready() else None

    def is_ready(self) -> bool:
        """Tell whether the result of this revision is there."""
        return CACHE.has(self.key, self.revision)

    def share(self) -> float | None:
        """Return the share that is done, from 0 to 1, while it is computed; None else."""
        job = _jobs.get(self.key)
        return None if job is None else job.share

    def cancel(self) -> bool:
        """End the computation that goes on, if any; whoever asks again begins it anew."""
        job = _jobs.get(self.key)
        if job is not None:
            job.ending.set()
        return job is not None

    def _found(self) -> T:
        with _jobs.started(self.key) as job:
            return self.find(job.tell)


_jobs = _Jobs()
#: One thread that stays; two of these computations never run at once beside what pages wait for.
_worker = SerialWorker("significance", failed="A verdict could not be computed")
