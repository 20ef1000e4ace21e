"""Results that take long, shown a little late rather than waited for.

Somebody who reads a page while others file would otherwise wait for all to be computed anew at
each filing. What was computed last is given at once, and made anew beside that when it is old.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Generic, TypeVar

from layers.shelf import Shelf

V = TypeVar("V")
KEPT = 64
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

    Who asks for the same at once waits for one who makes it.
    """

    def __init__(self, most: int = KEPT) -> None:
        self._slots: Shelf[Hashable, _Slot[V]] = Shelf(most)

    def get(self, key: Hashable, revision: Hashable, make: Callable[[], V]) -> V:
        """Return the result kept under a key for this revision; make it where there is none."""
        slot = self._slots.get(key, lambda: _Slot(threading.Lock()))
        with slot.lock:
            if slot.held is None or slot.held[0] != revision:
                slot.held = (revision, 0.0, make())
            return slot.held[2]

    def has(self, key: Hashable, revision: Hashable) -> bool:
        """Tell whether the result for this revision is kept, so that nobody waits for it."""
        held = self._slots.get(key, lambda: _Slot(threading.Lock())).held
        return held is not None and held[0] == revision
