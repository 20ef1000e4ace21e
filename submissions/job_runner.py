"""The thread that carries out jobs, a piece at a time; one job at once in each process."""

from __future__ import annotations

import logging
import threading
from datetime import UTC, datetime
from uuid import uuid4

from sqlalchemy.orm import Session

from database import Database
from errors import LuJianError
from submissions.bulk import do_turn
from submissions.jobs import claim_job, next_turn, settle_item

POLL_S = 2.0
STOP_S = 5.0
#: Between two pieces, so that what residents send is written in between.
PAUSE_S = 0.02
_log = logging.getLogger(__name__)


class JobRunner:
    """Runs what waits. Several processes may run one each on the same database."""

    def __init__(self, database: Database, *, poll_s: float = POLL_S) -> None:
        self._database, self._poll_s = database, poll_s
        self.name = uuid4().hex
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def run_once(self, now: datetime, *, most: int | None = None) -> int:
        """Carry out the oldest job, or its next ``most`` pieces; return how many pieces that was.

        ``now`` is the moment of each change. Raises what the database raises.
        """
        job_id = self._database.write(lambda s: claim_job(s, self.name, now=now))
        if job_id is None:
            return 0
        pieces = 0
        while not self._stopping.is_set() and (most is None or pieces < most):
            if not self._database.write(lambda s: run_piece(s, job_id, self.name, now=now)):
                break
            pieces += 1
            self._stopping.wait(PAUSE_S)
        return max(pieces, 1)

    def start(self) -> None:
        """Begin to look for jobs every few seconds, in a thread of its own."""
        self._stopping.clear()
        self._thread = threading.Thread(target=self._run, name="jobs", daemon=True)
        self._thread.start()

    def stop(self, wait_s: float = STOP_S) -> None:
        """Begin no further piece; wait so long for the one that is being done."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join(wait_s)
            self._thread = None

    def _run(self) -> None:
        while not self._stopping.is_set():
            pieces = 0
            try:
                pieces = self.run_once(datetime.now(UTC), most=1)
            except Exception:
                if self._stopping.is_set():
                    return
                _log.exception("a job could not be carried on")
            if not pieces:
                self._stopping.wait(self._poll_s)


def run_piece(session: Session, job_id: int, runner: str, *, now: datetime) -> bool:
    """Do the next piece of a job and tell whether there was one.

    What cannot be done is written down as failed and keeps nothing else from being done.
    """
    turn = next_turn(session, job_id, runner, now=now)
    if turn is None:
        return False
    for proposal_id, act in do_turn(session, turn, now=now):
        error: Exception | None = None
        try:
            with session.begin_nested():
                act()
        except LuJianError as refusal:
            error = refusal
        except Exception as fault:
            _log.exception("job %d: proposal %d", job_id, proposal_id)
            error = fault
        settle_item(session, job_id, proposal_id, error)
    session.flush()
    return True
