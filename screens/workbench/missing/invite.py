"""Whom to invite next: the communities heard too little, by how many people are missing there."""

from __future__ import annotations

import numpy as np
import pandas as pd
import streamlit as st

from analysis.representation.reading import WhoIsMissing
from geo.representation.representation import Heard
from screens.workbench import files
from screens.workbench.bench import Bench
from screens.workbench.missing.maps import named
from wording.formatting import number
from wording.review.heard_words import people_told


def draw(bench: Bench, found: WhoIsMissing) -> None:
    """List them, where most people are missing first, to be taken along."""
    _, lang = bench.who.words.gettext, bench.who.lang
    frame = wanted(found.communities.frame)
    if frame.empty:
        st.info(_("No community is heard less than chance explains."))
        return
    st.write(
        _(
            "Go there first: hang posters, knock on doors, ask at the community's own meetings. "
            "“Still missing” is how many more people would bring a community to its share."
        )
    )
    names = named(bench)
    shown = pd.DataFrame(
        {
            _("Community"): [names.get(str(code), str(code)) for code in frame.index],
            _("Code"): frame.index.astype(str),
            _("Residents"): frame["population"].to_numpy(),
            _("People"): [people_told(row, lang) for row in frame.itertuples()],
            _("Still missing"): frame["missing"].to_numpy(),
        }
    )
    st.dataframe(shown, hide_index=True, height=files.table_height(len(shown)))
    files.table_file(bench, shown, f"{bench.campaign.slug}-invite")
    st.caption(
        _("Together {n} people in {m} communities.").format(
            n=number(int(frame["missing"].sum()), lang), m=number(len(frame), lang)
        )
    )


def wanted(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the communities heard too little, with ``missing`` people, the most first.

    Of one to four people the most that they can be is counted as there.
    """
    under = frame[frame["heard"] == Heard.UNDER]
    there = under["people"].astype("Float64").fillna(4).to_numpy(np.float64)
    short = np.ceil(np.maximum(under["expected"].to_numpy(np.float64) - there, 0)).astype(np.int64)
    return under.assign(missing=short).sort_values("missing", ascending=False, kind="stable")
