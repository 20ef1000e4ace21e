"""Parts of the light pages inside a Streamlit page: fetched as they are, run by the same script."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlencode

import streamlit as st

from layers.map import assets
from screens.parts.visitor import Visitor

_SCRIPT = Path(__file__).resolve().with_suffix(".js")
_part = st.components.v2.component(
    "lujian_light",
    html='<div class="lj lj-part" aria-busy="true"></div>',
    js=_SCRIPT.read_text(encoding="utf-8"),
    isolate_styles=False,
)


def light_part(kind: str, slug: str, who: Visitor) -> None:
    """Show the form (``say``) or the list (``list``) of a campaign."""
    asked = st.query_params
    given = {name: asked[name] for name in ("at", "place", "category") if name in asked}
    query = urlencode({"lang": who.lang, **given})
    failed = who.words.gettext("This could not be loaded. Please try again.")
    _part(
        key=f"{kind}-{slug}-{who.lang}",
        data={
            "address": f"/w/c/{slug}/{kind}?{query}",
            "style": assets.address("web/lujian.css"),
            "script": assets.address("web/lujian.js"),
            "failed": failed,
        },
    )
