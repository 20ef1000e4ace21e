"""Long lists page by page: which page an address asks for, and the ways back and on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from core.page import Page
from serving.visit import Visit
from wording import formatting

_MOST_DIGITS = 7


def asked(here: Visit, name: str = "page") -> int:
    """Return the page, from 1, that a parameter of the address names; the first for no number."""
    given = here.request.query_params.get(name, "")[:_MOST_DIGITS]
    return max(int(given), 1) if given.isascii() and given.isdecimal() else 1


def beside(page: Page[Any], link: Callable[[int], str]) -> dict[str, str]:
    """Return the addresses of the pages before and after one, as ``link`` gives; empty for none."""
    return {
        "back": link(page.number - 1) if page.number > 1 else "",
        "on": link(page.number + 1) if page.number < page.pages else "",
    }


def pager(here: Visit, page: Page[Any], link: Callable[[int], str]) -> dict[str, str]:
    """Return the ways to the pages beside one, for the macro ``pages``; nothing for a single one.

    ``link`` gives the address of a page.
    """
    if page.pages < 2:
        return {"said": "", "back": "", "on": ""}
    said = here.words.gettext("Page {page} of {pages}")
    number, pages = (formatting.number(n, here.lang) for n in (page.number, page.pages))
    return {"said": said.format(page=number, pages=pages), **beside(page, link)}
