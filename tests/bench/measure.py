"""What the benchmarks share: time and memory of one piece of work, in a process of its own."""

from __future__ import annotations

import argparse
import contextlib
import ctypes
import gc
import math
import multiprocessing
import resource
import sys
import time
from collections.abc import Callable
from itertools import pairwise
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any


def measured(work: Callable[[Any], Any], data: Any, *, repeat: int = 1) -> dict[str, Any]:
    """Run ``work(data)`` in a forked process; return what it took, and its ``result``.

    ``seconds`` of the clock and ``cpu_s`` of all processors are the best of ``repeat``.
    ``extra_mb`` is how far the process's peak resident memory rose above what it held before the
    work. The child starts with the parent's memory, so the data are not counted; what the
    allocator holds free is given back first, so that re-using it counts.
    """
    context = multiprocessing.get_context("fork")
    ours, theirs = context.Pipe(duplex=False)
    child = context.Process(target=_child, args=(work, data, repeat, theirs))
    child.start()
    theirs.close()
    try:
        answer: dict[str, Any] = ours.recv()
    except EOFError:
        child.join()
        raise RuntimeError(f"the measured process ended with code {child.exitcode}") from None
    child.join()
    return answer


def _child(work: Callable[[Any], Any], data: Any, repeat: int, pipe: Connection) -> None:
    gc.collect()
    with contextlib.suppress(AttributeError, OSError):
        ctypes.CDLL(None).malloc_trim(0)
    with contextlib.suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")  # Linux: forget the peak so far
    before = _peak_bytes()
    seconds, spent = [], []
    for _ in range(repeat):
        started, cpu = time.perf_counter(), time.process_time()
        result = work(data)
        seconds.append(time.perf_counter() - started)
        spent.append(time.process_time() - cpu)
    extra = (_peak_bytes() - before) / 1e6
    pipe.send({"seconds": min(seconds), "cpu_s": min(spent), "extra_mb": extra, "result": result})


def _peak_bytes() -> int:
    status = Path("/proc/self/status")
    if status.exists():
        for line in status.read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def sizes_from(description: str | None, default: str) -> list[int]:
    """Read ``--sizes 10000,100000`` from the command line."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--sizes", default=default, help="numbers of proposals, comma-separated")
    return [int(size) for size in parser.parse_args().sizes.split(",")]


def print_growth(rows: list[dict[str, Any]], *, size: str, cost: str) -> None:
    """Print how a cost grew from each size to the next, as an exponent of the size."""

    for small, large in pairwise(rows):
        if small.get(cost) and large.get(cost):
            power = math.log(large[cost] / small[cost]) / math.log(large[size] / small[size])
            print(f"  {cost}: {small[size]:,} -> {large[size]:,} points grows as n^{power:.2f}")
