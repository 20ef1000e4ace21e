"""Texts as they are compared: without case, width, marks."""

from __future__ import annotations

import unicodedata

from core.text import visible

GAP = "\n"


def folded(text: str) -> str:
    """Return the text without what does not matter, a line feed between its runs of letters."""
    plain = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", visible(text)).casefold())
    kept = "".join(c if unicodedata.category(c)[0] in "LMN" else GAP for c in plain)
    return GAP.join(kept.split())
