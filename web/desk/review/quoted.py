"""Representative proposals as they are quoted at the desk, and of how many they are some."""

from __future__ import annotations

from typing import Any

from serving.visit import Visit
from wording import formatting


def quote_words(here: Visit, one: Any, alike: int) -> dict[str, str]:
    """Return a representative proposal, and how many say much the same."""
    words = here.words.ngettext(
        "{n} other says much the same", "{n} others say much the same", alike
    )
    return {
        "id": one.public_id,
        "text": one.text,
        "alike": words.format(n=formatting.number(alike, here.lang)) if alike else "",
    }


def all_said(here: Visit, shown: int, total: int, address: str) -> dict[str, str] | None:
    """Say of how many proposals these are quoted, and where all are read; None if all are."""
    if shown >= total:
        return None
    said = here.words.gettext("{shown} of {n} proposals are quoted. Read all of them")
    n = formatting.number
    return {
        "said": said.format(shown=n(shown, here.lang), n=n(total, here.lang)),
        "address": address,
    }
