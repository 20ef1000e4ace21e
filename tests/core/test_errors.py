"""Every problem of every error has its sentence, in both languages."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

import pytest

from core import errors, language
from core.errors import (
    AnswerError,
    BadFileError,
    BadPhotoError,
    BadShapeError,
    FileProblem,
    LuJianError,
    PhotoProblem,
    ProblemError,
    ShapeProblem,
)
from wording import problems
from wording.error_messages import sentence_of

TOLD = {"least": 2, "most": 9, "kind": "area"}
#: Problems that read the same on purpose: what to do about them is the same.
ALIKE = {"MergeProblem": 1, "AnswerProblem": 5, "FileProblem": len(FileProblem) - 1}


def enums() -> list[type[StrEnum]]:
    found = [
        one
        for one in vars(errors).values()
        if isinstance(one, type) and issubclass(one, StrEnum) and one is not StrEnum
    ]
    assert len(found) > 10
    return found


def kinds(base: type[Any] = ProblemError) -> list[type[ProblemError[Any]]]:
    found = base.__subclasses__()
    return [leaf for one in found for leaf in (one, *kinds(one)) if "problems" in vars(leaf)]


@pytest.mark.parametrize("lang", language.LANGUAGES)
@pytest.mark.parametrize("kind", kinds(), ids=lambda kind: kind.__name__)
def test_every_problem_has_its_sentence(kind: type[ProblemError[Any]], lang: str) -> None:
    words = language.translations(lang)
    said = {}
    for problem in kind.problems:
        sentence = said[problem] = sentence_of(kind(problem=problem, **TOLD), words)
        assert sentence.strip()
        assert "{" not in sentence
        assert ("请" in sentence or lang == "en") or any(
            "\u4e00" <= c <= "\u9fff" for c in sentence
        )
    name = kind.problems.__name__
    assert len(set(said.values())) >= ALIKE.get(name, len(said)), said


def test_every_enumeration_belongs_to_an_error_and_stands_in_the_registry() -> None:
    owned = {kind.problems for kind in kinds()}
    assert owned == set(enums())
    assert set(problems.SENTENCES) | {ShapeProblem} == owned
    words = language.translations("en")
    for enum, table in problems.SENTENCES.items():
        assert set(table(words)) == set(enum), enum


def test_lines_and_areas_have_sentences_of_their_own() -> None:
    words = language.translations("en")
    for problem in ShapeProblem:
        line, area = (
            sentence_of(BadShapeError(problem=problem, kind=kind, least=1, most=2), words)
            for kind in ("line", "area")
        )
        assert (line == area) is (problem is ShapeProblem.UNREADABLE), problem


def test_errors_without_problems_have_sentences_too() -> None:
    words = language.translations("en")
    fallback = sentence_of(LuJianError(), words)
    silent = {"LuJianError", "InvalidError", "ProofNeededError"}
    for kind in vars(errors).values():
        if not (isinstance(kind, type) and issubclass(kind, LuJianError)):
            continue
        if issubclass(kind, ProblemError):
            continue
        told = {"length": 5, "most": 3, "name": "x", "phase": "archived", "wait_s": 60}
        said = sentence_of(kind(changes=[], **told), words)
        assert (said == fallback) is (kind.__name__ in silent), kind


def test_a_problem_that_is_none_is_no_error() -> None:
    with pytest.raises(ValueError, match="nonsense"):
        BadPhotoError(problem="nonsense")
    with pytest.raises(ValueError, match="is not a valid"):
        AnswerError()
    assert BadFileError(reason="x").problem is FileProblem.UNREADABLE
    gone = BadPhotoError(problem=PhotoProblem.GONE)
    assert str(gone) == "bad_photo(problem='gone')"
    assert gone.params == {"problem": "gone"}
