"""Weights that give each group the voice of its share of the population, and what they cost."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Floats = NDArray[np.float64]
#: No person speaks for more than so many.
MOST_WEIGHT = 5.0
_ROUNDS, _CLOSE = 200, 1e-9


@dataclass(frozen=True)
class Raked:
    """A weight per person, and how well the margins are met.

    ``error``: the largest difference between a group's weighted share and its share of the
    population, from 0 to 1, after trimming. ``unmet``: groups of the population nobody is of, by
    attribute.
    """

    weights: pd.Series
    effective_size: float
    error: float
    trimmed: int
    unmet: dict[str, list[str]]


def group_weights(people: Floats, share: Floats, *, most: float = MOST_WEIGHT) -> Floats:
    """Return the weight of a person of each group: its share of residents by that of participants.

    (Pᵢ/P)/(nᵢ/n), none above ``most``, so that all people together weigh as many as they are.
    Missing where nobody took part or the share is missing.
    """
    people = np.asarray(people, dtype=np.float64)
    used = (people > 0) & np.isfinite(share)
    weights = np.full(len(people), np.nan)
    if used.any() and share[used].sum() > 0:
        weights[used] = trimmed(share[used] / people[used], people[used], most=most)
    return weights


def trimmed(weights: Floats, people: Floats, *, most: float = MOST_WEIGHT) -> Floats:
    """Scale weights so that all people weigh as many as they are, and none above ``most`` (> 1).

    What is cut off goes to all others in proportion to their weights.
    """
    made = np.asarray(weights, dtype=np.float64)
    total = float(people.sum())
    capped = np.zeros(len(made), dtype=bool)
    while True:
        free = float((made * people)[~capped].sum())
        room = total - most * float(people[capped].sum())
        scaled = np.where(capped, most, made * (room / free if free > 0 else 0.0))
        over = (scaled > most * (1 + 1e-12)) & ~capped
        if not over.any():
            return scaled
        capped |= over


def effective_size(weights: Floats, people: Floats) -> float:
    """Return how many people of equal weight would tell as much: (Σw)²/Σw² (Kish 1965).

    ``people`` of a group have its weight; those without one count for nothing.
    """
    used = np.isfinite(weights)
    squares = float((people[used] * weights[used] ** 2).sum())
    return float((people[used] * weights[used]).sum()) ** 2 / squares if squares > 0 else 0.0


def raked(
    people: pd.DataFrame, margins: Mapping[str, pd.Series], *, most: float = MOST_WEIGHT
) -> Raked:
    """Weigh people so that several attributes have their known shares at once.

    Iterative proportional fitting (Deming and Stephan 1940). ``people`` has a row per person and a
    column per attribute of ``margins``, missing where a person did not say; ``margins`` gives the
    population of each value. Who did not say, or said what has no population, keeps the weight of
    an average person in that attribute. Weights sum to the number of people, none above ``most``.
    """
    weights = np.ones(len(people))
    coded = {name: _coded(people[name], margin) for name, margin in margins.items()}
    for _round in range(_ROUNDS if len(people) else 0):
        before = weights
        for code, target in coded.values():
            weights = weights * _factor(weights, code, target)
        if np.abs(weights - before).max() < _CLOSE:
            break
    cut = trimmed(weights, np.ones(len(people)), most=most) if len(people) else weights
    errors = [_error(cut, code, target) for code, target in coded.values()]
    return Raked(
        weights=pd.Series(cut, index=people.index, name="weight"),
        effective_size=effective_size(cut, np.ones(len(people))),
        error=max(errors, default=0.0),
        trimmed=int(np.count_nonzero(weights > most * (1 + _CLOSE))),
        unmet={
            name: [str(one) for one in _known(margin)[~np.isin(range(len(target)), code)].index]
            for (name, margin), (code, target) in zip(margins.items(), coded.values(), strict=True)
        },
    )


def _known(margin: pd.Series) -> pd.Series:
    return margin[pd.to_numeric(margin, errors="coerce").fillna(0) > 0]


def _coded(values: pd.Series, margin: pd.Series) -> tuple[NDArray[np.intp], Floats]:
    """Return at which value of the margin each person stands (-1: none), and the values' shares."""
    known = _known(margin)
    code = pd.Index(known.index).get_indexer(pd.Index(values))
    amount = known.to_numpy(np.float64)
    return code, amount / max(amount.sum(), 1e-300)


def _factor(weights: Floats, code: NDArray[np.intp], target: Floats) -> Floats:
    """Return by what each person's weight is multiplied for one attribute to have its shares."""
    said = code >= 0
    sums = np.bincount(code[said], weights[said], len(target))
    there = sums > 0
    if not there.any():
        return np.ones(len(weights))
    factor = np.ones(len(target))
    factor[there] = (target[there] / target[there].sum()) * sums.sum() / sums[there]
    return np.where(said, factor[np.maximum(code, 0)], 1.0)


def _error(weights: Floats, code: NDArray[np.intp], target: Floats) -> float:
    said = code >= 0
    sums = np.bincount(code[said], weights[said], len(target))
    return float(np.abs(sums / sums.sum() - target).max()) if sums.sum() > 0 else 1.0
