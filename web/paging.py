"""Long lists page by page: which page an address asks for, and the ways back and on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from serving.visit import Visit
from wording import formatting

_MOST_DIGITS = 7


def asked(here: Visit, name: str = "page") -> int:
    """Return the page, from 1, that a parameter of the address names; the first for no number."""
    given = here.request.query_params.get(name, "")[:_MOST_DIGITS]
    return max(int(given), 1) if given.isascii() and given.isdecimal() else 1


def pages_of(total: int, size: int) -> int:
    """Return how many pages there are; an empty list has one."""
    return max(1, -(-total // size))


def pager(here: Visit, number: int, pages: int, link: Callable[[int], str]) -> dict[str, Any]:
    """Return the ways to the pages beside one, for the macro ``pages``; nothing for a single one.

    ``link`` gives the address of a page.
    """
    if pages < 2:
        return {"said": "", "back": "", "on": ""}
    said = here.words.gettext("Page {page} of {pages}")
    n = formatting.number
    return {
        "said": said.format(page=n(number, here.lang), pages=n(pages, here.lang)),
        "back": link(number - 1) if number > 1 else "",
        "on": link(number + 1) if number < pages else "",
    }
