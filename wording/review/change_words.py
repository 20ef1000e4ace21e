"""What became of a place from one side of a comparison to the other, and how sure that is."""

from __future__ import annotations

import math
from gettext import GNUTranslations

from analysis.comparison.matched_hotspots import Became
from geo.significance.verdicts import Verdict
from wording import formatting
from wording.hotspots import verdict_names


def became_names(words: GNUTranslations) -> dict[str, str]:
    """Return what became of hotspots, in the order of a legend."""
    _ = words.gettext
    return {
        str(Became.NEW): _("Newly there"),
        str(Became.GROWN): _("Grown"),
        str(Became.SAME): _("As many people as before"),
        str(Became.SHRUNK): _("Shrunk"),
        str(Became.GONE): _("Gone"),
    }


def change_names(words: GNUTranslations) -> dict[str, str]:
    """Return in short what can be said of a change, by verdict; empty where nothing can."""
    return {**verdict_names(words), "": words.gettext("Cannot be told")}


def change_sentence(words: GNUTranslations, lang: str, verdict: str, effect: float) -> str:
    """Say whether a change is more than chance, and by how much; why not, where it is not.

    ``effect``: people of the side that has more than expected, by those expected; NaN if unknown.
    """
    _ = words.gettext
    if verdict == "":
        return _("Both sides have the same proposals, or one has none: chance cannot be told.")
    if verdict == Verdict.TOO_FEW or math.isnan(effect):
        return _("Too few people to tell whether it is more than chance.")
    times = formatting.number(effect, lang, 1)
    if verdict == Verdict.SIGNIFICANT:
        said = _(
            "One side has {x} times the people that the whole leads to expect: more than chance."
        )
    else:
        said = _(
            "One side has {x} times the people that the whole leads to expect: chance alone makes "
            "such a difference, too."
        )
    return said.format(x=times)
