"""The thread that carries out jobs, a piece at a time; one job at once in each process."""

from __future__ import annotations

import logging
from datetime import datetime

from sqlalchemy.orm import Session

from core.background.leased_work import LeasedWorker
from core.database import Database
from core.errors import LuJianError
from core.outages import problem_of
from moderation.bulk.bulk_actions import do_turn
from moderation.bulk.jobs import WORK, next_turn, settle_item

POLL_S = 2.0
#: Between two pieces, so that what residents send is written in between.
PAUSE_S = 0.02
_log = logging.getLogger(__name__)


class JobRunner(LeasedWorker):
    """Runs what waits."""

    def __init__(self, database: Database, *, poll_s: float = POLL_S) -> None:
        failed = "a job could not be carried on"
        super().__init__("jobs", database, WORK, poll_s=poll_s, failed=failed)

    def run_once(self, now: datetime, *, most: int | None = None) -> int:
        """Carry out the oldest job, or its next ``most`` pieces; return how many pieces that was.

        ``now`` is the moment of each change. Raises what the database raises.
        """
        job_id = self.claim(now)
        if job_id is None:
            return 0
        pieces = 0
        while not self._stopping.is_set() and (most is None or pieces < most):
            if not self._database.write(lambda s: run_piece(s, job_id, self.runner_id, now=now)):
                break
            pieces += 1
            self._stopping.wait(PAUSE_S)
        return max(pieces, 1)

    def do_round(self, now: datetime) -> int:
        """Do one piece."""
        return self.run_once(now, most=1)


def run_piece(session: Session, job_id: int, runner: str, *, now: datetime) -> bool:
    """Do the next piece of a job and tell whether there was one.

    What cannot be done is written down as failed and keeps nothing else from being done. While the
    database or the disk is in trouble nothing has failed: the piece is raised out of, and done
    once that is over.
    """
    turn = next_turn(session, job_id, runner, now=now)
    if turn is None:
        return False
    for proposal_id, act in do_turn(session, turn, now=now):
        error: Exception | None = None
        try:
            with session.begin_nested():
                act()
        except Exception as fault:
            if problem_of(fault) is not None:
                raise
            error = fault
        if error is not None and not isinstance(error, LuJianError):
            _log.error("job %d: proposal %d", job_id, proposal_id, exc_info=error)
        settle_item(session, job_id, proposal_id, error)
    session.flush()
    return True
