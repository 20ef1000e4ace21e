"""Counting the answers of a campaign, for charts.

Only what is published counts. Private questions are counted, too, but nothing is told of fewer
than five people.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from pydantic_core import from_json
from sqlalchemy import Text, cast, select
from sqlalchemy.orm import Session

from analysis.frames import Where
from submissions.campaigns.question_types import Multiple, Number, Question, Scale, Single, Words
from submissions.campaigns.questionnaire import read_questions
from submissions.proposals.models import Proposal
from submissions.proposals.queries import CampaignView
from submissions.proposals.states import Status

FEW = 5
_MOST_BINS = 10
_READ_AT_ONCE = 20_000


@dataclass(frozen=True)
class OptionCount:
    """How often an option, or a step of a scale, was chosen; None: fewer than five."""

    key: str
    label: dict[str, str]
    icon: str | None
    count: int | None


@dataclass(frozen=True)
class Bin:
    """How many numbers lie from ``start`` to below ``end``; None: fewer than five."""

    start: float
    end: float
    count: int | None


@dataclass(frozen=True)
class NumberCounts:
    """The numbers that were given; of a private question only ``bins`` are told.

    ``lower`` and ``upper`` are the quartiles (linear between neighbouring numbers, as the median).
    """

    least: float | None
    lower: float | None
    median: float | None
    upper: float | None
    most: float | None
    bins: tuple[Bin, ...]


@dataclass(frozen=True)
class QuestionCounts:
    """What was answered to one question; ``options`` of choices and scales, texts have neither.

    ``answered`` is the number of proposals with an answer; None: fewer than five, and private.
    """

    key: str
    kind: str
    label: dict[str, str]
    unit: dict[str, str] | None
    private: bool
    answered: int | None
    options: tuple[OptionCount, ...] = ()
    numbers: NumberCounts | None = None


def answer_counts(
    session: Session, campaign: CampaignView, *, where: Where | None = None
) -> list[QuestionCounts]:
    """Count the answers of the published proposals to each of the campaign's questions.

    ``where``: what proposals must meet instead. Nothing narrowed is told of private questions:
    what differs between two filters could tell one person's answer.
    """
    questions = read_questions(campaign.questions)
    if where is not None:
        questions = tuple(question for question in questions if not question.private)
    if not questions:
        return []
    shown = [Proposal.campaign_id == campaign.id, Proposal.status == str(Status.PUBLISHED)]
    # As text: answers that are the same to the letter, as many are, are parsed and counted once.
    statement = (
        select(cast(Proposal.answers, Text))
        .where(*(shown if where is None else where))
        .execution_options(stream_results=True, yield_per=_READ_AT_ONCE)
    )
    tally = _Tally(questions)
    for rows in session.connection().execute(statement).partitions():
        tally.add(Counter(row[0] for row in rows))
    return [_counted(question, tally) for question in questions]


def answer_counts_by(
    session: Session, campaign: CampaignView, where: Where, group_of: Mapping[int, str]
) -> dict[str, list[QuestionCounts]]:
    """Count the answers of groups of proposals, such as hotspots, as ``answer_counts`` does.

    ``group_of`` gives the group of a proposal by its internal id; others are not counted. Private
    questions are left out.
    """
    asked = read_questions(campaign.questions)
    questions = tuple(question for question in asked if not question.private)
    texts: dict[str, Counter[str]] = {name: Counter() for name in set(group_of.values())}
    if questions and texts:
        statement = (
            select(Proposal.id, cast(Proposal.answers, Text))
            .where(*where)
            .execution_options(stream_results=True, yield_per=_READ_AT_ONCE)
        )
        for rows in session.connection().execute(statement).partitions():
            for number, text in rows:
                if (group := group_of.get(number)) is not None:
                    texts[group][text] += 1
    return {name: _tallied(questions, counted) for name, counted in texts.items()}


def _tallied(questions: tuple[Question, ...], texts: Counter[str]) -> list[QuestionCounts]:
    tally = _Tally(questions)
    tally.add(texts)
    return [_counted(question, tally) for question in questions]


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


class _Tally:
    """How many answered each question, and how often each value was given."""

    def __init__(self, questions: Iterable[Question]) -> None:
        self.answered: Counter[str] = Counter()
        counted = Single | Multiple | Scale | Number
        self.values: dict[str, Counter[str | int | float] | None] = {
            question.key: Counter() if isinstance(question, counted) else None
            for question in questions
        }

    def add(self, texts: Counter[str]) -> None:
        for text, times in texts.items():
            for key, answer in from_json(text).items():
                if key not in self.values:
                    continue
                self.answered[key] += times
                values = self.values[key]
                if values is not None:
                    for value in answer if isinstance(answer, list) else (answer,):
                        values[value] += times


def _counted(question: Question, tally: _Tally) -> QuestionCounts:
    answered: int | None = tally.answered[question.key]
    if question.private and tally.answered[question.key] < FEW:
        answered = None
    values: Counter[str | int | float] = tally.values[question.key] or Counter()
    options: tuple[OptionCount, ...] = ()
    numbers = None
    if isinstance(question, Single | Multiple):
        options = _options(question, values)
    elif isinstance(question, Scale):
        options = _steps(question, values)
    elif isinstance(question, Number):
        numbers = _numbers(question, values)
    return QuestionCounts(
        key=question.key,
        kind=question.kind,
        label=_words(question.label),
        unit=_words(question.unit) if isinstance(question, Number) and question.unit else None,
        private=question.private,
        answered=answered,
        options=options,
        numbers=numbers,
    )


def _options(
    question: Single | Multiple, values: Counter[str | int | float]
) -> tuple[OptionCount, ...]:
    counts = [values[option.key] for option in question.options]
    told = _told(question, counts, exclusive=isinstance(question, Single))
    return tuple(
        OptionCount(option.key, _words(option.label), option.icon, count)
        for option, count in zip(question.options, told, strict=True)
    )


def _steps(question: Scale, values: Counter[str | int | float]) -> tuple[OptionCount, ...]:
    """Return the steps of a scale; the words of the ends stand beside the first and the last."""
    steps = range(question.least, question.most + 1)
    told = _told(question, [values[step] for step in steps], exclusive=True)
    ends = {question.least: question.ends.least, question.most: question.ends.most}
    labels = [
        {lang: f"{step} {words}" for lang, words in _words(ends[step]).items()}
        if step in ends
        else {"zh_CN": str(step), "en": str(step)}
        for step in steps
    ]
    return tuple(
        OptionCount(str(step), label, None, count)
        for step, label, count in zip(steps, labels, told, strict=True)
    )


def _numbers(question: Number, values: Counter[str | int | float]) -> NumberCounts | None:
    given = sorted((v, n) for v, n in values.items() if isinstance(v, int | float))
    if question.private:
        edges = _edges(question.least, question.most, whole=question.whole)
        told = _told(question, _binned(edges, given), exclusive=True)
        return NumberCounts(None, None, None, None, None, _bins(edges, told))
    if not given:
        return None
    least, most = given[0][0], given[-1][0]
    every = np.repeat([v for v, _ in given], [n for _, n in given])
    lower, median, upper = (float(value) for value in np.quantile(every, (0.25, 0.5, 0.75)))
    edges = _edges(least, most, whole=question.whole)
    bins = _bins(edges, _binned(edges, given))
    return NumberCounts(least, lower, median, upper, most, bins)


def _edges(least: float, most: float, *, whole: bool) -> list[float]:
    """Return round edges of at most eleven bins that hold both, the last one open above."""
    span = (most - least) / _MOST_BINS
    power = 10.0 ** math.floor(math.log10(span)) if span > 0 else 1.0
    width = next(power * step for step in (1, 2, 5, 10) if power * step >= span)
    if whole:
        width = max(1.0, width)
    first = math.floor(least / width)
    bins = math.floor(most / width) - first + 1
    return [round((first + number) * width, 9) for number in range(bins + 1)]


def _binned(edges: Sequence[float], given: Iterable[tuple[float, int]]) -> list[int]:
    counts = [0] * (len(edges) - 1)
    for value, times in given:
        place = bisect_right(edges, value) - 1
        counts[min(max(place, 0), len(counts) - 1)] += times
    return counts


def _bins(edges: Sequence[float], counts: Sequence[int | None]) -> tuple[Bin, ...]:
    return tuple(
        Bin(start, end, count)
        for start, end, count in zip(edges[:-1], edges[1:], counts, strict=True)
    )


def _told(question: Question, counts: list[int], *, exclusive: bool) -> Sequence[int | None]:
    """Leave counts of fewer than five out of a private question's.

    ``exclusive``: they add up to the number of answers, so what is left out could be worked out
    unless it is two or more and five people or more together.
    """
    if not question.private:
        return counts
    hidden = {place for place, count in enumerate(counts) if count < FEW}
    by_size = sorted(range(len(counts)), key=lambda place: counts[place])
    for place in by_size:
        together = sum(counts[each] for each in hidden)
        if exclusive and hidden and (len(hidden) < 2 or together < FEW):
            hidden.add(place)
    return [None if place in hidden else count for place, count in enumerate(counts)]


def _words(words: Words) -> dict[str, str]:
    return {"zh_CN": words.zh_CN, "en": words.en}
