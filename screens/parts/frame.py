"""What every page has: its style, the name, the pages and the language switch."""

from __future__ import annotations

import streamlit as st

import language
from screens.parts.assets import missing_assets
from screens.parts.visitor import Key, Visitor
from settings import get_settings

STYLE = """
<style>
  [data-testid="stHeader"] { background: transparent; height: 0; min-height: 0; }
  [data-testid="stToolbar"], [data-testid="stDecoration"], footer { display: none; }
  .stMainBlockContainer { padding: .6rem .9rem 3rem; max-width: 72rem; }
  .stApp { overflow-x: hidden; }
  [data-testid="stVerticalBlock"] { gap: .6rem; }
  h1 { font-size: 1.5rem !important; padding: .2rem 0 !important; line-height: 1.35 !important; }
  h2 { font-size: 1.2rem !important; padding: .4rem 0 .1rem !important; }
  button, [data-baseweb="select"] > div { min-height: 44px !important; }
  [data-testid="stSlider"] [role="slider"] { width: 22px; height: 22px; }
  .stCustomComponentV1 { border-radius: 8px; border: 1px solid #d5d8d2; }
  [data-testid="stMarkdownContainer"] { overflow-wrap: anywhere; }
</style>
"""

_remember = st.components.v2.component(
    "lujian_remember",
    html="",
    js="""
    export default function ({ data }) {
      document.cookie = data.cookie + "=" + data.lang + "; path=/; max-age=31536000; samesite=lax";
      document.documentElement.lang = data.lang === "en" ? "en" : "zh-CN";
    }
    """,
)


def _switched() -> None:
    chosen = st.session_state.get(Key.LANG_CHOICE)
    if chosen in language.LANGUAGES:
        st.session_state[Key.LANG] = chosen


def frame(who: Visitor, pages: dict[str, st.Page]) -> None:
    """Draw the top of a page."""
    _ = who.words.gettext
    st.html(STYLE)
    _remember(key="remember", data={"cookie": language.COOKIE, "lang": who.lang}, height=1)
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="top"):
        titles = {
            "resident": _("Propose"),
            "proposal": _("My proposal"),
            "planner": _("Planner"),
        }
        for name, page in pages.items():
            st.page_link(page, label=titles[name])
        st.segmented_control(
            _("Language"),
            list(language.LANGUAGES),
            default=who.lang,
            format_func=language.LANGUAGES.__getitem__,
            label_visibility="collapsed",
            key=Key.LANG_CHOICE,
            on_change=_switched,
            required=True,
        )
    missing = missing_assets(get_settings())
    if missing:
        st.error(
            _("The map cannot be shown: front-end packages are missing ({names}).").format(
                names=", ".join(missing)
            )
            + " "
            + _("Run `npm ci --ignore-scripts` in the folder of this program and reload.")
        )
