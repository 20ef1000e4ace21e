"""Starts the process that solves, follows how far it is, and ends it when it is not wanted."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import IO

from core.errors import LuJianError
from geo.siting.child import LENGTH, packed_problem, read_solutions
from geo.siting.problem import Problem, Solution

ROOT = Path(__file__).resolve().parents[2]
_LOOK_S = 0.1
_PASSED_ON = ("PATH", "SYSTEMROOT", "LD_LIBRARY_PATH", "LANG", "OMP_NUM_THREADS")


class SolvingFailedError(LuJianError):
    """The process that solves ended without a solution. Parameter: ``exit_code``."""

    code = "solving_failed"


def solve_in_child(
    problem: Problem, numbers: Sequence[int], tell: Callable[[float], None] = lambda share: None
) -> list[Solution]:
    """Solve a problem for each number of sites in a process of its own; see ``solve_numbers``.

    ``tell`` is given the share that is done, ten times a second; what it raises ends the process at
    once and is raised here. The process has no secrets and no handle of ours. Raises
    ``SolvingFailedError``.
    """
    data = packed_problem(problem, numbers)
    process = subprocess.Popen(
        [sys.executable, "-m", "geo.siting.child"],
        cwd=ROOT,
        env={name: os.environ[name] for name in _PASSED_ON if name in os.environ},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    try:
        return read_solutions(_followed(process, data, tell))
    finally:
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                _close(pipe)


def _followed(
    process: subprocess.Popen[bytes], data: bytes, tell: Callable[[float], None]
) -> bytes:
    heard: SimpleQueue[float | bytes | None] = SimpleQueue()
    threading.Thread(target=_send, args=(process.stdin, data), daemon=True).start()
    threading.Thread(target=_hear, args=(process.stdout, heard), daemon=True).start()
    share = 0.0
    while True:
        tell(share)
        try:
            told = heard.get(timeout=_LOOK_S)
        except Empty:
            continue
        if told is None:
            raise SolvingFailedError(exit_code=process.wait())
        if isinstance(told, bytes):
            return told
        share = told


def _send(pipe: IO[bytes], data: bytes) -> None:
    try:
        pipe.write(len(data).to_bytes(LENGTH, "big") + data)
        pipe.flush()
    except OSError:  # it is gone; whoever hears says so
        return


def _hear(pipe: IO[bytes], heard: SimpleQueue[float | bytes | None]) -> None:
    try:
        for line in pipe:
            told = json.loads(line)
            if "length" in told:
                data = pipe.read(told["length"])
                heard.put(data if len(data) == told["length"] else None)
                return
            heard.put(float(told["share"]))
    except (OSError, ValueError):
        pass
    heard.put(None)


def _close(pipe: IO[bytes]) -> None:
    try:
        pipe.close()
    except OSError:
        return
