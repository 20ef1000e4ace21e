"""The map on a page: a constant folium map with a fixed key, and what changes as a group on it."""

from __future__ import annotations

from typing import Any

import streamlit as st
from branca.element import MacroElement
from streamlit_folium import st_folium

from layers.background.base_map import current_base_map
from layers.map import folium_map
from screens.parts.visitor import Visitor
from submissions.proposals.queries import CampaignView
from wording import maps


def show_map(
    campaign: CampaignView,
    who: Visitor,
    *,
    key: str,
    height: int,
    placing: bool = False,
    pins: bool = True,
    optional: bool = False,
    constant: list[MacroElement] | None = None,
    changing: list[MacroElement] | None = None,
) -> None:
    """Draw the campaign's map. A tap reruns the page, and ``tap_on`` tells where it was.

    ``placing``: residents put their pin; the map then talks to the form, and no tap reruns.
    ``optional``: the legend switches further layers on and off.
    """
    made = maps.campaign_map(
        campaign,
        who.lang,
        who.words,
        current_base_map(who.database, who.settings),
        placing=placing,
        with_pins=pins,
        large=who.large,
        locate=placing,
        full=True,
        switches=optional,
    )
    further = maps.optional_layers(campaign, who.lang, who.words) if optional else []
    for layer in [*further, *(constant or [])]:
        layer.add_to(made)
    st_folium(
        made,
        key=map_key(key, campaign, who),
        height=height,
        use_container_width=True,
        returned_objects=[] if placing else ["last_clicked"],
        feature_group_to_add=folium_map.dynamic_group(*(changing or [])),
    )


def map_key(key: str, campaign: CampaignView, who: Visitor) -> str:
    """Return the widget key: another campaign, language or size of type is another map."""
    return f"{key}-{campaign.slug}-{who.lang}{'-large' if who.large else ''}"


def tap_on(key: str, campaign: CampaignView, who: Visitor) -> tuple[float, float] | None:
    """Return longitude and latitude of the newest tap, in this very rerun."""
    value: Any = st.session_state.get(map_key(key, campaign, who)) or {}
    clicked = value.get("last_clicked")
    return (float(clicked["lng"]), float(clicked["lat"])) if clicked else None
