"""The planner's page: counts by community, ranked hotspots, what is behind one, and the files."""

from __future__ import annotations

import streamlit as st

from layers.communities import is_schematic
from screens.parts import desk_map
from screens.parts.campaigns import choose_campaign, looks
from screens.parts.hotspot import hotspot_list, show_hotspot
from screens.parts.markdown import plain
from screens.parts.review import Review
from screens.parts.visitor import Visitor, database, visitor
from submissions import frames, queries, selection
from submissions.filters import Filter
from submissions.selection import Selection
from wording.figures import number


def show() -> None:
    """Draw the page."""
    who, db = visitor(), database()
    _ = who.words.gettext
    st.title(_("Review of proposals and hotspots"))
    campaign = choose_campaign(who, db)
    if campaign is None:
        return
    category = _category(who, campaign)
    chosen = Selection(campaign, Filter(categories=(category,) if category else ()))
    with st.spinner(_("Counting …")):
        counts = selection.community_counts(db, chosen)
    with db.reading() as session:
        schematic = is_schematic(session, campaign.edition)
    _figures(who, counts)
    controls, picture = st.columns([1, 2.2], gap="medium")
    with controls:
        review = _controls(who, campaign, category)
        with st.spinner(_("Looking for hotspots …")):
            found = selection.hotspots(
                db, chosen, radius_m=review.radius_m, min_proposals=review.min_proposals
            )
        hotspot_list(who, found)
    with picture:
        hotspot = desk_map.tapped_hotspot(who, review, found)
        desk_map.draw(who, review, counts, hotspot)
        if schematic:
            said = _("Community borders are schematic until the subdistrict office loads its own.")
            st.caption(said)
    if hotspot is not None:
        show_hotspot(who, db, campaign, found, hotspot)
    _community_table(who, counts)
    _downloads(who, review)


def _category(who: Visitor, campaign: queries.CampaignView) -> str | None:
    _ = who.words.gettext
    names = looks(campaign, who)
    if len(names) == 1:
        return None
    chosen = st.segmented_control(
        _("Category"),
        ["", *names],
        format_func=lambda key: names[key]["name"] if key else _("All"),
        default="",
        required=True,
        key=f"desk-category-{campaign.slug}",
    )
    return str(chosen) if chosen else None


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


def _controls(who: Visitor, campaign: queries.CampaignView, category: str | None) -> Review:
    _ = who.words.gettext
    names = desk_map.measures(who)
    measure = st.segmented_control(
        _("Colour the communities by"),
        list(names),
        format_func=names.__getitem__,
        default="proposals",
        key="desk-measure",
        required=True,
    )
    radius_m = st.slider(
        _("How close proposals must be to form a hotspot (metres)"), 20, 200, 50, step=10
    )
    least = st.slider(_("How many proposals make a hotspot, at least"), 3, 30, 5)
    return Review(campaign, category, str(measure), radius_m, least)


def _community_table(who: Visitor, counts: frames.CommunityCounts) -> None:
    _ = who.words.gettext
    name = "name_en" if who.lang == "en" else "name"
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


def _downloads(who: Visitor, review: Review) -> None:
    _ = who.words.gettext
    st.subheader(_("Take away as GeoJSON"))
    st.caption(_("WGS 84, RFC 7946, without anything personal. Opens in QGIS as it is."))
    with st.container(horizontal=True):
        for label, kind in (
            (_("Proposals"), "proposals"),
            (_("Communities with counts"), "communities"),
            (_("Hotspots"), "hotspots"),
        ):
            st.link_button(plain(label), review.address(kind), icon=":material/download:")
