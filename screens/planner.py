"""The planner's page: counts by community, ranked hotspots, what is behind one, and the files."""

from __future__ import annotations

from urllib.parse import urlencode

import streamlit as st
from shapely.geometry import Point

from geo.hotspots import Hotspots
from layers import drawing
from layers.classes import PALETTE, class_breaks
from people.rules import may_review
from screens.parts import map as page_map
from screens.parts.campaigns import choose_campaign, looks
from screens.parts.hotspot import show_hotspot
from screens.parts.visitor import Key, Visitor, database, visitor
from screens.parts.wording import number, plain
from submissions import analysis, queries

MAP_HEIGHT_PX = 520
LISTED = 100


def show() -> None:
    """Draw the page."""
    who, db = visitor(), database()
    _ = who.words.gettext
    if not may_review(who.actor):
        st.error(_("This page is for planners."))
        return
    st.title(_("Review of proposals and hotspots"))
    campaign = choose_campaign(who, db)
    if campaign is None:
        return
    category = _category(who, campaign)
    with db.reading() as session:
        counts = queries.community_counts(session, campaign.id, category=category)
    _figures(who, counts)
    settings, picture = st.columns([1, 2.2], gap="medium")
    with settings:
        measure = _measure(who)
        radius_m = st.slider(
            _("How close proposals must be to form a hotspot (metres)"), 20, 200, 50, step=10
        )
        least = st.slider(_("How many proposals make a hotspot, at least"), 3, 30, 5)
        with st.spinner(_("Looking for hotspots …")):
            found = analysis.campaign_hotspots(
                db, campaign, category=category, radius_m=radius_m, min_proposals=least
            )
        _hotspot_list(who, found)
    with picture:
        chosen = _tapped_hotspot(who, campaign, found)
        _map(who, campaign, category, measure, counts, radius_m, least, chosen)
    if chosen is not None:
        show_hotspot(who, db, campaign, found, chosen)
    _community_table(who, counts)
    _downloads(who, campaign, category, radius_m, least)


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


def _figures(who: Visitor, counts: queries.CommunityCounts) -> None:
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
    if counts.held:
        said = _("{n} more lie outside the campaign's area. They are held and not counted.")
        st.caption(said.format(n=number(counts.held, who.lang)))


def _measures(who: Visitor) -> dict[str, str]:
    _ = who.words.gettext
    return {
        "proposals": _("Count"),
        "per_1000": _("Per 1,000 residents"),
        "per_km2": _("Per km²"),
    }


def _measure(who: Visitor) -> str:
    _ = who.words.gettext
    names = _measures(who)
    chosen = st.segmented_control(
        _("Colour the communities by"),
        list(names),
        format_func=names.__getitem__,
        default="proposals",
        key="desk-measure",
        required=True,
    )
    return str(chosen)


def _hotspot_list(who: Visitor, found: Hotspots) -> None:
    _ = who.words.gettext
    st.subheader(_("Hotspots"))
    if found.frame.empty:
        st.info(_("No place is this dense. Try a larger distance or a smaller number."))
        st.session_state[Key.DESK_HOTSPOT] = None
        return
    table = found.frame.head(LISTED)[["rank", "people", "proposals", "largest_shared_point"]]
    event = st.dataframe(
        table,
        hide_index=True,
        height=300,
        key="desk-hotspots",
        on_select="rerun",
        selection_mode="single-row",
        column_config={
            "rank": st.column_config.NumberColumn(_("Rank"), width="small"),
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
    if picked != st.session_state.get("desk-picked"):
        st.session_state["desk-picked"] = picked
        st.session_state[Key.DESK_HOTSPOT] = picked
    if len(found.frame) > LISTED:
        said = _("The first {most} of {n} are listed; the file has all of them.")
        st.caption(said.format(most=LISTED, n=len(found.frame)))


def _tapped_hotspot(who: Visitor, campaign: queries.CampaignView, found: Hotspots) -> str | None:
    tap = page_map.tap_on(Key.DESK_MAP, campaign, who)
    if tap and tap != st.session_state.get(Key.DESK_TAP):
        st.session_state[Key.DESK_TAP] = tap
        hit = found.frame[found.frame.geometry.intersects(Point(tap))]
        st.session_state[Key.DESK_HOTSPOT] = None if hit.empty else str(hit.iloc[0]["hotspot_id"])
    chosen = st.session_state.get(Key.DESK_HOTSPOT)
    return chosen if chosen in set(found.frame["hotspot_id"]) else None


def _map(
    who: Visitor,
    campaign: queries.CampaignView,
    category: str | None,
    measure: str,
    counts: queries.CommunityCounts,
    radius_m: float,
    least: int,
    chosen: str | None,
) -> None:
    _ = who.words.gettext
    with_pins = st.toggle(_("Show single proposals on the map"), key="desk-pins")
    breaks = class_breaks(counts.frame[measure])
    query = {"category": category} if category else {}
    hot = {**query, "radius_m": radius_m, "min_proposals": least}
    address = f"/api/campaigns/{campaign.slug}"
    page_map.show_map(
        campaign,
        who,
        key=Key.DESK_MAP,
        height=MAP_HEIGHT_PX,
        changing=[
            drawing.AddressLayer(
                "areas",
                kind="communities",
                url=f"{address}/communities.geojson?{urlencode(query)}",
                property=measure,
                breaks=breaks,
                colors=PALETTE[: len(breaks)],
                lang=who.lang,
            ),
            drawing.AddressLayer(
                "areas",
                kind="hotspots",
                url=f"{address}/hotspots.geojson?{urlencode(hot)}",
                chosen=chosen,
                words={"hotspot": _("Hotspot {rank}: {n} proposals, {people} authors")},
                lang=who.lang,
            ),
            *([page_map.pins(campaign, who, category=category)] if with_pins else []),
        ],
    )
    _legend(who, measure, breaks)


def _legend(who: Visitor, measure: str, breaks: list[float]) -> None:
    _ = who.words.gettext
    digits = 0 if measure == "proposals" else 1
    lows = [0.0, *breaks[:-1]]
    boxes = "".join(
        f'<span style="display:inline-block;margin-right:.8rem;white-space:nowrap">'
        f'<i style="display:inline-block;width:1em;height:1em;background:{color};'
        f'border:1px solid #8a8172;vertical-align:-2px"></i> '
        f"{number(low, who.lang, digits)}–{number(high, who.lang, digits)}</span>"
        for color, low, high in zip(PALETTE, lows, breaks, strict=False)
    )
    st.html(f'<div style="font-size:.85rem">{_measures(who)[measure]}: {boxes}</div>')
    st.caption(_("Community borders are schematic until the subdistrict office loads its own."))


def _community_table(who: Visitor, counts: queries.CommunityCounts) -> None:
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


def _downloads(
    who: Visitor,
    campaign: queries.CampaignView,
    category: str | None,
    radius_m: float,
    least: int,
) -> None:
    _ = who.words.gettext
    st.subheader(_("Take away as GeoJSON"))
    st.caption(_("WGS 84, RFC 7946, without anything personal. Opens in QGIS as it is."))
    query = {"category": category} if category else {}
    hot = {**query, "radius_m": radius_m, "min_proposals": least}
    address = f"/api/campaigns/{campaign.slug}"
    with st.container(horizontal=True):
        for label, name, given in (
            (_("Proposals"), "proposals", query),
            (_("Communities with counts"), "communities", query),
            (_("Hotspots"), "hotspots", hot),
        ):
            suffix = f"?{urlencode(given)}" if given else ""
            st.link_button(
                plain(label), f"{address}/{name}.geojson{suffix}", icon=":material/download:"
            )
