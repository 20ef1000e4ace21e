"""Dates, numbers, distances and lists as the reader writes them; moments in Beijing time.

All of it comes from CLDR by way of Babel: a further language needs nothing here.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from functools import cache
from typing import Any

from babel import Locale
from babel.dates import format_date, format_datetime, format_time
from babel.lists import format_list
from babel.numbers import format_decimal, format_percent
from babel.units import format_unit

BEIJING = dt.timezone(dt.timedelta(hours=8))


@cache
def locale(lang: str) -> Locale:
    """Return a language's ways of writing. Babel looks through a thousand names for it."""
    return Locale.parse(lang)


def day(moment: dt.datetime, lang: str) -> str:
    """Write a moment's date as the reader does, in Beijing time."""
    return format_date(moment.astimezone(BEIJING).date(), format="long", locale=locale(lang))


def day_words(when: dt.date, lang: str) -> str:
    """Write a day of the calendar as the reader does."""
    return format_date(when, format="long", locale=locale(lang))


def short_day(when: dt.date, lang: str) -> str:
    """Write a day of the calendar where there is little room: ``Nov 30, 2026``."""
    return format_date(when, format="medium", locale=locale(lang))


def last_day(end: dt.datetime, lang: str) -> str:
    """Write the last day of what is over at a moment: at midnight, the day before."""
    return day(end - dt.timedelta(seconds=1), lang)


def moment(when: dt.datetime, lang: str) -> str:
    """Write date and time as the reader does, in Beijing time."""
    return format_datetime(when.astimezone(BEIJING), format="medium", locale=locale(lang))


def minute(when: dt.datetime, lang: str) -> str:
    """Write date, hour and minute as the reader does, in Beijing time."""
    joined = locale(lang).datetime_formats["long"]
    clock = format_time(when.astimezone(BEIJING).time(), format="short", locale=locale(lang))
    return str(joined).replace("'", "").format(clock, day(when, lang))


def second(when: dt.datetime, lang: str) -> str:
    """Write the time of day to the second as the reader does, in Beijing time."""
    return format_time(when.astimezone(BEIJING).time(), format="medium", locale=locale(lang))


def number(value: float, lang: str, digits: int = 0) -> str:
    """Write a number as the reader does."""
    return format_decimal(round(value, digits), locale=locale(lang))


def percent(share: float, lang: str) -> str:
    """Write a share of 1 in percent: whole ones, but never 0 % for some nor 100 % for not all.

    Below 1 % with one decimal (0.7 %), below 0.1 % as less than that; what rounds to 100 % without
    being all as more than 99 %.
    """
    if 0 < share < 0.001:
        return f"<{_percent(0.001, lang)}"
    if 0.995 <= share < 1:
        return f">{_percent(0.99, lang)}"
    return _percent(share, lang)


def _percent(share: float, lang: str) -> str:
    digits = 1 if 0 < share < 0.01 else 0
    return format_percent(round(share, digits + 2), "#,##0.#%", locale=locale(lang))


def numbers_in(values: dict[str, Any], lang: str) -> dict[str, Any]:
    """Return what fills a sentence, its numbers as the reader writes them."""
    return {
        name: number(value, lang, 2) if _is_number(value) else value
        for name, value in values.items()
    }


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def distance(metres: float, lang: str) -> str:
    """Write a distance: to the metre below 20, to 5 m below 1 km, then in kilometres."""
    if metres < 20:
        return length(metres, lang)
    if metres < 997.5:
        return length(5 * round(metres / 5), lang)
    return _unit(round(metres / 1000, 1), "length-kilometer", lang)


def length(metres: float, lang: str) -> str:
    """Write a length to the metre."""
    return _unit(round(metres), "length-meter", lang)


def area(square_metres: float, lang: str) -> str:
    """Write an area in square metres, to two significant places above 100."""
    shown = square_metres if square_metres < 100 else round(square_metres, -1)
    return _unit(round(shown), "area-square-meter", lang)


def _unit(value: float, unit: str, lang: str) -> str:
    return format_unit(value, unit, "short", locale=locale(lang))


def listed(names: Iterable[str], lang: str) -> str:
    """Write a list as a sentence has it: a、b和c; a, b, and c."""
    return format_list(list(names), locale=locale(lang))


def enumerated(names: Iterable[str], lang: str) -> str:
    """Write a list as a table or a label has it: a、b、c; a, b, c."""
    return separator(lang).join(names)


@cache
def separator(lang: str) -> str:
    """Return what stands between the things of a list."""
    return str(locale(lang).list_patterns["standard"]["middle"]).format("", "")
