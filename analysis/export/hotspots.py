"""Hotspots of a selection as a typed frame: where, how many, of which themes, what was answered."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import geopandas as gpd
import pandas as pd
from sqlalchemy import select
from sqlalchemy.orm import Session

from analysis import results
from analysis.answer_tallies import FEW, QuestionCounts
from analysis.export.communities import category_keys
from analysis.export.typed_columns import in_order, typed
from analysis.filter import Spot
from analysis.frames import Where
from analysis.hotspots.hotspot_list import judged, marked
from analysis.models import ProposalTheme
from analysis.selection import Selection, chosen, clustering_in
from core.database import Database
from geo.crs import WGS84
from geo.significance.hotspot_scan import JudgedHotspots
from layers.export.data_dictionary import HOTSPOTS, Column
from submissions.campaigns.question_types import Multiple, Number, Question, Scale, Single
from submissions.campaigns.questionnaire import Questions, read_questions
from submissions.proposals.merged_family import joined_authors
from submissions.proposals.models import Proposal
from submissions.proposals.queries import CampaignView

#: What is told of a number that was asked for.
_OF_NUMBERS = ("least", "lower", "median", "upper", "most")


def hotspot_frame(
    database: Database,
    selection: Selection,
    *,
    radius_m: float,
    min_proposals: int,
    verdicts: JudgedHotspots | None = None,
) -> gpd.GeoDataFrame:
    """Return the hotspots of a selection by rank, EPSG:4326, index from 0.

    Columns: the dictionary's; ``share_<key>`` of each category; ``q_<key>_answered`` and what was
    answered to each question that is not private. What hotspot a selection is narrowed to does not
    matter. Without ``verdicts`` effect, p_value and verdict are gaps.
    """
    made: dict[str, Any] = {"radius_m": radius_m, "min_proposals": min_proposals}
    found = results.hotspots(database, selection, **made)
    frame = marked(judged(found.frame, verdicts)).reset_index(drop=True)
    frame["verdict"] = [verdict or None for verdict in frame["verdict"]]
    frame["themes"] = _themes(database, selection, frame["hotspot_id"], made)
    for name in ("first", "last"):
        frame[name] = [moment.strftime("%Y-%m-%dT%H:%M:%SZ") for moment in frame[name]]
    plain = [one for one in HOTSPOTS if one.kind != "object"]
    told = in_order(pd.DataFrame(frame), plain)
    for key in category_keys(selection.campaign):
        shares = [float(categories.get(key, 0.0)) for categories in frame["categories"]]
        told[f"share_{key}"] = typed(shares, "number").array
    answered = results.hotspot_answers(database, selection, **made)
    rows = [_flat(answered.get(name, [])) for name in frame["hotspot_id"]]
    for column in answer_columns(selection.campaign.questions):
        values = [row.get(column.name) for row in rows]
        told[column.name] = typed(values, column.kind).array
    return gpd.GeoDataFrame(told, geometry=list(frame.geometry), crs=WGS84)


def hotspot_columns(campaign: CampaignView) -> list[Column]:
    """Return the columns of ``hotspot_frame``."""
    shares = [
        Column(f"share_{key}", "number", "Share of this category, from 0 to 1.")
        for key in category_keys(campaign)
    ]
    plain = [one for one in HOTSPOTS if one.kind != "object"]
    return [*plain, *shares, *answer_columns(campaign.questions)]


def answer_columns(questions: Questions) -> list[Column]:
    """Return the columns of what was answered in a hotspot to questions that are not private."""
    return [
        column
        for question in read_questions(questions)
        if not question.private
        for column in _columns_of(question)
    ]


def _columns_of(question: Question) -> Iterator[Column]:
    asked = question.label.en
    yield Column(f"q_{question.key}_answered", "integer|null", f"{asked} How many answered.")
    if isinstance(question, Single | Multiple):
        for option in question.options:
            meaning = f"{asked} {option.label.en}"
            yield Column(f"q_{question.key}_{option.key}", "integer|null", meaning)
    elif isinstance(question, Scale):
        for step in range(question.least, question.most + 1):
            yield Column(f"q_{question.key}_{step}", "integer|null", f"{asked} Step {step}.")
    elif isinstance(question, Number):
        for name in _OF_NUMBERS:
            yield Column(f"q_{question.key}_{name}", "number|null", f"{asked} {name.title()}.")


def _flat(asked: Sequence[QuestionCounts]) -> dict[str, Any]:
    told: dict[str, Any] = {}
    for one in asked:
        told[f"q_{one.key}_answered"] = one.answered
        told |= {f"q_{one.key}_{option.key}": option.count for option in one.options}
        if one.numbers is not None and one.answered:
            told |= {f"q_{one.key}_{name}": getattr(one.numbers, name) for name in _OF_NUMBERS}
    return told


def _themes(
    database: Database, selection: Selection, names: Sequence[str], made: dict[str, Any]
) -> list[str]:
    """Return the themes of each hotspot; what was joined with a proposal speaks of them, too."""
    whole, spot = selection.without_spot(), Spot("", **made)
    with database.reading() as session:
        clustering = clustering_in(session, whole, spot)
        where = chosen(session, whole)
        people, themes = _people(session, where), _theme_rows(session, where)
    spots = pd.DataFrame(
        {"id": clustering.numbers, "spot": clustering.hotspots.membership.to_numpy()}
    ).dropna()
    found = spots.merge(themes, on="id").merge(people, on="id")
    counted = found.drop_duplicates(["spot", "theme", "person"]).groupby(["spot", "theme"]).size()
    by_spot: dict[str, list[tuple[int, str]]] = {}
    for (place, theme), count in counted[counted >= FEW].items():
        by_spot.setdefault(place, []).append((-int(count), theme))
    return [" ".join(theme for _n, theme in sorted(by_spot.get(name, []))) for name in names]


def _people(session: Session, where: Where) -> pd.DataFrame:
    """Return rows of internal id and person; one whose author is not known is one person."""
    rows = session.execute(select(Proposal.id, Proposal.author_key).where(*where)).all()
    filed = [(number, person or f"#{number}") for number, person in rows]
    joined = [tuple(row) for row in session.execute(joined_authors(where))]
    return pd.DataFrame([*filed, *joined], columns=["id", "person"])


def _theme_rows(session: Session, where: Where) -> pd.DataFrame:
    columns = ProposalTheme.proposal_id, ProposalTheme.theme
    joined = select(*columns).join(Proposal, Proposal.id == ProposalTheme.proposal_id)
    rows = session.execute(joined.where(*where)).all()
    return pd.DataFrame([tuple(row) for row in rows], columns=["id", "theme"])
