"""Results that take long, shown a little late rather than waited for.

Somebody who reads a page while others file would otherwise wait for all to be computed anew at
each filing. What was computed last is given at once, and made anew beside that when it is old.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass, fields, is_dataclass
from typing import Any, Generic, TypeVar

import numpy as np
import pandas as pd

from layers.shelf import Shelf

V = TypeVar("V")
KEPT = 64
#: Three indexes of a million pins.
MOST_BYTES = 256 * 2**20
_log = logging.getLogger(__name__)


@dataclass
class _Slot(Generic[V]):
    """One result, the revision it shows, and when it was made."""

    lock: threading.Lock
    held: tuple[Hashable, float, V] | None = None
    busy: bool = False


class Lately(Generic[V]):
    """The last result under each key. Thread-safe."""

    def __init__(self, old_s: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._old_s, self._clock = old_s, clock
        self._slots: Shelf[Hashable, _Slot[V]] = Shelf(KEPT)

    def get(self, key: Hashable, revision: int, make: Callable[[], V]) -> V:
        """Return the result for ``revision``, or one for an earlier revision.

        It is made now where there is none. One for an earlier revision that is ``old_s`` seconds
        old is given all the same, while a thread makes it anew.
        """
        slot = self._slots.get(key, lambda: _Slot(threading.Lock()))
        with slot.lock:
            if slot.held is None:
                slot.held = (revision, self._clock(), make())
            shown, made_s, value = slot.held
            if shown != revision and self._clock() - made_s >= self._old_s and not slot.busy:
                slot.busy = True
                threading.Thread(
                    target=self._renew, args=(slot, revision, make), name="lately", daemon=True
                ).start()
        return value

    def begun(self, key: Hashable, revision: int, make: Callable[[], V]) -> V | None:
        """Return the result as ``get`` does, but wait for none: None while the first is made."""
        slot = self._slots.get(key, lambda: _Slot(threading.Lock()))
        if slot.held is not None:
            return self.get(key, revision, make)
        if not slot.busy:
            slot.busy = True
            threading.Thread(
                target=self._renew, args=(slot, revision, make), name="lately", daemon=True
            ).start()
        return None

    def _renew(self, slot: _Slot[V], revision: int, make: Callable[[], V]) -> None:
        try:
            value = make()
        except Exception:
            _log.exception("a result could not be made anew")
        else:
            with slot.lock:
                slot.held = (revision, self._clock(), value)
        finally:
            slot.busy = False


class Latest(Generic[V]):
    """The result for the revision that was asked for, under each key. Thread-safe.

    Who asks for the same at once waits for one who makes it. Of all that is kept, at most ``most``
    results and about ``most_bytes`` in their arrays and tables: anybody may ask with filters of
    their own.
    """

    def __init__(self, most: int = KEPT, most_bytes: int = MOST_BYTES) -> None:
        self._slots: Shelf[Hashable, _Slot[V]] = Shelf(most)
        self._most_bytes = most_bytes

    def get(self, key: Hashable, revision: Hashable, make: Callable[[], V]) -> V:
        """Return the result kept under a key for this revision; make it where there is none."""
        slot = self._slots.get(key, lambda: _Slot(threading.Lock()))
        with slot.lock:
            fresh = slot.held is None or slot.held[0] != revision
            if slot.held is None or fresh:
                slot.held = (revision, 0.0, make())
            value = slot.held[2]
        if fresh:
            self._slots.lighten(_slot_bytes, self._most_bytes)
        return value

    def has(self, key: Hashable, revision: Hashable) -> bool:
        """Tell whether the result for this revision is kept, so that nobody waits for it."""
        held = self._slots.get(key, lambda: _Slot(threading.Lock())).held
        return held is not None and held[0] == revision


def _slot_bytes(slot: _Slot[Any]) -> int:
    return bytes_of(slot.held[2]) if slot.held is not None else 0


def bytes_of(value: Any) -> int:
    """Return about how many bytes the arrays and tables in a result take."""
    if isinstance(value, np.ndarray):
        return int(value.nbytes)
    if isinstance(value, pd.DataFrame | pd.Series):
        return int(np.sum(value.memory_usage(index=True)))
    if is_dataclass(value):
        return sum(bytes_of(getattr(value, each.name)) for each in fields(value))
    return 0
