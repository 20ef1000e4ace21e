"""The texts that an office has as long as it writes no others: what is true of this program.

They follow the settings and the base map: what a server does not do is not said of it.
"""

from __future__ import annotations

from collections.abc import Iterable
from gettext import GNUTranslations
from urllib.parse import urlsplit

from core.settings import Settings
from layers.background.background import Background
from people.office.office import LONG, Office
from wording.office.office_words import ways_to_reach


def office_text(
    name: str,
    office: Office,
    settings: Settings,
    shown: Background,
    words: GNUTranslations,
    lang: str,
) -> str:
    """Return a text of ``LONG``: the office's own, else the one that comes with the program."""
    return office.said(name, lang) or default_text(name, office, settings, shown, words, lang)


def default_text(
    name: str,
    office: Office,
    settings: Settings,
    shown: Background,
    words: GNUTranslations,
    lang: str,
) -> str:
    """Return the text of ``LONG`` that comes with the program."""
    assert name in LONG, name
    if name == "privacy":
        return _privacy(office, settings, shown, words, lang)
    if name == "accessibility":
        return _accessibility(office, words, lang)
    return _imprint(settings, words)


def _text(*sections: tuple[str, Iterable[str]]) -> str:
    """Put sections together: a heading, or none, and the parts below it."""
    told = []
    for heading, parts in sections:
        told += [f"## {heading}"] if heading else []
        told.append("\n".join(part for part in parts if part))
    return "\n\n".join(told)


def _points(*points: str) -> list[str]:
    return [f"- {point}" for point in points if point]


def _privacy(
    office: Office, settings: Settings, shown: Background, words: GNUTranslations, lang: str
) -> str:
    _ = words.gettext
    name = office.name(lang) or _("The office that runs this site")
    return _text(
        (_("Who is responsible"), _responsible(office, name, words, lang)),
        (_("What is kept"), _points(*_kept(settings, words))),
        (_("What for"), _purposes(words)),
        (_("Who can see it"), _points(*_seen(settings, words))),
        (_("What leaves this server"), _points(*_leaving(settings, shown, words))),
        (_("Cookies, and what stays in your browser"), _points(*_cookies(words))),
        (_("How long"), _points(*_times(settings, words))),
        (_("What you can do"), _points(*_rights(words))),
        (_("Children"), [_young(words)]),
    )


def _responsible(office: Office, name: str, words: GNUTranslations, lang: str) -> list[str]:
    _ = words.gettext
    handler = office.said("handler", lang)
    said = _(
        "{office} asks for proposals here, decides what is done with what you tell us, and answers "
        "for it."
    ).format(office=name)
    asked = _("Questions about personal data go to: {handler}").format(handler=handler)
    return [said, *([asked] if handler else []), *ways_to_reach(office, words, lang)]


def _kept(settings: Settings, words: GNUTranslations) -> list[str]:
    _ = words.gettext
    return [
        _(
            "When you send a proposal: what you write, the place you mark, your answers to the "
            "questions, how you know the place, and when you sent it."
        ),
        _(
            "Photos that you add. Each is made anew before it is kept; where and when it was taken "
            "is removed."
        ),
        _(
            "Your e-mail address or phone number, only if you leave it and agree. It is stored "
            "encrypted."
        )
        if settings.secret_key
        else "",
        _(
            "A random number of your device, in a cookie. By it you find, change and take back on "
            "this device what you sent from it. Only a digest of it is stored, from which nobody "
            "can tell who you are."
        ),
        _(
            "Your position, only if you press “Use my position”. It serves to find the place, and "
            "is kept only as the place of a proposal that you send."
        ),
        _(
            "Your network address is not stored. For an hour at most the program counts by it how "
            "much is sent, to keep floods out."
        ),
    ]


def _purposes(words: GNUTranslations) -> list[str]:
    _ = words.gettext
    return [
        _(
            "To learn what should change in the neighbourhood and where, to plan it, to answer "
            "you, and to keep abuse out. Your e-mail address or phone number serves only to tell "
            "you what becomes of proposals, and to reach you if you win a prize."
        ),
        _("There is no advertising here, and nobody makes a profile of you."),
    ]


def _seen(settings: Settings, words: GNUTranslations) -> list[str]:
    _ = words.gettext
    return [
        _(
            "Everybody sees the proposals, comments and photos that are shown: on the map, in "
            "lists and in files that anybody may take away and use (licence: {licence}). So please "
            "write no names, phone numbers or addresses of people."
        ).format(licence=settings.licence),
        _("Answers to questions that are marked as private are only counted."),
        _(
            "Those who work on it for the office, such as social workers and planners, also see "
            "what is not shown, or not yet. What they change is recorded."
        ),
        _(
            "Your e-mail address or phone number stands on no page, not for staff either: the "
            "program itself puts it on the letters."
        )
        if settings.secret_key
        else "",
    ]


def _leaving(settings: Settings, shown: Background, words: GNUTranslations) -> list[str]:
    _ = words.gettext
    basemap = urlsplit(shown.url.replace("{s}", "*")).netloc
    told = [
        _("These pages load nothing from other servers, and nobody counts or follows who visits.")
        if not basemap
        else _(
            "The pictures of the base map come from {host}. It learns your network address and "
            "which part of the map you look at. Nothing else is loaded from other servers, and "
            "nobody counts or follows who visits."
        ).format(host=basemap)
    ]
    if settings.tianditu_key:
        told.append(
            _(
                "When our own map does not know a place that you look for, this server asks "
                "Tianditu, the national map service, with the words you typed and nothing of you."
            )
        )
    if settings.smtp_url or settings.webhook_url:
        told.append(
            _("What carries letters and text messages learns to whom they go and what they say.")
        )
    if settings.photo_store.startswith("s3:"):
        told.append(_("Photos lie with a storage service that works for the office."))
    return told


def _cookies(words: GNUTranslations) -> list[str]:
    _ = words.gettext
    return [
        _("lujian_device: the random number of your device, for a year."),
        _(
            "lujian_language, lujian_large and lujian_full: that you chose a language, large type, "
            "or the full map on a phone; for a year at most."
        ),
        _("Staff who sign in have one more, until they sign out."),
        _("What you have begun to write stays in your browser until you send it or throw it away."),
        _(
            "Without cookies you can read everything. To send something, your browser must take "
            "the first one."
        ),
    ]


def _times(settings: Settings, words: GNUTranslations) -> list[str]:
    _ = words.gettext
    return [
        _(
            "Proposals and what became of them stay to be read when a campaign is over, so that "
            "everybody can see what was asked for and what was done."
        ),
        _("Photos that no proposal was sent with are removed after two days."),
        _(
            "Your e-mail address or phone number is used no more once you end the letters, and is "
            "kept until you ask the office to erase it."
        )
        if settings.secret_key
        else "",
        _("The record of who changed what cannot be altered, and stays."),
    ]


def _rights(words: GNUTranslations) -> list[str]:
    _ = words.gettext
    return [
        _(
            "See what you sent, change it or take it back: under “My proposals” on the same "
            "device. With your code you can read it on any device."
        ),
        _(
            "What you take back leaves the map, all counts and all files that are made afterwards. "
            "Files that others took away before stay with them."
        ),
        _("End letters: by the address at the end of each."),
        _(
            "Ask the office what it has of you, to correct or erase it, or to explain it; and "
            "complain to it, or to the authority above it."
        ),
    ]


def _young(words: GNUTranslations) -> str:
    return words.gettext(
        "If you are younger than 14, please let your parents or whoever cares for you read this, "
        "and send your proposal together with them."
    )


def _accessibility(office: Office, words: GNUTranslations, lang: str) -> str:
    _ = words.gettext
    ways = ways_to_reach(office, words, lang)
    return _text(
        (
            "",
            [
                _(
                    "Everybody should be able to take part here, however they see, hear or move, "
                    "and whatever device they have."
                )
            ],
        ),
        (_("What works"), _points(*_works(words))),
        (_("What does not work well yet"), _points(*_works_not(words))),
        (_("Tell us"), [_tell_us(words), *ways]),
    )


def _works(words: GNUTranslations) -> list[str]:
    _ = words.gettext
    return [
        _("All pages can be used by keyboard alone and with a screen reader."),
        _(
            "“A+” at the top makes all type larger, and stays. Pages follow a device that is set "
            "to dark."
        ),
        _(
            "Nobody needs the map to send a proposal: a place can be found by its name. The form "
            "also works without JavaScript."
        ),
        _("What is to be tapped is 44 pixels high or more."),
        _(
            "Each version of the program is tested automatically against WCAG 2.2, level AA. "
            "Nobody else has certified these pages."
        ),
    ]


def _works_not(words: GNUTranslations) -> list[str]:
    _ = words.gettext
    return [
        _(
            "The map itself says little to a screen reader; the list below it says the same in "
            "words."
        ),
        _("The full map needs JavaScript. Its form and its list are on the light pages, too."),
        _("Nobody describes what is to be seen in residents' photos."),
    ]


def _tell_us(words: GNUTranslations) -> str:
    return words.gettext(
        "If something does not work for you, please tell us, and we will look for a way. Staff can "
        "also write down for you what you say."
    )


def _imprint(settings: Settings, words: GNUTranslations) -> str:
    _ = words.gettext
    return _text(
        (
            "",
            [
                _(
                    "Proposals on these pages were written by residents and say what they think. "
                    "What the office answers stands beside them."
                ),
            ],
        ),
        (
            "",
            [
                _(
                    "Anybody may use what is published here, under the licence {licence}. Borders "
                    "that are marked as schematic are none for official use."
                ).format(licence=settings.licence)
            ],
        ),
    )
