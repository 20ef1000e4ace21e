"""What every page has: its style, the name, the pages and the language switch."""

from __future__ import annotations

from html import escape
from pathlib import Path
from typing import Any

import streamlit as st

from core import language
from core.settings import get_settings
from people.access.device_cookie import LARGE
from people.access.permissions import Act, may
from people.office.office import current_office
from screens.parts.missing_assets import missing_assets
from screens.parts.visitor import StateKey, Visitor, database
from serving.visit import environment
from wording.formatting import enumerated
from wording.office.office_words import office_words

FOLDER = Path(__file__).resolve().parent
STYLE = f"<style>{(FOLDER / 'frame.css').read_text(encoding='utf-8')}</style>"

#: Streamlit's sizes are in rem.
LARGE_TYPE = "<style>html { font-size: 22px !important; }</style>"

_remember = st.components.v2.component(
    "lujian_remember",
    html="",
    js=(FOLDER / "remember.js").read_text(encoding="utf-8"),
)


def foot(who: Visitor) -> None:
    """Draw the foot of a page: the same as that of the light pages."""
    settings = get_settings()
    office = current_office(database(), settings)
    tells = may(who.actor, Act.MANAGE_OFFICE)
    told = office_words(office, who.words, who.lang, tells_missing=tells)
    st.html(environment(who.lang).get_template("shell_foot.html").render(office=told))


def _switch_to(lang: str) -> None:
    st.session_state[StateKey.LANG] = lang


def _switch_type(large: bool) -> None:
    st.session_state[StateKey.LARGE] = large


def frame(who: Visitor, pages: dict[str, Any], path: str) -> None:
    """Draw the top of the page at a path; all pages of the workbench are the planner's."""
    _ = who.words.gettext
    st.html(STYLE + (LARGE_TYPE if who.large else ""))
    cookies = {language.COOKIE: who.lang, LARGE: "1" if who.large else "0"}
    _remember(
        key="remember", data={"cookies": cookies, "lang": language.html_lang(who.lang)}, height=1
    )
    titles = {"resident": _("Propose"), "planner": _("Planner")}
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
            for name, title in titles.items():
                within = name == "planner" and path not in ("", name)
                with st.container(key=f"top-{name}{'-here' * within}", width="content"):
                    st.page_link(pages[name], label=title)
            mine = escape(_("My proposals"))
            st.html(f'<a class="lujian-link" href="/w/mine">{mine}</a>')
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
            for code, name in language.LANGUAGES.items():
                if code != who.lang:
                    st.button(
                        name,
                        key=f"switch-language-{code}",
                        on_click=_switch_to,
                        args=(code,),
                        help=_("Read this page in this language"),
                    )
    missing = missing_assets(get_settings())
    if missing:
        st.error(
            _("The map cannot be shown: front-end packages are missing ({names}).").format(
                names=enumerated(missing, who.lang)
            )
            + " "
            + _("Run `npm ci --ignore-scripts` in the folder of this program and start it again.")
        )
