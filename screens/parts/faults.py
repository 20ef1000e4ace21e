"""What a person sees when something of ours breaks: a sentence, never a traceback."""

from __future__ import annotations

import logging

import streamlit as st

from language import translations
from screens.parts.visitor import Key

log = logging.getLogger("lujian")


def tell(error: Exception) -> bool:
    """Log a fault of ours and say in the visitor's language that nothing typed is lost."""
    log.error("A page failed", exc_info=error)
    _ = translations(st.session_state.get(Key.LANG, "")).gettext
    st.error(_("Something went wrong. Nothing you typed is lost; please try again."))
    return True
