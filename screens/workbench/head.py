"""The top of each page of the workbench: what it answers, the campaign, and the other pages."""

from __future__ import annotations

import streamlit as st

from screens.workbench import files
from screens.workbench.bench import Bench, choose_campaign
from screens.workbench.registry import links


def head(bench: Bench, question: str) -> None:
    """Draw it; the ways to other pages and to the desk keep the view."""
    _ = bench.who.words.gettext
    with st.container(horizontal=True, vertical_alignment="center", key="bench-head"):
        st.title(question, anchor=False, width="content")
        links(bench.who.words, bench.view)
    first, last = st.columns([1, 2.5], vertical_alignment="center", gap="medium")
    with first:
        choose_campaign(bench)
    with last:
        if bench.has_desk:
            files.links_to([(_("Save or print this view"), bench.desk("/views"))])
