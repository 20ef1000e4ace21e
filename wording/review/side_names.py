"""What people were asked, and their answers, by name."""

from __future__ import annotations

import math
from collections.abc import Sequence
from gettext import GNUTranslations
from typing import Protocol

from analysis.representation.bands import Band, read_bands
from analysis.tables.cross_table import RELATION, Side
from submissions.campaigns.question_types import Number
from wording.error_messages import relation_words
from wording.formatting import number


class Reader(Protocol):
    """Who reads."""

    @property
    def lang(self) -> str:
        """The language."""

    @property
    def words(self) -> GNUTranslations:
        """Its words."""

    def said(self, texts: dict[str, str]) -> str:
        """Pick a text."""


def side_name(who: Reader, side: Side) -> str:
    """Return what an attribute is called."""
    if side.question is None:
        return who.words.gettext("How they know the place")
    return who.said(side.question.label.model_dump())


def value_names(who: Reader, side: Side) -> dict[str, str]:
    """Return what the values of an attribute are called, by key."""
    if side.key == RELATION:
        return {str(key): name for key, name in relation_words(who.words).items()}
    if isinstance(side.question, Number):
        return band_names(who, side.question, read_bands(side.values, side.question))
    options = getattr(side.question, "options", ())
    found = {one.key: who.said(one.label.model_dump()) for one in options}
    return {value: found.get(value, value) for value in side.values}


def band_names(who: Reader, question: Number, bands: Sequence[Band]) -> dict[str, str]:
    """Return what bands of a number are called, by key: 18–34, 60 and over."""
    _, lang = who.words.gettext, who.lang
    digits = 0 if question.whole else 2
    found = {}
    for one in bands:
        least = number(one.least, lang, digits)
        if math.isinf(one.below):
            found[one.key] = _("{n} and over").format(n=least)
        elif question.whole:
            last = one.below - 1
            found[one.key] = least if last == one.least else f"{least}–{number(last, lang)}"
        else:
            below = number(one.below, lang, digits)
            found[one.key] = _("{n} to under {m}").format(n=least, m=below)
    return found
