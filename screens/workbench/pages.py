"""What draws each page of the workbench."""

from __future__ import annotations

import streamlit as st

from screens.workbench import believe, change, explore, registry
from screens.workbench.missing import page as missing
from screens.workbench.site import page as site
from screens.workbench.themes import page as themes

SHOWN = {
    "planner": explore.show,
    "believe": believe.show,
    "change": change.show,
    "themes": themes.show,
    "missing": missing.show,
    "site": site.show,
}


def streamlit_pages() -> dict[str, st.Page]:
    """Return the pages as Streamlit knows them, by path; links between them lead there."""
    made = {
        one.path: st.Page(SHOWN[one.path], title="路见 LuJian", url_path=one.path)
        for one in registry.PAGES
    }
    registry.keep(made)
    return made
