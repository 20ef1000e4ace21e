"""Times as periods: before and after a day, weeks, months, or so many of equal length. Pure."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

#: Calendar periods by what they are called on the command line.
CALENDAR = {"week": "W-SUN", "month": "M", "quarter": "Q", "year": "Y"}
BEFORE, SINCE = "before", "since"


def local_times(times: pd.Series, *, time_zone: str) -> pd.Series:
    """Return times of ``geo.timestamps.times_of`` as moments of the clock in a zone, without it."""
    moments = pd.to_datetime(times)
    if moments.dt.tz is None:
        return moments
    return moments.dt.tz_convert(ZoneInfo(time_zone)).dt.tz_localize(None)


def split_at(times: pd.Series, day: pd.Timestamp) -> pd.Series:
    """Return ``before`` or ``since`` a day (its beginning) for local times; missing ones stay."""
    codes = np.where(times.isna(), -1, (times >= day).astype(np.int64))
    return _named(codes, [BEFORE, SINCE], times.index)


def calendar_periods(times: pd.Series, kind: str) -> pd.Series:
    """Return the week (from Monday), month, quarter or year of local times.

    Periods in between in which nothing came are among the categories, too.
    """
    found = times.dt.to_period(CALENDAR[kind])
    if found.isna().all():
        return _named(np.full(len(times), -1), [], times.index)
    every = pd.period_range(found.min(), found.max(), freq=CALENDAR[kind])
    names = [one.start_time.date().isoformat() for one in every]
    return _named(every.get_indexer(pd.PeriodIndex(found)), names, times.index)


def equal_periods(times: pd.Series, count: int) -> pd.Series:
    """Return so many periods of equal length from the first to the last of local times."""
    known = times.dropna()
    if known.empty or known.min() == known.max():
        return _named(np.where(times.isna(), -1, 0), ["all"], times.index)
    length = (known.max() - known.min()) / count
    codes = np.floor((times - known.min()) / length).clip(upper=count - 1)
    starts = [known.min() + number * length for number in range(count)]
    names = [start.isoformat(timespec="seconds") for start in starts]
    return _named(codes.fillna(-1).to_numpy(np.int64), names, times.index)


def _named(codes: np.ndarray, names: list[str], index: pd.Index) -> pd.Series:
    return pd.Series(pd.Categorical.from_codes(codes, names, ordered=True), index=index)
