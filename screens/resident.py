"""The resident's page: place a pin, see what neighbours asked for there, say it, get a receipt."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

import streamlit as st

from database import Database
from errors import LuJianError
from layers import drawing
from layers.communities import community_at
from people.actors import Actor
from screens.parts import map as page_map
from screens.parts.campaigns import choose_campaign, looks, named, texts
from screens.parts.locate import locate_button
from screens.parts.markdown import plain
from screens.parts.neighbours import neighbours
from screens.parts.receipt import show_receipt
from screens.parts.visitor import Key, Visitor, client_token, database, visitor
from submissions import actions, drafts, queries, rules
from wording.sentences import relation_words, sentence_of

MAP_HEIGHT_PX = 380


@dataclass(frozen=True)
class Placed:
    """The pin as it stands: WGS 84 degrees, how it came there, how sure the device was."""

    longitude: float
    latitude: float
    placed_by: rules.Placement
    accuracy_m: float | None = None


def show() -> None:
    """Draw the page."""
    who, db = visitor(), database()
    if st.session_state.get(Key.RECEIPT):
        show_receipt(who, db)
        return
    campaign = choose_campaign(who, db)
    if campaign is not None:
        _ask(who, db, campaign)


def _ask(who: Visitor, db: Database, campaign: queries.CampaignView) -> None:
    _ = who.words.gettext
    words = texts(campaign, who)
    st.title(plain(words["question"]))
    left, right = st.columns([1.5, 1], gap="medium")
    with left:
        problem = _take_place(who, campaign)
        placed: Placed | None = st.session_state.get(Key.PLACED)
        _map(who, campaign, placed)
    with right:
        if problem:
            st.warning(problem)
        if placed is None:
            said = _("Tap the map where you mean. You can tap again to move the pin.")
            st.info(said, icon=":material/touch_app:")
        else:
            _describe(who, db, campaign, placed)
            neighbours(who, db, campaign, placed.longitude, placed.latitude)
        _form(who, db, campaign, placed)
    about = [words.get("intro"), words.get("prize")]
    if any(about):
        with st.expander(_("About this campaign"), icon=":material/info:"):
            for text in filter(None, about):
                st.markdown(plain(text))


def _take_place(who: Visitor, campaign: queries.CampaignView) -> str | None:
    """Take the place that the device or a new tap gave; return the sentence when it is none."""
    fix, problem = locate_button(who)
    if fix:
        at = fix.longitude, fix.latitude
        _place(campaign, Placed(*at, rules.Placement.DEVICE, fix.accuracy_m))
    tap = page_map.tap_on(Key.MAP, campaign, who)
    if tap and tap != st.session_state.get(Key.LAST_TAP):
        st.session_state[Key.LAST_TAP] = tap
        _place(campaign, Placed(*tap, rules.Placement.TAP))
    error = st.session_state.get(Key.PROBLEM)
    return problem or (sentence_of(error, who.words) if error else None)


def _place(campaign: queries.CampaignView, placed: Placed) -> None:
    try:
        drafts.check_place(campaign.area, placed.longitude, placed.latitude)
    except LuJianError as error:
        st.session_state[Key.PROBLEM] = error
        return
    st.session_state[Key.PROBLEM] = None
    st.session_state[Key.PLACED] = placed


def _map(who: Visitor, campaign: queries.CampaignView, placed: Placed | None) -> None:
    changing: list[drawing.MacroElement] = []
    center = zoom = None
    if placed:
        changing.append(
            drawing.dropped_pin(placed.longitude, placed.latitude, accuracy_m=placed.accuracy_m)
        )
        if placed.placed_by is rules.Placement.DEVICE:
            center, zoom = (placed.latitude, placed.longitude), 17
    page_map.show_map(
        campaign,
        who,
        key=Key.MAP,
        height=MAP_HEIGHT_PX,
        constant=[page_map.pins(campaign, who)],
        changing=changing,
        center=center,
        zoom=zoom,
    )


def _describe(who: Visitor, db: Database, campaign: queries.CampaignView, placed: Placed) -> None:
    _ = who.words.gettext
    with db.reading() as session:
        names = community_at(session, campaign.edition, placed.longitude, placed.latitude)
    if names:
        name = who.said(names)
        said = _("Your pin is in **{community}**. Tap again to move it.")
        st.success(said.format(community=plain(name)), icon=":material/location_on:")
    else:
        said = _("Your pin is on the map. Tap again to move it.")
        st.success(said, icon=":material/location_on:")
    if placed.accuracy_m and placed.accuracy_m > 50:
        said = _("Your phone is only sure within {metres} m. If the pin is not right, tap the map.")
        st.warning(said.format(metres=round(placed.accuracy_m)))


def _form(
    who: Visitor, db: Database, campaign: queries.CampaignView, placed: Placed | None
) -> None:
    _ = who.words.gettext
    names = looks(campaign, who)
    relations = relation_words(who.words)
    with st.form("proposal", border=False):
        category = next(iter(names))
        if len(names) > 1:
            category = st.segmented_control(
                _("What is it about?"),
                list(names),
                format_func=lambda key: named(names[key]),
                key=f"{Key.CATEGORY}-{campaign.slug}",
            )
        st.text_area(
            _("What would you like here?"),
            placeholder=texts(campaign, who).get("hint", ""),
            height=110,
            key=Key.TEXT,
        )
        relation = st.pills(
            _("How do you know this place?"),
            list(relations),
            format_func=relations.__getitem__,
            key=Key.RELATION,
        )
        problem = st.empty()
        sent = st.form_submit_button(
            _("Send my proposal"), type="primary", use_container_width=True
        )
    if sent:
        said = _file(who, db, campaign, placed, category, relation)
        if said:
            problem.error(said)


def _file(
    who: Visitor,
    db: Database,
    campaign: queries.CampaignView,
    placed: Placed | None,
    category: str | None,
    relation: rules.Relation | None,
) -> str | None:
    """File what stands in the form and go to the receipt; return the sentence when it cannot be."""
    _ = who.words.gettext
    if placed is None:
        return _("Please tap the map first, so that we know which place you mean.")
    draft = actions.DraftProposal(
        client_token=client_token(),
        longitude=placed.longitude,
        latitude=placed.latitude,
        category=category or "",
        text=st.session_state.get(Key.TEXT) or "",
        relation=relation or "",
        placed_by=placed.placed_by,
        accuracy_m=placed.accuracy_m,
    )
    try:
        with st.spinner(_("Sending …")):
            receipt = _store(db, who.actor, campaign.id, draft)
    except LuJianError as error:
        return sentence_of(error, who.words)
    st.session_state[Key.RECEIPT] = receipt.code
    for name in (Key.TOKEN, Key.PLACED):
        st.session_state.pop(name, None)
    st.rerun()


def _store(
    db: Database, actor: Actor, campaign_id: int, draft: actions.DraftProposal
) -> actions.Receipt:
    now = datetime.now(UTC)
    return db.write(
        lambda session: actions.file_proposal(session, actor, campaign_id, draft, now=now)
    )
