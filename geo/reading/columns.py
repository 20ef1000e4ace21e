"""Gives columns of text their types, where nothing of the text is lost by it.

A column has a type if all its cells have it; cells without a value stay None. A text is canonical
for a type if writing the value gives the same text again: "0012", "1e5", "+86" and "1.10" are codes
and stay text.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

#: Whole numbers of more digits are no measure of anything; Python refuses to read 4,300.
_MOST_DIGITS = 1000
_WHOLE = re.compile(r"0|-?[1-9][0-9]*")
_DECIMAL = re.compile(r"-?(?:0|[1-9][0-9]*)\.[0-9]+")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_MOMENT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,6})?)?"
    r"(?:Z|[+-][0-9]{2}:[0-9]{2})?"
)
#: Up to here every whole number is a float of its own.
_MOST_EXACT = 2**53
_TRUTHS = {"true": True, "false": False}


def typed(values: Sequence[str | None]) -> list[Any]:
    """Return a column of text as what all of it is, else unchanged.

    In this order: truths (``true``, ``false``), whole numbers of any size, floats (decimals, and
    whole numbers up to 2**53 among them), ISO 8601 dates, ISO 8601 date-times, all with an offset
    or all without one (which stay naive).
    """
    given = [value for value in values if value is not None]
    for read in (_truth, _whole, _float, _date, _moment) if given else ():
        found = _all(read, given)
        if found is not None and _is_of_one_kind(found):
            rest = iter(found)
            return [None if value is None else next(rest) for value in values]
    return list(values)


def _all(read: Callable[[str], Any], given: Sequence[str]) -> list[Any] | None:
    """Read every text, or return None at the first that is none of this type."""
    found = []
    for text in given:
        value = read(text)
        if value is None:
            return None
        found.append(value)
    return found


def _is_of_one_kind(found: Sequence[Any]) -> bool:
    """Say whether moments are all with an offset, or all without; they cannot be compared else."""
    if not isinstance(found[0], datetime):
        return True
    return len({moment.tzinfo is None for moment in found}) == 1


def _truth(text: str) -> bool | None:
    return _TRUTHS.get(text)


def _whole(text: str) -> int | None:
    if len(text) > _MOST_DIGITS or not _WHOLE.fullmatch(text):
        return None
    return int(text)


def _float(text: str) -> float | None:
    whole = _whole(text)
    if whole is not None:
        return float(whole) if abs(whole) <= _MOST_EXACT else None
    if not _DECIMAL.fullmatch(text):
        return None
    value = float(text)
    return value if _written(value) == text else None


def _written(value: float) -> str:
    shortest = repr(value)
    return format(Decimal(shortest), "f") if "e" in shortest else shortest


def _date(text: str) -> date | None:
    return _iso(text, _DATE, date.fromisoformat)


def _moment(text: str) -> datetime | None:
    return _iso(text, _MOMENT, datetime.fromisoformat)


def _iso(text: str, form: re.Pattern[str], read: Callable[[str], Any]) -> Any:
    if not form.fullmatch(text):
        return None
    try:
        return read(text)
    except ValueError:  # no such day or hour
        return None
