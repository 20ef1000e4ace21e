"""Cleaning what people type, before it is stored. Pure: no database."""

from __future__ import annotations

import re
import unicodedata

from errors import EmptyTextError, LongTextError

_UNSTORABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
_UNREADABLE = ("Cc", "Cf", "Zs", "Zl", "Zp")


def clean_text(text: str, *, most: int) -> str:
    """Return the text as it is stored, at most ``most`` characters.

    As typed, but for: white space around it, line ends (all become a line feed), and what no
    keyboard types and PostgreSQL or JSON cannot hold (control characters, lone surrogates).
    Raises ``EmptyTextError`` and ``LongTextError``.
    """
    if not isinstance(text, str):
        raise EmptyTextError()
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    kept = _UNSTORABLE.sub("", text).strip()
    if all(unicodedata.category(c) in _UNREADABLE for c in kept):
        raise EmptyTextError()
    if len(kept) > most:
        raise LongTextError(length=len(kept), most=most)
    return kept


def storable(text: str) -> str:
    """Return a text without what PostgreSQL or JSON cannot hold; it may become empty."""
    return _UNSTORABLE.sub("", text)
