"""Long lists part by part, as much as one statement can hold."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TypeVar

LOOKED_UP_AT_ONCE = 500
T = TypeVar("T")


def in_parts(values: Iterable[T], size: int = LOOKED_UP_AT_ONCE) -> Iterator[list[T]]:
    """Yield values in lists of at most ``size``, in their order."""
    listed = list(values)
    for start in range(0, len(listed), size):
        yield listed[start : start + size]
