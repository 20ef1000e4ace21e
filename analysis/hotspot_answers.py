"""What those who proposed something in a hotspot answered to the campaign's questions."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from analysis.answer_tallies import QuestionCounts, answer_counts_by
from analysis.filter import Spot
from analysis.selection import (
    Selection,
    chosen,
    clustering_in,
    clustering_key,
    revision,
)
from core.cache import CACHE
from core.database import Database
from submissions.proposals import queries


def hotspot_answers(
    database: Database, selection: Selection, *, radius_m: float, min_proposals: int
) -> dict[str, list[QuestionCounts]]:
    """Return the counts of the answers by hotspot id, for all hotspots of a selection.

    What hotspot it is narrowed to does not matter here. Private questions are left out.
    """
    whole, spot = selection.without_spot(), Spot("", radius_m, min_proposals)
    at = revision(database, whole)

    def make() -> dict[str, list[QuestionCounts]]:
        with database.reading() as session:
            return _counted(session, whole, spot)

    with database.reading() as session:
        key = ("answers", clustering_key(session, whole, spot))
    return CACHE.get(key, at, make)


def _counted(session: Session, whole: Selection, spot: Spot) -> dict[str, list[QuestionCounts]]:
    clustering = clustering_in(session, whole, spot)
    names = clustering.hotspots.membership.tolist()
    numbers = clustering.numbers.tolist()
    group_of = {n: name for n, name in zip(numbers, names, strict=True) if name is not None}
    campaign = queries.campaign_by_id(session, whole.campaign.id)
    return answer_counts_by(session, campaign, chosen(session, whole), group_of)


def answers_object(asked: list[QuestionCounts]) -> dict[str, Any]:
    """Return counts as they leave in files: by ``q_<key>``, who answered, and what.

    ``options`` of choices and scales are counts by key; of numbers the least, the quartiles and
    the most; of texts only how many answered.
    """
    return {f"q_{one.key}": _question(one) for one in asked if one.answered}


def _question(one: QuestionCounts) -> dict[str, Any]:
    told: dict[str, Any] = {"answered": one.answered}
    if one.options:
        told["options"] = {option.key: option.count for option in one.options}
    if one.numbers is not None:
        names = ("least", "lower", "median", "upper", "most")
        told |= {name: getattr(one.numbers, name) for name in names}
    return told
