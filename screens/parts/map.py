"""The map on a page: a constant folium map with a fixed key, and what changes as a group on it."""

from __future__ import annotations

from typing import Any

import streamlit as st
from branca.element import MacroElement
from streamlit_folium import st_folium

from layers import drawing
from screens.parts.campaigns import looks
from screens.parts.visitor import Visitor
from settings import get_settings
from submissions.queries import CampaignView


def show_map(
    campaign: CampaignView,
    who: Visitor,
    *,
    key: str,
    height: int,
    constant: list[MacroElement] | None = None,
    changing: list[MacroElement] | None = None,
    center: tuple[float, float] | None = None,
    zoom: float | None = None,
) -> None:
    """Draw the campaign's map; a tap reruns the page, and ``tap_on`` tells where it was."""
    settings = get_settings()
    made = drawing.local_map(
        campaign.slug,
        bounds=campaign.area.bounds,
        lang=who.lang,
        schematic_note=who.words.gettext("Schematic borders"),
        basemap_url=settings.basemap_url,
        basemap_attribution=settings.basemap_attribution,
    )
    for layer in constant or []:
        layer.add_to(made)
    st_folium(
        made,
        key=map_key(key, campaign, who),
        height=height,
        use_container_width=True,
        returned_objects=["last_clicked"],
        feature_group_to_add=drawing.dynamic_group(*(changing or [])),
        center=center,
        zoom=zoom,
    )


def map_key(key: str, campaign: CampaignView, who: Visitor) -> str:
    """Return the widget key: another campaign or language is another map."""
    return f"{key}-{campaign.slug}-{who.lang}"


def tap_on(key: str, campaign: CampaignView, who: Visitor) -> tuple[float, float] | None:
    """Return longitude and latitude of the newest tap, in this very rerun."""
    value: Any = st.session_state.get(map_key(key, campaign, who)) or {}
    clicked = value.get("last_clicked")
    return (float(clicked["lng"]), float(clicked["lat"])) if clicked else None


def pins(
    campaign: CampaignView, who: Visitor, *, category: str | None = None
) -> drawing.AddressLayer:
    """Return the layer of the campaign's published proposals."""
    _ = who.words.gettext
    return drawing.pins_layer(
        campaign.slug,
        category=category,
        looks=looks(campaign, who),
        words={
            "cluster": _("{n} proposals"),
            "loading": _("Loading …"),
            "failed": _("This could not be loaded. Please try again."),
            "supports": _("Supporters: {n}"),
            "open": _("Open this proposal"),
        },
        lang=who.lang,
        link="/proposal?id=",
    )
