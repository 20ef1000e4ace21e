"""Choosing a campaign, and how its categories look."""

from __future__ import annotations

import time
from typing import Any

import streamlit as st

from core.cache import CACHE
from core.database import Database
from core.language import words_in
from screens.parts.markdown import plain
from screens.parts.visitor import StateKey, Visitor
from submissions.proposals import queries

FRESH_S = 2


def choose_campaign(who: Visitor, db: Database) -> queries.CampaignView | None:
    """Let the visitor choose among the campaigns; the choice lives in the address."""
    _ = who.words.gettext
    campaigns = known_campaigns(db)
    if not campaigns:
        st.info(_("There is no campaign yet. Please come back later."))
        return None
    asked = st.query_params.get("campaign", "")
    first = asked if asked in campaigns else next(iter(campaigns))
    if len(campaigns) == 1:
        return campaigns[first]
    if st.session_state.get(StateKey.CAMPAIGN) not in campaigns:
        st.session_state[StateKey.CAMPAIGN] = first
    slug = st.selectbox(
        _("Campaign"),
        list(campaigns),
        format_func=lambda key: who.said({k: t["title"] for k, t in campaigns[key].texts.items()}),
        key=StateKey.CAMPAIGN,
        label_visibility="collapsed",
    )
    if asked != slug:
        st.query_params["campaign"] = slug
    return campaigns[slug]


def known_campaigns(db: Database) -> dict[str, queries.CampaignView]:
    """Return the campaigns of which the public knows, by slug, in the order they were set up.

    All visitors of the same few seconds share the answer.
    """
    moment = int(time.monotonic() / FRESH_S)
    return CACHE.get(("campaigns", db.url), moment, lambda: _campaigns(db))


def _campaigns(db: Database) -> dict[str, queries.CampaignView]:
    with db.reading() as session:
        return {view.slug: view for view in queries.list_campaigns(session)}


def texts(campaign: queries.CampaignView, who: Visitor) -> dict[str, Any]:
    """Return the campaign's own words in this visitor's language."""
    found: dict[str, Any] = words_in(campaign.texts, who.lang)
    return found


def spoken(view: queries.ProposalView, text: str, names: dict[str, dict[str, str]]) -> str:
    """Return people's text, inert, behind the sign of its proposal's category."""
    icon = names.get(view.category, {}).get("icon")
    sign = f":material/{icon}: " if icon else ""
    return sign + plain(text)


def named(look: dict[str, str]) -> str:
    """Return a category's sign and name as a label for Streamlit."""
    sign = f":material/{look['icon']}: " if look["icon"] else ""
    return sign + plain(look["name"])
