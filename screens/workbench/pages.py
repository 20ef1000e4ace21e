"""The pages of the workbench, in their order: a further one is a line here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from gettext import GNUTranslations

import streamlit as st

from analysis.view import View
from screens.workbench import explore


@dataclass(frozen=True)
class BenchPage:
    """A page: its path in addresses, its sign, what it is called, and what draws it."""

    path: str
    icon: str
    name: Callable[[GNUTranslations], str]
    show: Callable[[], None]


PAGES = (
    BenchPage("planner", ":material/map:", lambda w: w.gettext("Explore"), explore.show),
)


def streamlit_pages() -> dict[str, st.Page]:
    """Return the pages as Streamlit knows them, by path."""
    return {
        one.path: st.Page(one.show, title="路见 LuJian", url_path=one.path, icon=one.icon)
        for one in PAGES
    }


def links(words: GNUTranslations, pages: dict[str, st.Page], view: View) -> None:
    """Draw the ways to the pages, each of which opens with the view as it is."""
    with st.container(horizontal=True, gap="xsmall", key="bench-pages"):
        for one in PAGES:
            st.page_link(
                pages[one.path], label=one.name(words), icon=one.icon, query_params=view.pairs()
            )
