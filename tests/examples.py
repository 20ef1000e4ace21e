"""On how many examples a property is tried: on a share of them, with ``--everything`` on all."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from hypothesis import HealthCheck, settings

T = TypeVar("T")

#: Of a property's own number, and of what Hypothesis tries by itself.
SHARE, BY_ITSELF = 6, 15


class _Examples:
    all_of_them = False


def try_all(wanted: bool) -> None:
    """Say, before tests are collected, whether all are tried."""
    _Examples.all_of_them = wanted
    # How fast a busy machine makes examples is no fault of what is tried.
    slow = [HealthCheck.too_slow]
    settings.register_profile("all", suppress_health_check=slow)
    settings.register_profile("a share", max_examples=BY_ITSELF, suppress_health_check=slow)
    settings.load_profile("all" if wanted else "a share")


def examples(full: int) -> int:
    """Return on how many a property is tried that deserves this many."""
    return full if _Examples.all_of_them else -(-full // SHARE)


def some_of(all_of_them: Sequence[T], place: int) -> Sequence[T]:
    """Return of odd things the one whose turn it is at this place, or all of them.

    For what is tried at many places, so that each thing is tried at some and each place by some.
    """
    if _Examples.all_of_them:
        return all_of_them
    return [all_of_them[place % len(all_of_them)]]
