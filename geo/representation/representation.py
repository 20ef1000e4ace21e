"""Participants by group against the population: who takes part less than chance explains.

A group is a community, or those who gave one answer. The index is 100 × its share of the
participants by its share of the residents. Whether so few took part by chance is told by the
probability of so few or fewer, over all groups at once by Benjamini and Hochberg's procedure; never
by the index, which says little where few residents are.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geo.representation.empirical_bayes import empirical_bayes
from geo.representation.intervals import share_interval, tails
from geo.representation.weights import MOST_WEIGHT, effective_size, group_weights
from geo.significance.multiple_testing import benjamini_hochberg
from geo.significance.verdicts import MethodCard

Floats = NDArray[np.float64]
METHOD, LEVEL = "representation", 0.05


class Heard(StrEnum):
    """What can be said of a group: fewer took part than chance explains, more, or neither.

    ``UNKNOWN``: its population is. ``HIDDEN``: so few people are of it that nothing is told.
    """

    UNDER = "under"
    OVER = "over"
    UNSURE = "unsure"
    HIDDEN = "hidden"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Representation:
    """Participants by group against residents.

    ``frame`` has the rows and index of what was given and the columns ``people``, ``population``
    (missing where unknown or 0), ``expected`` (people, were all alike), ``index`` with ``low`` and
    ``high``, ``p_few`` and ``p_many``, ``heard`` (a :class:`Heard`), ``weight`` (of a person,
    missing where nobody took part), ``rate`` and ``smooth_rate`` (people per 1,000 residents, the
    second after Marshall). ``people`` and ``population`` are those of groups whose population is
    known; ``dissimilarity`` is the share, from 0 to 1, of the participants who would have to be of
    other groups; ``uncovered`` the share of residents whose group nobody is of. ``trimmed``: in how
    many groups the weight was cut.
    """

    frame: pd.DataFrame
    people: int
    population: int
    dissimilarity: float
    effective_size: float
    uncovered: float
    trimmed: int
    card: MethodCard


def represented(
    people: pd.Series,
    population: pd.Series,
    *,
    level: float = LEVEL,
    most_weight: float = MOST_WEIGHT,
) -> Representation:
    """Compare the people of groups with their residents; each person is in one group at most.

    ``population`` has the index of ``people``; groups without one, missing or 0, are left out with
    their people, and the card says how many. Of those that are called under- or over-represented at
    most ``level`` are expected to be so by chance: half for each.
    """
    count = people.to_numpy(np.int64)
    residents = _numbers(population.reindex(people.index))
    known = np.isfinite(residents)
    n, whole = int(count[known].sum()), float(residents[known].sum())
    share = np.where(known, residents / (whole or 1.0), np.nan)
    low, high = share_interval(np.where(known, count, 0), n, level=level)
    few, many = tails(count, n, share)
    weight = group_weights(count.astype(np.float64), share, most=most_weight)
    with np.errstate(divide="ignore", invalid="ignore"):
        frame = pd.DataFrame(
            {
                "people": count,
                "population": pd.array(np.where(known, residents, np.nan)).astype("Int64"),
                "expected": n * share,
                "index": 100 * (count / n if n else np.nan) / share,
                "low": 100 * low / share,
                "high": 100 * high / share,
                "p_few": few,
                "p_many": many,
                "heard": heard_by(few, many, known, level=level),
                "weight": weight,
                "rate": 1000 * count / np.where(known, residents, np.nan),
                "smooth_rate": 1000 * empirical_bayes(count.astype(np.float64), residents),
            },
            index=people.index,
        )
    return Representation(
        frame=frame,
        people=n,
        population=int(whole),
        dissimilarity=dissimilarity(count[known], residents[known]),
        effective_size=effective_size(weight, count),
        uncovered=float(share[known & (count == 0)].sum()),
        trimmed=int(np.count_nonzero(weight > most_weight * (1 - 1e-9))),
        card=MethodCard(
            METHOD,
            {"level": level, "most_weight": most_weight, "residents": int(whole)},
            {"people": n, "groups": int(np.count_nonzero(known))},
            {
                "people_without_population": int(count[~known].sum()),
                "without_population": int(np.count_nonzero(~known)),
            },
        ),
    )


def by_silence(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the groups of a ``Representation``, those first that chance explains least.

    By the probability of so few people; of equal ones the larger population first, then the index.
    Groups without a population come last.
    """
    keyed = frame.assign(_at=frame.index.astype(str), _size=-frame["population"].astype("Float64"))
    order = keyed.sort_values(["p_few", "_size", "_at"], na_position="last", kind="stable")
    return frame.loc[order.index]


def dissimilarity(people: Floats | NDArray[np.int64], population: Floats) -> float:
    """Return ½Σ|nᵢ/n − Pᵢ/P| (Duncan and Duncan 1955), from 0 to 1; missing without people."""
    n, whole = float(np.sum(people)), float(np.sum(population))
    if not n or not whole:
        return float("nan")
    return float(np.abs(people / n - population / whole).sum() / 2)


def heard_by(
    few: Floats, many: Floats, known: NDArray[np.bool_], *, level: float = LEVEL
) -> list[str]:
    """Return a :class:`Heard` for each group by the probabilities of so few and of so many.

    Groups that are not ``known`` are unknown; missing probabilities are no hypotheses.
    """
    verdict = np.full(len(few), str(Heard.UNSURE), dtype=object)
    verdict[benjamini_hochberg(few, level=level / 2)] = str(Heard.UNDER)
    verdict[benjamini_hochberg(many, level=level / 2)] = str(Heard.OVER)
    verdict[~known] = str(Heard.UNKNOWN)
    return [str(one) for one in verdict]


def _numbers(values: pd.Series) -> Floats:
    numbers = pd.to_numeric(values, errors="coerce").to_numpy(np.float64, na_value=np.nan)
    return np.where(np.isfinite(numbers) & (numbers > 0), numbers, np.nan)
