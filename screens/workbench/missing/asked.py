"""People by their tie to the place and by what they were asked, against the population if known."""

from __future__ import annotations

from functools import cache
from typing import Any

import altair as alt
import numpy as np
import pandas as pd
import streamlit as st

from analysis.representation.reading import AskedOf, WhoIsMissing
from screens.parts.markdown import plain
from screens.workbench import files
from screens.workbench.bench import Bench
from screens.workbench.charts import BAR, CHOSEN, MOST_LABEL_PX, to_spec
from screens.workbench.missing import figures
from screens.workbench.missing.names import side_name, value_names
from submissions.campaigns.question_types import Number
from wording.formatting import number, percent
from wording.review.heard_words import FEW, HIDDEN, heard_names, index_told

ROW_PX = 30


def draw(bench: Bench, found: WhoIsMissing) -> None:
    """Draw a chart and a table for each."""
    _ = bench.who.words.gettext
    for one in found.asked:
        st.subheader(plain(side_name(bench, one.side)), anchor=False)
        if one.groups.people is None:
            st.info(_("Fewer than five people answered: nothing is told of them."))
        elif one.groups.people:
            _one(bench, one)
        else:
            st.info(_("Nobody answered."))
    if not bench.selection.narrow.pairs():
        figures.form(bench)
    else:
        st.caption(
            _("Questions whose answers are private are counted for the whole campaign alone.")
        )


def _one(bench: Bench, one: AskedOf) -> None:
    _, lang = bench.who.words.gettext, bench.who.lang
    frame, names = one.groups.frame, value_names(bench, one.side)
    rows = list(frame.rename(columns={"index": "index_"}).itertuples())
    known = one.groups.compared
    of_all = frame["population"].astype("Float64").to_numpy(np.float64, na_value=np.nan)
    of_all = of_all / max(one.groups.whole.population, 1)
    _chart(bench, one, names, of_all)
    columns: dict[str, Any] = {
        _("What they said"): [names[str(row.Index)] for row in rows],
        _("People"): [
            FEW if row.few else HIDDEN if row.hidden else number(row.people, lang) for row in rows
        ],
        _("Percent"): [
            HIDDEN
            if row.hidden
            else "{} ({}–{})".format(
                *(percent(one, lang) for one in (row.share, row.share_low, row.share_high))
            )
            for row in rows
        ],
    }
    if known:
        verdicts = heard_names(bench.who.words)
        columns |= {
            _("Of the residents"): [
                HIDDEN if np.isnan(share) else percent(share, lang) for share in of_all
            ],
            _("Index (95 of 100 times within)"): [index_told(row, lang) for row in rows],
            _("Verdict"): [verdicts[str(row.heard)] for row in rows],
        }
    table = pd.DataFrame(columns)
    st.dataframe(table, hide_index=True, height=files.table_height(len(table)))
    files.table_file(bench, table, f"{bench.campaign.slug}-{one.side.key}")
    _notes(bench, one)


def _notes(bench: Bench, one: AskedOf) -> None:
    _, lang = bench.who.words.gettext, bench.who.lang
    silent = FEW if one.silent is None else number(one.silent, lang)
    said = _("{n} people answered, {m} did not.")
    if isinstance(one.side.question, Number):
        said = _("{n} people gave a number in these bands; {m} gave none, or one below the first.")
    notes = [said.format(n=number(one.groups.people or 0, lang), m=silent)]
    if one.figures is not None:
        told = _("Residents: {source}, {year}.")
        notes.append(told.format(source=one.figures.source, year=one.figures.year))
        whole = one.groups.whole
        if whole.people:
            told = _("{p} of the people would have to be of other groups to be as the residents.")
            notes.append(told.format(p=percent(whole.dissimilarity, lang)))
    if one.side.question is not None and one.side.question.private:
        notes.append(_("Counted only; nobody's own answer is shown."))
    st.caption(plain(" ".join(notes)))


def _chart(bench: Bench, one: AskedOf, names: dict[str, str], of_all: np.ndarray) -> None:
    _ = bench.who.words.gettext
    frame = one.groups.frame
    rows = pd.DataFrame(
        {
            "name": [names[str(key)] for key in frame.index],
            "share": (100 * frame["share"]).round(1),
            "low": (100 * frame["share_low"]).round(1),
            "high": (100 * frame["share_high"]).round(1),
            "all": np.round(100 * of_all, 1),
        }
    )
    titles = _("Share of those who answered, in percent"), _("Of the residents")
    st.vega_lite_chart(
        rows,
        {**_shares(titles), "height": {"step": ROW_PX}, "width": "container"},
        width="stretch",
        alt=plain(side_name(bench, one.side)),
    )


@cache
def _shares(titles: tuple[str, str]) -> dict[str, Any]:
    """Return bars of name, share with intervals low to high, and a tick where residents stand."""
    base = alt.Chart(alt.NamedData("rows")).encode(
        y=alt.Y("name:N", sort=None, title=None).axis(
            labelLimit=MOST_LABEL_PX, ticks=False, domain=False
        ),
        tooltip=[
            alt.Tooltip("name:N", title=" "),
            alt.Tooltip("share:Q", title="%"),
            alt.Tooltip("low:Q", title="≥ %"),
            alt.Tooltip("high:Q", title="≤ %"),
            alt.Tooltip("all:Q", title=titles[1]),
        ],
    )
    bars = base.mark_bar(color=BAR, opacity=0.7, height={"band": 0.6}).encode(
        x=alt.X("share:Q", title=titles[0]).scale(zero=True).axis(tickCount=8)
    )
    spans = base.mark_rule(strokeWidth=2, color="#808a8e").encode(x="low:Q", x2="high:Q")
    ticks = base.mark_tick(thickness=4, color=CHOSEN, height={"band": 0.9}).encode(x="all:Q")
    return to_spec(alt.layer(bars, spans, ticks))
