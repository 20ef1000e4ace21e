"""Charts that rule the view: a bar that is chosen narrows it, and is let go by the same tap.

Altair makes each kind of chart once; what changes between reruns is its data alone.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from hashlib import sha256
from typing import Any

import altair as alt
import pandas as pd
import streamlit as st

from analysis.view import View
from screens.workbench.address import go, view_now

BAR_PX, MOST_LABEL_PX = 26, 190
PICKED = "picked"
#: Readable on light and dark ground alike.
BAR, CHOSEN, TEXT = "#4f93ad", "#d9631e", "#808a8e"


@cache
def _bars(count: str) -> dict[str, Any]:
    """Return horizontal bars of key, name, count, told, chosen; ``count``: what is counted."""
    picked = alt.selection_point(name=PICKED, fields=["key"])
    base = alt.Chart(alt.NamedData("bars")).encode(
        y=alt.Y("name:N", sort=None, title=None).axis(
            labelLimit=MOST_LABEL_PX, ticks=False, domain=False
        )
    )
    scale = alt.Scale(domainMin=0, domainMax=alt.ExprRef("room"), nice=False)
    bars = base.mark_bar(cursor="pointer", height={"band": 0.72}).encode(
        x=alt.X("count:Q", title=None, scale=scale).axis(None),
        color=_colour(),
        tooltip=[alt.Tooltip("name:N", title=" "), alt.Tooltip("told:N", title=count)],
    )
    numbers = base.mark_text(align="left", dx=4, color=TEXT).encode(x="count:Q", text="told:N")
    return to_spec(
        alt.layer(bars.add_params(picked), numbers).add_params(alt.param(name="room", value=1))
    )


@cache
def _weeks(count: str, week: str) -> dict[str, Any]:
    """Return bars by week: columns key (a Monday), count, name, chosen."""
    picked = alt.selection_point(name=PICKED, fields=["key"])
    bars = (
        alt.Chart(alt.NamedData("bars"))
        .mark_bar(cursor="pointer")
        .encode(
            x=alt.X("key:O", title=None).axis(
                labelAngle=0, labelOverlap=True, labelExpr="substring(datum.value, 5)"
            ),
            y=alt.Y("count:Q", title=None).axis(tickCount=3, grid=True),
            color=_colour(),
            tooltip=[alt.Tooltip("name:N", title=week), alt.Tooltip("count:Q", title=count)],
        )
    )
    return to_spec(bars.add_params(picked))


def _colour() -> alt.Color:
    return alt.Color("chosen:N", legend=None).scale(domain=[False, True], range=[BAR, CHOSEN])


def to_spec(chart: Any) -> dict[str, Any]:
    """Return a chart's Vega-Lite without data: that is given each time it is drawn."""
    made: dict[str, Any] = chart.to_dict()
    for name in ("data", "datasets", "$schema", "config"):
        made.pop(name, None)
    return made


def bars(
    name: str,
    title: str,
    rows: list[dict[str, Any]],
    choose: Callable[[View, str], View] | None,
    *,
    counted: str,
    note: str = "",
) -> None:
    """Draw bars with their heading; a chosen one does with the view what ``choose`` says."""
    with st.container(border=True):
        st.markdown(f"**{title}**")
        frame = pd.DataFrame(rows, columns=["key", "name", "count", "told", "chosen"])
        _chart(
            name,
            frame,
            _bars(counted),
            choose,
            height=BAR_PX * max(len(rows), 1) + 12,
            alt_text=title,
        )
        if note:
            st.caption(note)


def weeks(
    name: str,
    title: str,
    rows: list[dict[str, Any]],
    choose: Callable[[View, str], View],
    *,
    counted: str,
    week: str,
) -> None:
    """Draw bars by week."""
    frame = pd.DataFrame(rows, columns=["key", "count", "name", "chosen"])
    _chart(name, frame, _weeks(counted, week), choose, height=130, alt_text=title)


def _chart(
    name: str,
    frame: pd.DataFrame,
    spec: dict[str, Any],
    choose: Callable[[View, str], View] | None,
    *,
    height: int,
    alt_text: str,
) -> None:
    """Draw a chart. What it shows names it: once the view has changed, nothing in it is picked."""
    told = sha256(repr(frame.to_dict("list")).encode()).hexdigest()[:12]
    key = f"bench-chart-{name}-{told}"
    spec = {**_with_room(spec, frame), "height": height, "width": "container"}
    if choose is None:
        st.vega_lite_chart(frame, spec, width="stretch", alt=alt_text)
        return
    st.vega_lite_chart(
        frame,
        spec,
        width="stretch",
        key=key,
        on_select=lambda: _picked(key, choose),
        selection_mode=PICKED,
        alt=alt_text,
    )


def _with_room(spec: dict[str, Any], frame: pd.DataFrame) -> dict[str, Any]:
    """Return a chart with room for the numbers behind its bars."""
    if "count" not in frame or frame.empty:
        return spec
    room = {"name": "room", "value": max(float(frame["count"].max()) * 1.25, 1.0)}
    others = [one for one in spec.get("params", []) if one["name"] != "room"]
    return {**spec, "params": [*others, room]}


def _picked(key: str, choose: Callable[[View, str], View]) -> None:
    picked = st.session_state[key]["selection"].get(PICKED) or []
    if picked:
        go(choose(view_now(), str(picked[0]["key"])))


@cache
def _effects(people: str, effect: str, verdicts: tuple[str, ...]) -> dict[str, Any]:
    """Return points by people and effect; their form and colour say the verdict."""
    picked = alt.selection_point(name=PICKED, fields=["key"])
    shapes = ["circle", "triangle-down", "cross", "square"]
    colours = ["#d7301f", "#808a8e", "#808a8e", "#8e6bbf"]
    points = (
        alt.Chart(alt.NamedData("points"))
        .mark_point(filled=True, cursor="pointer", opacity=0.85)
        .encode(
            x=alt.X("people:Q", title=people).scale(type="log", nice=False, padding=12),
            y=alt.Y("effect:Q", title=effect).scale(zero=True),
            shape=alt.Shape("verdict:N")
            .scale(domain=list(verdicts), range=shapes)
            .legend(orient="top", title=None, labelLimit=MOST_LABEL_PX),
            color=alt.Color("verdict:N").scale(domain=list(verdicts), range=colours),
            size=alt.condition("datum.chosen", alt.value(320), alt.value(90)),
            tooltip=[
                alt.Tooltip("name:N", title=" "),
                alt.Tooltip("people:Q", title=people),
                alt.Tooltip("effect:Q", title=effect),
                alt.Tooltip("verdict:N", title=" "),
            ],
        )
    )
    return to_spec(points.add_params(picked))


def effects(
    name: str,
    points: pd.DataFrame,
    choose: Callable[[View, str], View],
    *,
    people: str,
    effect: str,
    verdicts: list[str],
) -> None:
    """Draw hotspots as points (key, people, effect, verdict, name, chosen); one can be chosen."""
    _chart(
        name,
        points,
        _effects(people, effect, tuple(verdicts)),
        choose,
        height=280,
        alt_text=f"{people} × {effect}",
    )
