"""The registry of what may be wrong: one sentence for each problem of each error.

A test walks the enumerations of ``errors`` in both languages, so that none is without a sentence.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from enum import StrEnum
from gettext import GNUTranslations
from typing import Any

from core.errors import (
    AccountProblem,
    AnswerProblem,
    ContactProblem,
    DrawProblem,
    FileProblem,
    MergeProblem,
    Outage,
    PasswordProblem,
    PhotoProblem,
    ProblemError,
    ShapeProblem,
    SignInProblem,
)
from core.language import language_of
from wording.accounts import account_problems, password_problems, sign_in_problems
from wording.drawn_shape import shape_problems
from wording.formatting import numbers_in
from wording.phases import draw_problems
from wording.upload_errors import file_problems, told_of_file


def problem_sentence(error: ProblemError[Any], words: GNUTranslations) -> str:
    """Say what is wrong and what to do about it."""
    told = error.params
    if isinstance(error.problem, ShapeProblem):
        said = shape_problems(words, str(told.get("kind")))[error.problem]
    else:
        said = SENTENCES[type(error.problem)](words)[error.problem]
    if isinstance(error.problem, FileProblem):
        told = told_of_file(words, told)
    return said.format_map(defaultdict(str, numbers_in(told, language_of(words))))


def _outages(words: GNUTranslations) -> dict[Outage, str]:
    """Say that the data cannot be used just now; nobody is thanked for what was not stored."""
    _ = words.gettext
    return {
        Outage.AWAY: _(
            "We cannot get at our data just now. Nothing you typed is lost; please try again in a "
            "minute."
        ),
        Outage.FULL: _(
            "Nothing can be stored here just now, so this was not taken. What you typed is not "
            "lost; please send it again a little later."
        ),
        Outage.BUSY: _("Very many people are here just now. Please try again in a moment."),
    }


def _merges(words: GNUTranslations) -> dict[MergeProblem, str]:
    said = words.gettext(
        "These proposals cannot be joined: only different ones of the same campaign can."
    )
    return {MergeProblem.ITSELF: said, MergeProblem.CAMPAIGN: said}


def _answers(words: GNUTranslations) -> dict[AnswerProblem, str]:
    _ = words.gettext
    choose = _("Please choose one of the answers.")
    return {
        AnswerProblem.UNKNOWN: choose,
        AnswerProblem.MISSING: _("Please answer this question."),
        AnswerProblem.CHOICE: choose,
        AnswerProblem.NUMBER: _("Please give a whole number."),
        AnswerProblem.RANGE: _("Please stay between {least} and {most}."),
        AnswerProblem.TEXT: choose,
        AnswerProblem.LONG_TEXT: _(
            "Your answer is too long. Please keep it within {most} characters."
        ),
    }


def _photos(words: GNUTranslations) -> dict[PhotoProblem, str]:
    _ = words.gettext
    return {
        PhotoProblem.UNREADABLE: _(
            "This file is no photo that we can read. JPEG, PNG or WebP, please."
        ),
        PhotoProblem.HEIC: _(
            "This photo is in the HEIC format, which we cannot read. Please choose it from "
            "the phone’s photo album, or send a screenshot of it."
        ),
        PhotoProblem.TOO_BIG: _("This photo is larger than 15 MB. Please choose a smaller one."),
        PhotoProblem.TOO_MANY_PIXELS: _("This photo is too large. Please choose a smaller one."),
        PhotoProblem.TOO_MANY: _("These are more photos than we can take. Please leave some out."),
        PhotoProblem.GONE: _("A photo is no longer there. Please add it again."),
    }


def _contacts(words: GNUTranslations) -> dict[ContactProblem, str]:
    _ = words.gettext
    return {
        ContactProblem.UNREADABLE: _(
            "This is neither an e-mail address nor a phone number. Please check it."
        ),
        ContactProblem.CONSENT: _(
            "Please agree that we may keep your address, or leave the field empty."
        ),
        ContactProblem.ONLY_EMAIL: _("We can write to e-mail addresses only. Please give one."),
        ContactProblem.ONLY_PHONE: _(
            "We can write to mobile phones only. Please give a mobile number."
        ),
    }


#: By what may be wrong. Of a drawing it depends on its kind, too: ``wording.drawn_shape``.
SENTENCES: dict[type[StrEnum], Callable[[GNUTranslations], Mapping[Any, str]]] = {
    SignInProblem: sign_in_problems,
    PasswordProblem: password_problems,
    AccountProblem: account_problems,
    Outage: _outages,
    DrawProblem: draw_problems,
    MergeProblem: _merges,
    AnswerProblem: _answers,
    PhotoProblem: _photos,
    ContactProblem: _contacts,
    FileProblem: file_problems,
}
