"""How the C library's allocator of this process gives memory back (glibc; elsewhere nothing).

Whatever is not a small Python object comes from it: tables, shapes, texts, SQLite's pages. Left
alone it opens up to eight arenas a core, one for each of many threads, and keeps what was freed
between two things that stay. After 3,000 mixed requests (``tests/bench/bench_memory.py``) 95 of its
242 MB were free and the server held 678 MB, and it grew on; with the limits here and what is free
given back each minute, 32 of 167 MB, and 600 MB. Giving back takes 3 ms. Imports nothing of ours.
"""

from __future__ import annotations

import ctypes
from typing import Any

import pyarrow

#: Of mallopt(3): M_ARENA_MAX, M_TRIM_THRESHOLD, M_MMAP_THRESHOLD.
_ARENA_MAX, _TRIM_THRESHOLD, _MMAP_THRESHOLD = -8, -1, -3
ARENAS = 2
#: Larger pieces, which tables of a campaign are, are the system's own and go back at once. Left
#: alone, the limit rises to the largest piece that was ever freed.
OWN_BYTES = 256 * 2**10
#: So much may stay free at the end of an arena.
KEPT_FREE_BYTES = 8 * 2**20


def keep_few_arenas() -> bool:
    """Limit what the allocator keeps; say whether it did. To be called before many threads run."""
    library = _glibc()
    if library is None:
        return False
    limits = {_ARENA_MAX: ARENAS, _MMAP_THRESHOLD: OWN_BYTES, _TRIM_THRESHOLD: KEPT_FREE_BYTES}
    taken = [library.mallopt(name, value) for name, value in limits.items()]
    return taken == [1] * len(limits)


def share_with_arrow() -> None:
    """Let Arrow, in which pandas keeps texts, allocate here, too, instead of in a pool of its own.

    That pool gave nothing back: after 15,000 mixed requests it held 94 MB, twice what was in use
    anywhere else and free.
    """
    pyarrow.set_memory_pool(pyarrow.system_memory_pool())


def give_back() -> bool:
    """Give the system every whole page that is free, in all arenas; say whether there were any."""
    library = _glibc()
    return library is not None and library.malloc_trim(0) == 1


def is_glibc() -> bool:
    """Tell whether this process has the allocator that is meant here."""
    return _glibc() is not None


def _glibc() -> Any:
    """Return the C library if it is glibc, None otherwise (musl, macOS, Windows)."""
    try:
        library = ctypes.CDLL(None)
        library.gnu_get_libc_version  # noqa: B018
    except (AttributeError, OSError, TypeError):
        return None
    return library
