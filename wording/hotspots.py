"""What hotspots are called, and what can be said of them: chance or not, mostly on one point."""

from __future__ import annotations

import math
from gettext import GNUTranslations

from analysis.hotspots.hotspot_list import is_on_one_point
from core.language import in_language
from geo.significance.verdicts import Verdict
from wording import formatting


def place_name(name: str, name_en: str, lang: str) -> str:
    """Return where a hotspot is, such as 清河站东出口 · 阳光社区; empty where nothing is near."""
    return in_language({"zh_CN": name, "en": name_en}, lang)


def heading(words: GNUTranslations, rank: int, place: str) -> str:
    """Return a hotspot's name with its rank."""
    said = words.gettext("Hotspot {rank}").format(rank=rank)
    return f"{said} · {place}" if place else said


def order_names(words: GNUTranslations) -> tuple[str, ...]:
    """Return by what a list of hotspots can be sorted, as ``hotspot_list.ORDERS``."""
    _ = words.gettext
    return (
        _("Most people first"),
        _("Most proposals first"),
        _("Largest share on one point first"),
        _("Largest effect first"),
    )


def on_one_point(words: GNUTranslations, lang: str, shared: int, proposals: int) -> str:
    """Say in short how many lie on one coordinate; empty where that is not worth a mark."""
    if not is_on_one_point(shared, proposals):
        return ""
    said = words.ngettext("{n} on one point", "{n} on one point", shared)
    return said.format(n=formatting.number(shared, lang))


def one_point_note(words: GNUTranslations, lang: str, shared: int, proposals: int) -> str:
    """Say what it means that many of a hotspot share one coordinate; empty where few do."""
    if not is_on_one_point(shared, proposals):
        return ""
    n = formatting.number
    said = words.gettext(
        "{n} of {m} lie on exactly one point: most likely one address was looked up for all of "
        "them. They may mean other places nearby, so this rank says little about this very spot."
    )
    return said.format(n=n(shared, lang), m=n(proposals, lang))


def one_point_meaning(words: GNUTranslations) -> str:
    """Say once, below a list, what being on one point means."""
    return words.gettext(
        "“On one point” counts proposals with exactly the same coordinate: most likely an address "
        "that was looked up, not where people stood. Look at them before planning for that spot."
    )


_WITHOUT_EFFECT = {str(Verdict.TOO_FEW), str(Verdict.SHARED_POINT), ""}


def verdict_names(words: GNUTranslations) -> dict[str, str]:
    """Return in short what can be said of hotspots, by verdict; empty is that it is not known yet.

    The order is that of a list of them.
    """
    _ = words.gettext
    return {
        str(Verdict.SIGNIFICANT): _("More than chance"),
        str(Verdict.NOT_SIGNIFICANT): _("May be chance"),
        str(Verdict.TOO_FEW): _("Too few people to tell"),
        str(Verdict.SHARED_POINT): _("Mostly on one point"),
        "": _("Being worked out"),
    }


def verdict_templates(words: GNUTranslations) -> dict[str, str]:
    """Return the sentences of :func:`verdict_sentence` by verdict; ``{x}`` is the effect.

    ``unknown`` is that of a hotspot of which no effect can be told.
    """
    _ = words.gettext
    return {
        str(Verdict.SIGNIFICANT): _(
            "{x} times as many people as this neighbourhood leads to expect: more than chance."
        ),
        str(Verdict.NOT_SIGNIFICANT): _(
            "{x} times as many people as this neighbourhood leads to expect: chance alone makes "
            "such places, too."
        ),
        str(Verdict.TOO_FEW): _("Too few people to tell whether it is more than chance."),
        str(Verdict.SHARED_POINT): _(
            "Most people lie on exactly one point, most likely an address that was looked up: "
            "nothing can be said of this very spot."
        ),
        "": _("Whether it is more than chance is being worked out."),
        "unknown": _("It cannot be told from chance."),
    }


def verdict_sentence(words: GNUTranslations, lang: str, verdict: str, effect: float) -> str:
    """Say whether a hotspot is more than chance, and by how much; why not, where it is not.

    ``effect``: how many times as many people as the neighbourhood leads to expect, NaN where
    nothing can be said.
    """
    said = verdict_templates(words)
    if "{x}" in said[verdict] and math.isnan(effect):
        return said["unknown"]
    return said[verdict].format(x=times(verdict, effect, lang))


def times(verdict: str, effect: float, lang: str) -> str:
    """Return an effect as a number; empty where nothing can be said of the place."""
    if math.isnan(effect) or verdict in _WITHOUT_EFFECT:
        return ""
    return formatting.number(effect, lang, 1)


def verdicts_meaning(words: GNUTranslations) -> str:
    """Say once, below a list, what more than chance means."""
    return words.gettext(
        "“Times” compares with how many people the neighbourhood around leads to expect, each "
        "counted once. “More than chance”: its densest part has at least 2.5 times as many, and "
        "stands out more than any place on nearly all random maps on which people crowd as they do "
        "here."
    )
