"""Reading answers out of a table: a column of JSON, or a column a question with keys or names.

A spreadsheet says 座椅 or ``seats``, and several with a semicolon, 、 or a line break between.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from core.errors import AnswerError, AnswerProblem, InvalidError
from submissions.campaigns.question_types import LongText, Multiple, Question, ShortText, Single
from submissions.campaigns.questionnaire import check_answers, read_questions

_BETWEEN = re.compile("[;\uff1b|\n]")
_OR_BETWEEN = "\u3001"  # 、 stands in names of options, too


class AnswerCells:
    """The answers of one table's rows; ``whole`` are cells of JSON, ``single`` those by question.

    Raises ``AnswerError`` for a column of a question that is not asked.
    """

    def __init__(
        self,
        questions: Sequence[Mapping[str, Any]],
        whole: Sequence[Any] | None,
        single: Mapping[str, Sequence[Any]],
    ) -> None:
        self._questions = read_questions(questions)
        self._by_key = {question.key: question for question in self._questions}
        for key in single:
            if key not in self._by_key:
                raise AnswerError(question=key, problem=AnswerProblem.UNKNOWN)
        self._names = {question.key: _names(question) for question in self._questions}
        self._whole, self._single = whole, single

    def read(self, position: int, category: str) -> dict[str, Any]:
        """Return the checked answers of a row; none, unchecked, when no column holds answers.

        Raises ``AnswerError``, and ``InvalidError`` for a cell that holds no JSON object.
        """
        if self._whole is None and not self._single:
            return {}
        answers = {} if self._whole is None else _json_object(self._whole[position])
        for key, cells in self._single.items():
            if cells[position] is not None:
                answers[key] = self._translated(self._by_key[key], cells[position])
        return check_answers(self._questions, answers, category)

    def _translated(self, question: Question, cell: Any) -> Any:
        """Return option keys for their names, a text for a number in a column of texts."""
        if isinstance(question, Single):
            return self._key(question, cell) if isinstance(cell, str) else cell
        if isinstance(question, Multiple):
            return self._keys(question, cell) if isinstance(cell, str) else cell
        if isinstance(question, ShortText | LongText) and isinstance(cell, int | float):
            return f"{cell:.15g}"
        return cell

    def _keys(self, question: Question, cell: str) -> list[str]:
        keys = []
        for part in _BETWEEN.split(cell):
            whole = self._key(question, part)
            known = whole in self._names[question.key].values()
            parts = [whole] if known else part.split(_OR_BETWEEN)
            keys += [self._key(question, each) for each in parts]
        return keys

    def _key(self, question: Question, name: str) -> str:
        return self._names[question.key].get(name.strip(), name.strip())


def _names(question: Question) -> dict[str, str]:
    """Return the key for each name of an option, in either language, and for the key itself."""
    if not isinstance(question, Single | Multiple):
        return {}
    return {
        name: option.key
        for option in question.options
        for name in (option.label.zh_CN, option.label.en, option.key)
    }


def _json_object(cell: Any) -> dict[str, Any]:
    if cell is None or (isinstance(cell, str) and not cell.strip()):
        return {}
    try:
        answers = json.loads(cell) if isinstance(cell, str) else cell
    except (ValueError, RecursionError):
        raise InvalidError(field="answers", reason="no JSON") from None
    if not isinstance(answers, dict):
        raise InvalidError(field="answers", reason="no JSON object")
    return dict(answers)
