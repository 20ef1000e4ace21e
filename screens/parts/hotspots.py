"""Hotspots in a list, and one opened: who asks for what there, and in which words."""

from __future__ import annotations

import streamlit as st

from core.database import Database
from core.language import content_language
from geo.hotspots import Hotspots
from screens.parts.campaign_picker import spoken
from screens.parts.markdown import plain
from screens.parts.visitor import StateKey, Visitor
from submissions.proposals import queries
from wording import hotspots
from wording.formatting import day, number, percent
from wording.maps import category_looks

PAGE = 10
LISTED = 100


def hotspot_list(who: Visitor, found: Hotspots) -> None:
    """List the hotspots by rank; a row that is chosen opens its hotspot."""
    _ = who.words.gettext
    st.subheader(_("Hotspots"))
    if found.frame.empty:
        st.info(_("No place is this dense. Try a larger distance or a smaller number."))
        st.session_state[StateKey.DESK_HOTSPOT] = None
        return
    name = "name_en" if content_language(who.lang) == "en" else "name"
    columns = ["rank", name, "people", "proposals", "largest_shared_point"]
    table = found.frame.head(LISTED)[columns]
    event = st.dataframe(
        table,
        hide_index=True,
        height=300,
        key="desk-hotspots",
        on_select="rerun",
        selection_mode="single-row",
        column_config={
            "rank": st.column_config.NumberColumn(_("Rank"), width="small"),
            name: st.column_config.TextColumn(_("Place")),
            "people": st.column_config.NumberColumn(_("People")),
            "proposals": st.column_config.NumberColumn(_("Proposals")),
            "largest_shared_point": st.column_config.NumberColumn(
                _("On one point"),
                help=_("How many share exactly one coordinate: perhaps an address, not a place."),
            ),
        },
    )
    rows = event["selection"]["rows"]
    picked = str(found.frame.iloc[rows[0]]["hotspot_id"]) if rows else None
    if picked != st.session_state.get(StateKey.DESK_PICKED):
        st.session_state[StateKey.DESK_PICKED] = picked
        st.session_state[StateKey.DESK_HOTSPOT] = picked
    if len(found.frame) > LISTED:
        said = _("The first {most} of {n} are listed; the file has all of them.")
        st.caption(said.format(most=LISTED, n=len(found.frame)))


def show_hotspot(
    who: Visitor, db: Database, campaign: queries.CampaignView, found: Hotspots, chosen: str
) -> None:
    """Draw the hotspot's figures, its shares, and its proposals page by page."""
    _ = who.words.gettext
    row = found.frame[found.frame["hotspot_id"] == chosen].iloc[0]
    place = hotspots.place_name(row["name"], row["name_en"], who.lang)
    st.subheader(plain(hotspots.heading(who.words, row["rank"], place)))
    with st.container(horizontal=True):
        for label, column in (
            (_("People"), "people"),
            (_("Proposals"), "proposals"),
            (_("On one point"), "largest_shared_point"),
        ):
            st.metric(label, number(row[column], who.lang), border=True, width=168)
    shared = int(row["largest_shared_point"]), int(row["proposals"])
    if warned := hotspots.one_point_note(who.words, who.lang, *shared):
        st.warning(warned)
    names = category_looks(campaign, who.lang)
    for key, share in row["categories"].items():
        label = names.get(key, {"name": key})["name"]
        st.progress(float(share), text=f"{plain(label)} · {percent(float(share), who.lang)}")
    said = _("From {first} to {last}")
    st.caption(said.format(first=day(row["first"], who.lang), last=day(row["last"], who.lang)))
    _proposals(who, db, found, chosen, names)


def _proposals(
    who: Visitor, db: Database, found: Hotspots, chosen: str, names: dict[str, dict[str, str]]
) -> None:
    _ = who.words.gettext
    ids = [str(i) for i in found.membership.index[found.membership == chosen]]
    pages = (len(ids) + PAGE - 1) // PAGE
    at = 1
    if pages > 1:
        at = int(st.number_input(_("Page (of {n})").format(n=pages), 1, pages, 1))
    with db.reading() as session:
        views = queries.proposals_by_public_ids(session, ids[(at - 1) * PAGE : at * PAGE])
    for view in views:
        st.markdown(spoken(view, view.text, names))
        said = _("Supporters: {n}")
        supports = number(view.supports, who.lang)
        st.caption(f"{day(view.created, who.lang)} · {said.format(n=supports)}")
