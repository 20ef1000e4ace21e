"""Signing in by OpenID Connect: Streamlit asks the provider, then hands the person to the desk.

The provider sends people back to the first page, so ``returning`` is asked there. The desk's own
session takes over with a ticket for this device; it also forgets what Streamlit kept.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

import streamlit as st
from sqlalchemy.orm import Session

from errors import LuJianError, WrongSignInError
from people import claims
from people.claims import Identity
from people.providers import UNNAMED, Provider, may_vouch, providers_of, sections_of
from screens.parts.visitor import Visitor, database, visitor
from settings import get_settings
from wording.people import provider_sentence
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
    user, now = st.user.to_dict(), datetime.now(UTC)
    return claims.identity_of(user, _provider(user).claim, now=now)


def show() -> None:
    """Draw the page that leads to the providers, the one that was chosen before first."""
    who = visitor()
    _ = who.words.gettext
    st.title(_("Sign in"))
    if who.actor.account_id is not None:
        st.link_button(_("To the desk"), "/w/desk")
        return
    sections, chosen = sections_of(_auth()), st.query_params.get("provider")
    offered = [one for one in providers_of(get_settings()).values() if one.key in sections]
    if not offered:
        st.info(_("No provider is set up here. Please sign in with login and password."))
    chosen = chosen if chosen in {one.key for one in offered} else None
    for one in sorted(offered, key=lambda one: one.key != chosen):
        st.button(
            provider_sentence(one, who.words),
            key=f"provider {one.key}",
            type="primary" if one.key == (chosen or offered[0].key) else "secondary",
            on_click=st.login,
            args=() if one.key == UNNAMED else (one.key,),
        )
    st.link_button(_("Sign in with a password"), SIGN_IN)


def hand_over(who: Visitor, identity: Identity) -> None:
    """Take what the provider says, and lead to the desk."""
    _, settings, now = who.words.gettext, get_settings(), datetime.now(UTC)
    provider = _provider(st.user.to_dict())

    def enter(session: Session) -> int:
        """Find or make the account, with its roles renewed."""
        return claims.enter(session, provider.roles, identity, now=now)

    try:
        if not may_vouch(_auth(), provider.key, identity.issuer):
            raise WrongSignInError(problem="issuer")
        account_id = database().write(enter)
        ticket = claims.ticket_for(settings.secret_key, account_id, who.actor.key or "", now=now)
    except LuJianError as error:
        st.error(sentence_of(error, who.words))
        st.button(_("Back"), on_click=st.logout)
        return
    address = f"{ENTER}?{urlencode({'ticket': ticket})}"
    _go(key="go", data={"address": address}, height=1)
    st.link_button(_("To the desk"), address)


def _auth() -> dict[str, Any]:
    """Return ``[auth]`` of ``secrets.toml``; empty where there is none."""
    auth = st.secrets.get("auth") if st.secrets.load_if_toml_exists() else None
    return auth.to_dict() if auth is not None else {}


def _provider(user: Mapping[str, Any]) -> Provider:
    """Return by which provider somebody comes; one that gives no role where it is not known."""
    key = str(user.get("provider") or UNNAMED)
    return providers_of(get_settings()).get(key, Provider(key))
