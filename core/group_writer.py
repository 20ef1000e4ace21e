"""The writer of a database: one thread that runs changes in order and commits them as groups.

One fsync serves many, and nobody starves behind a busy-wait.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from core.dialect import hold_alone, is_undone
from core.errors import Outage, UnavailableError
from core.worker import STOP_S, Worker

WRITER_LOCK = 0x4C754A69616E  # "LuJian"; one writer at a time across processes, on PostgreSQL
GROUP_SIZE = 64
QUEUE_SIZE = 2_000
QUEUE_WAIT_S = 30.0

T = TypeVar("T")


class BusyError(UnavailableError):
    """Too many changes are waiting to be written; try again."""

    code = "busy"

    def __init__(self, **params: Any) -> None:
        super().__init__(problem=Outage.BUSY, **params)


class CommitError(RuntimeError):
    """The group's COMMIT failed, so nothing of it is stored; ``__cause__`` says why."""


class Writer(Worker):
    """One thread that runs waiting jobs in order and commits them as a group."""

    def __init__(self, engine: Engine) -> None:
        super().__init__("writer", poll_s=0.0)
        self._engine = engine
        self._waiting: deque[tuple[Callable[[Session], Any], Future[Any]]] = deque()
        self._changed = threading.Condition()
        self._closing = False

    def submit(self, fn: Callable[[Session], T], *, wait_s: float | None = None) -> Future[T]:
        """Queue ``fn``; wait for room when the queue is full, then raise ``BusyError``."""
        if self._thread is threading.current_thread():
            raise RuntimeError("a write inside a write: pass the session on instead")
        future: Future[T] = Future()
        with self._changed:
            room = self._changed.wait_for(
                lambda: self._closing or len(self._waiting) < QUEUE_SIZE,
                QUEUE_WAIT_S if wait_s is None else wait_s,
            )
            if self._closing:
                raise RuntimeError("the database is closed")
            if not room:
                raise BusyError(waiting=len(self._waiting))
            self._waiting.append((fn, future))
            if self._thread is None:
                self.start()
            self._changed.notify_all()
        return future

    def close(self) -> None:
        """Finish what is queued, then stop."""
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        if self._thread is not None:
            self._thread.join()
        super().stop()

    def do_round(self, now: datetime) -> int:
        """Run the next group; the end of the queue, once it is closed, ends the thread."""
        group = self._next_group()
        if not group:
            self._stopping.set()
            return 0
        self._run_group(group)
        return len(group)

    def halt(self) -> None:
        """Do nothing: it ends with its database, which all others need until then."""

    def stop(self, wait_s: float = STOP_S) -> None:
        """Do nothing; see ``halt``."""

    def _next_group(self) -> list[tuple[Callable[[Session], Any], Future[Any]]]:
        with self._changed:
            self._changed.wait_for(lambda: self._closing or self._waiting)
            size = min(GROUP_SIZE, len(self._waiting))
            group = [self._waiting.popleft() for _ in range(size)]
            self._changed.notify_all()
        return group

    def _run_group(self, group: list[tuple[Callable[[Session], Any], Future[Any]]]) -> None:
        done: list[tuple[Future[Any], Any]] = []
        try:
            with Session(self._engine, expire_on_commit=False) as session, session.begin():
                hold_alone(session.connection(), WRITER_LOCK)  # waits its turn here
                for fn, future in group:
                    try:
                        done.append((future, self._run_job(session, fn)))
                    except _JobError as failure:
                        if is_undone(session.connection()):
                            raise failure.reason from None
                        future.set_exception(failure.reason)
        except BaseException as error:
            for _, future in group:
                if not future.done():
                    failed = CommitError(f"nothing was stored: {error}")
                    failed.__cause__ = error
                    future.set_exception(failed)
            if isinstance(error, Exception):
                raise
            return
        for future, result in done:
            future.set_result(result)

    def _run_job(self, session: Session, fn: Callable[[Session], Any]) -> Any:
        try:
            with session.begin_nested():
                return fn(session)
        except BaseException as error:
            session.expunge_all()
            raise _JobError(error) from error


class _JobError(Exception):
    def __init__(self, reason: BaseException) -> None:
        self.reason = reason
