"""The form in which a planner states residents by the answers to a question."""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import UTC, datetime

import streamlit as st

from analysis.representation.bands import MOST_BANDS, Band, banded_side, bands_from, read_bands
from analysis.representation.population_figures import (
    MOST_PERSONS,
    MOST_SOURCE,
    YEARS,
    Figures,
    figures_for,
    may_set_figures,
    population_figures,
    set_population_figures,
)
from analysis.tables.cross_table import Side
from core.errors import InvalidError, LuJianError
from screens.parts.markdown import plain
from screens.workbench.bench import Bench
from screens.workbench.missing.names import side_name, value_names
from submissions.campaigns.question_types import Number
from wording.error_messages import sentence_of
from wording.formatting import number


def form(bench: Bench) -> None:
    """Draw it for whoever may state them; the action asks again."""
    if not may_set_figures(bench.who.actor, bench.campaign):
        return
    _ = bench.who.words.gettext
    with st.expander(_("Residents by these answers"), icon=":material/edit:"):
        st.write(
            _(
                "Type how many residents would give each answer, from the census or the "
                "yearbook. Leave all at 0 to take the figures back."
            )
        )
        sides = {one.key: one for one in figures_for(bench.campaign)}
        names = {key: side_name(bench, one) for key, one in sides.items()}
        key = st.selectbox(
            _("Question"), list(sides), format_func=names.__getitem__, key="bench-figures-of"
        )
        side = sides[str(key)]
        with bench.who.database.reading() as session:
            known = population_figures(session, bench.campaign.id).get(side.key)
        if isinstance(side.question, Number):
            made = _with_bands(bench, side.question, known)
            if made is None:
                return
            side = made
        _fields(bench, side, known)


def _with_bands(bench: Bench, question: Number, known: Figures | None) -> Side | None:
    """Let the bands of a number be typed; return it with them, None while they make no sense."""
    _ = bench.who.words.gettext
    bands: tuple[Band, ...] = ()
    with suppress(InvalidError):  # the question may have changed since they were stated
        bands = read_bands(known.persons, question) if known else ()
    shown = ", ".join(one.key.partition("..")[0] for one in bands)
    typed = st.text_input(
        _("Where bands begin, such as 0, 18, 35, 60"),
        value=shown,
        max_chars=200,
        key=f"bench-bands-{bench.campaign.slug}-{question.key}",
        help=plain(
            _("As your figures have them; each band goes up to the next, the last is open.")
        ),
    )
    parts = [one for one in re.split(r"[\s,;，、；]+", typed) if one]
    if not parts:
        return None
    try:
        return banded_side(question, [one.key for one in bands_from(map(float, parts), question)])
    except (ValueError, LuJianError):
        said = _("Please write two to {most} rising numbers from {least} to {greatest}.")
        lang = bench.who.lang
        st.warning(
            plain(
                said.format(
                    most=number(MOST_BANDS, lang),
                    least=number(question.least, lang),
                    greatest=number(question.most, lang),
                )
            )
        )
        return None


def _fields(bench: Bench, side: Side, known: Figures | None) -> None:
    _ = bench.who.words.gettext
    labels = value_names(bench, side)
    persons = dict(known.persons) if known else {}
    with st.form(f"bench-figures-{bench.campaign.slug}-{side.key}", border=False):
        given = {
            value: st.number_input(
                labels.get(value, value),
                min_value=0,
                max_value=MOST_PERSONS,
                value=persons.get(value, 0),
                step=1,
                key=f"bench-figure-{bench.campaign.slug}-{side.key}-{value}",
            )
            for value in side.values
        }
        source = st.text_input(
            _("Where the figures come from"),
            value=known.source if known else "",
            max_chars=MOST_SOURCE,
        )
        year = st.number_input(
            _("Year"),
            min_value=YEARS[0],
            max_value=YEARS[1],
            value=known.year if known else datetime.now(UTC).year,
        )
        if st.form_submit_button(_("Keep these figures")):
            _keep(bench, Figures(side.key, given, source, int(year)))


def _keep(bench: Bench, stated: Figures) -> None:
    now = datetime.now(UTC)
    try:
        bench.who.database.write(
            lambda session: set_population_figures(
                session, bench.who.actor, bench.campaign, stated, now=now
            )
        )
    except LuJianError as problem:
        st.warning(plain(sentence_of(problem, bench.who.words)))
    else:
        st.rerun()
