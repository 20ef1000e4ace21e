"""Bands of a number that people were asked for, such as ages, as population figures state them.

A band holds the numbers from ``least`` up to, but not including, ``below``; the last has no end. As
text, which is also what stands in figures: ``18..35``, ``60..``. Pure.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from analysis.filter import ANSWER
from analysis.tables.cross_table import Side
from core.errors import InvalidError
from submissions.campaigns.question_types import Number

MOST_BANDS = 20


class Band(NamedTuple):
    """Numbers from ``least`` on, below another one; infinite for the last band."""

    least: float
    below: float

    @property
    def key(self) -> str:
        """The band as text."""
        return f"{_text(self.least)}..{'' if math.isinf(self.below) else _text(self.below)}"


def bands_from(starts: Iterable[float], question: Number) -> tuple[Band, ...]:
    """Return the bands that begin at these numbers, in their order.

    Raises ``InvalidError`` for none or one, too many, numbers that do not rise, those outside what
    can be answered, and for parts of a whole number.
    """
    given = list(starts)
    rising = all(a < b for a, b in pairwise(given))
    inside = all(question.least <= one <= question.most for one in given)
    whole = not question.whole or all(float(one).is_integer() for one in given)
    if not (2 <= len(given) <= MOST_BANDS and rising and inside and whole):
        raise InvalidError(field="bands", least=question.least, most=question.most)
    return tuple(Band(a, b) for a, b in zip(given, [*given[1:], math.inf], strict=True))


def read_bands(keys: Iterable[str], question: Number) -> tuple[Band, ...]:
    """Return the bands that figures name, in their order; the inverse of ``Band.key``.

    Raises ``InvalidError`` for what is no band, and where bands leave gaps or lie over each other.
    """
    try:
        ends = sorted((float(key.partition("..")[0]), key) for key in keys)
    except ValueError:
        raise InvalidError(field="bands") from None
    found = bands_from((least for least, _key in ends), question)
    if [one.key for one in found] != [key for _least, key in ends]:
        raise InvalidError(field="bands")
    return found


def banded_side(question: Number, keys: Iterable[str] = ()) -> Side:
    """Return a question as a side whose values are bands; without values while none are stated."""
    given = list(keys)
    values = tuple(one.key for one in read_bands(given, question)) if given else ()
    return Side(ANSWER + question.key, values, question)


def in_bands(side: Side, values: NDArray[np.object_]) -> NDArray[np.object_]:
    """Return the band of each number (as text, None for none) by its key; None outside all."""
    assert isinstance(side.question, Number)
    bands = read_bands(side.values, side.question)
    starts = np.array([one.least for one in bands])
    numbers = np.array([np.nan if one is None else _number(one) for one in values], dtype=float)
    at = np.searchsorted(starts, numbers, side="right") - 1
    keys: Sequence[Any] = [one.key for one in bands]
    return np.array(
        [
            None if np.isnan(n) or place < 0 else keys[place]
            for n, place in zip(numbers, at, strict=True)
        ],
        dtype=object,
    )


def _number(text: object) -> float:
    try:
        return float(str(text))
    except ValueError:  # an answer from before the question was one of numbers
        return math.nan


def _text(number: float) -> str:
    return str(int(number)) if float(number).is_integer() else repr(float(number))
