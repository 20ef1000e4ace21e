"""Collections of features, as people and the lists of layers of their programs read them named."""

from __future__ import annotations

from collections.abc import Mapping
from gettext import GNUTranslations

from core.language import in_language, language_of


def collection_title(kind: str, title: Mapping[str, str], words: GNUTranslations) -> str:
    """Return what a collection is called; ``title``: of its campaign or of the layer."""
    _ = words.gettext
    named = in_language(dict(title), language_of(words))
    kinds = {
        "proposals": _("{title}: proposals"),
        "communities": _("{title}: communities with counts"),
        "hotspots": _("{title}: hotspots"),
    }
    return kinds.get(kind, "{title}").format(title=named)


def collection_about(kind: str, schematic: bool, words: GNUTranslations) -> str:
    """Say in a sentence what is in a collection."""
    _ = words.gettext
    said = {
        "proposals": _("What residents asked for, as published; nothing personal is in it."),
        "communities": _("Each community with the number of proposals and of people."),
        "hotspots": _("Places where many proposals lie close together."),
    }.get(kind, _("A layer of the map."))
    drawing = _("Its shapes are a drawing, not a survey.")
    return f"{said} {drawing}" if schematic else said


def service_words(words: GNUTranslations) -> dict[str, str]:
    """Return the words of the service itself."""
    _ = words.gettext
    return {
        "title": _("路见 LuJian: data for other programs"),
        "description": _(
            "Published proposals, communities with counts, hotspots and layers. QGIS and other "
            "programs open this address as “OGC API - Features”."
        ),
        "service": _("What can be asked, for programmers"),
        "conformance": _("Which parts of the standard are kept"),
        "collections": _("All collections"),
    }
