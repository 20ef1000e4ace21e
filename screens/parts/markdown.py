"""People's text inside Streamlit's Markdown."""

from __future__ import annotations


def plain(text: str) -> str:
    """Make people's text inert in Streamlit's Markdown: every mark of punctuation is escaped."""
    escaped = "".join("\\" + c if c in _MARKS else c for c in text)
    return escaped.replace("\n", "  \n")


_MARKS = frozenset("\\`*_{}[]<>()#+-.!|~$:&^=@/\"'")
