"""Moments as tables of offices write them: with or without an offset, with or without an hour."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np
import pandas as pd

from core.errors import InvalidError

_FORMATS = ("%Y/%m/%d %H:%M:%S", "%Y/%m/%d %H:%M", "%Y/%m/%d")


def known_zone(name: str) -> ZoneInfo:
    """Return a time zone by its name, such as Asia/Shanghai. Raises ``InvalidError``."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise InvalidError(field="time_zone", stated=name) from None


def stated_time(stated: Any) -> datetime | date | None:
    """Return what a cell states: a moment, a day, or None for neither.

    Understands datetimes and dates, ISO 8601, and 2024/5/1 with or without 7:30 or 7:30:15. A
    moment keeps its offset, or has none.
    """
    if isinstance(stated, pd.Timestamp):
        return None if pd.isna(stated) else stated.to_pydatetime(warn=False)
    if isinstance(stated, datetime | date):
        return stated
    if not isinstance(stated, str) or not (text := stated.strip()):
        return None
    try:
        return date.fromisoformat(text) if len(text) == len("2024-05-01") else _iso(text)
    except ValueError:
        return _written(text)


def _iso(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _written(text: str) -> datetime | date | None:
    for pattern in _FORMATS:
        try:
            found = datetime.strptime(text, pattern)
        except ValueError:
            continue
        return found if "%H" in pattern else found.date()
    return None


def moment_in(stated: datetime | date, zone: ZoneInfo) -> datetime:
    """Return a moment with an offset: one without is local in ``zone``, a day its beginning."""
    if not isinstance(stated, datetime):
        stated = datetime(stated.year, stated.month, stated.day)
    return stated if stated.tzinfo is not None else stated.replace(tzinfo=zone)


def times_of(cells: pd.Series, *, time_zone: str | None) -> pd.Series:
    """Return a column of times: days where all are days, else moments; gaps stay gaps.

    Moments come in UTC, those without an offset being local in ``time_zone``; without a
    ``time_zone``, and where no cell has an offset, they stay as they are. Raises ``InvalidError``
    for a zone that is none.
    """
    zone = known_zone(time_zone or "UTC")
    if pd.api.types.is_datetime64_any_dtype(cells.dtype):
        if isinstance(cells.dtype, pd.DatetimeTZDtype) or time_zone is None:
            return cells
        first = np.ones(len(cells), dtype=bool)  # of an hour that comes twice
        local = cells.dt.tz_localize(zone, ambiguous=first, nonexistent="shift_forward")
        return local.dt.tz_convert("UTC")
    found = [stated_time(cell) for cell in cells]
    moments = [one for one in found if isinstance(one, datetime)]
    if not moments:
        return pd.Series(found, index=cells.index, dtype=object)
    if time_zone is None and all(moment.tzinfo is None for moment in moments):
        return pd.Series(pd.to_datetime(found), index=cells.index)
    certain = [None if one is None else moment_in(one, zone) for one in found]
    return pd.Series(pd.to_datetime(certain, utc=True), index=cells.index)
