"""What a person sees when something of ours breaks: a sentence, never a traceback."""

from __future__ import annotations

import logging

import streamlit as st

from core.errors import UnavailableError
from core.language import translations
from screens.parts.visitor import StateKey
from wording.error_messages import sentence_of

log = logging.getLogger("lujian")


def tell(error: Exception) -> bool:
    """Log a fault of ours and say in the visitor's language that nothing typed is lost."""
    words = translations(st.session_state.get(StateKey.LANG, ""))
    _ = words.gettext
    if isinstance(error, UnavailableError):  # told in the log already
        st.error(sentence_of(error, words))
        return True
    log.error("A page failed", exc_info=error)
    st.error(_("Something went wrong. Nothing you typed is lost; please try again."))
    return True
