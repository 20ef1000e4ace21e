"""Who took part in a selection and who is missing, worked out once for all who look."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from sqlalchemy.orm import Session

from analysis import results
from analysis.representation.participants import Participants, attributes, participants
from analysis.representation.population_figures import Figures, population_figures
from analysis.representation.told import ToldGroups, told_groups
from analysis.selection import Selection
from analysis.tables.cross_table import FEW, Side, suppressed
from core.database import Database
from geo.representation.representation import by_silence
from geo.representation.weights import Raked, raked
from geo.significance.verdicts import MethodCard
from layers.communities.communities import community_frame

#: In place of a community: who proposed in none of the edition's.
NOWHERE = "-"


@dataclass(frozen=True)
class AskedOf:
    """Participants by one attribute; ``groups`` by its values, ``figures`` where there are any.

    ``silent``: how many did not say; None for fewer than five.
    """

    side: Side
    groups: ToldGroups
    figures: Figures | None
    silent: int | None


@dataclass(frozen=True)
class Wish:
    """What people ask for: a category (``category``, key), or an option of a question.

    ``people`` who do, None for fewer than five. ``share`` of all, from 0 to 1, and ``weighted``:
    the same if each community had the voice of its residents; missing where few do, or no
    population is known. ``by_community``: people by code, missing where it is not told.
    """

    key: tuple[str, str]
    people: int | None
    share: float
    weighted: float
    by_community: pd.Series


@dataclass(frozen=True)
class WhoIsMissing:
    """Participants of a selection against the population, as anybody may see them.

    ``communities`` are by code, the silent first. ``outside``: people whose proposals lie in none,
    None for one to four. ``raked``: weights by community and all attributes with figures at once,
    None where there are none; ``by_all`` weighs people by these in each community. ``in_several``:
    people with proposals in several communities; each is counted in one.
    """

    communities: ToldGroups
    asked: tuple[AskedOf, ...]
    wishes: tuple[Wish, ...]
    raked: Raked | None
    by_all: pd.Series | None
    outside: int | None
    in_several: int | None
    card: MethodCard


def begun_who_is_missing(
    database: Database, selection: Selection, *, at_most_s: float
) -> WhoIsMissing | None:
    """Return who is missing; None while the first is being worked out."""
    with database.reading() as session:
        figures = population_figures(session, selection.campaign.id)
    stated = tuple(
        sorted((key, one.year, *sorted(one.persons.items())) for key, one in figures.items())
    )

    def make() -> WhoIsMissing:
        with database.reading() as session:
            return who_is_missing(session, selection, figures)

    return results.begun(database, selection, ("missing", stated), make, at_most_s=at_most_s)


def who_is_missing(
    session: Session, selection: Selection, figures: Mapping[str, Figures] | None = None
) -> WhoIsMissing:
    """Work out now who is missing; ``figures`` of the population are read unless they are given."""
    if figures is None:
        figures = population_figures(session, selection.campaign.id)
    sides = attributes(selection, {key: one.persons for key, one in figures.items()})
    found = participants(session, selection, sides)
    frame = community_frame(session, selection.campaign.edition).set_index("code")
    place = found.people["community"].where(found.people["community"].isin(frame.index), NOWHERE)
    population = frame["population"].astype("Float64")
    outside = int((place == NOWHERE).sum())
    every = [*frame.index, *([NOWHERE] if outside else [])]
    groups = _ordered(told_groups(_counts(place, every), population))
    fit = _raked(found.people, place, sides, figures, population)
    return WhoIsMissing(
        communities=groups,
        asked=tuple(_asked(found, side, figures.get(side.key)) for side in sides),
        wishes=tuple(_wishes(found, place, groups, frame.index)),
        raked=fit,
        by_all=None if fit is None else _weighted(fit, place, groups),
        outside=_told(outside),
        in_several=_told(found.in_several),
        card=_card(groups, found),
    )


def _ordered(groups: ToldGroups) -> ToldGroups:
    """Return communities, the silent first, without the row of those in none."""
    inside = groups.frame[groups.frame.index != NOWHERE]
    return ToldGroups(by_silence(inside), groups.people, groups.whole, groups.few_left_out)


def _asked(found: Participants, side: Side, figures: Figures | None) -> AskedOf:
    given = found.people[side.key]
    given = given[given.isin(side.values)]
    known = pd.Series(dict(figures.persons) if figures else {}, dtype="Float64")
    groups = told_groups(_counts(given, list(side.values)), known.reindex(list(side.values)))
    return AskedOf(side, groups, figures, _told(len(found.people) - len(given)))


def _counts(values: pd.Series, every: list[str]) -> pd.Series:
    return values.value_counts().reindex(every).fillna(0).astype("int64")


def _told(people: int) -> int | None:
    return people if people >= FEW or not people else None


def _wishes(
    found: Participants, place: pd.Series, groups: ToldGroups, codes: pd.Index
) -> list[Wish]:
    """Return what people ask for, the most asked for first within each question."""
    if groups.people is None or not found.wished:
        return []
    columns = pd.Index([*codes, NOWHERE])
    at = columns.get_indexer(pd.Index(place))[found.wishes["person"]]
    shape = len(found.wished), len(columns)
    flat = found.wishes["wish"].to_numpy() * shape[1] + at
    counts = np.bincount(flat, minlength=shape[0] * shape[1]).reshape(shape)
    hidden = suppressed(counts, (counts > 0) & (counts < FEW))
    weight = groups.frame["weight"].reindex(columns).to_numpy(np.float64)
    everybody = place.map(groups.frame["weight"]).sum()
    made = []
    for row, key in enumerate(found.wished):
        people = int(counts[row].sum())
        heard = _told(people)
        weighted = np.nansum(counts[row] * weight) / everybody if everybody else np.nan
        there = pd.Series(np.where(hidden[row], np.nan, counts[row]), index=columns)[:-1]
        share = people / max(len(place), 1)
        few = heard is None
        made.append(
            Wish(key, heard, np.nan if few else share, np.nan if few else float(weighted), there)
        )
    return sorted(made, key=lambda one: -(one.people or 0))


def _raked(
    people: pd.DataFrame,
    place: pd.Series,
    sides: list[Side],
    figures: Mapping[str, Figures],
    population: pd.Series,
) -> Raked | None:
    """Weigh people by community and by what has figures, all at once."""
    known = [side for side in sides if side.key in figures]
    if not known or len(people) < FEW:
        return None
    margins = {
        side.key: pd.Series(dict(figures[side.key].persons), dtype="float64") for side in known
    }
    if population.notna().any():
        margins["community"] = population.dropna().astype("float64")
    return raked(people.assign(community=place), margins)


def _weighted(fit: Raked, place: pd.Series, groups: ToldGroups) -> pd.Series:
    sums = fit.weights.groupby(place.to_numpy()).sum()
    return sums.reindex(groups.frame.index[~groups.frame["hidden"]])


def _card(groups: ToldGroups, found: Participants) -> MethodCard:
    card = groups.whole.card
    unknown = int(groups.frame["population"].isna().sum())
    left_out = {**card.left_out, "without_population": unknown, "without_person": found.nameless}
    return MethodCard(
        card.method, card.parameters, {**card.counted, "proposals": found.proposals}, left_out
    )
