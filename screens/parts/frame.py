"""What every page has: its style, the name, the pages and the language switch."""

from __future__ import annotations

from html import escape
from typing import Any

import streamlit as st

from core import language
from core.settings import get_settings
from people.access.device_cookie import LARGE
from screens.parts.missing_assets import missing_assets
from screens.parts.visitor import StateKey, Visitor

STYLE = """
<style>
  [data-testid="stHeader"] { background: transparent; height: 0; min-height: 0; }
  [data-testid="stToolbar"], [data-testid="stDecoration"], footer { display: none; }
  .stMainBlockContainer { padding: .6rem .9rem 3rem; max-width: 72rem; }
  .stApp { overflow-x: hidden; }
  [data-testid="stVerticalBlock"] { gap: .6rem; }
  h1 { font-size: 1.35rem !important; padding: .3rem 0 .7rem !important;
    line-height: 1.4 !important; }
  .st-key-top { flex-wrap: wrap !important; border-bottom: 1px solid #e3e5df;
    padding-bottom: .3rem; }
  .st-key-top button { padding: 0 .6rem; white-space: nowrap; }
  .st-key-top p { white-space: nowrap; }
  h2, h3 { font-size: 1.15rem !important; padding: .5rem 0 .6rem !important; }
  [data-testid="stMetricValue"] { font-size: 1.5rem; }
  .st-key-receipt-code code { font-size: 1.7rem; font-weight: 700; letter-spacing: .06em; }
  [data-testid="stMetric"] { padding: .4rem .8rem !important; }
  button, [data-baseweb="select"] > div, [data-testid="stExpander"] summary,
  [data-testid="stLinkButton"] a { min-height: 44px !important; }
  [data-testid="stSlider"] [role="slider"] { width: 22px; height: 22px; }
  .st-key-top { align-items: center; gap: .2rem !important; }
  .st-key-top [data-testid="stPageLink-NavLink"] { min-height: 44px; padding: 0 .4rem; }
  .lujian-link { display: inline-flex; align-items: center; min-height: 44px; padding: 0 .4rem;
    color: inherit !important; white-space: nowrap; text-decoration: none; }
  @media (max-width: 640px) { .st-key-resident-map iframe { height: 52vh !important; } }
  .lujian-legend { font-size: .85rem; }
  .lujian-class { display: inline-block; margin-right: .8rem; white-space: nowrap; }
  .lujian-class i { display: inline-block; width: 1em; height: 1em; margin-right: .3em;
    border: 1px solid #8a8172; vertical-align: -2px; }
  .stCustomComponentV1 { border-radius: 8px; border: 1px solid #d5d8d2; }
  [data-testid="stMarkdownContainer"] { overflow-wrap: anywhere; }
</style>
"""

#: Streamlit's sizes are in rem.
LARGE_TYPE = "<style>html { font-size: 22px !important; }</style>"

_remember = st.components.v2.component(
    "lujian_remember",
    html="",
    js="""
    export default function ({ data }) {
      for (const [name, value] of Object.entries(data.cookies)) {
        document.cookie = name + "=" + value + "; path=/; max-age=31536000; samesite=lax";
      }
      document.documentElement.lang = data.lang === "en" ? "en" : "zh-CN";
    }
    """,
)


def _switch_to(lang: str) -> None:
    st.session_state[StateKey.LANG] = lang


def _switch_type(large: bool) -> None:
    st.session_state[StateKey.LARGE] = large


def frame(who: Visitor, pages: dict[str, Any]) -> None:
    """Draw the top of a page."""
    _ = who.words.gettext
    st.html(STYLE + (LARGE_TYPE if who.large else ""))
    cookies = {language.COOKIE: who.lang, LARGE: "1" if who.large else "0"}
    _remember(key="remember", data={"cookies": cookies, "lang": who.lang}, height=1)
    titles = {"resident": _("Propose"), "planner": _("Planner")}
    other = next(lang for lang in language.LANGUAGES if lang != who.lang)
    with st.container(
        horizontal=True,
        horizontal_alignment="distribute",
        vertical_alignment="center",
        gap="xsmall",
        key="top",
    ):
        with st.container(
            horizontal=True, vertical_alignment="center", gap="xsmall", width="content"
        ):
            for name, page in pages.items():
                st.page_link(page, label=titles[name])
            st.html(f'<a class="lujian-link" href="/w/mine">{escape(_("My proposals"))}</a>')
        with st.container(
            horizontal=True, vertical_alignment="center", gap="xsmall", width="content"
        ):
            st.button(
                _("A−") if who.large else _("A+"),
                key="switch-type",
                on_click=_switch_type,
                args=(not who.large,),
                help=_("Normal type") if who.large else _("Large type"),
            )
            st.button(
                language.LANGUAGES[other],
                key="switch-language",
                on_click=_switch_to,
                args=(other,),
                help=_("Read this page in the other language"),
            )
    missing = missing_assets(get_settings())
    if missing:
        st.error(
            _("The map cannot be shown: front-end packages are missing ({names}).").format(
                names=", ".join(missing)
            )
            + " "
            + _("Run `npm ci --ignore-scripts` in the folder of this program and start it again.")
        )
