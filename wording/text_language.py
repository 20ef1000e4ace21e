"""In which language somebody wrote, by the script: so that a voice reads it out as it is meant."""

from __future__ import annotations

import re

from core.language import is_chinese

_HAN = re.compile("[\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
#: Japanese and Korean stand beside Han characters; they are not Chinese.
_OTHERS = re.compile("[\u3040-\u30ff\uac00-\ud7af]")
#: Two words at least: a name or an abbreviation within a language is no other language.
_WORDS = re.compile(r"[A-Za-z]{2,}[\s,.;:]+[A-Za-z]{2,}")


def other_language(text: str, lang: str) -> str:
    """Return the language tag of a text that is not in the page's language ``lang``, else nothing.

    Han characters are Chinese; Latin words on a Chinese page are English.
    """
    if _OTHERS.search(text):
        return ""
    chinese = is_chinese(lang)
    if _HAN.search(text):
        return "" if chinese else "zh"
    return "en" if chinese and _WORDS.search(text) else ""
