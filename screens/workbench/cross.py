"""One question against another, as a table whose colours are its counts."""

from __future__ import annotations

from functools import cache
from typing import Any

import altair as alt
import numpy as np
import pandas as pd
import streamlit as st

from analysis.tables.cross_table import FEW, RELATION, CrossTable, Side, begun_cross_table, sides
from geo.writing.csv_writer import csv_text
from screens.workbench.bench import OLD_S, Bench, Work, waited
from screens.workbench.charts import MOST_LABEL_PX, to_spec
from submissions.campaigns.question_types import Scale
from wording.error_messages import relation_words
from wording.formatting import number
from wording.review.names import category_names

ROW_PX = 36


def draw(bench: Bench) -> None:
    """Let two questions be chosen, and show how often each pair of answers was given."""
    _ = bench.who.words.gettext
    known = {one.key: one for one in sides(bench.selection)}
    if len(known) < 2:
        st.info(_("This campaign asks too little for a table of one question against another."))
        return
    named = {key: _side_name(bench, one) for key, one in known.items()}
    row, column = _choose(bench, named)
    if row == column:
        st.info(_("Choose two different questions."))
        return
    said = _("Counting one question against the other …")
    asked = bench.who.database, bench.selection, row, column
    work = Work(lambda: begun_cross_table(*asked, at_most_s=OLD_S))
    table: CrossTable | None = waited(bench, work, said, key="cross")
    if table is not None:
        _show(bench, table, named)


def _choose(bench: Bench, named: dict[str, str]) -> tuple[str, str]:
    _ = bench.who.words.gettext
    keys = list(named)
    first, second, kind = st.columns([2, 2, 1])
    with first:
        row = st.selectbox(_("Rows"), keys, format_func=named.__getitem__, key="bench-cross-rows")
    with second:
        column = st.selectbox(
            _("Columns"), keys, index=1, format_func=named.__getitem__, key="bench-cross-columns"
        )
    with kind:
        st.segmented_control(
            _("Count"),
            ["people", "proposals"],
            format_func={"people": _("People"), "proposals": _("Proposals")}.__getitem__,
            default="people",
            required=True,
            key="bench-cross-counted",
        )
    return str(row), str(column)


def _show(bench: Bench, table: CrossTable, named: dict[str, str]) -> None:
    _, lang = bench.who.words.gettext, bench.who.lang
    counted = st.session_state.get("bench-cross-counted") or "people"
    counts = table.people if counted == "people" else table.proposals
    rows, columns = (_value_names(bench, side) for side in (table.rows, table.columns))
    cells = [
        {
            "row": rows[r],
            "column": columns[c],
            "count": None if table.hidden[r, c] else int(counts[r, c]),
            "told": _cell(table, counts, r, c, lang),
        }
        for r in range(len(rows))
        for c in range(len(columns))
    ]
    st.vega_lite_chart(
        pd.DataFrame(cells),
        {**_heat(), "height": {"step": ROW_PX}, "width": "container"},
        width="stretch",
        alt=f"{named[table.rows.key]} × {named[table.columns.key]}",
    )
    _notes(bench, table)
    _download(bench, table, counts, rows, columns)


def _cell(table: CrossTable, counts: Any, row: int, column: int, lang: str) -> str:
    if table.few[row, column]:
        return f"<{FEW}"
    return "–" if table.hidden[row, column] else number(int(counts[row, column]), lang)


def _notes(bench: Bench, table: CrossTable) -> None:
    _, lang = bench.who.words.gettext, bench.who.lang
    said = _("{n} of {m} proposals have an answer to both. A person counts once in a cell.")
    notes = [said.format(n=number(table.answered, lang), m=number(table.looked_at, lang))]
    if table.hidden.any():
        notes.append(
            _(
                "“<5”: fewer than five people, so that nobody can be told apart. “–”: left out, "
                "too, so that the others cannot be worked out from it."
            )
        )
    st.caption(" ".join(notes))


def _download(
    bench: Bench, table: CrossTable, counts: Any, rows: list[str], columns: list[str]
) -> None:
    def text() -> bytes:
        body = [
            [rows[r], *(_cell_value(table, counts, r, c) for c in range(len(columns)))]
            for r in range(len(rows))
        ]
        return csv_text(["", *columns], body).encode()

    st.download_button(
        bench.who.words.gettext("This table (CSV)"),
        text,
        file_name=f"{bench.campaign.slug}-{table.rows.key}-{table.columns.key}.csv",
        mime="text/csv",
        icon=":material/download:",
        on_click="ignore",
        key="bench-cross-file",
    )


def _cell_value(table: CrossTable, counts: np.ndarray, row: int, column: int) -> Any:
    if table.few[row, column]:
        return f"<{FEW}"
    return "–" if table.hidden[row, column] else int(counts[row, column])


def _side_name(bench: Bench, side: Side) -> str:
    _ = bench.who.words.gettext
    if side.question is not None:
        return bench.who.said(side.question.label.model_dump())
    return _("How they know the place") if side.key == RELATION else _("What it is about")


def _value_names(bench: Bench, side: Side) -> list[str]:
    who, question = bench.who, side.question
    if side.key == RELATION:
        named = {str(key): name for key, name in relation_words(who.words).items()}
    elif question is None:
        named = category_names(who, bench.campaign)
    elif isinstance(question, Scale):
        ends = {question.least: question.ends.least, question.most: question.ends.most}
        named = {
            str(step): f"{step} {who.said(words.model_dump())}" for step, words in ends.items()
        }
    else:
        options = getattr(question, "options", ())
        named = {one.key: who.said(one.label.model_dump()) for one in options}
    return [named.get(value, value) for value in side.values]


@cache
def _heat() -> dict[str, Any]:
    """Return a table whose cells are coloured by ``count`` and say ``told``."""
    base = alt.Chart(alt.NamedData("cells")).encode(
        x=alt.X("column:N", sort=None, title=None).axis(
            orient="top", labelAngle=-25, labelLimit=MOST_LABEL_PX, ticks=False, domain=False
        ),
        y=alt.Y("row:N", sort=None, title=None).axis(
            labelLimit=MOST_LABEL_PX, ticks=False, domain=False
        ),
        tooltip=[
            alt.Tooltip("row:N", title=" "),
            alt.Tooltip("column:N", title=" "),
            alt.Tooltip("told:N", title=" "),
        ],
    )
    ground = base.mark_rect(color="#eceff0", stroke="#80808055")
    cells = base.mark_rect(stroke="#80808055").encode(
        color=alt.Color("count:Q", legend=None).scale(range=["#e4f0f4", "#17607a"])
    )
    dark = "isValid(datum.count) && datum.count > 0.55 * datum.most"
    words = (
        base.transform_joinaggregate(most="max(count)")
        .mark_text()
        .encode(
            text="told:N",
            color=alt.condition(dark, alt.value("#ffffff"), alt.value("#1b2124")),
        )
    )
    return to_spec(alt.layer(ground, cells, words))
