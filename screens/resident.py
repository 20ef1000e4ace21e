"""The full map: the campaign on a large map, with the same form and list as the light page.

The form talks to the map and to the API by itself, so that neither a tap nor a word costs a rerun.
"""

from __future__ import annotations

import streamlit as st

from screens.parts import map as page_map
from screens.parts.campaign_picker import choose_campaign, texts
from screens.parts.embedded_page import light_part
from screens.parts.markdown import plain
from screens.parts.visitor import StateKey, Visitor, database, visitor
from submissions.proposals.queries import CampaignView

#: Where a browser does not know the window's height; ``frame.css`` makes it as high as the window.
MAP_HEIGHT_PX = 560


def show() -> None:
    """Draw the page: the map as high as the window leaves, all else beside it."""
    who, db = visitor(), database()
    left, right = st.columns([2.4, 1], gap="small")
    with right:
        campaign = choose_campaign(who, db)
    if campaign is None:
        return
    with left, st.container(key="resident-map"):
        page_map.show_map(
            campaign, who, key=StateKey.MAP, height=MAP_HEIGHT_PX, placing=True, optional=True
        )
    with right, st.container(key="resident-side"):
        _beside(who, campaign)


def _beside(who: Visitor, campaign: CampaignView) -> None:
    _ = who.words.gettext
    words = texts(campaign, who)
    st.title(plain(words["question"]), anchor=False)
    light_part("say", campaign.slug, who)
    with st.expander(_("What people say"), icon=":material/forum:"):
        light_part("list", campaign.slug, who)
    about = [words.get("intro"), words.get("prize")]
    if any(about):
        with st.expander(_("About this campaign"), icon=":material/info:"):
            for text in filter(None, about):
                st.markdown(plain(text))
    st.link_button(_("The campaign in numbers"), f"/w/c/{campaign.slug}#numbers")
