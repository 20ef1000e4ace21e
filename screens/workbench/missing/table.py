"""The communities, the silent first: people against residents, with intervals, and how sure."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any

import altair as alt
import pandas as pd
import streamlit as st

from analysis.representation.reading import WhoIsMissing
from geo.representation.representation import Heard
from screens.parts.markdown import plain
from screens.workbench import files
from screens.workbench.believe import card
from screens.workbench.bench import Bench
from screens.workbench.charts import MOST_LABEL_PX, TEXT, to_spec
from screens.workbench.missing.maps import named
from wording.formatting import number
from wording.review.heard_words import chance_told, heard_names, index_told, people_told

#: So many communities have a bar; the table has all.
MOST_BARS, BAR_PX = 40, 20
#: Readable on light and dark ground alike.
COLOURS = {str(Heard.UNDER): "#3f7fc4", str(Heard.OVER): "#c8690f"}


def draw(bench: Bench, found: WhoIsMissing) -> None:
    """List the communities and draw their indices, the least likely by chance first."""
    _ = bench.who.words.gettext
    shown = _table(bench, found)
    whole = st.column_config.NumberColumn(format="localized")
    st.dataframe(
        shown,
        hide_index=True,
        height=files.table_height(len(shown)),
        column_config={_("Residents"): whole, _("By its residents"): whole},
    )
    files.table_file(bench, shown, f"{bench.campaign.slug}-missing")
    _notes(bench, found)
    if found.communities.compared:
        indices(bench, found)
    card(bench, _card(found), _("Communities"))


def _table(bench: Bench, found: WhoIsMissing) -> pd.DataFrame:
    _, who = bench.who.words.gettext, bench.who
    frame, lang = found.communities.frame, who.lang
    names, verdicts = named(bench), heard_names(who.words)
    rows = list(frame.rename(columns={"index": "index_"}).itertuples())
    return pd.DataFrame(
        {
            _("Community"): [names.get(str(row.Index), str(row.Index)) for row in rows],
            _("People"): [people_told(row, lang) for row in rows],
            _("Residents"): frame["population"].to_numpy(),
            _("By its residents"): frame["expected"].astype("Float64").round(0).to_numpy(),
            _("Index (95 of 100 times within)"): [index_told(row, lang) for row in rows],
            _("So few by chance"): [chance_told(who.words, lang, row) for row in rows],
            _("Verdict"): [verdicts[str(row.heard)] for row in rows],
        }
    )


def _notes(bench: Bench, found: WhoIsMissing) -> None:
    _, lang = bench.who.words.gettext, bench.who.lang
    notes = []
    if found.communities.frame["hidden"].any():
        notes.append(
            _(
                "“<5”: fewer than five people, so that nobody can be told apart. “–”: left out, "
                "too, so that the others cannot be worked out from it."
            )
        )
    if found.in_several:
        told = _("{n} people proposed in several communities; each counts in one.")
        notes.append(told.format(n=number(found.in_several, lang)))
    if found.outside is None or found.outside:
        few = _("fewer than five")
        n = few if found.outside is None else number(found.outside, lang)
        notes.append(_("In no community: {n}").format(n=n))
    if notes:
        st.caption(plain(" ".join(notes)))


def _card(found: WhoIsMissing) -> Any:
    """Return the card without what is of one to four people."""
    told = found.card
    return replace(told, left_out={key: n for key, n in told.left_out.items() if n})


def indices(bench: Bench, found: WhoIsMissing) -> None:
    """Draw each community's index with its interval, against 100."""
    _, who = bench.who.words.gettext, bench.who
    names, verdicts = named(bench), heard_names(who.words)
    frame = found.communities.frame
    rows = frame[frame["index"].notna()].head(MOST_BARS)
    points = pd.DataFrame(
        {
            "name": [names.get(str(code), str(code)) for code in rows.index],
            "low": rows["low"].round(1),
            "middle": rows["index"].round(1),
            "high": rows["high"].round(1),
            "kind": [verdicts[str(one)] for one in rows["heard"]],
        }
    )
    title = _("Index and interval: 100 is as many as its residents lead to expect")
    st.markdown(f"**{plain(title)}**")
    titles = _("Index"), _("from"), _("to")
    st.vega_lite_chart(
        points,
        {
            **_intervals(titles, tuple(verdicts.items())),
            "height": {"step": BAR_PX},
            "width": "container",
        },
        width="stretch",
        alt=title,
    )
    if len(frame) > MOST_BARS:
        left = _("{n} more in the table of communities.")
        st.caption(left.format(n=number(len(frame) - MOST_BARS, who.lang)))


@cache
def _intervals(
    titles: tuple[str, str, str], verdicts: tuple[tuple[str, str], ...]
) -> dict[str, Any]:
    """Return intervals with points of name, low, middle, high, kind; a line at 100."""
    kinds = [name for _key, name in verdicts]
    colours = [COLOURS.get(key, TEXT) for key, _name in verdicts]
    base = alt.Chart(alt.NamedData("rows")).encode(
        y=alt.Y("name:N", sort=None, title=None).axis(
            labelLimit=MOST_LABEL_PX, labelOverlap=False, ticks=False, domain=False
        ),
        tooltip=[
            alt.Tooltip("name:N", title=" "),
            alt.Tooltip("middle:Q", title=titles[0]),
            alt.Tooltip("low:Q", title=titles[1]),
            alt.Tooltip("high:Q", title=titles[2]),
            alt.Tooltip("kind:N", title=" "),
        ],
    )
    colour = alt.Color("kind:N", legend=None).scale(domain=kinds, range=colours)
    spans = base.mark_rule(strokeWidth=3, opacity=0.55).encode(
        x=alt.X("low:Q", title=titles[0]).scale(zero=True), x2="high:Q", color=colour
    )
    points = base.mark_point(filled=True, size=70, opacity=1).encode(
        x="middle:Q",
        color=colour,
        shape=alt.Shape("kind:N", legend=None).scale(
            domain=kinds, range=["triangle-left", "circle", "triangle-right", "cross", "cross"]
        ),
    )
    hundred = base.mark_rule(color=TEXT, strokeDash=[5, 4]).encode(x=alt.datum(100), y=alt.Y())
    return to_spec(alt.layer(hundred, spans, points))
