"""All that a page of a view shows at once, worked out in one go by a worker and kept."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

from analysis import results
from analysis.answer_tallies import QuestionCounts
from analysis.filter import Filter
from analysis.frames import CommunityCounts
from analysis.results import Sums, without_gaps
from analysis.selection import Selection
from core.database import Database
from geo.hotspots import Hotspots


@dataclass(frozen=True)
class Explored:
    """What a selection comes to.

    ``hotspots`` are those of the selection without the one it is narrowed to. What is counted by a
    part of the filter (``by_category`` …, ``weeks``, ``answers`` by question) is counted without
    that part, so that the bars beside the chosen one keep their heights. ``weeks`` are Mondays in
    Beijing without long empty stretches; ``gaps``: whether any was left out.
    """

    sums: Sums
    counts: CommunityCounts
    hotspots: Hotspots
    by_category: dict[str, int]
    by_relation: dict[str, int]
    by_community: dict[str | None, int]
    weeks: tuple[tuple[date, int], ...]
    gaps: bool
    answers: tuple[QuestionCounts, ...]


def begun_explored(
    database: Database,
    selection: Selection,
    *,
    radius_m: float,
    min_proposals: int,
    at_most_s: float,
) -> Explored | None:
    """Return what a selection comes to; None while the first is being worked out."""

    def make() -> Explored:
        return explored(database, selection, radius_m=radius_m, min_proposals=min_proposals)

    name = ("explored", radius_m, min_proposals)
    return results.begun(database, selection, name, make, at_most_s=at_most_s)


def explored(
    database: Database, selection: Selection, *, radius_m: float, min_proposals: int
) -> Explored:
    """Return what a selection comes to, now. Raises what ``analysis.selection.chosen`` raises."""
    found = results.hotspots(database, selection, radius_m=radius_m, min_proposals=min_proposals)
    whole = selection.narrow
    every = results.weeks(database, _narrowed(selection, replace(whole, since=None, until=None)))
    weeks = without_gaps(every)
    no_category = _narrowed(selection, replace(whole, categories=()))
    no_relation = _narrowed(selection, replace(whole, relations=()))
    no_community = _narrowed(selection, replace(whole, communities=()))
    return Explored(
        sums=results.sums(database, selection),
        counts=results.community_counts(database, selection),
        hotspots=found,
        by_category=results.sums(database, no_category).by_category,
        by_relation=results.sums(database, no_relation).by_relation,
        by_community=results.by_community(database, no_community),
        weeks=tuple(weeks),
        gaps=len(weeks) < len(every),
        answers=tuple(_answers(database, selection)),
    )


def _answers(database: Database, selection: Selection) -> list[QuestionCounts]:
    """Return the counts of each question, without what that question itself is narrowed to."""
    found = results.answers(database, selection)
    asked = {one.question for one in selection.narrow.answers}
    if not asked:
        return found
    freed = {key: _answer(database, selection, key) for key in asked}
    return [freed.get(one.key) or one for one in found]


def _answer(database: Database, selection: Selection, key: str) -> QuestionCounts | None:
    kept = tuple(one for one in selection.narrow.answers if one.question != key)
    others = _narrowed(selection, replace(selection.narrow, answers=kept))
    return next((one for one in results.answers(database, others) if one.key == key), None)


def _narrowed(selection: Selection, narrow: Filter) -> Selection:
    return replace(selection, narrow=narrow)
