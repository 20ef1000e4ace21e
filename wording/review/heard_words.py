"""Who takes part less than chance explains, in words."""

from __future__ import annotations

import math
from collections.abc import Mapping
from gettext import GNUTranslations
from typing import Any

import pandas as pd

from analysis.representation.heard_here import HeardHere, UnderHeard
from geo.representation.representation import Heard
from wording import formatting
from wording.review.side_names import Reader, side_name, value_names

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


def heard_here_lines(
    who: Reader, heard: HeardHere | None, communities: Mapping[str, str], workbench: str
) -> list[str]:
    """Say how many at a hotspot are of those heard too little; names of communities by code.

    ``workbench``: what its page "Who is missing" is called.
    """
    _ = who.words.gettext
    if heard is None:
        return [
            _(
                "Who is heard too little is being counted for the whole campaign; it stands here "
                "when you open this page again."
            )
        ]
    if heard.communities is None and not heard.groups:
        return [_("No residents are known, so that nobody can say who is heard too little.")]
    told = []
    if heard.communities is not None:
        named = [communities.get(one, one) for one in heard.communities.groups]
        told.append(_of_communities(who, heard.communities, named))
    told += [_of_group(who, one) for one in heard.groups]
    told.append(
        _(
            "Heard too little: fewer take part in the whole campaign than chance explains; see "
            "“{page}” in the workbench. Private answers are not looked at here."
        ).format(page=workbench)
    )
    return told


def _of_communities(who: Reader, one: UnderHeard, named: list[str]) -> str:
    _ = who.words.gettext
    if one.people is None:
        return _(
            "Too few people to tell how many propose in communities that are heard too little."
        )
    if not one.people:
        return _("Nobody here proposes in a community that is heard too little.")
    return _(
        "{k} of {n} people ({p}) propose in communities that are heard too little: {names}."
    ).format(**_figures(who, one), names=formatting.enumerated(named, who.lang))


def _of_group(who: Reader, one: UnderHeard) -> str:
    _ = who.words.gettext
    assert one.side is not None
    names = value_names(who, one.side)
    said = {
        "question": side_name(who, one.side),
        "names": formatting.enumerated([names.get(g, g) for g in one.groups], who.lang),
    }
    if one.people is None:
        told = _("“{question}”: too few people to tell how many are of groups heard too little.")
        return told.format(**said)
    if not one.people:
        told = _("“{question}”: nobody here is of a group that is heard too little.")
        return told.format(**said)
    told = _("“{question}”: {k} of {n} people ({p}) are of groups heard too little: {names}.")
    return told.format(**said, **_figures(who, one))


def _figures(who: Reader, one: UnderHeard) -> dict[str, str]:
    return {
        "k": formatting.number(one.people or 0, who.lang),
        "n": formatting.number(one.known or 0, who.lang),
        "p": formatting.percent(one.share or 0.0, who.lang),
    }


def share_told(lang: str, heard: HeardHere | None) -> str:
    """Return the share of people of communities heard too little; a dash where not told."""
    share = None if heard is None or heard.communities is None else heard.communities.share
    return HIDDEN if share is None else formatting.percent(share, lang)


def heard_meaning(words: GNUTranslations) -> str:
    """Say what the share of hotspots' people that is heard too little means in a table."""
    return words.gettext(
        "Heard too little: the share of a hotspot's people who propose in communities in which "
        "fewer take part in the whole campaign than chance explains. A dash: not known, still "
        "being counted, or one to four people could be told apart."
    )
