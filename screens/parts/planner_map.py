"""The planner's map: communities by a measure, hotspots, single proposals on request, a legend."""

from __future__ import annotations

from html import escape

import streamlit as st
from shapely.geometry import Point

from analysis.frames import CommunityCounts
from analysis.view import View
from core.language import content_language
from geo.class_breaks import FEW, PALETTE, class_bounds, class_breaks
from geo.hotspots import Hotspots
from layers.map import folium_map
from screens.parts import map as page_map
from screens.parts.visitor import StateKey, Visitor
from submissions.proposals.queries import CampaignView
from wording import maps
from wording.formatting import number, percent

HEIGHT_PX = 520


def measures(who: Visitor) -> dict[str, str]:
    """Return what the communities can be coloured by, in the visitor's language."""
    return maps.measure_names(who.words)


def tapped_hotspot(who: Visitor, campaign: CampaignView, found: Hotspots) -> str | None:
    """Return the hotspot that is open: the one tapped last on the map or chosen in the list."""
    tap = page_map.tap_on(StateKey.DESK_MAP, campaign, who)
    if tap and tap != st.session_state.get(StateKey.DESK_TAP):
        st.session_state[StateKey.DESK_TAP] = tap
        hit = found.frame[found.frame.geometry.intersects(Point(tap))]
        st.session_state[StateKey.DESK_HOTSPOT] = (
            None if hit.empty else str(hit.iloc[0]["hotspot_id"])
        )
    chosen = st.session_state.get(StateKey.DESK_HOTSPOT)
    return chosen if chosen in set(found.frame["hotspot_id"]) else None


def draw(
    who: Visitor, campaign: CampaignView, view: View, counts: CommunityCounts, chosen: str | None
) -> None:
    """Draw the map and its legend."""
    _ = who.words.gettext
    with_pins = st.toggle(_("Show single proposals on the map"), key="desk-pins")
    breaks = class_breaks(counts.frame[view.measure])
    communities = folium_map.AddressLayer(
        "areas",
        kind="communities",
        url=view.file("communities.geojson"),
        property=view.measure,
        breaks=breaks,
        colors=PALETTE[: len(breaks)],
        words={"legend": maps.measured(who.words, view.measure)},
        few=FEW,
        percent=view.measure == "answered_share",
        lang=content_language(who.lang),
    )
    hotspots = folium_map.AddressLayer(
        "areas",
        kind="hotspots",
        url=view.file("hotspots.geojson"),
        chosen=chosen,
        words=maps.hotspot_words(who.words),
        lang=content_language(who.lang),
    )
    category = next(iter(view.narrow.categories), None)
    pins = [maps.pins(campaign, who.lang, who.words, category=category)]
    page_map.show_map(
        campaign,
        who,
        key=StateKey.DESK_MAP,
        height=HEIGHT_PX,
        pins=False,
        changing=[communities, hotspots, *(pins if with_pins else [])],
    )
    _legend(who, view.measure, breaks)


def _legend(who: Visitor, measure: str, breaks: list[float]) -> None:
    bounds = class_bounds(breaks, whole=measure == "proposals")
    boxes = "".join(
        f'<span class="lujian-class"><i style="background:{color}"></i>'
        f"{_span(*(_amount(measure, value, who.lang) for value in (low, high)))}</span>"
        for color, (low, high) in zip(PALETTE, bounds, strict=False)
    )
    few = escape(who.words.gettext("striped: fewer than {n} proposals").format(n=FEW))
    name = escape(measures(who)[measure])
    st.html(f'<div class="lujian-legend">{name}: {boxes} {few}</div>')


def _amount(measure: str, value: float, lang: str) -> str:
    if measure == "answered_share":
        return percent(value, lang)
    return number(value, lang, 0 if measure == "proposals" else 1)


def _span(low: str, high: str) -> str:
    return high if low == high else f"{low}–{high}"
