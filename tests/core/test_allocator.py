"""The allocator keeps few arenas and gives back what is free between things that stay."""

from __future__ import annotations

import subprocess
import sys

import pytest

from core import allocator
from core.settings import ROOT

THREADS, ARENAS = 12, "Arena "
#: Threads that hold a small piece of memory each, all at once; then glibc lists its arenas.
MANY_THREADS = f"""
import ctypes, threading
from core import allocator

{{first}}
library = ctypes.CDLL(None)
library.malloc.restype = ctypes.c_void_p
met, done = threading.Barrier({THREADS + 1}), threading.Event()

def hold():
    library.malloc(1000)
    met.wait()
    done.wait()

threads = [threading.Thread(target=hold) for _ in range({THREADS})]
for thread in threads:
    thread.start()
met.wait()
library.malloc_stats()
done.set()
"""
#: Of 160 MB in small pieces, each thousandth stays: nothing can go back by itself.
PIECES = """
import ctypes
from pathlib import Path
from core import allocator

def held_mb():
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096 // 2**20

library = ctypes.CDLL(None)
library.malloc.restype = ctypes.c_void_p
pieces = [ctypes.c_void_p(library.malloc(16_000)) for _ in range(10_000)]
for number, piece in enumerate(pieces):
    ctypes.memset(piece, 1, 16_000)
for number, piece in enumerate(pieces):
    if number % 1000 and number < len(pieces) - 1:
        library.free(piece)
before = held_mb()
assert allocator.give_back()
print(before - held_mb())
"""

pytestmark = pytest.mark.skipif(
    not allocator.is_glibc(), reason="another C library: it keeps what it keeps"
)


def run(script: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True
    )


def test_many_threads_share_few_arenas() -> None:
    kept = run(MANY_THREADS.format(first="assert allocator.keep_few_arenas()"))
    assert kept.stderr.count(ARENAS) == allocator.ARENAS
    assert run(MANY_THREADS.format(first="")).stderr.count(ARENAS) > allocator.ARENAS


def test_what_is_free_between_pieces_that_stay_is_given_back() -> None:
    assert int(run(PIECES).stdout) > 100


def test_another_c_library_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(allocator, "_glibc", lambda: None)
    assert not allocator.keep_few_arenas()
    assert not allocator.give_back()


def test_arrow_allocates_where_all_else_does() -> None:
    code = (
        "import pyarrow; from core import allocator; "
        "first = pyarrow.default_memory_pool().backend_name; "
        "allocator.share_with_arrow(); print(first, pyarrow.default_memory_pool().backend_name)"
    )
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    first, then = done.stdout.split()
    assert first != "system", "Arrow's own choice changed: is this still needed?"
    assert then == "system"
