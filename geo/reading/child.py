"""The process that reads strangers' files: locked down, one file each, and gone.

``serve`` is the body of a small process that has the libraries loaded and nothing else: no
database, no secret, no environment of the server's. For each file it forks a child, which gives up
what it does not need (``lockdown``), reads, writes its result into the file's own folder and ends.
On systems that cannot fork, ``read_one`` is the body of a process for each file.
"""

from __future__ import annotations

import json
import os
import select
import signal
import socket
import sys
import traceback
from pathlib import Path
from typing import Any

from core.errors import LuJianError
from geo.reading import lockdown, vector
from geo.reading.datasets import read_request
from geo.reading.limits import ReadLimits
from geo.reading.table import OUT_OF_MEMORY, REFUSAL, REQUEST

_SYSTEM = ("/lib", "/lib64", "/usr/lib", "/usr/share/zoneinfo", "/dev/null", "/dev/urandom")


def serve(connection: socket.socket) -> None:
    """Fork a child for each folder that is asked for; tell its number and, later, how it ended.

    Ends when the other end of the connection is closed, as it is when that process ends. (Linux's
    signal at a parent's death comes when the thread that started a process ends: many do.)
    """
    vector.load_library()
    wake, woken = os.pipe()
    os.set_blocking(woken, False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(woken, warn_on_full_buffer=False)
    asked = b""
    heard = connection.fileno()
    while True:
        ready, _, _ = select.select([heard, wake], [], [])
        if wake in ready:
            os.read(wake, 512)
            _tell_ends(connection)
        if heard in ready:
            piece = connection.recv(65536)
            if not piece:
                return
            asked += piece
            while b"\n" in asked:
                line, _, asked = asked.partition(b"\n")
                _start(connection, json.loads(line), (wake, woken))


def _start(connection: socket.socket, asked: dict[str, Any], pipe: tuple[int, int]) -> None:
    pid = os.fork()
    if pid == 0:
        signal.set_wakeup_fd(-1)
        connection.close()
        for each in pipe:
            os.close(each)
        os.setsid()
        lockdown.die_with_parent()
        os._exit(read_one(Path(asked["folder"])))
    _send(connection, {"ticket": asked["ticket"], "pid": pid})


def _tell_ends(connection: socket.socket) -> None:
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if not pid:
            return
        _send(connection, {"ended": pid, "code": os.waitstatus_to_exitcode(status)})


def _send(connection: socket.socket, told: dict[str, Any]) -> None:
    connection.sendall(json.dumps(told).encode() + b"\n")


def read_one(folder: Path) -> int:
    """Read the file that a folder's request names; return the exit code."""
    try:
        request = json.loads((folder / REQUEST).read_text(encoding="utf-8"))
        limits = ReadLimits(**request["limits"])
        os.chdir(folder)
        lockdown.limit_resources(limits)
        lockdown.leave_network()
        lockdown.leave_files(folder, _readable(request))
        read_request(folder, request, limits)
    except LuJianError as error:
        _refuse(folder, error.params)
    except MemoryError:
        return OUT_OF_MEMORY
    except BaseException as error:
        if _is_memory(error):
            return OUT_OF_MEMORY
        told = traceback.format_exception_only(error)[-1].strip()[:300]
        _refuse(folder, {"reason": told, "problem": "unreadable"})
    return 0


def _is_memory(error: BaseException) -> bool:
    return "memory" in f"{type(error).__name__} {error}".lower()


def _refuse(folder: Path, params: dict[str, Any]) -> None:
    told = {"reason": "cannot be read", **params}
    (folder / REFUSAL).write_text(json.dumps(told, default=str), encoding="utf-8")


def _readable(request: dict[str, Any]) -> list[Path]:
    """Return what may be read besides the folder: the file itself, libraries and this code."""
    root = Path(__file__).resolve().parents[2]
    own = [Path(each) for each in request["files"]]
    libraries = [Path(each) for each in {sys.prefix, sys.base_prefix, *_SYSTEM}]
    return [*own, *libraries, root / "geo", root / "core/errors.py"]
