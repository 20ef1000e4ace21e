"""The communities in a table: counts, people, rates; those chosen narrow the view."""

from __future__ import annotations

import streamlit as st

from analysis.frames import CommunityCounts
from core.language import content_language
from screens.workbench import files
from screens.workbench.address import go, narrowed, view_now
from screens.workbench.bench import Bench


def table(bench: Bench, counts: CommunityCounts) -> None:
    """List them, the most proposals first; rows that are chosen narrow the view to them."""
    _ = bench.who.words.gettext
    name = "name_en" if content_language(bench.who.lang) == "en" else "name"
    labels = {
        name: _("Community"),
        "proposals": _("Proposals"),
        "people": _("People"),
        "per_1000": _("Per 1,000 residents"),
        "per_km2": _("Per km²"),
        "answered_share": _("Share with an answer"),
    }
    rows = counts.frame.sort_values("proposals", ascending=False, kind="stable")
    codes = [str(code) for code in rows["code"]]
    chosen = [place for place, code in enumerate(codes) if code in bench.view.narrow.communities]
    key = f"bench-communities-{bench.who.lang}-{'-'.join(bench.view.narrow.communities)}"

    def picked() -> None:
        found = st.session_state[key]["selection"]["rows"]
        go(narrowed(view_now(), communities=tuple(codes[row] for row in found), spot=None))

    shown = rows[list(labels)].assign(answered_share=rows["answered_share"].astype("Float64") * 100)
    st.dataframe(
        shown,
        hide_index=True,
        height=files.TABLE_PX,
        key=key,
        on_select=picked,
        selection_mode="multi-row",
        selection_default={"selection": {"rows": chosen}},
        column_config={
            name: st.column_config.TextColumn(labels[name], width="large"),
            "proposals": labels["proposals"],
            "people": labels["people"],
            "per_1000": st.column_config.NumberColumn(labels["per_1000"], format="%.1f"),
            "per_km2": st.column_config.NumberColumn(labels["per_km2"], format="%.0f"),
            "answered_share": st.column_config.NumberColumn(
                labels["answered_share"], format="%.0f%%"
            ),
        },
    )
    slug = bench.campaign.slug
    files.table_file(bench, shown.rename(columns=labels), f"{slug}-communities")
    if counts.outside:
        st.caption(_("In no community: {n}").format(n=counts.outside))
