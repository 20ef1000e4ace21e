"""What may be personal in somebody's words, as it is called."""

from __future__ import annotations

from collections.abc import Iterable
from gettext import GNUTranslations

from submissions.participation.personal_words import PersonalPart
from submissions.participation.pii import PersonalKind


def kind_names(words: GNUTranslations) -> dict[PersonalKind, str]:
    """Return what each kind of personal detail is called."""
    _ = words.gettext
    return {
        PersonalKind.PHONE: _("A phone number"),
        PersonalKind.LANDLINE: _("A phone number"),
        PersonalKind.ID_NUMBER: _("An identity card number"),
        PersonalKind.PLATE: _("A number plate"),
        PersonalKind.EMAIL: _("An e-mail address"),
        PersonalKind.CHAT: _("A WeChat or QQ account"),
        PersonalKind.BANK_CARD: _("A bank card number"),
        PersonalKind.NAME: _("A person's name"),
        PersonalKind.HOME: _("Where somebody lives"),
    }


def told_parts(parts: Iterable[PersonalPart], words: GNUTranslations) -> list[dict[str, str]]:
    """Return each detail once, with what it is called."""
    names = kind_names(words)
    told = {(part.kind, part.words): names[part.kind] for part in parts}
    return [{"kind": name, "words": said} for (_kind, said), name in told.items()]
