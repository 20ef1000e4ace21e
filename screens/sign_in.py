"""Signing in by OpenID Connect: Streamlit asks the provider, then hands the person to the desk.

The provider sends people back to the first page, so ``returning`` is asked there. The desk's own
session takes over with a ticket for this device; it also forgets what Streamlit kept.
"""

from __future__ import annotations

from datetime import UTC, datetime
from urllib.parse import urlencode

import streamlit as st
from sqlalchemy.orm import Session

from errors import LuJianError
from people import claims
from people.claims import Identity
from screens.parts.visitor import Visitor, database, visitor
from settings import get_settings
from wording.sentences import sentence_of

ENTER = "/w/desk/enter"
SIGN_IN = "/w/desk/sign-in"

_go = st.components.v2.component(
    "lujian_go",
    html="",
    js="export default function ({ data }) { location.replace(data.address); }",
)


def returning(who: Visitor) -> Identity | None:
    """Return who comes back from the provider just now and is not signed in yet, or None."""
    if who.actor.account_id is not None:
        return None
    claim, now = get_settings().oidc_claim, datetime.now(UTC)
    return claims.identity_of(st.user.to_dict(), claim, now=now)


def show() -> None:
    """Draw the page that leads to the provider."""
    who = visitor()
    _ = who.words.gettext
    st.title(_("Sign in"))
    if who.actor.account_id is not None:
        st.link_button(_("To the desk"), "/w/desk")
        return
    if "is_logged_in" not in st.user:
        st.info(_("No provider is set up here. Please sign in with login and password."))
        st.link_button(_("Sign in with a password"), SIGN_IN)
        return
    st.button(_("Sign in with the account of your organisation"), type="primary", on_click=st.login)
    st.link_button(_("Sign in with a password"), SIGN_IN)


def hand_over(who: Visitor, identity: Identity) -> None:
    """Take what the provider says, and lead to the desk."""
    _, settings, now = who.words.gettext, get_settings(), datetime.now(UTC)
    roles = claims.role_map(settings.oidc_roles)

    def enter(session: Session) -> int:
        """Find or make the account, with its roles renewed."""
        return claims.enter(session, roles, identity, now=now)

    try:
        account_id = database().write(enter)
        ticket = claims.ticket_for(settings.secret_key, account_id, who.actor.key or "", now=now)
    except LuJianError as error:
        st.error(sentence_of(error, who.words))
        st.button(_("Back"), on_click=st.logout)
        return
    address = f"{ENTER}?{urlencode({'ticket': ticket})}"
    _go(key="go", data={"address": address}, height=1)
    st.link_button(_("To the desk"), address)
