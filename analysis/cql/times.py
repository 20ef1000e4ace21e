"""Moments, days and intervals as programs write them (RFC 3339), as spans in UTC."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta

from analysis.cql.terms import BadQueryError, Span

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_MOMENT = re.compile(
    r"\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(\.\d{1,6})?(?:[Zz]|[+-]\d{2}:\d{2})", re.ASCII
)
OPEN = ("", "..")


def span_of(text: str, parameter: str) -> Span:
    """Return the span of a day, or of a moment: a second, or a microsecond where one is told.

    Raises ``BadQueryError``.
    """
    hit = _MOMENT.fullmatch(text)
    try:
        if hit:
            start = datetime.fromisoformat(text.upper().replace("Z", "+00:00")).astimezone(UTC)
            return Span(start, start + timedelta(microseconds=1 if hit[1] else 1_000_000))
        if _DAY.fullmatch(text):
            day = date.fromisoformat(text)
            start = datetime(day.year, day.month, day.day, tzinfo=UTC)
            return Span(start, start + timedelta(days=1))
    except (ValueError, OverflowError):
        pass
    raise BadQueryError(parameter=parameter, reason="no day and no moment as RFC 3339 has them")


def interval_of(first: str, last: str, parameter: str) -> Span:
    """Return the span from the beginning of one day or moment to the end of another.

    Either may be open: empty or ``..``. Raises ``BadQueryError``.
    """
    start = None if first in OPEN else span_of(first, parameter).start
    end = None if last in OPEN else span_of(last, parameter).end
    if start and end and start >= end:
        raise BadQueryError(parameter=parameter, reason="it ends before it begins")
    return Span(start, end)


def datetime_of(text: str) -> Span:
    """Return the span that the parameter ``datetime`` of OGC API - Features asks for.

    Raises ``BadQueryError``.
    """
    first, slash, last = text.partition("/")
    if not slash:
        return span_of(text, "datetime")
    if first in OPEN and last in OPEN:
        raise BadQueryError(parameter="datetime", reason="an interval without any end")
    return interval_of(first, last, "datetime")
