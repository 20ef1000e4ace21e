"""Themes by hotspot and by community: the share of each place's people."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from analysis import results
from analysis.tables.theme_shares import ThemeTable
from layers.communities.communities import community_frame
from screens.workbench import files
from screens.workbench.bench import OLD_S, Bench
from wording import hotspots
from wording.review.names import community_names, theme_names

SPOTS, AREAS = "spots", "areas"
#: So many themes stand beside each other: those that most people speak of.
MOST_THEMES = 12


def table(bench: Bench, found: ThemeTable) -> None:
    """Show the shares by hotspot or by community."""
    _ = bench.who.words.gettext
    kinds = {SPOTS: _("Hotspots"), AREAS: _("Communities")}
    kind = st.segmented_control(
        _("Places"),
        list(kinds),
        format_func=kinds.__getitem__,
        default=SPOTS,
        required=True,
        key="bench-themes-places",
    )
    frame = found.by_spot if kind == SPOTS else found.by_community
    if frame.empty:
        st.info(_("No place has five people or more here."))
        return
    named = spot_names(bench) if kind == SPOTS else area_names(bench)
    shown = _shares(bench, found, frame, named)
    percent = st.column_config.ProgressColumn(format="%d%%", min_value=0, max_value=100)
    columns = dict.fromkeys(shown.columns[2:], percent)
    height = files.table_height(len(shown))
    st.dataframe(shown, hide_index=True, height=height, column_config=columns)
    files.table_file(bench, shown, f"{bench.campaign.slug}-themes-{kind}")
    st.caption(
        _(
            "Share of the people of each place, in percent; the themes that most people speak of. "
            "An empty cell: fewer than five people."
        )
    )


def _shares(
    bench: Bench, found: ThemeTable, frame: pd.DataFrame, named: dict[str, str]
) -> pd.DataFrame:
    _, names = bench.who.words.gettext, theme_names(bench.who)
    ranked = sorted(found.themes, key=lambda one: -(one.people or 0))
    chosen = [one.code for one in ranked if one.people][:MOST_THEMES]
    shown = pd.DataFrame({_("Place"): [named.get(str(one), str(one)) for one in frame.index]})
    shown[_("People")] = frame["people"].to_numpy()
    for code in chosen:
        shown[names[code]] = (frame[code] * 100).round().to_numpy()
    return shown


def spot_names(bench: Bench) -> dict[str, str]:
    """Return the names of the hotspots of the view by id; none while they are being found."""
    found = results.begun_hotspots(
        bench.who.database,
        bench.selection,
        radius_m=bench.view.radius_m,
        min_proposals=bench.view.min_proposals,
        at_most_s=OLD_S,
    )
    if found is None:
        return {}
    rows = found.frame[["hotspot_id", "rank", "name", "name_en"]].itertuples(index=False)
    lang, words = bench.who.lang, bench.who.words
    return {
        str(one.hotspot_id): hotspots.heading(
            words, int(one.rank), hotspots.place_name(one.name, one.name_en, lang)
        )
        for one in rows
    }


def area_names(bench: Bench) -> dict[str, str]:
    """Return what the communities of the campaign are called, by code."""
    with bench.who.database.reading() as session:
        frame = community_frame(session, bench.campaign.edition)
    return community_names(bench.who, frame)
