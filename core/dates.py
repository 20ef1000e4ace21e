"""Days and moments that people type, as moments; days are those of Beijing. Pure: no database.

The ends of the calendar are typed, too: offices write 9999-12-31 for "open end". A midnight there
lies outside what ``datetime`` holds once it is brought to UTC. It becomes the first or the last
moment that can be told in UTC and in Beijing, which for a filter is the same.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta, timezone

BEIJING = timezone(timedelta(hours=8))
#: The first and the last moment that can be told both in UTC and in Beijing.
FIRST = datetime(1, 1, 1, tzinfo=UTC)
LAST = datetime.max.replace(tzinfo=BEIJING).astimezone(UTC)
_DAY = timedelta(days=1)


def start_of_day(day: date) -> datetime:
    """Return the midnight with which a day begins in Beijing."""
    return kept_in_calendar(datetime.combine(day, time(), BEIJING))


def end_of_day(day: date) -> datetime:
    """Return the midnight with which a day ends in Beijing, no longer part of it."""
    if day == date.max:
        return LAST
    return kept_in_calendar(datetime.combine(day + _DAY, time(), BEIJING))


def kept_in_calendar(moment: datetime) -> datetime:
    """Return the moment, or the end of the calendar beyond which it lies; it has a time zone."""
    try:
        moment.astimezone(UTC).astimezone(BEIJING)
    except OverflowError:
        return FIRST if moment.year == 1 else LAST
    return moment


def read_moment(typed: str) -> datetime:
    """Read an ISO moment, of Beijing where it states no offset. Raises ``ValueError``."""
    moment = datetime.fromisoformat(typed)
    stated = moment if moment.tzinfo is not None else moment.replace(tzinfo=BEIJING)
    return kept_in_calendar(stated)
