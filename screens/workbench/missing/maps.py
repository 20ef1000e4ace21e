"""Maps of who is missing: verdicts by stripes and lines, index and rate in classes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from analysis.representation.reading import WhoIsMissing
from analysis.review.part_looked_at import part_bounds
from geo.class_breaks import PALETTE, class_bounds, class_breaks
from geo.representation.representation import Heard
from geo.writing.geojson import stream
from layers.communities.communities import community_frame
from screens.parts.markdown import plain
from screens.workbench import community_card
from screens.workbench.bench import Bench
from screens.workbench.bench_map import draw_map
from wording.formatting import number
from wording.review.heard_words import group_sentence, heard_names
from wording.review.names import community_names

#: What the map shows: verdicts, or one of these columns in classes.
VERDICTS, COLUMNS = "heard", ("index", "smooth_rate", "rate")
_LINE = {"color": "#5d5a54", "weight": 1}
#: Stripes for those heard too little, a thick line for those heard more; never by colour alone.
LOOKS: dict[str, dict[str, Any]] = {
    Heard.UNDER: {
        "color": "#0b3c78",
        "weight": 3,
        "dashArray": "9 5",
        "fillColor": "#2c6fb8",
        "fillOpacity": 0.85,
        "hatch": True,
    },
    Heard.UNSURE: {**_LINE, "fillColor": "#bdb8ae", "fillOpacity": 0.28},
    Heard.OVER: {"color": "#7a3d00", "weight": 3, "fillColor": "#e08214", "fillOpacity": 0.45},
    Heard.HIDDEN: {**_LINE, "dashArray": "2 5", "fillColor": "#ffffff", "fillOpacity": 0.35},
    Heard.UNKNOWN: {**_LINE, "dashArray": "2 5", "fillOpacity": 0.0, "fillColor": "#ffffff"},
}
_UNTOLD = "untold"


def overview(bench: Bench, found: WhoIsMissing) -> None:
    """Draw the map of all communities, and let it be chosen what it shows."""
    _ = bench.who.words.gettext
    names = {
        VERDICTS: _("Who is heard too little"),
        "index": _("Index: 100 means as many as residents lead to expect"),
        "smooth_rate": _("People per 1,000 residents, smoothed"),
        "rate": _("People per 1,000 residents"),
    }
    shown = VERDICTS
    if found.communities.compared:
        shown = st.selectbox(
            _("The map shows"), list(names), format_func=names.__getitem__, key="bench-missing-map"
        )
    frame = found.communities.frame
    said = sentences(bench, frame)
    if shown == VERDICTS:
        layer = _layer(bench, frame["heard"].astype(str), said, heard_names(bench.who.words), LOOKS)
    else:
        digits = 0 if shown == "index" else 1
        layer = classes(bench, frame[shown], said, [frame[shown]], digits=digits)
    _draw(bench, "missing", layer)
    if shown == "smooth_rate":
        st.caption(
            _(
                "Rates of communities with few residents jump about. Here they are drawn towards "
                "the rate of all, the more the fewer residents there are (Marshall 1991)."
            )
        )


def draw(bench: Bench, key: str, layer: dict[str, Any]) -> None:
    """Draw a map beside another: they move together."""
    _draw(bench, key, layer, group="missing")


def _draw(bench: Bench, key: str, layer: dict[str, Any], group: str = "") -> None:
    draw_map(
        bench,
        key,
        [layer],
        bounds=part_bounds(bench.who.database, bench.selection),
        acts={"community": community_card.asked_for},
        group=group,
    )


def named(bench: Bench) -> dict[str, str]:
    """Return what the communities are called, by code."""
    with bench.who.database.reading() as session:
        return community_names(bench.who, community_frame(session, bench.campaign.edition))


def sentences(bench: Bench, frame: pd.DataFrame) -> dict[str, str]:
    """Return what is said of each community, by code."""
    names, who = named(bench), bench.who
    return {
        str(row.Index): group_sentence(who.words, who.lang, names.get(str(row.Index), ""), row)
        for row in frame.itertuples()
    }


def classes(
    bench: Bench, values: pd.Series, said: dict[str, str], shared: list[pd.Series], *, digits: int
) -> dict[str, Any]:
    """Return the layer that draws values by code in classes, which all of ``shared`` have."""
    _, lang = bench.who.words.gettext, bench.who.lang
    breaks = class_breaks(*[one.astype("Float64").dropna() for one in shared])
    looks: dict[str, dict[str, Any]] = {
        f"class{at}": {**_LINE, "fillColor": colour, "fillOpacity": 0.75}
        for at, colour in enumerate(PALETTE[: len(breaks)])
    }
    looks[_UNTOLD] = {**LOOKS[Heard.HIDDEN], "fillColor": "#8a8172", "hatch": True}
    legend = {
        f"class{at}": f"{number(low, lang, digits)} – {number(high, lang, digits)}"
        for at, (low, high) in enumerate(class_bounds(breaks, whole=False))
    }
    legend[_UNTOLD] = _("striped: too few people to be told, or residents not known")
    keys = pd.Series(
        [
            _UNTOLD if pd.isna(value) else f"class{int(np.searchsorted(breaks, float(value)))}"
            for value in values
        ],
        index=values.index,
    )
    told = {
        code: f"{said[code]} · {number(float(value), lang, digits)}"
        if pd.notna(value)
        else said[code]
        for code, value in values.items()
    }
    return _layer(bench, keys, told, legend, looks)


def _layer(
    bench: Bench,
    keys: pd.Series,
    said: dict[str, str],
    legend: dict[str, str],
    looks: dict[str, dict[str, Any]],
) -> dict[str, Any]:
    there = set(keys)
    return {
        "kind": "judged",
        "key": "communities",
        "shown": True,
        "opacity": 90,
        "url": f"/api/campaigns/{bench.campaign.slug}/communities.geojson",
        "by": "code",
        "looks": {str(key): look for key, look in looks.items() if str(key) in there},
        "cells": {str(code): [str(key), said[str(code)]] for code, key in keys.items()},
        "legend": [{"key": key, "text": text} for key, text in legend.items() if key in there],
    }


def geojson(bench: Bench, found: WhoIsMissing) -> None:
    """Offer the communities with what is told of them as GeoJSON (WGS 84, RFC 7946)."""
    _ = bench.who.words.gettext

    def text() -> bytes:
        with bench.who.database.reading() as session:
            areas = community_frame(session, bench.campaign.edition).set_index("code")
        told = found.communities.frame.drop(columns=["population"])
        whole = areas[["edition", "name", "name_en", "population", "geometry"]].join(told)
        return "".join(stream(whole.reset_index())).encode()

    st.caption(
        _("Each community with its people, index, interval and verdict; nothing of fewer than 5.")
    )
    st.download_button(
        plain(_("Communities with who is missing (GeoJSON)")),
        text,
        file_name=f"{bench.campaign.slug}-missing.geojson",
        mime="application/geo+json",
        icon=":material/download:",
        on_click="ignore",
        key="bench-missing-geojson",
    )
