"""Words in the reader's language: gettext catalogues in ``locale/``, one translator a reader.

The English sentence is the message id, so a missing translation still reads as a sentence (and a
test fails on it). Nothing is installed globally: each visitor's page asks for its own translator.
"""

from __future__ import annotations

import gettext
import io
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

FOLDER = Path(__file__).resolve().parents[1] / "locale"
LANGUAGES = {"zh_CN": "中文", "en": "English"}
DEFAULT = "zh_CN"
COOKIE = "lujian_language"


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


def in_language(texts: Mapping[str, str] | Mapping[str, object], lang: str) -> str:
    """Pick the text for a reader from ``{"zh_CN": …, "en": …}``, else whatever there is."""
    for key in (lang, DEFAULT, *texts):
        if texts.get(key):
            return str(texts[key])
    return ""


def words_in(texts: Mapping[str, Any], lang: str) -> Any:
    """Return what stands under a language, all the words of a campaign; else those of the first."""
    return texts.get(lang) or next(iter(texts.values()))


def language_of_request(wanted: str | None, cookie: str | None, fallback: str = DEFAULT) -> str:
    """Return the first that is a language we speak: the address's, the cookie's, the fallback."""
    return next((lang for lang in (wanted, cookie, fallback) if lang in LANGUAGES), DEFAULT)
