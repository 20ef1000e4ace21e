"""One hotspot opened: who asks for what there, and in which words."""

from __future__ import annotations

import streamlit as st

from database import Database
from geo.hotspots import Hotspots
from screens.parts.campaigns import looks
from screens.parts.visitor import Visitor
from screens.parts.wording import day, number, plain
from submissions import queries

PAGE = 10


def show_hotspot(
    who: Visitor, db: Database, campaign: queries.CampaignView, found: Hotspots, chosen: str
) -> None:
    """Draw the hotspot's figures, its shares, and its proposals page by page."""
    _ = who.words.gettext
    row = found.frame[found.frame["hotspot_id"] == chosen].iloc[0]
    st.subheader(_("Hotspot {rank}").format(rank=row["rank"]))
    with st.container(horizontal=True):
        for label, column in (
            (_("People"), "people"),
            (_("Proposals"), "proposals"),
            (_("On one point"), "largest_shared_point"),
        ):
            st.metric(label, number(row[column], who.lang), border=True, width=168)
    if row["largest_shared_point"] * 2 > row["proposals"]:
        said = _("{n} of {m} share one coordinate: perhaps an address, not where they mean.")
        st.warning(said.format(n=row["largest_shared_point"], m=row["proposals"]))
    names = looks(campaign, who)
    for key, share in row["categories"].items():
        label = names.get(key, {"name": key})["name"]
        st.progress(float(share), text=f"{plain(label)} · {share:.0%}")
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
        sign = f":material/{names[view.category]['icon']}: " if view.category in names else ""
        st.markdown(sign + plain(view.text))
        said = _("Supporters: {n}")
        st.caption(f"{day(view.created, who.lang)} · {said.format(n=view.supports)}")
