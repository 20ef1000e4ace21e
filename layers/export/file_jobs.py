"""Large files that are made beside the requests for them, one after another, and then kept a while.

Whoever asks for a file gets a ticket: a name that nobody guesses. Several who ask for the same file
at the same state of the data share one job; it ends early when all of them have given it up. Files
lie in a folder of this process and are gone an hour after they were last asked for.
"""

from __future__ import annotations

import secrets
import shutil
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from core.errors import LuJianError, NotFoundError, Outage, UnavailableError
from core.worker import SerialWorker
from geo.writing.file_layer import Progress

#: So long a file is kept after it was last asked for (seconds); so many of them; so many wait.
KEEP_S, MOST_KEPT, MOST_WAITING = 3600.0, 40, 20
Make = Callable[[Path, Progress], None]


class TooManyFilesError(UnavailableError):
    """Too many files are being made; try again."""

    code = "too_many_files"

    def __init__(self) -> None:
        super().__init__(problem=Outage.BUSY)


class JobState(StrEnum):
    """How far a file is."""

    WAITING = "waiting"
    MAKING = "making"
    READY = "ready"
    FAILED = "failed"


class _GivenUpError(Exception):
    """Nobody waits for this file any more."""


@dataclass(eq=False)
class FileJob:
    """One file: how far it is (0 to 1), what it is called when it is taken, and under which tag.

    ``fault`` is one of ours that a sentence tells of, None for any other. ``path`` is there once
    it is ready.
    """

    key: str
    name: str
    media_type: str
    tag: str
    path: Path
    state: JobState = JobState.WAITING
    done: float = 0.0
    fault: LuJianError | None = None
    asked: float = 0.0
    tickets: set[str] = field(default_factory=set)


class FileJobs:
    """The files of a process, in a folder of their own, which is emptied when it begins."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._worker = folder, SerialWorker("files")
        self._jobs: dict[str, FileJob] = {}
        self._lock = threading.Lock()
        self._begun = False

    def begin(self, key: str, make: Make, *, name: str, media_type: str, tag: str) -> str:
        """Have a file made, unless it is there or being made; return the ticket for it.

        Raises :class:`TooManyFilesError`.
        """
        self.sweep()
        with self._lock:
            self._prepare()
            job, ticket = self._jobs.get(key), secrets.token_urlsafe(24)
            if job is None or job.state == JobState.FAILED:
                if sum(one.state == JobState.WAITING for one in self._jobs.values()) > MOST_WAITING:
                    raise TooManyFilesError
                path = self._folder / f"{secrets.token_hex(16)}.part"
                job = self._jobs[key] = FileJob(key, name, media_type, tag, path)
                job.tickets.add(ticket)
                self._worker.submit(self._do, job, make)
            job.tickets.add(ticket)
            job.asked = time.monotonic()
        return ticket

    def job(self, ticket: str) -> FileJob:
        """Return the job of a ticket. Raises ``NotFoundError``."""
        with self._lock:
            for job in self._jobs.values():
                if ticket in job.tickets:
                    job.asked = time.monotonic()
                    return job
        raise NotFoundError(kind="file")

    def give_up(self, ticket: str) -> None:
        """End the wait of one who asked. Raises ``NotFoundError``."""
        job = self.job(ticket)
        with self._lock:
            job.tickets.discard(ticket)
            if not job.tickets and job.state != JobState.READY:
                self._jobs.pop(job.key, None)

    def sweep(self, *, keep_s: float = KEEP_S) -> int:
        """Remove files that nobody has asked for in a while, and the oldest of too many."""
        now = time.monotonic()
        with self._lock:
            over = [one for one in self._jobs.values() if one.state in _OVER]
            over.sort(key=lambda one: one.asked)
            most = max(len(over) - MOST_KEPT, 0)
            gone = [one for n, one in enumerate(over) if n < most or now - one.asked > keep_s]
            for job in gone:
                self._jobs.pop(job.key, None)
        for job in gone:
            job.path.unlink(missing_ok=True)
        return len(gone)

    def _prepare(self) -> None:
        """Make the folder anew for this process: what lies in it is of one that ended."""
        if not self._begun:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder.mkdir(parents=True, exist_ok=True)
            self._begun = True

    def _do(self, job: FileJob, make: Make) -> None:
        def tell(done: float) -> None:
            if not job.tickets:
                raise _GivenUpError
            job.done = done

        job.state = JobState.MAKING
        try:
            tell(0.0)
            make(job.path, tell)
        except LuJianError as fault:
            job.fault, job.state = fault, JobState.FAILED
        except _GivenUpError:
            job.state = JobState.FAILED
        except BaseException:
            job.state = JobState.FAILED
            raise
        else:
            with self._lock:  # whoever gives it up later finds it ready
                there = job.key in self._jobs
                job.done, job.state = 1.0, JobState.READY if there else JobState.FAILED
        finally:
            if job.state != JobState.READY:
                job.path.unlink(missing_ok=True)


_OVER = frozenset({JobState.READY, JobState.FAILED})
