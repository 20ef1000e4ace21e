"""Signing in by OpenID Connect: Streamlit asks the provider, then hands the person to the desk.

The provider sends people back to the first page, so ``returning`` is asked there. The desk's own
session takes over with a ticket for this browser; it also forgets what Streamlit kept. Who starts
here without the desk's cookie of a beginning is led to where it is given.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Literal
from urllib.parse import quote, urlencode

import streamlit as st

from errors import LuJianError, SignInProblem, WrongSignInError
from people import claims
from people.claims import ENTRY_COOKIE, Identity
from people.providers import UNNAMED, Provider, may_vouch, offered_providers
from screens.parts.secrets import auth
from screens.parts.visitor import Key, Visitor, database, visitor
from settings import get_settings
from wording.people import provider_sentence
from wording.sentences import sentence_of

ENTER = "/w/desk/enter"
SIGN_IN = "/w/desk/sign-in"
WITH = "/w/desk/sign-in/with"

_go = st.components.v2.component(
    "lujian_go",
    html="",
    js="export default function ({ data }) { location.replace(data.address); }",
)


def returning(who: Visitor) -> Identity | None:
    """Return who comes back from the provider just now and is not signed in yet, or None."""
    if who.actor.account_id is not None or not _offered():
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
    offered, chosen = list(_offered().values()), st.query_params.get("provider")
    if not offered:
        st.info(_("No provider is set up here. Please sign in with login and password."))
    chosen = chosen if chosen in {one.key for one in offered} else None
    for one in sorted(offered, key=lambda one: one.key != chosen):
        _draw_way(one, who, first=one.key == (chosen or offered[0].key))
    st.link_button(_("Sign in with a password"), SIGN_IN)


def hand_over(who: Visitor, identity: Identity) -> None:
    """Take what the provider says, and lead to the desk."""
    _ = who.words.gettext
    try:
        ticket = _ticket(identity)
    except LuJianError as error:
        st.error(sentence_of(error, who.words))
        st.button(_("Back"), on_click=st.logout)
        return
    address = f"{ENTER}?{urlencode({'ticket': ticket})}"
    _go(key="go", data={"address": address}, height=1)
    st.link_button(_("To the desk"), address)


def _ticket(identity: Identity) -> str:
    """Return this visitor's ticket, one for all runs of the page. Raises ``WrongSignInError``."""
    if Key.TICKET not in st.session_state:
        provider, now = _provider(st.user.to_dict()), datetime.now(UTC)
        if not may_vouch(auth(), provider.key, identity.issuer):
            raise WrongSignInError(problem=SignInProblem.ISSUER)
        key, cookies = get_settings().secret_key, dict(st.context.cookies)
        st.session_state[Key.TICKET] = database().write(
            lambda session: claims.hand_out(session, key, provider, identity, cookies, now=now)
        )
    return str(st.session_state[Key.TICKET])


def _draw_way(one: Provider, who: Visitor, *, first: bool) -> None:
    """Draw the button that leads to a provider."""
    kind: Literal["primary", "secondary"] = "primary" if first else "secondary"
    said = provider_sentence(one, who.words)
    if not st.context.cookies.get(ENTRY_COOKIE):
        st.link_button(said, f"{WITH}/{quote(one.key)}", type=kind)
        return
    args = () if one.key == UNNAMED else (one.key,)
    st.button(said, key=f"provider {one.key}", type=kind, on_click=st.login, args=args)


def _offered() -> dict[str, Provider]:
    return {one.key: one for one in offered_providers(get_settings(), auth())}


def _provider(user: Mapping[str, Any]) -> Provider:
    """Return by which provider somebody comes; one that gives no role where it is not set up."""
    key = str(user.get("provider") or UNNAMED)
    return _offered().get(key, Provider(key))
