"""The one store of results that are computed from stored data, shared by all threads of a process.

A result lies under a key: what it is, of which database and campaign, under which filter, and what
its reader may see. Beside it stands the revision of the data that it shows. A reader asks for the
result of the present revision, or for one that may lag behind while it is computed anew.
"""

from __future__ import annotations

import sys
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Collection, Hashable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, NamedTuple, TypeVar

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from core.worker import SerialWorker

T = TypeVar("T")
MOST_BYTES = 512 * 2**20
#: Of a long collection so many members are measured.
_SAMPLE = 200
#: A shape beside its coordinates, and an entry beside its key and its result, in bytes.
_SHAPE_BYTES, _ENTRY_BYTES = 200, 600
#: A result that nobody asks for stays so many times as long as it took to compute, and at least
#: ``KEPT_S``; one that took longer than ``DEAR_S`` stays until the room is needed. That share of
#: the room is never swept: what is made at the start waits there for the first visitors.
KEPT_TIMES, KEPT_S, DEAR_S = 200.0, 60.0, 5.0
QUIET_SHARE = 1 / 32
_SWEPT_S = 15.0


class WorkCancelled(Exception):  # noqa: N818
    """What computes a result raises it to end: nobody wants the result any more."""


class _Result(NamedTuple):
    revision: Hashable
    made_s: float
    value: Any


@dataclass(eq=False)
class _Entry:
    """What lies under one key; ``lock`` is held by whoever computes, ``users`` look at it now."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    users: int = 0
    result: _Result | None = None
    size: int = 0
    renewing: bool = False
    used_s: float = 0.0
    cost_s: float = 0.0

    def is_idle(self, now_s: float) -> bool:
        """Tell whether it is cheaper to compute the result anew some day than to hold it."""
        kept_s = max(KEPT_S, KEPT_TIMES * self.cost_s)
        return not self.users and self.cost_s < DEAR_S and now_s - self.used_s > kept_s


class Cache:
    """Results by key; at most about ``most_bytes`` of them, the least recently used go first.

    What nobody asks for any more goes earlier (``KEPT_TIMES``): filters are many, and few are used
    twice. The result used last stays, however large it is. Who asks for what is being computed
    waits for it; a failure is raised where it happened, and whoever waits tries again. A function
    that computes a result may ask for results under other keys.
    """

    def __init__(
        self, most_bytes: int = MOST_BYTES, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._most_bytes, self._clock = most_bytes, clock
        self._entries: OrderedDict[Hashable, _Entry] = OrderedDict()
        self._bytes = 0
        self._swept_s = clock()
        self._lock = threading.Lock()
        self._beside = SerialWorker("results", failed="A result could not be computed anew")

    @property
    def bytes(self) -> int:
        """About how many bytes all results take."""
        return self._bytes

    @property
    def most_bytes(self) -> int:
        """How many bytes all results together may take."""
        return self._most_bytes

    def limit(self, most_bytes: int) -> None:
        """Let all results together take at most so many bytes from now on."""
        with self._lock:
            self._most_bytes = most_bytes
            self._lighten()

    def get(
        self,
        key: Hashable,
        revision: Hashable,
        make: Callable[[], T],
        *,
        at_most_s: float = 0.0,
        wait: bool = False,
        beside: SerialWorker | None = None,
    ) -> T:
        """Return the result under a key for a revision, computed by ``make`` where there is none.

        With ``at_most_s``, one of another revision will do, too; once it is that many seconds old
        a thread computes it anew, or, with ``wait``, whoever asks does. ``beside``: the worker of
        what takes so long that other results are not to wait for it.
        """
        with self._entry(key) as entry:
            found = entry.result
            if found is None:
                found = self._computed(key, entry, revision, make, newest=not at_most_s)
            elif found.revision != revision and self._clock() - found.made_s >= at_most_s:
                if wait or not at_most_s:
                    found = self._computed(key, entry, revision, make)
                else:
                    self._renew(key, entry, revision, make, beside)
            value: T = found.value
            return value

    def begun(
        self,
        key: Hashable,
        revision: Hashable,
        make: Callable[[], T],
        *,
        at_most_s: float,
        beside: SerialWorker | None = None,
    ) -> T | None:
        """Return the result as ``get`` does, but None while the first one is being computed."""
        with self._entry(key) as entry:
            if entry.result is None:
                self._renew(key, entry, revision, make, beside)
                return None
        return self.get(key, revision, make, at_most_s=at_most_s, beside=beside)

    def keep(self, key: Hashable, make: Callable[[], T]) -> T:
        """Return the result under a key that names its content for good."""
        return self.get(key, None, make)

    def has(self, key: Hashable, revision: Hashable) -> bool:
        """Tell whether ``get`` would return the result of a revision at once."""
        with self._lock:
            entry = self._entries.get(key)
            return (
                entry is not None
                and entry.result is not None
                and (entry.result.revision == revision)
            )

    def last(self, key: Hashable) -> Any | None:
        """Return the result under a key, of whatever revision; None where there is none."""
        with self._lock:
            entry = self._entries.get(key)
            return None if entry is None or entry.result is None else entry.result.value

    def clear(self) -> None:
        """Forget all results but those that are being read."""
        with self._lock:
            most, self._most_bytes = self._most_bytes, 0
            self._lighten(spared=0)
            self._most_bytes = most

    @contextmanager
    def _entry(self, key: Hashable) -> Iterator[_Entry]:
        with self._lock:
            entry = self._entries.setdefault(key, _Entry())
            entry.users += 1
            self._entries.move_to_end(key)
        try:
            yield entry
        finally:
            self._leave(key, entry)

    def _leave(self, key: Hashable, entry: _Entry) -> None:
        with self._lock:
            entry.users -= 1
            entry.used_s = self._clock()
            if not entry.users and entry.result is None:
                del self._entries[key]
            self._lighten()

    def _computed(
        self,
        key: Hashable,
        entry: _Entry,
        revision: Hashable,
        make: Callable[[], Any],
        *,
        newest: bool = True,
    ) -> _Result:
        """Return the result of a revision, or of any unless ``newest``; one thread computes it."""
        with entry.lock:
            found = entry.result
            if found is None or (newest and found.revision != revision):
                begun_s = self._clock()
                value = make()
                found = _Result(revision, self._clock(), value)
                entry.cost_s = found.made_s - begun_s
                self._store(key, entry, found)
            return found

    def _store(self, key: Hashable, entry: _Entry, result: _Result) -> None:
        size = _ENTRY_BYTES + size_of((key, result.value))
        with self._lock:
            entry.result = result
            self._bytes += size - entry.size
            entry.size = size

    def _renew(
        self,
        key: Hashable,
        entry: _Entry,
        revision: Hashable,
        make: Callable[[], Any],
        beside: SerialWorker | None,
    ) -> None:
        """Compute a result beside; not twice at once."""
        with self._lock:
            if entry.renewing:
                return
            entry.renewing = True
            entry.users += 1

        def compute() -> None:
            try:
                self._computed(key, entry, revision, make)
            except WorkCancelled:
                pass
            finally:
                entry.renewing = False
                self._leave(key, entry)

        (beside or self._beside).submit(compute)

    def _drop_idle(self) -> None:
        now_s = self._clock()
        if now_s - self._swept_s < _SWEPT_S:
            return
        self._swept_s = now_s
        for key in [key for key, entry in self._entries.items() if entry.is_idle(now_s)]:
            if self._bytes <= self._most_bytes * QUIET_SHARE:
                return
            self._bytes -= self._entries.pop(key).size

    def _lighten(self, spared: int = 1) -> None:
        """Drop what was used longest ago and nobody looks at, but for the ``spared`` last used."""
        self._drop_idle()
        if self._bytes <= self._most_bytes:
            return
        for key in list(self._entries)[: len(self._entries) - spared]:
            entry = self._entries[key]
            if not entry.users:
                self._bytes -= self._entries.pop(key).size
            if self._bytes <= self._most_bytes:
                return


#: The results of this process; ``limit`` is set from the settings where the process is wired.
CACHE = Cache()


def size_of(value: Any) -> int:
    """Return about how many bytes a value takes: arrays, tables, shapes, texts and what holds them.

    A class may say it itself in ``nbytes``. Long collections are sampled.
    """
    return _size(value, {})


def _size(value: Any, seen: dict[int, Any]) -> int:
    if id(value) in seen:
        return 0
    seen[id(value)] = value
    if isinstance(value, pd.DataFrame):
        columns = sum(_column(value.iloc[:, n].array, seen) for n in range(value.shape[1]))
        return columns + _column(value.index.array, seen)
    if isinstance(value, pd.Series):
        return _column(value.array, seen) + _column(value.index.array, seen)
    if isinstance(value, np.ndarray):
        return _array(value, seen)
    if isinstance(value, shapely.STRtree):
        return 2 * _array(value.geometries, seen)
    if isinstance(value, shapely.Geometry):
        return _SHAPE_BYTES + 16 * int(shapely.get_num_coordinates(value))
    return _plain(value, seen)


def _plain(value: Any, seen: dict[int, Any]) -> int:
    own = sys.getsizeof(value)
    if isinstance(value, str | bytes | type) or callable(value):
        return own
    if isinstance(value, dict):
        return own + _many(value.keys(), seen) + _many(value.values(), seen)
    if isinstance(value, list | tuple | set | frozenset):
        return own + _many(value, seen)
    if hasattr(value, "nbytes"):
        return own + int(value.nbytes)
    names = [*getattr(value, "__dict__", ()), *getattr(type(value), "__slots__", ())]
    return own + sum(_size(getattr(value, name, None), seen) for name in names)


def _many(values: Collection[Any], seen: dict[int, Any]) -> int:
    step = max(1, len(values) // _SAMPLE)
    measured = [_size(one, seen) for one in islice(values, 0, None, step)]
    return sum(measured) * len(values) // len(measured) if measured else 0


def _column(values: Any, seen: dict[int, Any]) -> int:
    if values.dtype == object or values.dtype == "geometry":
        return _array(np.asarray(values, dtype=object), seen)
    return int(pd.Series(values).memory_usage(index=False, deep=True))


def _array(values: NDArray[Any], seen: dict[int, Any]) -> int:
    if values.dtype != object:
        return int(values.nbytes)
    flat = values.ravel()
    is_shape = shapely.is_geometry(flat)
    shapes = flat[is_shape]
    coordinates = int(shapely.get_num_coordinates(shapes).sum())
    others = _many(flat[~is_shape].tolist(), seen)
    return int(values.nbytes) + _SHAPE_BYTES * len(shapes) + 16 * coordinates + others
