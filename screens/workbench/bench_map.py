"""The map of the workbench: the campaign's folium map, as data, in the page itself.

What it shows is fetched by address; a rerun sends a few kilobytes of descriptions, and what stays
as it was stays on the map. Order, opacity and where the map looks are the browser's own: they stand
in the address without a rerun.
"""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from pathlib import Path
from typing import Any

import streamlit as st

from analysis.view import View
from layers.background.base_map import current_base_map
from layers.map import assets, folium_map
from screens.parts.visitor import Visitor
from screens.workbench.address import go, view_now
from screens.workbench.bench import Bench
from wording import maps
from wording.review import review_map

_FOLDER = Path(__file__).resolve().parent
_map = st.components.v2.component(
    "lujian_bench_map",
    html='<div class="lujian-bench" aria-busy="true"></div>',
    css=(_FOLDER / "bench_map.css").read_text(encoding="utf-8"),
    js=(_FOLDER / "bench_map.js").read_text(encoding="utf-8"),
    isolate_styles=False,
)
#: What is done on a map, with the view that comes of it.
Acts = dict[str, Callable[[View, str], View]]


def draw_map(
    bench: Bench,
    key: str,
    layers: list[dict[str, Any]],
    *,
    bounds: tuple[float, float, float, float] | None = None,
    panel: list[dict[str, Any]] | None = None,
    acts: Acts | None = None,
    group: str = "",
) -> None:
    """Draw the campaign's map with layers as ``review_map.layer_descriptions`` gives them.

    ``bounds``: where the map goes (west, south, east, north in WGS 84 degrees). ``panel``: the list
    by which layers are ordered. ``acts``: what a tap on a ``hotspot`` or a ``community`` does,
    and a drawn ``area``. Maps of one ``group`` move together.
    """
    acts = acts or {}
    data = {
        "campaign": bench.campaign.slug,
        "name": bench.who.words.gettext("Map"),
        "style": assets.address("bundle/map.css"),
        "scripts": [assets.address("bundle/map.js"), assets.address("lujian/lujian-review.js")],
        "map": _told(bench, key),
        "review": {
            "layers": layers,
            "at": bench.view.at,
            "bounds": bounds,
        },
        "panel": panel,
        "acts": sorted(acts),
        "area": dict(bench.view.narrow.pairs()).get("area", ""),
        "words": _words(bench.who),
        "group": group,
    }
    name = f"bench-{key}-{bench.campaign.slug}-{bench.who.lang}{'-large' * bench.who.large}"
    _map(key=name, data=data, **{f"on_{act}_change": _taken(name, act, acts) for act in acts})


def _taken(name: str, act: str, acts: Acts) -> Callable[[], None]:
    """Return what is called once somebody did something on the map."""

    def take() -> None:
        value = getattr(st.session_state.get(name), act, None)
        if isinstance(value, str):
            go(acts[act](view_now(), value))

    return take


def legend(bench: Bench, breaks: list[float], *, outside: str = "") -> None:
    """Say what the colours of the communities mean."""
    told = review_map.legend(bench.who, bench.view.measure, breaks)
    classes = "".join(
        f'<span class="lujian-class"><i style="background:{escape(one["color"])}"></i>'
        f"{escape(one['said'])}</span>"
        for one in told["classes"]
    )
    few = f'<span class="lujian-class"><i class="lujian-few"></i>{escape(told["few"])}</span>'
    grey = f'<span class="lujian-class"><i class="lujian-grey"></i>{escape(outside)}</span>'
    name = f"<b>{escape(told['name'])}</b> "
    st.html(f'<div class="lujian-key">{name}{classes}{few}{grey if outside else ""}</div>')


def _told(bench: Bench, key: str) -> dict[str, Any]:
    """Return the campaign's folium map as data, under a name that stays the same."""
    who = bench.who
    made = maps.campaign_map(
        bench.campaign,
        who.lang,
        who.words,
        current_base_map(who.database, who.settings),
        with_pins=False,
        large=who.large,
    )
    return {**folium_map.map_told(made), "id": f"lujian-map-{key}"}


def _words(who: Visitor) -> dict[str, Any]:
    _ = who.words.gettext
    return {
        "skip": _("Skip the map"),
        "layers": _("Layers"),
        "opacity": _("Opacity of: {layer}"),
        "up": _("Move up: {layer}"),
        "down": _("Move down: {layer}"),
        "draw": _("Draw a part of the map"),
        "redraw": _("Change the drawn part"),
        "corner": _("Add a corner at the cross"),
        "undo": _("Undo"),
        "take": _("Show what lies in it"),
        "cancel": _("Cancel"),
        "corners": _("Corners so far: {n}"),
        "crossing": _("The border crosses itself."),
        "failed": _("This could not be loaded. Please try again."),
        "drawing": maps.place_words(who.words),
    }
