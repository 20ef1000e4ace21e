"""What neighbours already asked for around a place, and supporting it instead in one tap."""

from __future__ import annotations

from datetime import UTC, datetime
from gettext import GNUTranslations

import streamlit as st

from database import Database
from errors import LuJianError
from screens.parts.campaigns import looks, spoken
from screens.parts.visitor import Key, Visitor
from submissions import actions, queries
from submissions.pinboard import pinboard_of
from wording.sentences import sentence_of

RADIUS_M = 100
MOST = 3
EXCERPT = 90


def neighbours(
    who: Visitor, db: Database, campaign: queries.CampaignView, longitude: float, latitude: float
) -> None:
    """List the proposals within 100 m, nearest first."""
    near = pinboard_of(db).near(campaign.id, longitude, latitude, radius_m=RADIUS_M, most=MOST)
    if not near.total:
        return
    with st.expander(_heading(near.total, who.words), expanded=True, icon=":material/groups:"):
        names = looks(campaign, who)
        for view in near.nearest:
            _neighbour(who, db, view, names)


def _heading(count: int, words: GNUTranslations) -> str:
    said = words.ngettext(
        "{n} proposal by a neighbour within {metres} m",
        "{n} proposals by neighbours within {metres} m",
        count,
    )
    return said.format(n=count, metres=RADIUS_M)


def _neighbour(
    who: Visitor, db: Database, view: queries.ProposalView, names: dict[str, dict[str, str]]
) -> None:
    _ = who.words.gettext
    text = view.text if len(view.text) <= EXCERPT else view.text[:EXCERPT] + "…"
    st.markdown(spoken(view, text, names))
    said = _("{metres} m from your pin · supporters: {n}")
    st.caption(said.format(metres=round(view.distance_m or 0), n=view.supports))
    support_button(who, db, view.public_id, label=_("I support this instead"))


def support_button(who: Visitor, db: Database, public_id: str, *, label: str) -> None:
    """Draw one tap to support a proposal; afterwards the thanks stand in its place."""
    _ = who.words.gettext
    supported: dict[str, int] = st.session_state.setdefault(Key.SUPPORTED, {})
    spot = st.empty()
    if public_id not in supported:
        if not spot.button(label, key=f"support-{public_id}", icon=":material/thumb_up:"):
            return
        now = datetime.now(UTC)
        try:
            supported[public_id] = db.write(
                lambda session: actions.support_proposal(session, who.actor, public_id, now=now)
            )
        except LuJianError as error:
            spot.warning(sentence_of(error, who.words))
            return
    said = _("Thank you. Supporters now: {n}")
    spot.success(said.format(n=supported[public_id]), icon=":material/thumb_up:")
