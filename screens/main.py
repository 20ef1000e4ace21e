"""The script that Streamlit runs for every visitor: choose the page, draw its frame, run it."""

from __future__ import annotations

import streamlit as st

from core.settings import ROOT
from screens import resident
from screens.parts.frame import foot, frame
from screens.parts.visitor import visitor
from screens.workbench.pages import streamlit_pages

ICON = ROOT / "layers" / "map" / "static" / "icon.svg"
st.set_page_config(page_title="路见 LuJian", page_icon=str(ICON), layout="wide")

who = visitor()
pages = {
    "resident": st.Page(resident.show, title="路见 LuJian", url_path="", default=True),
    **streamlit_pages(),
}
page = st.navigation(list(pages.values()), position="hidden")
frame(who, pages, page.url_path)
page.run()
foot(who)
