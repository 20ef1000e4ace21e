"""Questions of a campaign, defined by data, and the answers to them. Pure: no database.

``campaign.questions`` is a list of objects, checked by ``check_questions`` before it is stored::

    {"key": "uses",                  letters, digits, _; names the answer and its column
     "kind": "multiple",             single, multiple, scale, number, short_text, long_text
     "label": {"zh_CN": "…", "en": "…"},
     "hint": {"zh_CN": "…", "en": "…"},      optional
     "required": true,               default false
     "private": false,               true: only counted, never handed out row by row
     "show_if": …}                   default: always shown

- ``single`` and ``multiple`` have ``options``: ``[{"key", "label", "icon"?}, …]``, the icon by its
  Material symbol name. ``multiple`` may have ``most``: how many may be chosen.
- ``scale`` has ``least`` and ``most`` (whole numbers, default 1 to 5) and ``ends``, the words at
  both: ``{"least": {"zh_CN", "en"}, "most": {…}}``.
- ``number`` has ``least`` and ``most``, optionally ``whole`` (default false) and ``unit`` (words).
- ``short_text`` (one line) and ``long_text`` may have ``most``, the length in characters.
- ``show_if`` is ``{"question": key, "any_of": [option keys]}`` of an earlier choice, or
  ``{"category": [category keys]}``. A question that is not shown has no answer.

Answers are stored typed, by question key: an option's key, a list of them in the options' order,
an integer (scale, whole number), a float, a text. What was not answered is not there.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Annotated, Any

from pydantic import Field, TypeAdapter, ValidationError

from core.errors import AnswerError, AnswerProblem, InvalidError
from layers.export.data_dictionary import PROPOSALS, Column, names
from submissions.campaigns.question_types import (
    IfCategory,
    IfChosen,
    Multiple,
    Number,
    Question,
    QuestionBase,
    Single,
)

MOST_QUESTIONS = 30
#: Where ``Proposal.answers`` keeps why another facility is wanted so near to one; no key of a
#: question begins like this.
WHY_ANOTHER = "_why_another"

#: Questions as they are stored, or as ``check_questions`` gave them back (read faster).
Questions = Sequence[Mapping[str, Any]] | Sequence[Question]

_LIST: TypeAdapter[list[Question]] = TypeAdapter(
    Annotated[list[Question], Field(max_length=MOST_QUESTIONS)]
)


def check_questions(questions: Questions, category_keys: Collection[str]) -> list[Question]:
    """Return the questions of a campaign with these categories, typed.

    Raises ``InvalidError`` with ``field="questions"``, ``question`` (its key; else its place, from
    1) and ``problem`` for whatever cannot be.
    """
    read = read_questions(questions)
    for question in read:
        condition = question.show_if
        if isinstance(condition, IfCategory):
            for key in condition.category:
                _require(key in category_keys, question, f"show_if: no category {key}")
    return list(read)


def read_questions(questions: Questions) -> tuple[Question, ...]:
    """Return questions typed, without asking which categories there are.

    Raises ``InvalidError`` like ``check_questions``. What was read before is not read again.
    """
    if not isinstance(questions, list | tuple):
        raise InvalidError(field="questions", question=None, problem="no list")
    if all(isinstance(question, QuestionBase) for question in questions):
        return tuple(questions)
    try:
        stored = json.dumps(list(questions), ensure_ascii=True, allow_nan=False)
    except (TypeError, ValueError, RecursionError) as error:
        raise InvalidError(field="questions", question=None, problem="no JSON") from error
    return _read(stored)


@lru_cache(maxsize=256)
def _read(stored: str) -> tuple[Question, ...]:
    try:
        questions = tuple(_LIST.validate_json(stored))
    except ValidationError as error:
        raise _refused(json.loads(stored), error) from error
    _check_together(questions)
    return questions


def _refused(stored: list[Any], error: ValidationError) -> InvalidError:
    """Name the question and the field of the first thing that is wrong."""
    first = error.errors(include_url=False, include_input=False, include_context=False)[0]
    place = [str(part) for part in first["loc"]]
    question: Any = None
    if place:
        given = stored[int(place[0])]
        key = given.get("key") if isinstance(given, dict) else None
        question = key if isinstance(key, str) else int(place[0]) + 1
    where = ".".join(place[2:])  # after the place in the list and the kind
    problem = f"{where}: {first['msg']}" if where else first["msg"]
    return InvalidError(field="questions", question=question, problem=problem)


def _check_together(questions: tuple[Question, ...]) -> None:
    """Check what no question alone can tell: names used twice, conditions pointing nowhere."""
    earlier: dict[str, Question] = {}
    taken = set(names(PROPOSALS))
    for question in questions:
        _require(question.key not in earlier, question, "the key is there twice")
        _require(question.key not in names(PROPOSALS), question, "the key is a column of exports")
        if isinstance(question, Single | Multiple):
            twice = len(set(question.option_keys)) < len(question.options)
            _require(not twice, question, "an option's key is there twice")
        if isinstance(question, Multiple) and question.most is not None:
            _require(question.most <= len(question.options), question, "most: not so many options")
        if isinstance(question.show_if, IfChosen):
            _check_condition(question, question.show_if, earlier)
        columns_of = set(_column_names(question))
        _require(not columns_of & taken, question, "its column is there already")
        taken |= columns_of
        earlier[question.key] = question


def _check_condition(
    question: Question, condition: IfChosen, earlier: Mapping[str, Question]
) -> None:
    asked = earlier.get(condition.question)
    if not isinstance(asked, Single | Multiple):
        _require(False, question, f"show_if: {condition.question} is no choice asked before")
        return
    for key in condition.any_of:
        _require(key in asked.option_keys, question, f"show_if: {asked.key} has no option {key}")


def _require(good: bool, question: Question, problem: str) -> None:
    if not good:
        raise InvalidError(field="questions", question=question.key, problem=problem)


def check_answers(
    questions: Questions,
    answers: Mapping[str, Any],
    category: str,
    *,
    complete: bool = True,
    refused: list[InvalidError] | None = None,
) -> dict[str, Any]:
    """Return the typed answers to the questions shown for this category, in their order.

    ``answers``: strings or lists of strings as a form sends them, or JSON as stored. Answers to
    questions that are not shown are dropped unread. Without ``complete``, required ones may be
    missing, as for staff, who do not answer for the author. Raises ``InvalidError`` for questions
    that cannot be, and ``AnswerError``: ``unknown`` question, ``missing``, ``choice``, ``number``,
    ``range`` (``least`` and ``most``; of a multiple choice: how many), ``text``, ``long_text``.
    With ``refused`` they are added to that list instead, one for each question.
    """
    asked = read_questions(questions)
    if not isinstance(answers, Mapping):
        raise InvalidError(field="answers")
    faults: list[InvalidError] = []
    keys = {question.key for question in asked}
    for key in answers:
        if key not in keys:
            faults.append(AnswerError(question=str(key)[:40], problem=AnswerProblem.UNKNOWN))
    given: dict[str, Any] = {}
    for question in asked:
        if not is_shown(question, given, category):
            continue
        try:
            answer = _answer_to(question, answers.get(question.key), complete=complete)
        except AnswerError as error:
            faults.append(error)
            continue
        if answer is not None:
            given[question.key] = answer
    if faults and refused is None:
        raise faults[0]
    if refused is not None:
        refused += faults
    return given


def _answer_to(question: Question, said: Any, *, complete: bool) -> Any:
    """Return the typed answer, None for none; raise ``AnswerError`` where one is needed."""
    answer = question.read(said)
    if answer is None and question.required and complete:
        question.refuse("missing")
    return answer


def shown(questions: Questions, answers: Mapping[str, Any], category: str) -> list[str]:
    """Return the keys of the questions to ask of a proposal of this category, so answered so far.

    ``answers`` may be as a form sent them. An answer to a question that is not shown counts for
    nothing: what hangs on it is not shown either.
    """
    given: dict[str, Any] = {}
    for question in read_questions(questions):
        if is_shown(question, given, category):
            given[question.key] = answers.get(question.key)
    return list(given)


def is_shown(question: Question, given: Mapping[str, Any], category: str) -> bool:
    """Tell whether a question is asked, ``given`` the answers to those shown before it."""
    condition = question.show_if
    if condition is None:
        return True
    if isinstance(condition, IfCategory):
        return category in condition.category
    chosen = given.get(condition.question)
    chosen = chosen if isinstance(chosen, list | tuple) else [chosen]
    return any(key in condition.any_of for key in chosen)


def columns(questions: Questions) -> list[Column]:
    """Return the columns of the answers in exports; private questions have none.

    One a question, ``q_<key>``; of a multiple choice one an option, ``q_<key>_<option>``.
    """
    return [
        Column(name, kind, meaning)
        for question in read_questions(questions)
        if not question.private
        for name, kind, meaning in _described(question)
    ]


def flat(questions: Questions, answers: Mapping[str, Any]) -> dict[str, Any]:
    """Return the columns' values for the answers of one proposal, None where not answered."""
    return flattened(questions)(answers)


def flattened(questions: Questions) -> Callable[[Mapping[str, Any]], dict[str, Any]]:
    """Return what gives the columns' values for the answers of a proposal, as ``flat`` does."""
    told = [
        (question.key, tuple(zip(_column_names(question), question.option_keys, strict=True)))
        if isinstance(question, Multiple)
        else (question.key, f"q_{question.key}")
        for question in read_questions(questions)
        if not question.private
    ]

    def flat_answers(answers: Mapping[str, Any]) -> dict[str, Any]:
        values: dict[str, Any] = {}
        for key, columned in told:
            answer = answers.get(key)
            if isinstance(columned, str):
                values[columned] = answer
            else:
                chosen = answer if isinstance(answer, list) else None
                for name, option in columned:
                    values[name] = None if chosen is None else option in chosen
        return values

    return flat_answers


def public_keys(questions: Questions) -> frozenset[str]:
    """Return the keys of the answers that may be handed out row by row."""
    asked = {question.key for question in read_questions(questions) if not question.private}
    return frozenset({WHY_ANOTHER, *asked})


def asked_ever(questions: Questions, former: Questions) -> list[Question]:
    """Return the questions with what was asked before: by it old answers stay readable.

    ``former`` holds, as they last were, questions that are asked no more, and those of today with
    options that are offered no more. What is asked no more comes last; so do such options.
    """
    before = {question.key: question for question in read_questions(former)}
    today = [
        _with_options_of(each, before.pop(each.key, None)) for each in read_questions(questions)
    ]
    return [*today, *before.values()]


def _with_options_of(question: Question, before: Question | None) -> Question:
    if not (isinstance(question, Single | Multiple) and isinstance(before, Single | Multiple)):
        return question
    gone = [each for each in before.options if each.key not in question.option_keys]
    return question.model_copy(update={"options": (*question.options, *gone)})


def _column_names(question: Question) -> list[str]:
    if isinstance(question, Multiple):
        return [f"q_{question.key}_{key}" for key in question.option_keys]
    return [f"q_{question.key}"]


def _described(question: Question) -> Iterable[tuple[str, str, str]]:
    label = question.label.en
    if isinstance(question, Multiple):
        for name, option in zip(_column_names(question), question.options, strict=True):
            yield name, question.column_kind, f"{label} {option.label.en}"
        return
    whole = isinstance(question, Number) and question.whole
    unit = question.unit.en if isinstance(question, Number) and question.unit else None
    meaning = f"{label} In {unit}." if unit else label
    yield f"q_{question.key}", "integer|null" if whole else question.column_kind, meaning
