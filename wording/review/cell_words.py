"""Communities and cells that are hot or cold, in words."""

from __future__ import annotations

import math
from gettext import GNUTranslations

from geo.significance.verdicts import CellVerdict
from wording import formatting


def cell_legend(words: GNUTranslations) -> dict[str, str]:
    """Return what each verdict on an area is called, in the order of a legend."""
    _ = words.gettext
    return {
        str(CellVerdict.HOT): _("More people than chance"),
        str(CellVerdict.COLD): _("Fewer people than chance"),
        str(CellVerdict.NOT_SIGNIFICANT): _("May be chance"),
        str(CellVerdict.TOO_FEW): _("Too few people to tell"),
    }


def cell_sentence(
    words: GNUTranslations, lang: str, verdict: str, people: int, effect: float
) -> str:
    """Say what was found of an area: people, how many times the usual rate, and whether by chance.

    ``effect``: the rate of the area and its neighbours by that of all, NaN where unknown.
    """
    told = words.ngettext("{n} person", "{n} people", int(people))
    parts = [told.format(n=formatting.number(int(people), lang))]
    if not math.isnan(effect):
        said = words.gettext("{x} times the usual, with its neighbours")
        parts.append(said.format(x=formatting.number(effect, lang, 1)))
    return " · ".join([*parts, cell_legend(words)[str(verdict)]])
