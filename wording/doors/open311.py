"""Sentences of Open311: how one gets a key, what answers may be, what becomes of a request."""

from __future__ import annotations

from gettext import GNUTranslations

from core.language import language_of
from submissions.proposals.states import Status
from wording.formatting import number


def key_service(words: GNUTranslations) -> str:
    """Say how one gets a key."""
    return words.gettext(
        "Ask the office for an API token that may write down what people say; it stands in api_key."
    )


def filed_notice(
    status: str, code: str, words: GNUTranslations, *, no_picture: bool = False
) -> str:
    """Say what becomes of a request now, and by which code one asks for it.

    ``no_picture``: an address of one was sent, from which nothing is fetched.
    """
    _ = words.gettext
    said = [
        _("It is published now.")
        if status == Status.PUBLISHED
        else _("A person will read it before it is published."),
        _("Its code is {code}: with it one sees what becomes of it.").format(code=code),
    ]
    if no_picture:
        said.append(
            _("The picture was not taken: send it with the form, as a file with the name media.")
        )
    return " ".join(said)


def choice_hint(words: GNUTranslations, *, most: int) -> str:
    """Say how many of the options may be chosen."""
    _ = words.gettext
    if most == 1:
        return _("Choose one")
    return words.ngettext("Choose at most {n}", "Choose at most {n}", most).format(n=most)


def number_hint(
    words: GNUTranslations, least: float, most: float, unit: str, *, whole: bool
) -> str:
    """Say which numbers may be given; ``unit``: in which they are told, if in any."""
    _, lang = words.gettext, language_of(words)
    digits = 0 if whole else 6
    ends = {"least": number(least, lang, digits), "most": number(most, lang, digits)}
    if whole:
        said = _("A whole number from {least} to {most}").format(**ends)
    else:
        said = _("A number from {least} to {most}").format(**ends)
    return _("{what}, in {unit}").format(what=said, unit=unit) if unit else said


def text_hint(words: GNUTranslations, most: int) -> str:
    """Say how long a text may be."""
    return words.gettext("A text of at most {n} characters").format(n=most)
