"""What hotspots are called, and what is said of those that lie mostly on one point."""

from __future__ import annotations

from gettext import GNUTranslations

from analysis.hotspots.hotspot_list import is_on_one_point
from core.language import in_language
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
