"""The map of a choice: places, whom each serves, and whom none serves."""

from __future__ import annotations

from typing import Any

import numpy as np
import streamlit as st

from analysis.review.part_looked_at import part_bounds
from analysis.scenarios.outcome import Outcome
from analysis.scenarios.sited import Sited
from analysis.view import View
from screens.parts.markdown import plain
from screens.workbench.bench import Bench
from screens.workbench.bench_map import draw_map
from screens.workbench.site.controls import tapped
from screens.workbench.site.plan_in_address import plan_now
from wording.formatting import number
from wording.review import siting_words

#: So many lines, crosses and other places are drawn at most; a map could not show more.
MOST_DRAWN, MOST_OTHERS = 1_500, 400
#: Half the width of a cross, in degrees (about 6 m).
ARM_DEG = 0.00006


def draw(bench: Bench, sited: Sited, outcome: Outcome) -> None:
    """Draw it; a tap on a place fixes it, rules it out, or lets it go."""
    _, lang = bench.who.words.gettext, bench.who.lang
    existing = frozenset(sited.candidates["key"][sited.candidates["existing"]])

    def tap(view: View, key: str) -> View:
        tapped(bench, key, existing)
        return view

    layer, left_out = _layer(bench, sited, outcome)
    draw_map(
        bench,
        "site",
        [layer],
        bounds=part_bounds(bench.who.database, bench.selection),
        acts={"site": tap},
    )
    told = _("Tap a place to fix it, once more to rule it out, and again to let it go.")
    if left_out:
        told += " " + _("{n} lines and crosses more are not drawn.").format(
            n=number(left_out, lang)
        )
    st.caption(plain(told))


def _layer(bench: Bench, sited: Sited, outcome: Outcome) -> tuple[dict[str, Any], int]:
    words = bench.who.words
    lines, unserved, missing = sited.once(
        ("drawn", outcome.number), lambda: _lines_and_crosses(sited, outcome)
    )
    sites = [*_others(bench, sited, outcome), *_opened(bench, outcome)]
    looks = {one["look"] for one in sites}
    legend = [
        {"key": key, "text": text}
        for key, text in (
            ("chosen", words.gettext("Chosen place")),
            ("existing", words.gettext("There today")),
            ("other", words.gettext("Another possible place")),
            ("must_not", words.gettext("Ruled out")),
            ("unserved", words.gettext("Not served")),
        )
        if key in looks or (key == "unserved" and unserved)
    ]
    made = {"kind": "sites", "key": "sites", "shown": True, "opacity": 100, "arm": ARM_DEG}
    layer = {**made, "sites": sites, "lines": lines, "unserved": unserved, "legend": legend}
    return layer, missing


def _lines_and_crosses(
    sited: Sited, outcome: Outcome
) -> tuple[list[dict[str, Any]], list[list[float]], int]:
    lines, missing = _lines(sited, outcome)
    unserved, more = _thinned(_places(sited, outcome.site < 0))
    return lines, unserved, missing + more


def _opened(bench: Bench, outcome: Outcome) -> list[dict[str, Any]]:
    found = []
    for rank, one in enumerate(outcome.sites, 1):
        said = siting_words.site_name(bench.who, one.key, one.name)
        told = bench.who.words.gettext("{place}: {n} people").format(
            place=said, n=siting_words.few(bench.who, one.people)
        )
        found.append(
            {
                "key": one.key,
                "at": _at(one.latitude, one.longitude),
                "look": "existing" if one.existing else "chosen",
                "rank": rank,
                "said": told,
            }
        )
    return found[::-1]


def _others(bench: Bench, sited: Sited, outcome: Outcome) -> list[dict[str, Any]]:
    never, shown = set(plan_now(bench).must_not), {one.key for one in outcome.sites}
    names = siting_words.free_names(bench.who, sited)
    places = zip(sited.free["key"], sited.free["longitude"], sited.free["latitude"], strict=True)
    free = [one for one in places if one[0] not in shown]
    return [
        {
            "key": str(key),
            "at": _at(latitude, longitude),
            "look": "must_not" if key in never else "other",
            "rank": 0,
            "said": names[str(key)],
        }
        for key, longitude, latitude in free[:: max(1, -(-len(free) // MOST_OTHERS))]
    ]


def _lines(sited: Sited, outcome: Outcome) -> tuple[list[dict[str, Any]], int]:
    found, missing = [], 0
    share = max(len(outcome.sites), 1)
    for one in outcome.sites:
        ends, more = _thinned(_places(sited, outcome.site == one.place), MOST_DRAWN // share)
        missing += more
        at = _at(one.latitude, one.longitude)
        found.append({"at": at, "ends": ends, "existing": one.existing})
    return found, missing


def _places(sited: Sited, rows: np.ndarray) -> np.ndarray:
    """Return where demand lies, each place once."""
    number, places = sited.places
    there = np.zeros(len(places), dtype=bool)
    there[number[rows]] = True
    return np.asarray(places[there])


def _thinned(places: np.ndarray, most: int = MOST_DRAWN) -> tuple[list[list[float]], int]:
    if len(places) <= most:
        return places.tolist(), 0
    step = -(-len(places) // max(most, 1))
    return places[::step].tolist(), len(places) - len(places[::step])


def _at(latitude: float, longitude: float) -> list[float]:
    return [round(latitude, 6), round(longitude, 6)]
