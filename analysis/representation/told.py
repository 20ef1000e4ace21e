"""What is told of groups of people so that nobody is told apart.

Nothing is told of fewer than five people, nor of what would give them away by subtraction. Whatever
is told is worked out from what is told: groups that are not are counted together, and of those
below five the most that they can be is taken.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.tables.cross_table import FEW, suppressed
from geo.representation.intervals import share_interval, tails
from geo.representation.representation import Heard, Representation, heard_by, represented

Mask = NDArray[np.bool_]
Ints = NDArray[np.int64]
_TOGETHER = "\0together"


@dataclass(frozen=True)
class ToldGroups:
    """Groups against their population, as anybody may see them.

    ``frame`` has the columns of :class:`geo.representation.representation.Representation`, and
    ``share`` (of those who said, from 0 to 1) with ``share_low`` and ``share_high``, ``few`` (one
    to four people) and ``hidden`` (not told, ``few`` or not). Numbers of hidden groups are missing;
    their ``p_few`` is that of the most that they can be, four of ``few`` ones, and ``weight`` and
    ``smooth_rate`` are those of all hidden together. ``people``: all who are told of, None
    where they are fewer than five and nothing is told. ``whole``: the sums, hidden groups as one.
    ``few_left_out``: whether people without a population were too few to be told of.
    """

    frame: pd.DataFrame
    people: int | None
    whole: Representation
    few_left_out: bool = False

    @property
    def compared(self) -> bool:
        """Whether the population of any group is known."""
        return self.whole.population > 0


def told_groups(people: pd.Series, population: pd.Series) -> ToldGroups:
    """Return groups as they are told. Both by group; the population is missing where unknown."""
    count = people.to_numpy(np.int64)
    residents = pd.to_numeric(population.reindex(people.index), errors="coerce").astype("Float64")
    residents = residents.mask(residents.fillna(0) <= 0)
    known, few = residents.notna().to_numpy(bool), (count > 0) & (count < FEW)
    hidden = np.zeros(len(count), dtype=bool)
    for part in (known, ~known):
        hidden[part] = suppressed(count[None, part], few[None, part])[0]
    lost = 0 < count[hidden & ~known].sum() < FEW and bool(known.any())
    kept = ~(hidden & ~known) if lost else np.ones(len(count), dtype=bool)
    whole = represented(*_together(people[kept], residents[kept], hidden[kept], known[kept]))
    frame = _rows(whole, residents, few, hidden)
    total = int(count[kept].sum())
    _add_shares(frame, np.where(hidden, 0, count), total, hidden)
    part = known if known.any() else ~known
    nothing = 0 < count[hidden & part].sum() < FEW or 0 < total < FEW
    return ToldGroups(
        frame.iloc[:0] if nothing else frame, None if nothing else total, whole, bool(lost)
    )


def _together(
    people: pd.Series, residents: pd.Series, hidden: Mask, known: Mask
) -> tuple[pd.Series, pd.Series]:
    """Return groups with those that are hidden as one, and as another where no population is."""
    counts, amounts = [people[~hidden]], [residents[~hidden]]
    for name, part in ((_TOGETHER, hidden & known), (_TOGETHER * 2, hidden & ~known)):
        if part.any():
            amount = residents[part].sum() if known[part].all() else pd.NA
            counts.append(pd.Series({name: int(people[part].sum())}))
            amounts.append(pd.Series({name: amount}, dtype="Float64"))
    return pd.concat(counts).astype("int64"), pd.concat(amounts)


def _rows(whole: Representation, residents: pd.Series, few: Mask, hidden: Mask) -> pd.DataFrame:
    """Return the rows of groups; those of hidden ones say what is known without their people."""
    frame = whole.frame.reindex(residents.index)
    known = residents.notna().to_numpy(bool)
    frame["people"], frame["population"] = (
        frame["people"].astype("Int64"),
        residents.astype("Int64"),
    )
    share = residents.to_numpy(np.float64, na_value=np.nan) / max(whole.population, 1)
    frame["expected"] = whole.people * share
    for name in ("weight", "smooth_rate") if _TOGETHER in whole.frame.index else ():
        frame.loc[hidden & known, name] = whole.frame.at[_TOGETHER, name]
    at_most = np.full(int(hidden.sum()), _most_hidden(whole, few, hidden))
    at_most[few[hidden]] = FEW - 1
    frame.loc[hidden, "p_few"] = tails(at_most, whole.people, share[hidden])[0]
    p_few, p_many = (frame[one].to_numpy(np.float64) for one in ("p_few", "p_many"))
    frame["heard"] = heard_by(p_few, p_many, known)
    frame.loc[hidden & known & (frame["heard"] != Heard.UNDER), "heard"] = str(Heard.HIDDEN)
    frame["few"], frame["hidden"] = few, hidden
    return frame


def _most_hidden(whole: Representation, few: Mask, hidden: Mask) -> int:
    """Return how many people a group that protects others can have at most, by what is told.

    It is no larger than the smallest that is told, nor than all hidden ones without the others.
    """
    told = whole.frame.loc[~whole.frame.index.isin([_TOGETHER, _TOGETHER * 2]), "people"]
    together = whole.frame["people"].get(_TOGETHER, 0) - int(few[hidden].sum())
    return int(min([*told[told > 0], together]))


def _add_shares(frame: pd.DataFrame, count: Ints, total: int, hidden: Mask) -> None:
    low, high = share_interval(count, total)
    for name, values in (
        ("share", count / max(total, 1)),
        ("share_low", low),
        ("share_high", high),
    ):
        frame[name] = np.where(hidden, np.nan, values)
