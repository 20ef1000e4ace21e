"""Work that waits in a table, and the thread that does it: one process holds each row of it.

Whoever takes work holds it by a lease and renews that while working. What a dead process leaves is
taken by another once its lease has lapsed; at each renewal a process hears that its work was
stopped, or is somebody else's. A restarted process goes on at once with what it holds itself.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from sqlalchemy import ColumnElement, and_, or_, select, update
from sqlalchemy.orm import Session

from core.database import Database
from core.errors import LuJianError
from core.worker import Worker

#: By so much the clocks of two machines may differ.
SKEW = timedelta(seconds=10)
Renew = Callable[..., None]


class StoppedError(LuJianError):
    """Somebody stopped the work, or another process has it."""

    code = "stopped"


class LeasedWork:
    """The work in a table, which has ``id``, ``state``, ``runner``, ``lease`` and ``ended``.

    ``waiting`` and ``held`` are the states of what nobody and what somebody works on.
    """

    def __init__(self, table: Any, *, waiting: str, held: str, lease: timedelta) -> None:
        self._table, self._waiting, self._held = table, str(waiting), str(held)
        self._lease = lease

    def is_there(self, session: Session, runner: str, *, now: datetime) -> bool:
        """Tell whether ``claim`` would find any."""
        found = select(self._table.id).where(self._is_free(runner, now)).limit(1)
        return session.scalar(found) is not None

    def claim(self, session: Session, runner: str, *, now: datetime) -> int | None:
        """Take the oldest that waits, or that nobody holds any more; return its id or None."""
        free, key = self._is_free(runner, now), self._table.id
        work_id: int | None = session.scalar(select(key).where(free).order_by(key).limit(1))
        if work_id is None:
            return None
        values = {"state": self._held, "runner": runner, "lease": now + self._lease}
        mine = update(self._table).where(key == work_id, free).values(values)
        return work_id if session.connection().execute(mine).rowcount else None

    def renew(
        self, session: Session, work_id: int, runner: str, *, now: datetime, **values: Any
    ) -> bool:
        """Hold work longer, writing down ``values``; False where it was stopped or lost."""
        return self._write(session, work_id, runner, {**values, "lease": now + self._lease})

    def settle(
        self,
        session: Session,
        work_id: int,
        runner: str,
        values: Mapping[str, Any],
        *,
        now: datetime,
    ) -> bool:
        """Write down how work ended; False where it was stopped or lost."""
        return self._write(session, work_id, runner, {**values, "lease": None, "ended": now})

    def is_lapsed(self, now: datetime) -> ColumnElement[bool]:
        """Nobody holds it any more; a lease longer than any means a clock that stepped back."""
        until = self._table.lease
        return or_(until.is_(None), until <= now, until > now + self._lease + SKEW)

    def _is_free(self, runner: str, now: datetime) -> ColumnElement[bool]:
        left = or_(self.is_lapsed(now), self._table.runner == runner)
        waiting, held = (self._table.state == state for state in (self._waiting, self._held))
        return or_(waiting, and_(held, left))

    def _write(
        self, session: Session, work_id: int, runner: str, values: Mapping[str, Any]
    ) -> bool:
        row = self._table
        mine = and_(row.id == work_id, row.state == self._held, row.runner == runner)
        done = session.connection().execute(update(row).where(mine).values(values))
        return bool(done.rowcount)


class LeasedWorker(Worker):
    """A thread that does such work, one at a time; several processes may have one each."""

    def __init__(
        self, name: str, database: Database, work: LeasedWork, *, poll_s: float, failed: str
    ) -> None:
        super().__init__(name, poll_s=poll_s, failed=failed)
        self._database, self._work, self.runner_id = database, work, uuid4().hex

    def claim(self, now: datetime) -> int | None:
        """Take the next work and return its id; None, and nothing is written, where none waits."""
        with self._database.reading() as session:
            if not self._work.is_there(session, self.runner_id, now=now):
                return None
        return self._database.write(lambda s: self._work.claim(s, self.runner_id, now=now))

    def renewing(self, work_id: int, *, now: datetime, every_s: float) -> Renew:
        """Return what renews the lease of work begun ``now``, no oftener than each ``every_s``.

        It takes what is to be written down of the work, and raises ``StoppedError``.
        """
        told_s, clock = -math.inf, clock_from(now)

        def renew(**values: Any) -> None:
            nonlocal told_s
            if time.monotonic() - told_s < every_s:
                return
            told_s, moment, runner = time.monotonic(), clock(), self.runner_id
            going = self._database.write(
                lambda s: self._work.renew(s, work_id, runner, now=moment, **values)
            )
            if not going or self._stopping.is_set():
                raise StoppedError

        return renew


def clock_from(began: datetime) -> Callable[[], datetime]:
    """Return what tells the moment, by how long it is since ``began``."""
    start_s = time.monotonic()
    return lambda: began + timedelta(seconds=time.monotonic() - start_s)
