"""Words in the reader's language: gettext catalogues in ``locale/``, one translator a reader.

A language is a file, ``locale/CODE.po``; its name and its ways of writing come from CLDR. The
English sentence is the message id, so a missing translation still reads as a sentence (and a test
fails on it). Nothing is installed globally: each visitor's page asks for its own translator.

What campaigns, categories, layers and places are called is written in ``CONTENT_LANGUAGES``;
whoever reads in another language is shown the one of these that is nearest to theirs.
"""

from __future__ import annotations

import gettext
import io
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from babel import Locale, UnknownLocaleError
from babel.core import get_global
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

FOLDER = Path(__file__).resolve().parents[1] / "locale"
DEFAULT = "zh_CN"
#: What everybody may be expected to read who does not live where the default is spoken.
_ABROAD = "en"
CONTENT_LANGUAGES = (DEFAULT, _ABROAD)
COOKIE = "lujian_language"
#: Of a browser's list, so many are looked at.
_MOST_WANTED = 20


@cache
def _subtags(code: str) -> tuple[str, str, str]:
    """Return language, script and territory of a locale, as CLDR's likely subtags complete it.

    Raises ``ValueError`` and ``UnknownLocaleError`` for what is no locale.
    """
    locale = Locale.parse(code.replace("-", "_"))
    likely: Mapping[str, str] = get_global("likely_subtags")
    language, script, territory = locale.language, locale.script, locale.territory
    asked = (f"{language}_{script}", f"{language}_{territory}", language)
    found = next((likely[name] for name in asked if name in likely), "")
    usual = (*found.split("_"), "", "")
    return language, script or usual[1], territory or usual[2]


def tongue_and_region(code: str) -> tuple[str, str]:
    """Return a language's tongue and where it is spoken: ``zh`` and ``TW`` for ``zh_Hant``."""
    language, _script, territory = _subtags(code)
    return language, territory


def own_name(code: str) -> str:
    """Return what a language calls itself: 简体中文, English, Français."""
    locale = Locale.parse(code)
    language, script, _territory = _subtags(code)
    names = (f"{language}_{locale.territory}", f"{language}_{script}", language)
    name = next((str(locale.languages[n]) for n in names if n in locale.languages), code)
    return name[:1].upper() + name[1:]


def short_name(code: str) -> str:
    """Return a language's name for a narrow place: 简, 繁, EN."""
    name = own_name(code)
    return name[0] if "\u4e00" <= name[0] <= "\u9fff" else code.partition("_")[0].upper()


def _catalogues() -> dict[str, str]:
    """Return the languages by their files, with their names; those akin to the default first."""
    tongue = DEFAULT.partition("_")[0]
    codes = [path.stem for path in FOLDER.glob("*.po")]
    codes.sort(key=lambda code: (code != DEFAULT, code.partition("_")[0] != tongue, code))
    return {code: own_name(code) for code in codes}


LANGUAGES = _catalogues()


@cache
def translations(lang: str) -> gettext.GNUTranslations:
    """Return the catalogue of a language (an unknown one reads as the default), compiled once."""
    chosen = lang if lang in LANGUAGES else DEFAULT
    with (FOLDER / f"{chosen}.po").open("rb") as source:
        catalogue = read_po(source, locale=chosen)
    compiled = io.BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)


def language_of(words: gettext.NullTranslations) -> str:
    """Return the language of a catalogue."""
    return str(words.info().get("language", DEFAULT))


def html_lang(lang: str) -> str:
    """Return a language as HTML and feeds name it (BCP 47): ``zh-CN``, ``zh-Hant``."""
    return lang.replace("_", "-")


@cache
def reading_order(lang: str) -> tuple[str, ...]:
    """Return the languages that a reader of one is shown texts in, the best first.

    The language itself; the same tongue in the same script, then in another; then the default for
    a language of the same country and English for others.
    """
    own, default = _subtags(lang), _subtags(DEFAULT)
    common = DEFAULT if own[2] == default[2] else _ABROAD

    def rank(code: str) -> tuple[bool, bool, bool, bool]:
        other = _subtags(code)
        return code != lang, other[0] != own[0], other[:2] != own[:2], code != common

    return tuple(sorted(dict.fromkeys((*CONTENT_LANGUAGES, *LANGUAGES)), key=rank))


@cache
def content_language(lang: str) -> str:
    """Return in which of ``CONTENT_LANGUAGES`` a reader is shown what things are called."""
    return next(code for code in reading_order(lang) if code in CONTENT_LANGUAGES)


@cache
def is_chinese(lang: str) -> bool:
    """Tell whether a reader's language is one of the ways in which Chinese is written."""
    return content_language(lang) == DEFAULT


def in_language(texts: Mapping[str, str] | Mapping[str, object], lang: str) -> str:
    """Pick the text for a reader from ``{"zh_CN": …, "en": …}``, else whatever there is."""
    for key in (*reading_order(lang), *texts):
        if texts.get(key):
            return str(texts[key])
    return ""


def words_in(texts: Mapping[str, Any], lang: str) -> Any:
    """Return what stands under a language, all the words of a campaign; else the next best's."""
    found = (texts[code] for code in reading_order(lang) if texts.get(code))
    return next(found, None) or next(iter(texts.values()))


def language_of_request(
    wanted: str | None, cookie: str | None, fallback: str = DEFAULT, *, browser: str | None = None
) -> str:
    """Return the first that is a language we speak.

    The address's, the cookie's, one that the browser's ``Accept-Language`` names, the fallback.
    """
    asked = (wanted, cookie, _of_browser(browser) if browser else None, fallback)
    return next((lang for lang in asked if lang in LANGUAGES), DEFAULT)


def _of_browser(header: str) -> str | None:
    """Return the language for an ``Accept-Language`` header (RFC 9110, 12.5.4), if there is one."""
    for tag in _wanted_tags(header):
        try:
            wanted = _subtags(tag)
        except (ValueError, UnknownLocaleError):
            continue
        akin = [code for code in LANGUAGES if _subtags(code)[0] == wanted[0]]
        if akin:
            return min(akin, key=lambda code: _subtags(code)[1] != wanted[1])
    return None


def _wanted_tags(header: str) -> Iterator[str]:
    """Give the tags of the header, the most wanted first."""
    weighed: list[tuple[float, str]] = []
    for part in header[:1000].split(",")[:_MOST_WANTED]:
        tag, _, weight = part.strip().partition(";")
        try:
            q = float(weight.strip().removeprefix("q=")) if weight else 1.0
        except ValueError:
            continue
        if q > 0:
            weighed.append((-q, tag.strip()))
    yield from (tag for _, tag in sorted(weighed, key=lambda one: one[0]))
