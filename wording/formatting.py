"""Dates, numbers and distances as the reader writes them; moments in Beijing time."""

from __future__ import annotations

import datetime as dt
from functools import cache

from babel import Locale
from babel.dates import format_date, format_datetime
from babel.numbers import format_decimal, format_percent

BEIJING = dt.timezone(dt.timedelta(hours=8))


@cache
def locale(lang: str) -> Locale:
    """Return a language's ways of writing. Babel looks through a thousand names for it."""
    return Locale.parse(lang)


def day(moment: dt.datetime, lang: str) -> str:
    """Write a moment's date as the reader does, in Beijing time."""
    return format_date(moment.astimezone(BEIJING).date(), format="long", locale=locale(lang))


def last_day(end: dt.datetime, lang: str) -> str:
    """Write the last day of what is over at a moment: at midnight, the day before."""
    return day(end - dt.timedelta(seconds=1), lang)


def moment(when: dt.datetime, lang: str) -> str:
    """Write date and time as the reader does, in Beijing time."""
    return format_datetime(when.astimezone(BEIJING), format="medium", locale=locale(lang))


def minute(when: dt.datetime, lang: str) -> str:
    """Write date, hour and minute as the reader does, in Beijing time."""
    comma = "," if lang == "en" else ""
    return f"{day(when, lang)}{comma} {when.astimezone(BEIJING):%H:%M}"


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


def distance(metres: float, lang: str) -> str:
    """Write a distance: to the metre below 20, to 5 m below 1 km, then in kilometres."""
    if metres < 20:
        return f"{number(metres, lang)} {_UNITS[lang][0]}"
    if metres < 997.5:
        return f"{number(5 * round(metres / 5), lang)} {_UNITS[lang][0]}"
    return f"{number(metres / 1000, lang, 1)} {_UNITS[lang][1]}"


def length(metres: float, lang: str) -> str:
    """Write a length to the metre."""
    return f"{number(metres, lang)} {_UNITS[lang][0]}"


def area(square_metres: float, lang: str) -> str:
    """Write an area in square metres, to two significant places above 100."""
    shown = square_metres if square_metres < 100 else round(square_metres, -1)
    return f"{number(shown, lang)} {_UNITS[lang][2]}"


_UNITS = {"zh_CN": ("米", "公里", "平方米"), "en": ("m", "km", "m²")}
