"""Who looks, in which language, and the names of everything kept for them between reruns.

``session_state`` holds ids, drafts and plain values under the names of ``StateKey``; a widget that
is read only where it is drawn keeps its key there.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from gettext import GNUTranslations

import streamlit as st

from core import language
from core.database import Database, open_database
from core.settings import Settings, get_settings
from people.access.actor import Actor
from people.access.device_cookie import LARGE, device_of
from people.accounts.sessions import actor_from, find_session


class StateKey(StrEnum):
    """Names in ``st.session_state``."""

    LANG = "lang"
    LARGE = "large"
    CAMPAIGN = "campaign"
    MAP = "map"
    DEVICE = "device"


@dataclass(frozen=True)
class Visitor:
    """This visitor: the words of their language and what they may be known by."""

    lang: str
    words: GNUTranslations
    actor: Actor
    large: bool = False

    @property
    def database(self) -> Database:
        """What is read."""
        return database()

    @property
    def settings(self) -> Settings:
        """How this program is set up."""
        return get_settings()

    def said(self, texts: dict[str, str]) -> str:
        """Pick a text of the campaign in this visitor's language."""
        return language.in_language(texts, self.lang)


def visitor() -> Visitor:
    """Return who is looking at this rerun."""
    if StateKey.LANG not in st.session_state:
        st.session_state[StateKey.LANG] = language.language_of_request(
            st.query_params.get("lang"),
            st.context.cookies.get(language.COOKIE),
            get_settings().language,
            browser=st.context.headers.get("Accept-Language"),
        )
    lang = st.session_state[StateKey.LANG]
    actor = _actor()
    if StateKey.LARGE not in st.session_state:
        asked = st.query_params.get("large", "")
        kept = st.context.cookies.get(LARGE)
        st.session_state[StateKey.LARGE] = (asked if asked in {"0", "1"} else kept) == "1"
    return Visitor(lang, language.translations(lang), actor, st.session_state[StateKey.LARGE])


def _actor() -> Actor:
    """Return who acts, from the same cookies that the pages under /w read."""
    cookies = dict(st.context.cookies)
    found = find_session(database(), get_settings(), cookies, now=datetime.now(UTC))
    return actor_from(found, device_of(cookies) or _session_device())


def _session_device() -> str:
    """A browser that refuses cookies is known for as long as its page stays open."""
    if StateKey.DEVICE not in st.session_state:
        st.session_state[StateKey.DEVICE] = uuid.uuid4().hex
    return str(st.session_state[StateKey.DEVICE])


def pairs_asked() -> list[tuple[str, str]]:
    """Return the parameters of the page's address."""
    asked = st.query_params
    return [(name, value) for name in asked for value in asked.get_all(name)]


def database() -> Database:
    """Return this process's database."""
    return open_database(get_settings().sqlalchemy_url)
