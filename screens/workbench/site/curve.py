"""How many people each number of places serves: a curve on which a number can be chosen."""

from __future__ import annotations

from functools import cache
from typing import Any

import altair as alt
import pyarrow as pa
import streamlit as st

from analysis.scenarios.outcome import Outcome
from analysis.scenarios.sited import Sited
from geo.siting.problem import Status
from screens.workbench.bench import Bench
from screens.workbench.charts import BAR, CHOSEN, PICKED, TEXT, to_spec
from screens.workbench.site.plan_in_address import go_to
from wording.formatting import percent


def draw(bench: Bench, sited: Sited, outcome: Outcome) -> None:
    """Draw it; whatever is not proven is an open ring."""
    _ = bench.who.words.gettext
    if not sited.plan.is_curve or len(sited.outcomes) < 3:
        return
    sure = {True: _("proven"), False: _("not proven")}
    rows: list[dict[str, Any]] = [
        {
            "key": number,
            "people": one.people,
            "share": percent(one.people / max(sited.people, 1), bench.who.lang),
            "sure": sure[one.status is Status.OPTIMAL],
            "chosen": number == outcome.number,
        }
        for number, one in sorted(sited.outcomes.items())
    ]
    head = _("People served by number of new places")
    st.markdown(f"**{head}**")
    titles = (_("New places"), _("People served"), _("Share of people"))
    key = f"bench-site-curve-{hash(tuple(tuple(row.values()) for row in rows))}"

    def picked() -> None:
        found = st.session_state[key]["selection"].get(PICKED) or []
        if found and int(found[0]["key"]) > 0:
            go_to(number=int(found[0]["key"]))

    st.vega_lite_chart(
        pa.Table.from_pylist(rows),
        {**_curve(titles, (sure[True], sure[False])), "height": 280, "width": "container"},
        width="stretch",
        key=key,
        on_select=picked,
        selection_mode=PICKED,
        alt=_("People served by number of new places"),
    )


@cache
def _curve(titles: tuple[str, str, str], sure: tuple[str, str]) -> dict[str, Any]:
    chosen = alt.selection_point(name=PICKED, fields=["key"])
    base = alt.Chart(alt.NamedData("curve")).encode(
        x=alt.X("key:Q", title=titles[0])
        .axis(tickMinStep=1, format="d", grid=False)
        .scale(nice=False, padding=12),
        y=alt.Y("people:Q", title=titles[1]).scale(zero=True),
    )
    line = base.mark_line(color=TEXT, strokeWidth=1.5)
    points = base.mark_point(size=160, cursor="pointer", filled=True, opacity=1).encode(
        color=alt.Color("chosen:N", legend=None).scale(domain=[False, True], range=[BAR, CHOSEN]),
        shape=alt.Shape("sure:N")
        .scale(domain=list(sure), range=["circle", "diamond"])
        .legend(orient="top", title=None),
        tooltip=[
            alt.Tooltip("key:Q", title=titles[0]),
            alt.Tooltip("people:Q", title=titles[1]),
            alt.Tooltip("share:N", title=titles[2]),
            alt.Tooltip("sure:N", title=" "),
        ],
    )
    return to_spec(alt.layer(line, points.add_params(chosen)))
