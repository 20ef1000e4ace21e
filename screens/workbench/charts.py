"""Charts that rule the view: a bar that is chosen narrows it, and is let go by the same tap.

Altair makes each kind of chart once; what changes between reruns is its data alone.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from hashlib import sha256
from html import escape
from typing import Any

import altair as alt
import pandas as pd
import pyarrow as pa
import streamlit as st

from analysis.view import View
from screens.workbench.address import go, view_now

BAR_PX, MOST_LABEL_PX, NUMBER_PX = 26, 190, 44
PICKED = "picked"
#: Readable on light and dark ground alike.
BAR, CHOSEN, TEXT = "#4f93ad", "#d9631e", "#808a8e"
#: The forms as they are written in a legend beside the chart, which is never cut.
SIGNS = {
    "circle": "●",
    "triangle-down": "▼",
    "triangle-up": "▲",
    "cross": "✚",
    "square": "■",
    "diamond": "◆",
}
#: Form and colour of points, by kind.
Looks = tuple[tuple[str, str], ...]
#: Of ``geo.significance.verdicts.Verdict``, and of what became of a hotspot, in their order.
VERDICTS: Looks = (
    ("circle", "#d7301f"),
    ("triangle-down", TEXT),
    ("cross", TEXT),
    ("square", "#8e6bbf"),
)
CHANGES: Looks = (
    ("diamond", "#8e24aa"),
    ("triangle-up", "#d7301f"),
    ("circle", TEXT),
    ("triangle-down", "#4a90d9"),
    ("cross", "#78909c"),
)


@cache
def _bars(count: str) -> dict[str, Any]:
    """Return horizontal bars of key, name, count, told, chosen; ``count``: what is counted."""
    picked = alt.selection_point(name=PICKED, fields=["key"])
    base = alt.Chart(alt.NamedData("bars")).encode(
        y=alt.Y("name:N", sort=None, title=None).axis(
            labelLimit=MOST_LABEL_PX, ticks=False, domain=False
        )
    )
    # The numbers behind the bars are as wide on a narrow chart as on a wide one.
    ends = [0, alt.ExprRef(f"max(width - {NUMBER_PX}, 10)")]
    scale = alt.Scale(domainMin=0, domainMax=alt.ExprRef("room"), nice=False, range=ends)
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
    # The last day is written under the middle of the last bar, and so beyond the end of the axis.
    padding = {"left": 5, "top": 5, "bottom": 5, "right": 20}
    return to_spec(bars.add_params(picked).properties(padding=padding))


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
        _chart(
            name,
            rows,
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
    _chart(name, rows, _weeks(counted, week), choose, height=130, alt_text=title)


def _chart(
    name: str,
    rows: list[dict[str, Any]],
    spec: dict[str, Any],
    choose: Callable[[View, str], View] | None,
    *,
    height: int,
    alt_text: str,
) -> None:
    """Draw a chart. What it shows names it: once the view has changed, nothing in it is picked."""
    if not rows:
        return
    told = sha256(repr(rows).encode()).hexdigest()[:12]
    key = f"bench-chart-{name}-{told}"
    spec = {**_with_room(spec, rows), "height": height, "width": "container"}
    # Arrow's own table: a frame of pandas would cost more than all else about a chart.
    data = pa.Table.from_pylist(rows)
    if choose is None:
        st.vega_lite_chart(data, spec, width="stretch", alt=alt_text)
        return
    st.vega_lite_chart(
        data,
        spec,
        width="stretch",
        key=key,
        on_select=lambda: _picked(key, choose),
        selection_mode=PICKED,
        alt=alt_text,
    )


def _with_room(spec: dict[str, Any], rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Return a chart whose longest bar ends where the numbers behind them begin."""
    if "count" not in rows[0]:
        return spec
    room = {"name": "room", "value": max(max(one["count"] for one in rows), 1)}
    others = [one for one in spec.get("params", []) if one["name"] != "room"]
    return {**spec, "params": [*others, room]}


def _picked(key: str, choose: Callable[[View, str], View]) -> None:
    picked = st.session_state[key]["selection"].get(PICKED) or []
    if picked:
        go(choose(view_now(), str(picked[0]["key"])))


@cache
def _points(
    titles: tuple[str, str], kinds: tuple[str, ...], looks: Looks, *, wide: bool
) -> dict[str, Any]:
    """Return points of key, x, y, kind, name, chosen; their form and colour say the kind."""
    picked = alt.selection_point(name=PICKED, fields=["key"])
    shapes, colours = zip(*looks, strict=True)
    scale = alt.Scale(type="log" if wide else "linear", nice=False, padding=12)
    points = (
        alt.Chart(alt.NamedData("points"))
        .mark_point(filled=True, cursor="pointer", opacity=0.85)
        .encode(
            x=alt.X("x:Q", title=titles[0], scale=scale),
            y=alt.Y("y:Q", title=titles[1]).scale(zero=True),
            shape=alt.Shape("kind:N").scale(domain=list(kinds), range=list(shapes)).legend(None),
            color=alt.Color("kind:N", legend=None).scale(domain=list(kinds), range=list(colours)),
            size=alt.condition("datum.chosen", alt.value(320), alt.value(90)),
            tooltip=[
                alt.Tooltip("name:N", title=" "),
                alt.Tooltip("x:Q", title=titles[0]),
                alt.Tooltip("y:Q", title=titles[1]),
                alt.Tooltip("kind:N", title=" "),
            ],
        )
    )
    return to_spec(points.add_params(picked))


def _legend(kinds: tuple[str, ...], looks: Looks) -> str:
    told = "".join(
        f'<span class="lujian-class"><b style="color:{colour}">{SIGNS[form]}</b>'
        f"{escape(kind)}</span>"
        for kind, (form, colour) in zip(kinds, looks, strict=True)
    )
    return f'<div class="lujian-key">{told}</div>'


def points(
    name: str,
    frame: pd.DataFrame,
    choose: Callable[[View, str], View],
    *,
    titles: tuple[str, str],
    kinds: tuple[str, ...],
    looks: Looks,
    wide: bool = False,
) -> None:
    """Draw points (key, x, y, kind, name, chosen), one of which can be chosen.

    ``looks``: form and colour of each kind. ``wide``: x on a logarithmic scale.
    """
    spec = _points(titles, kinds, looks, wide=wide)
    rows: list[dict[str, Any]] = frame.to_dict("records")  # type: ignore[assignment]
    if rows:
        st.html(_legend(kinds, looks))
    _chart(name, rows, spec, choose, height=280, alt_text=" × ".join(titles))
