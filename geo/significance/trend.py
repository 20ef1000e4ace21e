"""A rise or a fall over many periods: the Mann-Kendall test, place by place. Pure.

Sources: Mann 1945, Nonparametric tests against trend, Econometrica 13; Kendall 1975, Rank
correlation methods; Benjamini and Hochberg 1995 for many places at once.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from core.errors import InvalidError
from geo.significance.verdicts import LEAST_PEOPLE, Verdict

#: With fewer periods even a steady rise is not rare enough among the communities of a place.
LEAST_PERIODS = 7


class TooFewPeriodsError(InvalidError):
    """A trend needs ``least`` periods. Parameters: ``periods``, ``least``."""

    code = "too_few_periods"


def judge_trends(people: pd.DataFrame, *, level: float = 0.05) -> pd.DataFrame:
    """Return whether the share of each place rises or falls from period to period.

    ``people``: places (rows) by periods in their order (columns). What is ranked is the place's
    share of all people of a period, so that a louder year is no trend everywhere; a period without
    people is left out. Columns on the index of the places: ``people``, ``tau`` (-1 falls always,
    1 rises always), ``p_value`` (two-sided, exact where no two shares are equal), ``verdict``:
    significant after Benjamini and Hochberg over all places with ``LEAST_PEOPLE``.

    Raises :class:`TooFewPeriodsError` under ``LEAST_PERIODS`` periods with people.
    """
    counts = people.to_numpy(dtype=np.float64)
    counts = counts[:, counts.sum(0) > 0]
    if counts.shape[1] < LEAST_PERIODS:
        raise TooFewPeriodsError(periods=counts.shape[1], least=LEAST_PERIODS)
    shares, order = counts / counts.sum(0), np.arange(counts.shape[1])
    total = counts.sum(1)
    enough = (total >= LEAST_PEOPLE) & (np.ptp(shares, axis=1) > 0)
    tau, p_value = np.full((2, len(counts)), np.nan)
    from scipy import stats  # type: ignore[import-untyped]  # half a second to load

    for row in np.flatnonzero(enough):
        tau[row], p_value[row] = stats.kendalltau(order, shares[row])
    adjusted = np.full(len(counts), np.nan)
    if enough.any():
        adjusted[enough] = stats.false_discovery_control(p_value[enough], method="bh")
    verdict = np.where(adjusted <= level, str(Verdict.SIGNIFICANT), str(Verdict.NOT_SIGNIFICANT))
    verdict[total < LEAST_PEOPLE] = str(Verdict.TOO_FEW)
    columns = {"people": total.astype(np.int64), "tau": tau, "p_value": p_value}
    return pd.DataFrame(columns | {"verdict": pd.Series(verdict, people.index)}, index=people.index)
