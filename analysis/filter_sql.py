"""A filter as conditions on ``Proposal``, the same on SQLite and PostgreSQL.

What leads (the campaign and the states) is what the indexes of the table begin with, so that no
filter reads the proposals of other campaigns.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from datetime import timedelta, timezone
from typing import Any, Protocol

from sqlalchemy import (
    ColumnElement,
    and_,
    false,
    func,
    or_,
    select,
)
from sqlalchemy.orm import Session, aliased

from analysis.filter import ANSWER, ANY, OUTSIDE, AnswerFilter, Filter
from analysis.models import ProposalTheme
from analysis.text.text_search import says
from analysis.themes.taxonomy import taxonomy_in_force
from core.dates import end_of_day, start_of_day
from core.dialect import (
    is_among_numbers,
    is_among_texts,
    json_has,
    json_holds,
    json_number,
    json_text,
)
from core.errors import InvalidError, UnknownCategoryError
from people.access.actor import Actor
from people.access.permissions import Act, check_may_somewhere
from submissions.campaigns.question_types import Multiple, Number, Question, Scale, Single
from submissions.campaigns.questionnaire import public_keys
from submissions.participation.models import Photo
from submissions.proposals.jurisdiction import within
from submissions.proposals.models import Proposal
from submissions.proposals.states import PhotoStatus, Status

BEIJING = timezone(timedelta(hours=8))
_PUBLISHED = str(Status.PUBLISHED)
_NUMBER = r"[+-]?[0-9]{1,12}(?:\.[0-9]{1,9})?"
_SPAN = re.compile(rf"({_NUMBER})?\.\.({_NUMBER})?|({_NUMBER})", re.ASCII)
_PROPOSAL = Proposal.__table__.c
_member = aliased(Proposal, name="member")

Conditions = list[ColumnElement[bool]]


class Narrowable(Protocol):
    """What is looked at in a campaign."""

    @property
    def id(self) -> int:
        """Its internal id."""

    @property
    def edition(self) -> str:
        """The edition of its communities."""

    @property
    def categories(self) -> list[dict[str, Any]]:
        """Its categories, each with its ``key``."""

    @property
    def asked_ever(self) -> list[Question]:
        """Its questions, with those asked before."""


def conditions(session: Session, campaign: Narrowable, narrow: Filter, actor: Actor) -> Conditions:
    """Return what a proposal must meet, all of it, but for the filter's area and hotspot.

    These are known once the others are looked up: see ``analysis.selection``. States that are
    not public are met only as far as this person moderates.

    Raises ``NotAllowedError`` for such states for whoever moderates nothing,
    ``UnknownCategoryError``, ``InvalidError`` for a question that is not asked, or is private.
    """
    check(campaign, narrow, actor)
    found: Conditions = [Proposal.campaign_id == campaign.id, states(narrow, actor)]
    if narrow.categories:
        found.append(Proposal.category.in_(narrow.categories))
    if narrow.relations:
        found.append(Proposal.relation.in_(narrow.relations))
    if narrow.communities:
        found.append(_communities(narrow.communities, campaign.edition))
    if narrow.themes:
        found.append(_themes(narrow.themes))
    if narrow.since:
        found.append(Proposal.created >= start_of_day(narrow.since))
    if narrow.until:
        found.append(Proposal.created < end_of_day(narrow.until))
    if narrow.answered is not None:
        said = Proposal.stage.is_not(None)
        found.append(said if narrow.answered else Proposal.stage.is_(None))
    if narrow.supports:
        found.append(Proposal.supports >= narrow.supports)
    if narrow.photo is not None:
        found.append(_photo() if narrow.photo else ~_photo())
    if narrow.text:
        found.append(says(session, narrow.text))
    return found + _answers(session, campaign, narrow.answers)


def states(narrow: Filter, actor: Actor) -> ColumnElement[bool]:
    """Return the condition that a proposal is in one of the states and may be seen so.

    Raises ``NotAllowedError``.
    """
    wanted = set(narrow.statuses) or {_PUBLISHED}
    if wanted == {_PUBLISHED}:
        return Proposal.status == _PUBLISHED
    check_may_somewhere(actor, Act.MODERATE, action="filter_by_status")
    others = and_(Proposal.status.in_(sorted(wanted - {_PUBLISHED})), within(actor, Act.MODERATE))
    return or_(Proposal.status == _PUBLISHED, others) if _PUBLISHED in wanted else others


def among(session: Session, public_ids: Collection[str]) -> ColumnElement[bool]:
    """Return the condition that a proposal is one of these, however many they are."""
    return is_among_texts(session, _PROPOSAL.public_id, public_ids)


def numbered(session: Session, ids: Iterable[int]) -> ColumnElement[bool]:
    """Return the condition that a proposal is one of these internal ids, however many they are."""
    return is_among_numbers(session, _PROPOSAL.id, ids)


def check(campaign: Narrowable, narrow: Filter, actor: Actor) -> None:
    """Raise what ``conditions`` raises, without a look into the database."""
    states(narrow, actor)
    known = {str(category["key"]) for category in campaign.categories}
    for category in narrow.categories:
        if category not in known:
            raise UnknownCategoryError(category=category)
    for theme in narrow.themes:
        if not taxonomy_in_force().knows(theme):
            raise InvalidError(field="theme")
    if narrow.answers:
        questions = _told_questions(campaign)
        for one in narrow.answers:
            _question(questions, one)


def _communities(codes: Iterable[str], edition: str) -> ColumnElement[bool]:
    named = [code for code in codes if code != OUTSIDE]
    inside = and_(Proposal.community_code.in_(named), Proposal.edition == edition)
    if OUTSIDE not in codes:
        return inside
    return (
        or_(Proposal.community_code.is_(None), inside)
        if named
        else (Proposal.community_code.is_(None))
    )


def _themes(codes: Iterable[str]) -> ColumnElement[bool]:
    """Return that a proposal has any of these themes, or of the themes of these groups."""
    known = taxonomy_in_force()
    named = sorted({theme for code in codes for theme in known.of_group(code)})
    return Proposal.id.in_(select(ProposalTheme.proposal_id).where(ProposalTheme.theme.in_(named)))


def _photo() -> ColumnElement[bool]:
    """Return that a photo is shown with it: its own, or of what was joined with it."""
    head = func.coalesce(_member.merged_into, _member.id)
    shown = select(head).join(Photo, Photo.proposal_id == _member.id)
    return Proposal.id.in_(shown.where(Photo.status == str(PhotoStatus.PUBLISHED)))


def _answers(session: Session, campaign: Narrowable, asked: Iterable[AnswerFilter]) -> Conditions:
    if not asked:
        return []
    questions = _told_questions(campaign)
    return [
        or_(false(), *(_answer(session, _question(questions, one), value) for value in one.any_of))
        for one in asked
    ]


def _told_questions(campaign: Narrowable) -> dict[str, Question]:
    """Return the questions to which answers are told row by row."""
    told = public_keys(campaign.asked_ever)
    return {question.key: question for question in campaign.asked_ever if question.key in told}


def _question(questions: Mapping[str, Question], one: AnswerFilter) -> Question:
    if one.question not in questions:
        raise InvalidError(field=ANSWER + one.question)
    return questions[one.question]


def _answer(session: Session, question: Question, value: str) -> ColumnElement[bool]:
    """Return that the answer to a question is this, as ``filters.Asked`` writes it."""
    if value == ANY:
        return json_has(session, Proposal.answers, question.key)
    if isinstance(question, Single | Multiple):
        return _chose(session, question, value)
    if isinstance(question, Scale | Number):
        return _lies_in(session, question, value)
    given = json_text(session, Proposal.answers, question.key)
    return given.icontains(value, autoescape=True)


def _chose(session: Session, question: Single | Multiple, value: str) -> ColumnElement[bool]:
    if value not in question.option_keys:
        raise InvalidError(field=ANSWER + question.key)
    listed = isinstance(question, Multiple)
    return json_holds(session, Proposal.answers, question.key, value, listed=listed)


def _lies_in(session: Session, question: Scale | Number, value: str) -> ColumnElement[bool]:
    hit = _SPAN.fullmatch(value)
    if hit is None or value == "..":
        raise InvalidError(field=ANSWER + question.key)
    least, most = (hit[3], hit[3]) if hit[3] else (hit[1], hit[2])
    given = json_number(session, Proposal.answers, question.key)
    bounds = [given >= float(least)] if least else []
    return and_(*bounds, *([given <= float(most)] if most else []))
