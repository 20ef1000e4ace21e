"""A small store of what was read or made last, shared by all threads."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Shelf(Generic[K, V]):
    """Keeps the ``most`` values used last, under keys that name their content for good."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._kept: OrderedDict[K, V] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: K, make: Callable[[], V]) -> V:
        """Return what is kept under the key; make and keep it where there is nothing yet."""
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        made = make()
        with self._lock:
            self._kept[key] = made
            while len(self._kept) > self._most:
                self._kept.popitem(last=False)
        return made

    def lighten(self, weight: Callable[[V], int], most: int) -> None:
        """Drop what was used longest ago until all weigh ``most`` at most; the newest stays."""
        with self._lock:
            total = sum(map(weight, self._kept.values()))
            while total > most and len(self._kept) > 1:
                total -= weight(self._kept.popitem(last=False)[1])
