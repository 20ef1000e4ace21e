"""Programs that tests start, forked from a process that has loaded what they load.

Loading what ``app.py`` and the commands need takes longer than most of what they do in a test. One
process for all of a run loads it once, and forks whenever a test asks for a program: the child has
its own environment, files and id, ends like any other program, and may be killed like one. What
loading or starting is about (``core/test_startup.py``, nginx's trial) starts Python itself, and so
does all where there is no Linux.

A test's process speaks to it over a socket: one connection for each program, whose end is told
there; when no process of the run holds a connection, it ends.
"""

from __future__ import annotations

import ast
import fcntl
import gc
import importlib
import json
import os
import random
import runpy
import selectors
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, ClassVar, Protocol

from core.settings import get_settings

ROOT = Path(__file__).resolve().parents[1]
#: Rooms whose ``__main__`` tests run.
COMMANDS = ("geo.__main__", "people.__main__", "submissions.__main__", "tests.notifications.office")
#: Bytes of a request, and of a folder whose sockets have an address.
LONGEST, LONGEST_ADDRESS = 1 << 20, 90


class Program(Protocol):
    """What tests do with a program that they have started."""

    pid: int
    returncode: int | None

    def poll(self) -> int | None: ...
    def wait(self, timeout: float | None = None) -> int: ...
    def terminate(self) -> None: ...
    def kill(self) -> None: ...


class Forked:
    """A program that another process has forked, told of over a connection."""

    def __init__(self, told: socket.socket) -> None:
        self._told = told
        self.returncode: int | None = None
        pid = told.recv(32)
        assert pid, "the process that forks has ended"
        self.pid = int(pid)

    def poll(self) -> int | None:
        with suppress(BlockingIOError):
            return self._ended(0)
        return None

    def wait(self, timeout: float | None = None) -> int:
        try:
            return self._ended(timeout)
        except TimeoutError:
            raise subprocess.TimeoutExpired(str(self.pid), timeout or 0) from None

    def _ended(self, timeout: float | None) -> int:
        """Return how it ended, waiting so many seconds at most for that."""
        if self.returncode is None:
            self._told.settimeout(timeout)
            self.returncode = int(self._told.recv(32))
            self._told.close()
        return self.returncode

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def send_signal(self, number: signal.Signals) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)


class Nursery:
    """The process that forks, as the processes of a run find and start it."""

    folder: ClassVar[Path | None] = None
    _held: ClassVar[socket.socket | None] = None

    @classmethod
    def connection(cls) -> socket.socket | None:
        """Connect with the process that forks, started if need be; None where there is none."""
        if cls.folder is None or sys.platform != "linux" or len(str(cls.folder)) > LONGEST_ADDRESS:
            return None
        if cls._held is None:
            cls._held = cls._found(cls.folder)
        return cls._connected(cls.folder)

    @classmethod
    def leave(cls) -> None:
        """Have no more use for it."""
        if cls._held is not None:
            cls._held.close()
        cls._held = cls.folder = None

    @staticmethod
    def _connected(folder: Path) -> socket.socket:
        line = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        try:
            line.connect(str(folder / "nursery"))
        except OSError:
            line.close()
            raise
        return line

    @classmethod
    def _found(cls, folder: Path) -> socket.socket:
        with (folder / "nursery.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            try:
                return cls._connected(folder)
            except OSError:
                return cls._begun(folder)

    @classmethod
    def _begun(cls, folder: Path) -> socket.socket:
        (folder / "nursery").unlink(missing_ok=True)
        with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as listening:
            listening.bind(str(folder / "nursery"))
            listening.listen(64)
            number = listening.fileno()
            subprocess.Popen(
                [sys.executable, "-m", "tests.forked_programs", str(number)],
                cwd=ROOT,
                pass_fds=[number],
                stdin=subprocess.DEVNULL,
                start_new_session=True,
            ).returncode = 0  # nobody waits for it: it ends after those whom it serves
            return cls._connected(folder)


def start_program(
    words: Sequence[str],
    *,
    env: Mapping[str, str] | None = None,
    output: IO[bytes] | None = None,
    errors: IO[bytes] | None = None,
) -> Program:
    """Start ``python WORDS…`` (``-m module`` or ``-c code``) in the project's folder.

    Without ``output`` it writes where this process does, and without ``errors`` all to ``output``.
    """
    files = [output or sys.__stdout__, errors or output or sys.__stderr__]
    numbers = [it.fileno() for it in files if it is not None]
    env = os.environ if env is None else env
    line = Nursery.connection()
    if line is None:
        command = [sys.executable, *words]
        return subprocess.Popen(command, cwd=ROOT, env=env, stdout=numbers[0], stderr=numbers[1])
    asked = json.dumps({"words": list(words), "env": dict(env)}).encode()
    socket.send_fds(line, [asked], numbers)
    return Forked(line)


def run_program(
    words: Sequence[str], *, env: Mapping[str, str] | None = None
) -> tuple[int, str, str]:
    """Run ``python WORDS…`` to its end; return its code, its output and its errors."""
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
        code = start_program(words, env=env, output=output, errors=errors).wait(120)
        output.seek(0)
        errors.seek(0)
        return code, output.read().decode(), errors.read().decode()


class Job:
    """What a child is to run."""

    def __init__(self, asked: bytes, files: Sequence[int]) -> None:
        self._asked, self._files = json.loads(asked), files

    def run(self) -> None:
        """Become the program: what it raises, and how it ends, is as if Python had started it."""
        for number, given in enumerate(self._files, start=1):
            os.dup2(given, number)
            os.close(given)
        random.seed()
        os.environ.clear()
        os.environ.update(self._asked["env"])
        get_settings.cache_clear()
        kind, what, *rest = self._asked["words"]
        sys.argv = [what if kind == "-m" else kind, *rest]
        if kind == "-m":
            runpy.run_module(what, run_name="__main__", alter_sys=True)
        else:
            exec(compile(what, "<string>", "exec"), {"__name__": "__main__"})


def load() -> None:
    """Load all that ``app.py`` and the commands load, and nothing of what they do."""
    names = ["streamlit.web.cli", "streamlit.web.bootstrap", *COMMANDS]
    for line in ast.parse((ROOT / "app.py").read_text(encoding="utf-8")).body:
        if isinstance(line, ast.Import):
            names += [each.name for each in line.names]
        elif isinstance(line, ast.ImportFrom):
            assert line.module is not None
            names += [line.module]
    for name in names:
        importlib.import_module(name)
    for name in COMMANDS:  # which are to be run, not only loaded
        del sys.modules[name]
    gc.collect()
    gc.freeze()


def fork_on_demand(listening: socket.socket) -> Job | None:
    """Fork whenever somebody asks; return None at the end, and in each child what it is to run."""
    waiting = selectors.DefaultSelector()
    waiting.register(listening, selectors.EVENT_READ)
    lines: set[socket.socket] = set()
    met = False
    while lines or not met:
        for key, _events in waiting.select():
            if key.fileobj is listening:
                line, _address = listening.accept()
                lines.add(line)
                waiting.register(line, selectors.EVENT_READ)
                met = True
            elif isinstance(key.fileobj, int):
                _tell_end(waiting, key.fileobj, *key.data)
            elif job := _forked(waiting, lines, key.fileobj):  # type: ignore[arg-type]
                return job
    return None


def _forked(
    waiting: selectors.BaseSelector, lines: set[socket.socket], line: socket.socket
) -> Job | None:
    """Fork for whoever asks over this connection, or forget it; in the child return its work."""
    asked, files, _flags, _from = socket.recv_fds(line, LONGEST, 2)
    if not asked:
        waiting.unregister(line)
        lines.discard(line)
        line.close()
        return None
    child = os.fork()
    if not child:
        waiting.close()
        for other in lines:
            other.close()
        return Job(asked, files)
    for number in files:
        os.close(number)
    line.send(str(child).encode())
    waiting.register(os.pidfd_open(child), selectors.EVENT_READ, (child, line))
    return None


def _tell_end(waiting: selectors.BaseSelector, ended: int, child: int, line: socket.socket) -> None:
    """Tell whoever asked for a program how it has ended, if anybody still listens."""
    waiting.unregister(ended)
    os.close(ended)
    _pid, status = os.waitpid(child, 0)
    if line.fileno() >= 0:
        line.send(str(os.waitstatus_to_exitcode(status)).encode(), socket.MSG_NOSIGNAL)


if __name__ == "__main__":
    with socket.socket(fileno=int(sys.argv[1])) as listening:
        load()
        job = fork_on_demand(listening)
    if job is not None:
        job.run()
