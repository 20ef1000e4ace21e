"""Asks a filter of a campaign's published proposals: which of them meet it.

It never widens: its condition is put beside those of the selection. Places are compared in memory,
from the index of pins and, for the few that are lines or areas, from what was drawn.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import reduce
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from sqlalchemy import ColumnElement, and_, case, false, literal, not_, null, or_, select, true
from sqlalchemy.orm import Session

from analysis.cql.terms import (
    Always,
    And,
    Before,
    Compare,
    IsNull,
    Kind,
    Like,
    Literal,
    Not,
    Or,
    Side,
    Spatial,
    Term,
    relation,
)
from analysis.filter_sql import Conditions
from core.batches import in_parts
from core.dialect import by_letters, has_form, json_has, json_holds, json_number, json_text, lowered
from geo.cluster_index import PinIndex
from submissions.campaigns.question_types import Multiple, Number, Question, Scale
from submissions.campaigns.questionnaire import WHY_ANOTHER
from submissions.proposals.models import Proposal
from submissions.proposals.queries import CampaignView

_STORED = {
    "id": Kind.TEXT,
    "campaign": Kind.TEXT,
    "category": Kind.TEXT,
    "text": Kind.TEXT,
    "relation": Kind.TEXT,
    "placed_by": Kind.TEXT,
    "community_code": Kind.TEXT,
    "edition": Kind.TEXT,
    "supports": Kind.NUMBER,
    "created": Kind.INSTANT,
    "kind": Kind.TEXT,
    "length_m": Kind.NUMBER,
    "area_m2": Kind.NUMBER,
    "entry": Kind.TEXT,
    "stage": Kind.TEXT,
    "why_another": Kind.TEXT,
    "longitude": Kind.NUMBER,
    "latitude": Kind.NUMBER,
}
_KIND = case(
    (Proposal.area_m2.is_not(None), "area"), (Proposal.length_m.is_not(None), "line"), else_="point"
)


def kinds(campaign: CampaignView) -> dict[str, Kind]:
    """Return what may be asked of a campaign's proposals: its public questions, too."""
    asked = {
        name: kind
        for question in campaign.asked_ever
        if not question.private
        for name, kind in _columns_of(question)
    }
    return {**_STORED, **asked}


def _columns_of(question: Question) -> list[tuple[str, Kind]]:
    name = f"q_{question.key}"
    if isinstance(question, Multiple):
        return [(f"{name}_{key}", Kind.BOOLEAN) for key in question.option_keys]
    return [(name, Kind.NUMBER if isinstance(question, Scale | Number) else Kind.TEXT)]


@dataclass(frozen=True)
class Asked:
    """Where a filter is asked: the campaign, and the pins of all that is published in it."""

    session: Session
    campaign: CampaignView
    pins: Callable[[], PinIndex]


def matching(asked: Asked, where: Conditions, term: Term) -> NDArray[np.int64]:
    """Return the internal ids, ascending, of the proposals that meet conditions and a filter.

    What asks for places alone is answered by the index of pins, which has all that is published;
    the database is asked for the rest.
    """
    if not _has_places(term):
        statement = select(Proposal.id).where(*where, _condition(asked, term))
        found = asked.session.connection().execute(statement).scalars().all()
        return np.sort(np.array(found, dtype=np.int64))
    if isinstance(term, Spatial):
        return _ids(asked, term)
    if isinstance(term, Not) and isinstance(term.term, Spatial):
        return np.setdiff1d(asked.pins().ids, _ids(asked, term.term))
    if isinstance(term, Not):
        return matching(asked, where, _opposite(term.term))
    assert isinstance(term, And | Or)
    plain = tuple(one for one in term.terms if not _has_places(one))
    parts: list[Term] = [one for one in term.terms if _has_places(one)]
    if plain:
        parts.append(replace(term, terms=plain))
    join = np.intersect1d if isinstance(term, And) else np.union1d
    return reduce(join, (matching(asked, where, one) for one in parts))


def _has_places(term: Term) -> bool:
    if isinstance(term, And | Or):
        return any(map(_has_places, term.terms))
    return _has_places(term.term) if isinstance(term, Not) else isinstance(term, Spatial)


def _opposite(term: Term) -> Term:
    """Return what is true where a term is false; unknown stays unknown, as in SQL."""
    if isinstance(term, Not):
        return term.term
    if isinstance(term, And | Or):
        terms = tuple(map(_opposite, term.terms))
        return Or(terms) if isinstance(term, And) else And(terms)
    return Not(term)


def _condition(asked: Asked, term: Term) -> ColumnElement[bool]:
    """Return the condition on ``Proposal`` that a filter without places is met."""
    if isinstance(term, And):
        return and_(true(), *(_condition(asked, one) for one in term.terms))
    if isinstance(term, Or):
        return or_(false(), *(_condition(asked, one) for one in term.terms))
    if isinstance(term, Not):
        return not_(_condition(asked, term.term))
    if isinstance(term, Always):
        return literal(term.value) == literal(True) if term.value is not None else null() == 1
    assert not isinstance(term, Spatial)
    columns = _columns(asked)
    if isinstance(term, IsNull):
        return columns[term.property.name].is_(None)
    if isinstance(term, Before):
        return columns[term.property.name] < term.moment
    if isinstance(term, Like):
        return has_form(asked.session, _side(asked, term.side, term.folded), *_pattern(term))
    return _compared(asked, term)


def _pattern(term: Like) -> tuple[tuple[Any, ...]]:
    if not term.folded:
        return (term.pattern,)
    return (tuple(one.lower() if isinstance(one, str) else one for one in term.pattern),)


def _compared(asked: Asked, term: Compare) -> ColumnElement[bool]:
    left, right = (_side(asked, side, term.folded) for side in (term.left, term.right))
    if term.op == "=":
        return left == right
    if term.left.kind == Kind.TEXT:
        left, right = by_letters(asked.session, left), by_letters(asked.session, right)
    return left < right if term.op == "<" else left > right


def _side(asked: Asked, side: Side, folded: bool) -> ColumnElement[Any]:
    if isinstance(side, Literal):
        value = side.value
        return literal(value.lower() if folded and isinstance(value, str) else value)
    column = _columns(asked)[side.name]
    return lowered(asked.session, column) if folded else column


def _columns(asked: Asked) -> Mapping[str, Any]:
    special = {
        "id": Proposal.public_id,
        "campaign": literal(asked.campaign.slug),
        "kind": _KIND,
        "why_another": json_text(asked.session, Proposal.answers, WHY_ANOTHER),
    }
    stored = {name: special.get(name, getattr(Proposal, name, None)) for name in _STORED}
    answers = (
        found
        for question in asked.campaign.asked_ever
        if not question.private
        for found in _answers(asked.session, question)
    )
    return {**stored, **dict(answers)}


def _answers(session: Session, question: Question) -> list[tuple[str, Any]]:
    name, key, answers = f"q_{question.key}", question.key, Proposal.answers
    if isinstance(question, Multiple):
        has = json_has(session, answers, key)
        return [
            (f"{name}_{one}", case((has, json_holds(session, answers, key, one, listed=True))))
            for one in question.option_keys
        ]
    if isinstance(question, Scale | Number):
        return [(name, json_number(session, answers, key))]
    return [(name, json_text(session, answers, key))]


def _ids(asked: Asked, term: Spatial) -> NDArray[np.int64]:
    """Return the internal ids of those published proposals of which a spatial term is true."""
    index = asked.pins()
    drawn = index.labels["drawn"]
    rows = _near(index, term)
    rows = rows[~drawn[rows]]
    points = shapely.points(index.longitude[rows], index.latitude[rows])
    found = index.ids[rows[relation(term, points)]] if len(rows) else rows
    lines = index.ids[drawn]
    if not len(lines):
        return np.sort(found)
    shapes = drawn_shapes(asked.session, lines)
    return np.sort(np.concatenate([found, lines[relation(term, shapes)]]))


def _near(index: PinIndex, term: Spatial) -> NDArray[np.int64]:
    """Return the rows of the pins that may meet a term."""
    if term.op == "s_disjoint":
        return np.arange(len(index), dtype=np.int64)
    west, south, east, north = shapely.bounds(term.shape)
    wide = max(west, -180.0), max(south, -90.0), min(east, 180.0), min(north, 90.0)
    if wide[0] > wide[2] or wide[1] > wide[3]:
        return np.zeros(0, np.int64)
    return np.sort(index.inside(*wide))


def drawn_shapes(session: Session, ids: NDArray[np.int64]) -> NDArray[np.object_]:
    """Return what was drawn for each of these internal ids, WGS 84."""
    found: dict[int, Any] = {}
    for part in in_parts(ids.tolist()):
        rows = select(Proposal.id, Proposal.geometry).where(Proposal.id.in_(part))
        found.update(session.execute(rows).all())
    return np.array([found.get(one) for one in ids.tolist()], dtype=object)
