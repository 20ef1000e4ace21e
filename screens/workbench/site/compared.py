"""Today's facilities, this choice and another one, side by side."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from analysis.scenarios.outcome import Outcome
from analysis.scenarios.sited import Sited
from screens.workbench import files
from screens.workbench.bench import Bench
from wording.formatting import number, percent
from wording.review import siting_words

#: The number of places that a choice is set against at first: so many more.
MORE = 3


def draw(bench: Bench, sited: Sited, outcome: Outcome) -> None:
    """Draw them."""
    _, who = bench.who.words.gettext, bench.who
    solved = sorted(one for one in sited.outcomes if one > 0 and one != outcome.number)
    sides = [sited.outcomes[0], outcome]
    if solved:
        key = "bench-site-other"
        if st.session_state.get(key) not in solved:
            st.session_state[key] = min(solved, key=lambda one: abs(one - outcome.number - MORE))
        other = st.selectbox(_("Compare with so many new places"), solved, key=key)
        sides.append(sited.outcomes[int(other)])
    names = [_name(bench, one) for one in sides]
    rows = {
        _("People served"): [siting_words.few(who, one.people) for one in sides],
        _("Share of people"): [
            percent(one.people / max(sited.people, 1), who.lang) for one in sides
        ],
        _("Proposals served"): [number(one.proposals, who.lang) for one in sides],
        _("People not served"): [siting_words.few(who, sited.people - o.people) for o in sides],
        _("More than today"): [
            siting_words.few(who, one.people - sides[0].people) if number_of else "–"
            for number_of, one in enumerate(sides)
        ],
        _("Communities with less than half served"): [
            number(_below_half(one), who.lang) for one in sides
        ],
        _("Proven"): [_proven(bench, sited, one) for one in sides],
    }
    table = pd.DataFrame(rows, index=names).T
    st.table(table)
    files.table_file(bench, table.reset_index(names=""), f"{bench.campaign.slug}-compared")


def _name(bench: Bench, outcome: Outcome) -> str:
    _ = bench.who.words.gettext
    if outcome.number == 0:
        return _("Today")
    told = bench.who.words.ngettext("{n} new place", "{n} new places", outcome.number)
    return told.format(n=number(outcome.number, bench.who.lang))


def _below_half(outcome: Outcome) -> int:
    return sum(one.people >= 5 and one.served * 2 < one.people for one in outcome.communities)


def _proven(bench: Bench, sited: Sited, outcome: Outcome) -> str:
    _ = bench.who.words.gettext
    if outcome.number == 0:
        return "–"
    if outcome.gap == 0:
        return _("yes")
    return _("better by {share} at most").format(share=percent(outcome.gap, bench.who.lang))
