"""Changing what a campaign asks once there are answers: what will happen, and what cannot be.

An answer is never lost: questions that are asked no more, and options that are offered no more,
are kept as ``former`` ones (``questions.asked_ever``), so that exports go on to have their columns.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.errors import InvalidError
from submissions.campaigns.question_types import Multiple, Question, Single
from submissions.campaigns.questionnaire import read_questions
from submissions.proposals.models import Proposal


class What(StrEnum):
    """What happens to answers when a campaign asks differently."""

    REMOVED = "removed"
    OPTION_REMOVED = "option_removed"
    NOW_PRIVATE = "now_private"
    NOW_REQUIRED = "now_required"
    NARROWER = "narrower"


@dataclass(frozen=True)
class AnswerEffect:
    """What a change does to the answers there are: to which question, option, and how many."""

    what: What
    question: Question
    option: str
    answers: int


@dataclass(frozen=True)
class ChangedQuestions:
    """Questions as they are to be stored, the former ones beside them, and what that does."""

    questions: list[dict[str, Any]]
    former: list[dict[str, Any]]
    effects: tuple[AnswerEffect, ...]


def asked_anew(
    session: Session,
    campaign_id: int,
    old: Sequence[dict[str, Any]],
    former: Sequence[dict[str, Any]],
    new: Sequence[dict[str, Any]],
) -> ChangedQuestions:
    """Return what becomes of a campaign that asks ``new`` (checked) instead of ``old``.

    Raises ``InvalidError`` (``questions``) with ``question`` and ``problem``: ``kind`` for another
    kind of question under a key that has answers, ``public`` for one whose answers were promised
    to stay private.
    """
    before = {each.key: each for each in (*read_questions(former), *read_questions(old))}
    after = {each.key: each for each in read_questions(list(new))}
    kept = {each["key"]: each for each in former}
    effects: list[AnswerEffect] = []
    for key, question in before.items():
        counts = answers_of(session, campaign_id, question)
        if not counts.total():
            kept.pop(key, None)
            continue
        wanted = after.get(key)
        if wanted is None:
            kept[key] = _with_former_options(question, kept.get(key))
            if key in {each.key for each in read_questions(old)}:
                effects.append(AnswerEffect(What.REMOVED, question, "", _answered(counts)))
            continue
        _check_same(question, wanted)
        gone = _options_gone(question, wanted, counts)
        if gone:
            kept[key] = _with_former_options(question, kept.get(key))
        effects += [
            AnswerEffect(What.OPTION_REMOVED, question, option, counts[option]) for option in gone
        ]
        effects += _other_effects(question, wanted, _answered(counts))
    return ChangedQuestions([dict(each) for each in new], list(kept.values()), tuple(effects))


def answers_of(session: Session, campaign_id: int, question: Question) -> Counter[str]:
    """Count a question's answers in all states; of a choice, by option. ``""``: who answered."""
    told = Proposal.answers[question.key].as_string()
    rows = session.scalars(
        select(told).where(Proposal.campaign_id == campaign_id, told.is_not(None))
    )
    counts: Counter[str] = Counter()
    for text in rows:
        counts[""] += 1
        counts.update(json.loads(text) if isinstance(question, Multiple) else [str(text)])
    return counts


def _answered(counts: Counter[str]) -> int:
    return counts[""]


def _check_same(question: Question, wanted: Question) -> None:
    if question.kind != wanted.kind:
        raise InvalidError(field="questions", question=question.key, problem="kind")
    if question.private and not wanted.private:
        raise InvalidError(field="questions", question=question.key, problem="public")


def _options_gone(question: Question, wanted: Question, counts: Counter[str]) -> list[str]:
    """Return the options that somebody chose and nobody will be able to choose."""
    if not (isinstance(question, Single | Multiple) and isinstance(wanted, Single | Multiple)):
        return []
    keys = [key for key in question.option_keys if key not in wanted.option_keys]
    return [key for key in keys if counts[key]]


def _with_former_options(question: Question, before: dict[str, Any] | None) -> dict[str, Any]:
    """Return a question as stored, with the options that it had before."""
    stored: dict[str, Any] = question.model_dump(mode="json", exclude_none=True)
    if before is not None and "options" in stored:
        there = {option["key"] for option in stored["options"]}
        stored["options"] += [each for each in before["options"] if each["key"] not in there]
    return stored


def _other_effects(question: Question, wanted: Question, answers: int) -> list[AnswerEffect]:
    happens = {
        What.NOW_PRIVATE: wanted.private and not question.private,
        What.NOW_REQUIRED: wanted.required and not question.required,
        What.NARROWER: _is_narrower(question, wanted),
    }
    return [AnswerEffect(what, question, "", answers) for what, true in happens.items() if true]


def _is_narrower(question: Question, wanted: Question) -> bool:
    """Tell whether an answer there is might not be given any more."""
    least, most = getattr(question, "least", None), getattr(question, "most", None)
    new_least, new_most = getattr(wanted, "least", None), getattr(wanted, "most", None)
    lower = least is not None and new_least is not None and new_least > least
    upper = new_most is not None and (most is None or new_most < most)
    return bool(lower or upper)
