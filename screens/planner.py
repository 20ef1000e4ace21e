"""The planner's page: counts by community, ranked hotspots, what is behind one, and the files."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from analysis import frames, results
from analysis.filter import Filter
from analysis.selection import Selection
from analysis.view import MEASURES, View
from core.language import content_language
from layers.communities.communities import is_schematic
from screens.parts import planner_map
from screens.parts.campaign_picker import choose_campaign
from screens.parts.hotspots import hotspot_list, show_hotspot
from screens.parts.markdown import plain
from screens.parts.visitor import Visitor, database, pairs_asked, visitor
from submissions.proposals import queries
from wording.formatting import number
from wording.maps import category_looks

#: How hotspots may be found here.
RADIUS_M, LEAST = (20, 300), (3, 100)


def show() -> None:
    """Draw the page."""
    who, db = visitor(), database()
    _ = who.words.gettext
    st.title(_("Review of proposals and hotspots"))
    campaign = choose_campaign(who, db)
    if campaign is None:
        return
    asked = View.read(pairs_asked())
    narrow = _narrow(who, campaign, asked)
    selected = Selection(campaign, narrow)
    with st.spinner(_("Counting …")):
        counts = results.community_counts(db, selected)
    with db.reading() as session:
        schematic = is_schematic(session, campaign.edition)
    _figures(who, counts)
    controls, picture = st.columns([1, 2.2], gap="medium")
    with controls:
        view = _controls(who, replace(asked, campaign=campaign.slug, narrow=narrow))
        with st.spinner(_("Looking for hotspots …")):
            found = results.hotspots(
                db, selected, radius_m=view.radius_m, min_proposals=view.min_proposals
            )
        hotspot_list(who, found)
    with picture:
        chosen = planner_map.tapped_hotspot(who, campaign, found)
        planner_map.draw(who, campaign, view, counts, chosen)
        if schematic:
            said = _("Community borders are schematic until the subdistrict office loads its own.")
            st.caption(said)
    if chosen is not None:
        show_hotspot(who, db, campaign, found, chosen)
    _community_table(who, counts)
    _downloads(who, view)


def _narrow(who: Visitor, campaign: queries.CampaignView, asked: View) -> Filter:
    """Let the visitor choose a category; the address says with which the page begins."""
    _ = who.words.gettext
    names = category_looks(campaign, who.lang)
    if len(names) == 1:
        return Filter()
    first = asked.narrow.categories[:1]
    chosen = st.segmented_control(
        _("Category"),
        ["", *names],
        format_func=lambda key: names[key]["name"] if key else _("All"),
        default=first[0] if first and first[0] in names else "",
        required=True,
        key=f"desk-category-{campaign.slug}",
    )
    return Filter(categories=(str(chosen),) if chosen else ())


def _figures(who: Visitor, counts: frames.CommunityCounts) -> None:
    _ = who.words.gettext
    reached = int((counts.frame["proposals"] > 0).sum())
    cards = st.container(horizontal=True)
    for label, value in (
        (_("Proposals"), int(counts.frame["proposals"].sum()) + counts.outside),
        (_("People"), counts.people),
        (_("Communities"), reached),
        (_("No community"), counts.outside),
    ):
        cards.metric(label, number(value, who.lang), border=True, width=168)


def _controls(who: Visitor, view: View) -> View:
    """Return the view as the visitor changes it."""
    _ = who.words.gettext
    names = planner_map.measures(who)
    measure = st.segmented_control(
        _("Colour the communities by"),
        list(names),
        format_func=names.__getitem__,
        default=view.measure if view.measure in names else MEASURES[0],
        key="desk-measure",
        required=True,
    )
    said = _("How close proposals must be to form a hotspot (metres)")
    radius_m = st.slider(said, *RADIUS_M, min(int(view.radius_m), RADIUS_M[1]), step=10)
    said = _("How many proposals make a hotspot, at least")
    least = st.slider(said, *LEAST, min(view.min_proposals, LEAST[1]))
    return replace(view, measure=str(measure), radius_m=float(radius_m), min_proposals=least)


def _community_table(who: Visitor, counts: frames.CommunityCounts) -> None:
    _ = who.words.gettext
    name = "name_en" if content_language(who.lang) == "en" else "name"
    with st.expander(_("All communities in a table")):
        st.dataframe(
            counts.frame[[name, "proposals", "people", "per_1000", "per_km2"]].sort_values(
                "proposals", ascending=False
            ),
            hide_index=True,
            column_config={
                name: _("Community"),
                "proposals": _("Proposals"),
                "people": _("People"),
                "per_1000": st.column_config.NumberColumn(_("Per 1,000 residents"), format="%.1f"),
                "per_km2": st.column_config.NumberColumn(_("Per km²"), format="%.0f"),
            },
        )


def _downloads(who: Visitor, view: View) -> None:
    _ = who.words.gettext
    st.subheader(_("Take away as GeoJSON"))
    st.caption(_("WGS 84, RFC 7946, without anything personal. Opens in QGIS as it is."))
    with st.container(horizontal=True):
        for label, kind in (
            (_("Proposals"), "proposals"),
            (_("Communities with counts"), "communities"),
            (_("Hotspots"), "hotspots"),
        ):
            st.link_button(plain(label), view.file(f"{kind}.geojson"), icon=":material/download:")
