"""The pages of the workbench as their links show them; what draws each is in ``pages``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from gettext import GNUTranslations

import streamlit as st

from analysis.view import View


@dataclass(frozen=True)
class BenchPage:
    """A page: its path in addresses, its sign, and what it is called."""

    path: str
    icon: str
    name: Callable[[GNUTranslations], str]


#: In their order. A further one is a line here and one in ``pages.SHOWN``.
PAGES = (
    BenchPage("planner", ":material/map:", lambda words: words.gettext("Explore")),
    BenchPage("believe", ":material/verified:", lambda words: words.gettext("Believe")),
    BenchPage("change", ":material/compare_arrows:", lambda words: words.gettext("Change")),
    BenchPage("themes", ":material/forum:", lambda words: words.gettext("Themes")),
    BenchPage("missing", ":material/person_search:", lambda words: words.gettext("Who is missing")),
    BenchPage("site", ":material/add_location_alt:", lambda words: words.gettext("Site")),
)
#: Where this run's pages are kept for the links between them.
_KEPT = "bench-pages-known"


def keep(pages: dict[str, st.Page]) -> None:
    """Let the links of this run lead to these pages, by path."""
    st.session_state[_KEPT] = pages


def links(words: GNUTranslations, view: View) -> None:
    """Draw the ways to the pages, each of which opens with the view as it is."""
    known = st.session_state.get(_KEPT, {})
    with st.container(horizontal=True, gap="xsmall", key="bench-pages"):
        for one in PAGES:
            if one.path in known:
                st.page_link(
                    known[one.path], label=one.name(words), icon=one.icon, query_params=view.pairs()
                )
