"""One proposal, by its receipt code (its author's view) or by its public link."""

from __future__ import annotations

import streamlit as st

from database import Database
from errors import NotFoundError
from layers import drawing
from screens.parts import map as page_map
from screens.parts.campaigns import looks, named, texts
from screens.parts.markdown import plain
from screens.parts.neighbours import support_button
from screens.parts.visitor import Visitor, database, visitor
from submissions import queries
from submissions.receipts import normalise_receipt
from submissions.rules import Status
from wording.figures import day
from wording.sentences import community_of, relation_words, sentence_of, status_words


def show() -> None:
    """Draw the page."""
    who, db = visitor(), database()
    public_id = st.query_params.get("id", "")
    if public_id:
        _public(who, db, public_id)
    else:
        _own(who, db)


def _public(who: Visitor, db: Database, public_id: str) -> None:
    try:
        with db.reading() as session:
            view = queries.proposal_by_public_id(session, public_id)
    except NotFoundError:
        _ = who.words.gettext
        st.warning(_("This proposal cannot be shown. It may have been taken back."))
        return
    _draw(who, db, view)
    support_button(who, db, view.public_id, label=who.words.gettext("I support this"))


def _own(who: Visitor, db: Database) -> None:
    _ = who.words.gettext
    st.title(_("What became of my proposal?"))
    asked = st.query_params.get("receipt", "")
    typed = st.text_input(
        _("Your code (12 letters and digits)"), value=asked, placeholder="ACEF-2345-WXY6"
    )
    if not typed.strip():
        return
    code = normalise_receipt(typed)
    view = None
    if code:
        with db.reading() as session:
            view = queries.proposal_by_receipt(session, code)
    if view is None:
        st.error(sentence_of(NotFoundError(), who.words))
        return
    _draw(who, db, view)


def _draw(who: Visitor, db: Database, view: queries.ProposalView) -> None:
    _ = who.words.gettext
    with db.reading() as session:
        campaign = queries.campaign_by_id(session, view.campaign_id)
    st.subheader(named(looks(campaign, who)[view.category]))
    st.caption(plain(texts(campaign, who)["title"]))
    st.markdown(plain(view.text))
    place = community_of(view, who.lang)
    relation = relation_words(who.words).get(view.relation)
    facts = [place and plain(place), relation, day(view.created, who.lang)]
    st.caption(" · ".join(fact for fact in facts if fact))
    st.info(status_words(who.words)[view.status], icon=":material/timeline:")
    page_map.show_map(
        campaign,
        who,
        key=f"one-{view.public_id}",
        height=260,
        changing=[drawing.dropped_pin(view.longitude, view.latitude)],
        center=(view.latitude, view.longitude),
        zoom=16,
    )
    if view.status == Status.PUBLISHED:
        st.caption(_("Supporters: {n}").format(n=view.supports))
