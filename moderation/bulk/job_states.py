"""The states of a bulk job and of its items."""

from __future__ import annotations

from enum import StrEnum

MOST_EXAMPLES = 5


class JobState(StrEnum):
    """Where a job stands. ``interrupted``: its start was broken off, nothing was done."""

    STARTING = "starting"
    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    CANCELLED = "cancelled"
    INTERRUPTED = "interrupted"


class ItemState(StrEnum):
    """What came of one proposal; ``failed`` has the code of the error that said no."""

    WAITING = "waiting"
    DONE = "done"
    FAILED = "failed"


OPEN = (JobState.STARTING, JobState.WAITING, JobState.RUNNING)
