"""What may be personal in somebody's words, as it is called."""

from __future__ import annotations

from collections.abc import Iterable
from gettext import GNUTranslations
from typing import Any

from submissions.participation.personal_words import PersonalPart, PersonalWordsError
from submissions.participation.pii import PersonalKind
from wording.error_messages import sentence_of


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


def asked_of(found: PersonalWordsError, words: GNUTranslations) -> dict[str, Any]:
    """Return what a script is told: it shows the details and sends the form again.

    Then with ``personal`` set to ``out`` (they are taken out) or ``keep`` (somebody looks at them
    before anything is shown). Nothing has been filed.
    """
    told = told_parts(found.params["parts"], words)
    said = sentence_of(found, words)
    return {"field": "personal", "sentence": said, "code": found.code, "personal": told}


def told_parts(parts: Iterable[PersonalPart], words: GNUTranslations) -> list[dict[str, str]]:
    """Return each detail once, with what it is called."""
    names = kind_names(words)
    told = {(part.kind, part.words): names[part.kind] for part in parts}
    return [{"kind": name, "words": said} for (_kind, said), name in told.items()]
