"""Starts the process that reads a file, watches it, and ends it when it costs too much.

A small server process is started once and kept: it has the libraries loaded, an environment without
secrets and no handle of ours; it forks a child for each file. Where a system cannot fork, each file
has a new process. What a child may cost is in ``ReadLimits``; the kernel enforces what it can, and
the resident memory and the clock are watched from here on every system.
"""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import asdict
from functools import partial
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any, TypeVar

import psutil

from core.errors import BadFileError, FileProblem
from geo.reading.limits import MIB, ReadLimits
from geo.reading.table import OUT_OF_MEMORY, REFUSAL, REQUEST
from geo.reading.vector import GDAL_SETTINGS

ROOT = Path(__file__).resolve().parents[2]
#: As many files are read at once; others wait.
AT_ONCE = 2
#: For how many seconds somebody waits for a turn.
WAIT_S = 60.0
#: After so many seconds without a file the server process gives its memory (130 MB) back.
IDLE_S = 300.0
_LOOK_S = 0.05
_START_S = 60.0
_PASSED_ON = ("PATH", "SYSTEMROOT", "LD_LIBRARY_PATH", "LANG")
_turns = threading.BoundedSemaphore(AT_ONCE)
_Told = TypeVar("_Told")
#: The number of a process, and where its exit code will come.
_Child = tuple[int, "SimpleQueue[int]"]


def run(folder: Path, request: dict[str, Any], limits: ReadLimits) -> None:
    """Have the file of a request read; its result is in ``folder`` afterwards.

    Raises ``BadFileError``: what the reading process refused with; ``costly`` (it needed too much
    memory, time or room, or died of its file); ``busy`` (no turn within a minute).
    """
    told = json.dumps({**request, "limits": asdict(limits)})
    (folder / REQUEST).write_text(told, encoding="utf-8")
    if not _turns.acquire(timeout=WAIT_S):
        raise BadFileError(reason="too many files are being read now", problem=FileProblem.BUSY)
    try:
        code = _forked(folder, limits) if hasattr(os, "fork") else _spawned(folder, limits)
    finally:
        _turns.release()
    refusal = folder / REFUSAL
    if code != 0 or any(path.is_symlink() for path in folder.iterdir()):
        raise BadFileError(
            reason="it needs too much memory or time to be read", problem=FileProblem.COSTLY
        )
    if refusal.is_file():
        raise _refused(refusal)


def _refused(path: Path) -> BadFileError:
    """Return what the reading process refused with: text and numbers alone are believed."""
    told = json.loads(path.read_bytes()[:100_000])
    params = {str(name)[:40]: _cut(value) for name, value in list(told.items())[:20]}
    return BadFileError(**{"problem": "unreadable", **params})


def _cut(value: Any) -> Any:
    if isinstance(value, int | float) or value is None:
        return value
    if isinstance(value, list):
        return [str(one)[:200] for one in value[:100]]
    return " ".join(str(value).split())[:400]


def _environment() -> dict[str, str]:
    """Return the environment of a reading process: nothing of ours but where libraries are."""
    kept = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    one_thread = ("OMP", "OPENBLAS", "MKL", "NUMEXPR", "VECLIB")
    return {
        **kept,
        **GDAL_SETTINGS,
        **{f"{name}_NUM_THREADS": "1" for name in one_thread},
        "ARROW_DEFAULT_MEMORY_POOL": "system",
        "MALLOC_ARENA_MAX": "2",
        "PYTHONUTF8": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
    }


def _command(body: str) -> list[str]:
    return [sys.executable, "-I", "-c", f"import sys; sys.path.insert(0, {str(ROOT)!r}); {body}"]


def _spawned(folder: Path, limits: ReadLimits) -> int:
    body = (
        "from pathlib import Path; from geo.reading.child import read_one; "
        f"sys.exit(read_one(Path({str(folder)!r})))"
    )
    process = subprocess.Popen(
        _command(body),
        env=_environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    return _watched(process.pid, limits, partial(_waited, process))


def _waited(process: subprocess.Popen[bytes], wait_s: float) -> int | None:
    try:
        return process.wait(wait_s)
    except subprocess.TimeoutExpired:
        return None


def _forked(folder: Path, limits: ReadLimits) -> int:
    gone: _Server | None = None
    for _ in range(3):
        server = _server(without=gone)
        try:
            pid, ended = server.start(folder)
        except OSError:  # another takes its place
            gone = server
            continue
        return _watched(pid, limits, partial(_heard, ended))
    raise BadFileError(reason="no process could be started to read it", problem=FileProblem.BUSY)


def _heard(queue: SimpleQueue[_Told], wait_s: float) -> _Told | None:
    try:
        return queue.get(timeout=wait_s)
    except Empty:
        return None


def _watched(pid: int, limits: ReadLimits, wait: Callable[[float], int | None]) -> int:
    """Wait for a process; end it and its children when it takes too much memory or time."""
    until = time.monotonic() + limits.seconds
    most = limits.memory_mb * MIB
    while (code := wait(_LOOK_S)) is None:
        if time.monotonic() > until or _resident(pid) > most:
            _kill(pid)
            found = wait(5.0)
            return found if found not in (None, 0) else OUT_OF_MEMORY
    return code


def _resident(pid: int) -> int:
    try:
        return int(psutil.Process(pid).memory_info().rss)
    except psutil.Error:
        return 0


def _kill(pid: int) -> None:
    with contextlib.suppress(psutil.Error):
        process = psutil.Process(pid)
        for each in [*process.children(recursive=True), process]:
            with contextlib.suppress(psutil.Error):
                each.kill()


class _Server:
    """The process that forks children, and what it tells of them."""

    def __init__(self) -> None:
        ours, theirs = socket.socketpair()
        body = (
            "import socket; from geo.reading.child import serve; "
            f"serve(socket.socket(fileno={theirs.fileno()}))"
        )
        self._process = subprocess.Popen(
            _command(body),
            env=_environment(),
            pass_fds=(theirs.fileno(),),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        theirs.close()
        ours.settimeout(IDLE_S)
        self._socket = ours
        self._lock = threading.Lock()
        self._tickets = 0
        self._started: dict[int, SimpleQueue[_Child | None]] = {}
        self._running: dict[int, SimpleQueue[int]] = {}
        self.owner = os.getpid()
        threading.Thread(target=self._listen, name="reading", daemon=True).start()

    @property
    def alive(self) -> bool:
        """Tell whether it still runs."""
        return self._process.poll() is None

    def start(self, folder: Path) -> _Child:
        """Fork a child for a folder. Raises ``OSError`` when the process is gone."""
        started: SimpleQueue[_Child | None] = SimpleQueue()
        with self._lock:
            if not self.alive:
                raise OSError("the reading process is gone")
            self._tickets += 1
            self._started[self._tickets] = started
            asked = {"ticket": self._tickets, "folder": str(folder)}
            self._socket.sendall(json.dumps(asked).encode() + b"\n")
        child = _heard(started, _START_S)
        if child is None:
            raise OSError("the reading process did not answer")
        return child

    def stop(self) -> None:
        """End it, and with it the children it has."""
        self._process.kill()
        self._process.wait()
        self._socket.close()

    def _listen(self) -> None:
        heard = b""
        with contextlib.suppress(OSError, ValueError):
            while piece := self._heard():
                heard += piece
                while b"\n" in heard:
                    line, _, heard = heard.partition(b"\n")
                    self._note(json.loads(line))
        for starting in list(self._started.values()):
            starting.put(None)
        for running in list(self._running.values()):
            running.put(OUT_OF_MEMORY)

    def _heard(self) -> bytes:
        """Return what it tells next; nothing when it is gone, or was ended after a long silence."""
        while True:
            try:
                return self._socket.recv(65536)
            except TimeoutError:
                with self._lock:
                    if not (self._started or self._running):
                        self._process.kill()
                        self._process.wait()
                        return b""

    def _note(self, told: dict[str, Any]) -> None:
        if "pid" in told:
            pid, ended = int(told["pid"]), SimpleQueue[int]()
            self._running[pid] = ended
            self._started.pop(int(told["ticket"])).put((pid, ended))
        elif running := self._running.pop(int(told["ended"]), None):
            running.put(int(told["code"]))


_started: list[_Server] = []
_starting = threading.Lock()


def _server(*, without: _Server | None = None) -> _Server:
    """Return the running server process; start one where there is none, or only ``without``."""
    with _starting:
        if _started and _started[-1].owner != os.getpid():
            _started.clear()  # of the process that this one was forked from
        if _started and (_started[-1] is without or not _started[-1].alive):
            _started.pop().stop()
        if not _started:
            _started.append(_Server())
        return _started[-1]


def stop_server() -> None:
    """End the server process, if there is one: at the end of this process."""
    with _starting:
        if _started and _started[-1].owner == os.getpid():
            _started.pop().stop()


atexit.register(stop_server)
