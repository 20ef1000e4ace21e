"""Long reading by two connections at once, both of which see the same state of the database.

A process has one second reader to lend: two long readings at once have one and a half cores each
at most, and the pages between them are served.
"""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Callable, Hashable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from queue import SimpleQueue
from typing import TypeVar

from sqlalchemy.orm import Session

from core.dialect import joins_moment

_SPARE = threading.BoundedSemaphore(1)
#: So many pieces are read ahead of who takes them: memory holds no more.
_AHEAD = 4
J = TypeVar("J")
T = TypeVar("T")
State = Callable[[Session], Hashable]


def read_in_order(
    session: Session, jobs: Iterable[J], read: Callable[[Session, J], T], state: State
) -> Iterator[T]:
    """Yield ``read(session, job)`` of each job in its order, two of them at once where it can be.

    ``state`` of a session is another one whenever what is read may be: where the database cannot
    be asked for a state, a second reader that sees another is not used.
    """
    with second_reader(session, state) as second:
        if second is None:
            yield from (read(session, job) for job in jobs)
        else:
            yield from _by_two(session, second, jobs, read)


@contextmanager
def second_reader(session: Session, state: State) -> Iterator[Session | None]:
    """Give another session that sees what this one does; None where none can be had now."""
    if (os.cpu_count() or 1) < 2 or not _SPARE.acquire(blocking=False):
        yield None
        return
    try:
        with Session(session.get_bind(), autoflush=False) as other:
            same = joins_moment(session, other) or state(session) == state(other)
            yield other if same else None
    finally:
        _SPARE.release()


def _by_two(
    first: Session, second: Session, jobs: Iterable[J], read: Callable[[Session, J], T]
) -> Iterator[T]:
    free: SimpleQueue[Session] = SimpleQueue()
    for one in (first, second):
        free.put(one)

    def work(job: J) -> T:
        mine = free.get()
        try:
            return read(mine, job)
        finally:
            free.put(mine)

    waiting: deque[Future[T]] = deque()
    pool = ThreadPoolExecutor(2, "reader")
    try:
        for job in jobs:
            waiting.append(pool.submit(work, job))
            if len(waiting) > _AHEAD:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:  # nobody may read on once the sessions are given back
        pool.shutdown(wait=True, cancel_futures=True)
