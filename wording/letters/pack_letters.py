"""Letters to design firms: the link to a pack, a new version, an answer, a word to a scheme."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from enum import StrEnum
from gettext import GNUTranslations
from typing import Any
from urllib.parse import quote

from core.language import DEFAULT, LANGUAGES, translations
from notifications.channels import Letter
from wording import formatting
from wording.letters import alert_letters
from wording.letters.proposal_letters import ascii_address
from wording.letters.subject_matter import named, signature

Params = Mapping[str, Any]
#: What a letter says first, and its parts after that.
Said = tuple[str, list[str]]


class PackTemplate(StrEnum):
    """What a letter to a firm is about."""

    LINK = "pack_link"
    VERSION = "pack_version"
    ANSWER = "pack_answer"
    SCHEME = "pack_scheme"


def letter(template: str, params: Params, language: str, *, public_url: str = "") -> Letter:
    """Write a letter of any template; see ``wording.letters.proposal_letters.letter``.

    To a firm it is about one pack: ``title``, ``firm``, ``expires``; ``token`` opens it.
    """
    if template not in set(PackTemplate):
        return alert_letters.letter(template, params, language, public_url=public_url)
    base = ascii_address(public_url or str(params.get("base", "")))
    lang = language if language in LANGUAGES else DEFAULT
    words, page = translations(lang), f"{base}/w/firm/{quote(params['token'])}?lang={lang}"
    subject, parts = _WRITERS[PackTemplate(template)](params, words)
    until = formatting.day(datetime.fromisoformat(params["expires"]), lang)
    where = words.gettext("Open the page of the pack here, until {day}:").format(day=until)
    why = words.gettext(
        "You get this letter because our office gave a pack of data to {firm}. "
        "Whoever has the address above can open the pack: please do not pass it on."
    ).format(firm=params["firm"])
    body = [*parts, f"{where}\n{page}", signature(params, lang), f"--\n{why}"]
    return Letter(
        subject=named(params, lang, subject),
        body="\n\n".join(filter(None, body)) + "\n",
        sms=named(params, lang, subject),
        link=page,
        end_link="",
    )


def _link(params: Params, words: GNUTranslations) -> Said:
    _ = words.gettext
    said = _(
        "Hello! For the design of “{title}” we have put together what residents proposed "
        "and what is there today: for QGIS, for CAD, and to read."
    ).format(title=params["title"])
    return _("Data for your design: {title}").format(title=params["title"]), [said]


def _version(params: Params, words: GNUTranslations) -> Said:
    _ = words.gettext
    said = _(
        "Hello! There is a new version ({n}) of the pack “{title}” that you took. "
        "Its page says what is different."
    ).format(n=params["version"], title=params["title"])
    return _("A new version of your pack: {title}").format(title=params["title"]), [said]


def _answer(params: Params, words: GNUTranslations) -> Said:
    _ = words.gettext
    asked = _("You asked:") + f"\n{params['question']}"
    answer = _("We answer:") + f"\n{params['answer']}"
    said = _("Hello! Here is the answer to your question.")
    return _("An answer to your question: {title}").format(title=params["title"]), [
        said,
        asked,
        answer,
    ]


def _scheme(params: Params, words: GNUTranslations) -> Said:
    _ = words.gettext
    if params["accepted"]:
        said = _("Hello! We have accepted your scheme for “{title}”. Thank you.")
        subject = _("Your scheme is accepted: {title}")
    else:
        said = _("Hello! We cannot accept your scheme for “{title}” as it is.")
        subject = _("About your scheme: {title}")
    title = params["title"]
    return subject.format(title=title), [said.format(title=title), str(params["word"])]


_WRITERS: dict[PackTemplate, Callable[[Params, GNUTranslations], Said]] = {
    PackTemplate.LINK: _link,
    PackTemplate.VERSION: _version,
    PackTemplate.ANSWER: _answer,
    PackTemplate.SCHEME: _scheme,
}
