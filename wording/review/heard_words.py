"""Who takes part less than chance explains, in words."""

from __future__ import annotations

import math
from gettext import GNUTranslations
from typing import Any

import pandas as pd

from geo.representation.representation import Heard
from wording import formatting

#: In place of numbers of one to four people, and of those that would give them away.
FEW, HIDDEN = "<5", "–"


def heard_names(words: GNUTranslations) -> dict[str, str]:
    """Return what each verdict on a group is called, in the order of a legend."""
    _ = words.gettext
    return {
        str(Heard.UNDER): _("Heard too little: chance does not explain it"),
        str(Heard.UNSURE): _("About as many as chance brings"),
        str(Heard.OVER): _("Heard more than its share"),
        str(Heard.HIDDEN): _("Too few people to be told"),
        str(Heard.UNKNOWN): _("Residents not known"),
    }


def people_told(row: Any, lang: str) -> str:
    """Say how many people, ``<5`` for one to four; ``row`` has people, few, hidden."""
    if row.few:
        return FEW
    return HIDDEN if row.hidden or pd.isna(row.people) else formatting.number(row.people, lang)


def index_told(row: Any, lang: str) -> str:
    """Say an index with its interval; ``row`` has index, low, high."""
    if not math.isfinite(row.index_):
        return HIDDEN
    low, high, middle = (formatting.number(one, lang) for one in (row.low, row.high, row.index_))
    return f"{middle} ({low}–{high})"


def chance_told(words: GNUTranslations, lang: str, row: Any) -> str:
    """Say how likely so few people are by chance; ``row`` has p_few and hidden."""
    if not math.isfinite(row.p_few):
        return HIDDEN
    told = formatting.percent(row.p_few, lang)
    bounded = row.hidden and not told.startswith("<")
    return words.gettext("at most {p}").format(p=told) if bounded else told


def group_sentence(words: GNUTranslations, lang: str, name: str, row: Any) -> str:
    """Say of a community how many took part, how many would by its residents, and how sure it is.

    ``row`` has people, few, hidden, expected, heard.
    """
    _ = words.gettext
    parts = [name, _("people: {n}").format(n=people_told(row, lang))]
    if math.isfinite(row.expected):
        parts.append(_("by its residents: {n}").format(n=formatting.number(row.expected, lang)))
    return " · ".join([*parts, heard_names(words)[str(row.heard)]])
