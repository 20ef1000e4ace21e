"""What a resident gets after sending: the code, and what happens next."""

from __future__ import annotations

import streamlit as st

from database import Database
from screens.parts.markdown import plain
from screens.parts.visitor import Key, Visitor
from submissions import queries
from submissions.receipts import format_receipt
from wording.sentences import community_of, status_words


def show_receipt(who: Visitor, db: Database) -> None:
    """Draw the receipt of the proposal that was just filed."""
    _ = who.words.gettext
    code = st.session_state[Key.RECEIPT]
    with db.reading() as session:
        view = queries.proposal_by_receipt(session, code)
    if view is None:
        st.session_state.pop(Key.RECEIPT)
        st.rerun()
    st.title(_("Thank you. Your proposal has been received."))
    st.write(_("This is your code. Write it down or take a picture of it:"))
    with st.container(key="receipt-code"):
        st.code(format_receipt(code), language=None)
    st.write(status_words(who.words)[view.status])
    place = community_of(view, who.lang)
    if place:
        st.write(_("Counted in: **{community}**").format(community=plain(place)))
    st.subheader(_("What happens next"))
    st.markdown(
        "\n".join(
            f"{at}. {step}"
            for at, step in enumerate(
                (
                    _("Community planners read it together with what your neighbours asked for."),
                    _("Places where many people ask for the same are discussed and decided."),
                    _("You can see what became of it at any time with your code."),
                ),
                start=1,
            )
        )
    )
    st.link_button(
        _("See my proposal"), f"/proposal?receipt={format_receipt(code)}", use_container_width=True
    )
    if st.button(_("Make another proposal"), type="primary", use_container_width=True):
        for name in (Key.RECEIPT, Key.TEXT, Key.PROBLEM):
            st.session_state.pop(name, None)
        st.rerun()
