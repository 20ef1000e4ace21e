"""On how many examples a property is tried: on a share of them, with ``--everything`` on all."""

from __future__ import annotations

from hypothesis import settings

#: Of a property's own number, and of what Hypothesis tries by itself.
SHARE, BY_ITSELF = 4, 30


class _Examples:
    all_of_them = False


def try_all(wanted: bool) -> None:
    """Say, before tests are collected, whether all are tried."""
    _Examples.all_of_them = wanted
    if not wanted:
        settings.register_profile("a share", settings(), max_examples=BY_ITSELF)
        settings.load_profile("a share")


def examples(full: int) -> int:
    """Return on how many a property is tried that deserves this many."""
    return full if _Examples.all_of_them else -(-full // SHARE)
