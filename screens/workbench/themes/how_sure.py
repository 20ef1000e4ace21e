"""How sure the themes are: who read them, how often that is right, since when."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from analysis.tables.theme_shares import ThemeTable
from analysis.themes.taxonomy import taxonomy_in_force
from analysis.themes.theme_reader import Way
from analysis.themes.training import ModelView, current_model, unused_corrections
from screens.workbench import files
from screens.workbench.bench import Bench
from wording.formatting import moment, number
from wording.review.names import theme_names


def table(bench: Bench, found: ThemeTable) -> None:
    """Show each theme with its counts, and how well it is read."""
    _ = bench.who.words.gettext
    with bench.who.database.reading() as session:
        model = current_model(session)
        unused = unused_corrections(session, model)
    if model is None:
        st.info(_("Themes have not been read yet. Please come back in a minute."))
        return
    _card(bench, model, unused)
    shown = _frame(bench, found, model)
    st.dataframe(shown, hide_index=True, height=files.table_height(len(shown)))
    files.table_file(bench, shown, f"{bench.campaign.slug}-themes")
    st.caption(
        _(
            "Precision: of what was found so many in a hundred were right. Recall: of what is "
            "there so many in a hundred were found. Both on texts that no rule was made from and "
            "whose author was left out of the training; an empty cell: nothing to tell yet. "
            "Confidence is the mean of what is shown here."
        )
    )


def _card(bench: Bench, model: ModelView, unused: int) -> None:
    _, lang = bench.who.words.gettext, bench.who.lang
    st.markdown(
        _(
            "Version {n} of the reader, trained on {when}, from {written} sentences that come with "
            "the program and {corrections} proposals that people corrected."
        ).format(
            n=number(model.id, lang),
            when=moment(model.trained, lang),
            written=number(model.written, lang),
            corrections=number(model.corrections, lang),
        )
    )
    if unused:
        said = bench.who.words.ngettext(
            "{n} newer correction is in force already and is learned from next, two minutes after "
            "the last one.",
            "{n} newer corrections are in force already and are learned from next, two minutes "
            "after the last one.",
            unused,
        )
        st.info(said.format(n=number(unused, lang)), icon=":material/school:")


def _frame(bench: Bench, found: ThemeTable, model: ModelView) -> pd.DataFrame:
    _ = bench.who.words.gettext
    names, ways = theme_names(bench.who), way_names(bench)
    figures = {one.theme: one for one in model.figures}
    shares = {one.code: one for one in found.themes}
    known = [code for code in taxonomy_in_force().codes if code in figures]
    return pd.DataFrame(
        {
            _("Theme"): [names[code] for code in known],
            _("People"): pd.array([shares[code].people for code in known], dtype="Int64"),
            _("Proposals"): pd.array([shares[code].proposals for code in known], dtype="Int64"),
            _("Share of people, %"): _hundred([shares[code].share for code in known]),
            _("Confidence, %"): _hundred([shares[code].confidence for code in known]),
            _("Read by"): [ways[figures[code].way] for code in known],
            _("Precision, %"): _hundred([figures[code].used.precision for code in known]),
            _("Recall, %"): _hundred([figures[code].used.recall for code in known]),
            _("Judged by"): [figures[code].used.there for code in known],
            _("Confirmed by people, %"): _hundred([shares[code].by_people for code in known]),
        }
    )


def _hundred(values: list[float | None]) -> pd.Series:
    return pd.Series([None if one is None else round(100 * one) for one in values], dtype="Int64")


def way_names(bench: Bench) -> dict[Way, str]:
    """Return what reads themes, in the visitor's words."""
    _ = bench.who.words.gettext
    return {
        Way.RULES: _("rules"),
        Way.CLASSIFIER: _("classifier"),
        Way.BOTH: _("rules and classifier"),
        Way.PERSON: _("a person"),
    }
