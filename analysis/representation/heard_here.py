"""How many of those who speak at a hotspot are of communities and groups heard too little.

Who is heard too little is read of the whole campaign, as the page "Who is missing" keeps it; here
only the proposals of the hotspot are looked at. Answers that are private are left out: two parts
that differ by one person would tell that person's answer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from sqlalchemy.orm import Session

from analysis.representation.participants import participants
from analysis.representation.reading import begun_who_is_missing
from analysis.representation.under_represented import OLD_S, under_represented
from analysis.selection import Selection, revision
from analysis.tables.cross_table import FEW, Side, suppressed
from core.cache import CACHE
from core.database import Database
from geo.representation.representation import Heard


@dataclass(frozen=True)
class UnderHeard:
    """People of a hotspot by whether their community, or their group, is heard too little.

    ``side``: by which answer they are grouped, None for communities. ``groups``: codes or values of
    those heard too little that somebody here is of. ``people`` are of these, of so many ``known``;
    both None where one to four people would be told apart.
    """

    side: Side | None
    groups: tuple[str, ...]
    people: int | None
    known: int | None

    @property
    def share(self) -> float | None:
        """The share of those known, from 0 to 1; None where it is not told."""
        if self.people is None or not self.known:
            return None
        return self.people / self.known


@dataclass(frozen=True)
class HeardHere:
    """``communities``, None where no residents are known; ``groups``: by what has figures."""

    communities: UnderHeard | None
    groups: tuple[UnderHeard, ...]


def begun_heard_here(database: Database, spot: Selection) -> HeardHere | None:
    """Return it of the hotspot that a selection is narrowed to; None while it is not known.

    Who is missing is then being counted, in the background.
    """
    whole = begun_who_is_missing(database, Selection(spot.campaign), at_most_s=OLD_S)
    if whole is None:
        return None
    quiet = under_represented(whole)
    groups = [(one.side, _under(one.groups.frame)) for one in whole.asked if _is_public(one.side)]
    told = [(side, under) for side, under in groups if under.notna().any()]
    stated = tuple((side.key, *_plain(under)) for side, under in told)
    key = ("heard here", database.url, spot.key, _plain(quiet), stated)

    def make() -> HeardHere:
        with database.reading() as session:
            return heard_here(session, spot, quiet, told)

    return CACHE.get(key, revision(database, spot), make)


def heard_here(
    session: Session,
    spot: Selection,
    communities: pd.Series,
    groups: Sequence[tuple[Side, pd.Series]],
) -> HeardHere:
    """Count it now. ``communities`` and ``groups``: whether each is heard too little, see above.

    Nullable boolean series by code or value, missing where no residents are known.
    """
    found = participants(session, spot, [side for side, _under in groups]).people
    by_place = None
    if communities.notna().any():
        by_place = counted(None, found["community"], communities)
    return HeardHere(by_place, tuple(counted(s, found[s.key], under) for s, under in groups))


def counted(side: Side | None, given: pd.Series, under: pd.Series) -> UnderHeard:
    """Count people by whether what each is of (``given``) is ``under``, so that nobody stands out.

    People of whom it is not known are a third part: what is told gives away nobody of it, either.
    """
    heard = given.map(under.to_dict()).astype("boolean")
    known, quiet = heard.notna().to_numpy(bool), heard.fillna(False).to_numpy(bool)
    parts = np.array([[quiet.sum(), (known & ~quiet).sum(), (~known).sum()]], dtype=np.int64)
    hidden = suppressed(parts, (parts > 0) & (parts < FEW))[0]
    groups = tuple(sorted(set(given[quiet])))
    if hidden[0] or hidden[1] or parts.sum() < FEW:
        return UnderHeard(side, groups, None, None)
    return UnderHeard(side, groups, int(parts[0, 0]), int(parts[0, 0] + parts[0, 1]))


def _plain(under: pd.Series) -> tuple[tuple[str, bool | None], ...]:
    return tuple((str(k), None if pd.isna(v) else bool(v)) for k, v in under.items())


def _under(frame: pd.DataFrame) -> pd.Series:
    told = (frame["heard"] == str(Heard.UNDER)).astype("boolean")
    return told.mask(frame["population"].isna())


def _is_public(side: Side) -> bool:
    return side.question is None or not side.question.private
