"""What stands in templates of official replies, in words."""

from __future__ import annotations

from gettext import GNUTranslations

from deliberation.reply_templates import PLACEHOLDERS


def placeholder_words(words: GNUTranslations) -> dict[str, str]:
    """Return what is filled in for each placeholder, in the order in which they are offered."""
    _ = words.gettext
    told = {
        "community": _("the community's name"),
        "category": _("the category"),
        "date": _("the day of the reply"),
        "office": _("the office that replies"),
        "title": _("the campaign's title"),
        "number": _("the proposal's name"),
        "supports": _("how many support it"),
    }
    return {name: told[name] for name in PLACEHOLDERS}


def placeholder_line(words: GNUTranslations) -> str:
    """Return all placeholders with what is filled in for them, as a line."""
    told = placeholder_words(words).items()
    return " · ".join(f"{{{name}}} {said}" for name, said in told)
