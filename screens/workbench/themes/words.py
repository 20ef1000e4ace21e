"""Words that set a place apart, and texts that are nearly the same."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import streamlit as st

from analysis.filter import Filter, Spot
from analysis.selection import Selection
from analysis.tables.theme_shares import begun_copies, begun_keywords
from screens.parts.markdown import plain
from screens.workbench import files
from screens.workbench.bench import OLD_S, Bench, Work, waited
from screens.workbench.themes.places import area_names, spot_names
from wording.formatting import number

_VIEW = ""


def keywords_of_place(bench: Bench) -> None:
    """Show the words that set a hotspot, a community or the view apart from the campaign."""
    _ = bench.who.words.gettext
    place, narrow = _choose(bench)
    if narrow == Filter():
        st.info(_("Choose a place, or narrow the view: its words are compared with all others."))
        return
    chosen = replace(bench.selection, narrow=narrow)
    work = Work(lambda: begun_keywords(bench.who.database, chosen, at_most_s=OLD_S))
    found = waited(bench, work, _("Comparing words …"), key=f"keywords-{place}")
    if found is None:
        return
    if not found:
        st.info(_("No word sets this apart: none that five people or more use."))
        return
    shown = pd.DataFrame(
        {
            _("Words"): [one.term for one in found],
            _("People here"): [one.people for one in found],
            _("People elsewhere"): [one.elsewhere for one in found],
            _("Standard errors from chance"): [round(one.z, 1) for one in found],
        }
    )
    st.dataframe(shown, hide_index=True, height=files.table_height(len(shown)))
    st.caption(
        _(
            "Words that more people use here than elsewhere in the campaign (log-odds with a prior "
            "of all texts). Names of places are left out."
        )
    )


def _choose(bench: Bench) -> tuple[str, Filter]:
    """Let a place be chosen; return it, and the filter that it stands for."""
    _ = bench.who.words.gettext
    named = {_VIEW: _("This view")}
    named |= {f"h:{key}": name for key, name in spot_names(bench).items()}
    named |= {f"c:{key}": name for key, name in area_names(bench).items()}
    key = "bench-themes-place"
    if st.session_state.get(key) not in named:
        st.session_state.pop(key, None)
    place = str(st.selectbox(_("Place"), list(named), format_func=named.__getitem__, key=key))
    kind, _colon, name = place.partition(":")
    narrow = bench.selection.narrow
    if kind == "h":
        spot = Spot(name, bench.view.radius_m, bench.view.min_proposals)
        return place, replace(narrow, spot=spot)
    return place, replace(narrow, communities=(name,), spot=None) if kind == "c" else narrow


def copies(bench: Bench) -> None:
    """Show groups of texts that are nearly the same: to be looked at, never joined here."""
    _, lang = bench.who.words.gettext, bench.who.lang
    chosen: Selection = bench.selection
    work = Work(lambda: begun_copies(bench.who.database, chosen, at_most_s=OLD_S))
    found = waited(bench, work, _("Looking for texts that are nearly the same …"), key="copies")
    if found is None:
        return
    if not found:
        st.info(_("No two texts are nearly the same."))
        return
    for one in found:
        st.markdown(f"> {plain(one.text)}".replace("\n", "\n> "))
        said = _("{n} proposals of {m} people say nearly this")
        told = said.format(n=number(one.proposals, lang), m=number(one.people, lang))
        room = "/w/desk/queue/" if bench.has_desk else "/w/p/"
        st.caption(f"{told} · [{one.public_id}]({room}{one.public_id})")
    st.caption(
        _(
            "Found by their characters alone (MinHash, then the share of common characters, from "
            "85 in a hundred on). They may mean different things; whoever moderates joins them."
        )
    )
