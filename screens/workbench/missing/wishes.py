"""What would change if each community had the voice of its residents."""

from __future__ import annotations

from functools import cache
from typing import Any

import altair as alt
import pandas as pd
import streamlit as st

from analysis.filter import ANSWER
from analysis.representation.participants import CATEGORY
from analysis.representation.reading import WhoIsMissing, Wish
from analysis.tables.cross_table import FEW
from screens.parts.markdown import plain
from screens.workbench import files
from screens.workbench.bench import Bench
from screens.workbench.charts import BAR, CHOSEN, MOST_LABEL_PX, to_spec
from screens.workbench.missing import maps
from wording.formatting import number, percent
from wording.review.names import category_names

MOST_WISHES, ROW_PX = 14, 24


def draw(bench: Bench, found: WhoIsMissing) -> None:
    """Show each wish as it was counted and as it would be, and one of them on two maps."""
    _ = bench.who.words.gettext
    named = _names(bench)
    told = [one for one in found.wishes if one.people and one.key in named]
    if not found.communities.compared or not told:
        st.info(_("There is nothing to weigh: residents or wishes are not known."))
        return
    _cost(bench, found)
    kind = _chosen_kind(bench, told)
    told = [one for one in told if one.key[0] == kind]
    _shares(bench, told, named)
    _two_maps(bench, found, told, named)


def _cost(bench: Bench, found: WhoIsMissing) -> None:
    _, lang, whole = bench.who.words.gettext, bench.who.lang, found.communities.whole
    said = [
        _(
            "Weighed so that each community counts by its residents, {n} people tell as much as "
            "{m} would without weights."
        ).format(n=number(whole.people, lang), m=number(whole.effective_size, lang))
    ]
    if whole.trimmed:
        told = _("Nobody speaks for more than five people (communities cut by that: {n}).")
        said.append(told.format(n=number(whole.trimmed, lang)))
    if whole.uncovered:
        told = _("{p} of the residents live where nobody took part: no weight speaks for them.")
        said.append(told.format(p=percent(whole.uncovered, lang)))
    if found.raked is not None:
        told = _(
            "Weighed by the further figures of the population as well, they tell as much as {m}; "
            "the largest difference that remains is {p}."
        )
        error = percent(found.raked.error, lang)
        said.append(told.format(m=number(found.raked.effective_size, lang), p=error))
    st.write(plain(" ".join(said)))


def _chosen_kind(bench: Bench, told: list[Wish]) -> str:
    """Let it be chosen what the wishes are about: the category, or a question."""
    _ = bench.who.words.gettext
    questions = {ANSWER + one.key: one for one in bench.campaign.asked_ever}
    names = {
        kind: bench.who.said(questions[kind].label.model_dump())
        if kind in questions
        else _("What it is about")
        for kind in dict.fromkeys(one.key[0] for one in told)
    }
    return str(
        st.selectbox(
            _("Wishes"), list(names), format_func=names.__getitem__, key="bench-missing-kind"
        )
    )


def _names(bench: Bench) -> dict[tuple[str, str], str]:
    """Return what can be wished for, by name."""
    found = {
        (CATEGORY, key): name for key, name in category_names(bench.who, bench.campaign).items()
    }
    for question in bench.campaign.asked_ever:
        for one in getattr(question, "options", ()):
            key = ANSWER + question.key, str(one.key)
            found[key] = bench.who.said(one.label.model_dump())
    return found


def _shares(bench: Bench, told: list[Wish], named: dict[tuple[str, str], str]) -> None:
    _ = bench.who.words.gettext
    kinds = _("as counted"), _("weighed")
    rows = [
        {"name": named[one.key], "share": round(100 * share, 1), "kind": kind}
        for one in told[:MOST_WISHES]
        for kind, share in zip(kinds, (one.share, one.weighted), strict=True)
    ]
    title = _("Share of people who ask for it, in percent")
    st.vega_lite_chart(
        pd.DataFrame(rows),
        {**_pairs(kinds, title), "height": {"step": ROW_PX}, "width": "container"},
        width="stretch",
        alt=title,
    )
    table = pd.DataFrame(
        {
            _("Wish"): [named[one.key] for one in told],
            _("People"): [one.people for one in told],
            _("as counted"): [percent(one.share, bench.who.lang) for one in told],
            _("weighed"): [percent(one.weighted, bench.who.lang) for one in told],
        }
    )
    with st.expander(_("As a table")):
        st.dataframe(table, hide_index=True, height=files.table_height(len(table)))
        files.table_file(bench, table, f"{bench.campaign.slug}-weighed")


def _two_maps(
    bench: Bench, found: WhoIsMissing, told: list[Wish], named: dict[tuple[str, str], str]
) -> None:
    _ = bench.who.words.gettext
    by_key = {one.key: one for one in told}
    key = st.selectbox(
        _("On the maps"), list(by_key), format_func=named.__getitem__, key="bench-missing-wish"
    )
    counted = by_key[key].by_community
    weighed = counted * found.communities.frame["weight"].reindex(counted.index)
    said = maps.sentences(bench, found.communities.frame)
    first, second = st.columns(2, gap="medium")
    for column, name, values, digits in (
        (first, _("People as counted"), counted, 0),
        (second, _("People weighed by residents"), weighed, 1),
    ):
        with column:
            st.markdown(f"**{plain(name)}**")
            layer = maps.classes(bench, values, said, [counted, weighed], digits=digits)
            maps.draw(bench, "counted" if column is first else "weighed", layer)
    st.caption(_("Communities where fewer than {n} people ask for it are striped.").format(n=FEW))


@cache
def _pairs(kinds: tuple[str, str], title: str) -> dict[str, Any]:
    """Return two points a row of name, share, kind, joined by a line."""
    base = alt.Chart(alt.NamedData("rows")).encode(
        y=alt.Y("name:N", sort=None, title=None).axis(
            labelLimit=MOST_LABEL_PX, ticks=False, domain=False
        )
    )
    lines = base.mark_line(color="#808a8e", strokeWidth=2).encode(x="share:Q", detail="name:N")
    points = base.mark_point(filled=True, size=90, opacity=1).encode(
        x=alt.X("share:Q", title=title).scale(zero=True).axis(tickCount=8),
        color=alt.Color("kind:N").scale(domain=list(kinds), range=[BAR, CHOSEN]),
        shape=alt.Shape("kind:N")
        .scale(domain=list(kinds), range=["circle", "diamond"])
        .legend(orient="top", title=None, labelLimit=0),
        tooltip=[
            alt.Tooltip("name:N", title=" "),
            alt.Tooltip("kind:N", title=" "),
            alt.Tooltip("share:Q", title="%"),
        ],
    )
    return to_spec(alt.layer(lines, points))
