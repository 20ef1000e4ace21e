"""Parts of the light pages inside a Streamlit page: fetched as they are, run by the same script."""

from __future__ import annotations

from urllib.parse import urlencode

import streamlit as st

from layers.map import assets
from screens.parts.visitor import Visitor

_part = st.components.v2.component(
    "lujian_light",
    html='<div class="lj lj-part" aria-busy="true"></div>',
    js="""
    const held = new WeakMap();

    function once(tag, id, values) {
      const there = document.getElementById(id);
      if (there) return there.lujianReady;
      const made = Object.assign(document.createElement(tag), values, { id });
      made.lujianReady = new Promise((done) => { made.onload = made.onerror = done; });
      document.head.appendChild(made);
      return made.lujianReady;
    }

    export default function ({ parentElement, data }) {
      const box = parentElement.querySelector(".lj-part");
      if (held.get(box) === data.address) return;
      held.set(box, data.address);
      const ready = [
        once("link", "lujian-light-css", { rel: "stylesheet", href: data.style }),
        once("script", "lujian-light-js", { src: data.script }),
        fetch(data.address, { credentials: "same-origin" }).then((answer) => answer.text()),
      ];
      Promise.all(ready).then(([, , page]) => {
        if (held.get(box) !== data.address) return;
        box.querySelectorAll("form.lj-say").forEach((f) => f.lujianSay && f.lujianSay.stop());
        box.innerHTML = page;
        box.removeAttribute("aria-busy");
        window.LuJian.mount(box);
      }).catch(() => { box.textContent = data.failed; held.delete(box); });
    }
    """,
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
